"""Whether runs of spans are the routes of a lease: what `leases.csv` is held against, wherever it is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from cni.primitives.errors import Problem


def check_routes(routes: Sequence[Sequence[str]], ends: Mapping[str, tuple[str, str]]) -> list[Problem]:
    """Return what keeps runs of span codes from being the routes of one lease; `ends` are the sites of each span.

    Each must be a simple path in its order; a second one joins the same two sites and shares no span with the first.
    The place of a problem is `spans` or `second_spans`.

    Source: rules to the penny, loading, rule 6.
    """
    problems: list[Problem] = []
    for place, route in zip(("spans", "second_spans"), routes, strict=False):
        problems += _route_problems(place, route, ends)
    if len(routes) == 2 and not problems:
        problems += _pair_problems(routes, ends)
    return problems


def sites_along(route: Sequence[str], ends: Mapping[str, tuple[str, str]]) -> list[str] | None:
    """Return the sites that a run of spans visits, in order, or None where it is no simple path.

    A single span is walked from its site a to its site z.
    """
    for start in ends[route[0]]:
        sites = [start]
        for code in route:
            a, z = ends[code]
            if sites[-1] not in (a, z):
                break
            sites.append(z if sites[-1] == a else a)
        if len(sites) == len(route) + 1 == len(set(sites)):
            return sites
    return None


def _route_problems(place: str, route: Sequence[str], ends: Mapping[str, tuple[str, str]]) -> Iterator[Problem]:
    if not route:
        yield Problem("missing_route", "The route has no span.", "Give its spans in order.", place)
    unknown = [code for code in route if code not in ends]
    for code in unknown:
        yield Problem("unknown_span", f"There is no span {code}.", "Check the id of the span.", place)
    for code in [code for code, count in Counter(route).items() if count > 1]:
        message = f"The route crosses span {code} twice."
        yield Problem("repeated_span", message, "A route crosses each span once.", place)
    if route and not unknown and len(set(route)) == len(route) and sites_along(route, ends) is None:
        message = (
            f"The spans {', '.join(route)} are not a route: they do not join up in this order, or meet a site twice."
        )
        yield Problem("broken_route", message, "Give the spans in order from one end to the other.", place)


def _pair_problems(routes: Sequence[Sequence[str]], ends: Mapping[str, tuple[str, str]]) -> Iterator[Problem]:
    first, second = (sites_along(route, ends) for route in routes)
    if first and second and {first[0], first[-1]} != {second[0], second[-1]}:
        message = f"The second route joins {second[0]} and {second[-1]}, the first {first[0]} and {first[-1]}."
        yield Problem("other_ends", message, "Both routes of a lease join the same two sites.", "second_spans")
    for code in sorted(set(routes[0]) & set(routes[1])):
        message = f"Both routes cross span {code}."
        yield Problem("shared_span", message, "The second route has to do without it.", "second_spans")
