"""What came of a route search, in a planner's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import floor

from cni.leases.loss import LossBudget, OpticReach, Reach
from cni.leases.offers import Offer
from cni.leases.searches import SEARCH_TIME_S, RouteSearch, name_of
from cni.operations.searching import RouteFinding
from cni.topology.answers import Blocker, BlockerKind
from cni.web.formats import decibels
from cni.web.words import GRADE_WORDS


def grade_of(offer: Offer) -> str:
    """Return how far apart the routes of an offer are, as a word of `APART_WORDS`."""
    return "shared" if offer.apart == "none" and len(offer.routes) > 1 else offer.apart


def how_good(finding: RouteFinding) -> str:
    """Return that nothing better is possible; nothing where that is not proven: `cut_off` says so."""
    answer, search = finding.answer, finding.search
    if not answer.proven_optimal:
        return ""
    if finding.is_partly_diverse:
        return "No two routes share less, and none that share as little are shorter."
    what = "route" if len(answer.routes) == 1 else "pair"
    conditions = search.avoid or search.must_use or search.separation_m
    return f"No shorter {what} meets these conditions." if conditions else f"No shorter {what} exists."


def cut_off(offer: Offer) -> str:
    """Return what the time limit of a search left open; nothing where the routes are proven to be the best."""
    if offer.lower_bound_m is None:
        return ""
    least = floor(offer.lower_bound_m)
    bound = f"no shorter total than {least:,} m can exist; " if least else ""
    better = (
        "a shorter one" if offer.apart != "none" or len(offer.routes) == 1 else "one that is shorter or shares less"
    )
    return f"This is the best found in {SEARCH_TIME_S:g} seconds; {bound}asking again may find {better}."


def how_separate(offer: Offer) -> str:
    """Return how near two routes come to each other; nothing where it is not known."""
    if offer.separation_m is None or offer.separation_radius_m is None:
        return ""
    if offer.separation_m == 0:
        return "They cross or touch somewhere."
    beyond = f"measured more than {offer.separation_radius_m:,.0f} m from their ends and from sites that both pass"
    return f"They keep at least {int(offer.separation_m):,} m apart, {beyond}."


def optics_that_reach(loss: LossBudget) -> str:
    """Return which optics reach over a route, by name."""
    within, expected = (
        [found.optic.name for found in loss.optics if found.reach is reach]
        for reach in (Reach.WITHIN_LIMIT, Reach.AS_EXPECTED)
    )
    reach = "reach" if len(within) > 1 else "reaches"
    told = f"{_listed(within) if within else 'No optic that we know'} {reach} within the limit."
    return f"{told} {_listed(expected)} only if no more is lost than expected." if expected else told


def how_an_optic_reaches(found: OpticReach) -> str:
    """Return whether an optic reaches over a route, with what is to spare, or what keeps it from it."""
    if found.reach is Reach.WITHIN_LIMIT:
        return f"Reaches with {decibels(found.limit_spare_db)} to spare"
    if found.reach is Reach.AS_EXPECTED:
        return f"Reaches by the expected loss, with {decibels(found.expected_spare_db)} to spare, not by the limit"
    lossy = f"{decibels(-found.expected_spare_db)} too much loss" if found.expected_spare_db < 0 else ""
    far = f"{found.beyond_m:,} m too far" if found.beyond_m else ""
    return f"Does not reach: {' and '.join(filter(None, (lossy, far)))}"


def what_differs(asked: RouteSearch, other: RouteFinding) -> str:
    """Return what was asked differently to find these routes."""
    search = other.search
    if search.diverse is not asked.diverse:
        return GRADE_WORDS[str(search.diverse)]
    if search.separation_m != asked.separation_m:
        return "Without the separation"
    further = [name_of(other.plant, thing) for thing in search.avoid if thing not in asked.avoid]
    return f"Without {' and '.join(further)}" if further else "As asked"


def in_the_way(finding: RouteFinding) -> Iterator[str]:
    """Yield what blocks, in as few sentences as say it: the table under the map has it one by one."""
    blockers = finding.answer.blocked_by
    said = Counter(blocker.why for blocker in blockers)
    everywhere = [blocker for blocker in blockers if _is_on_every_route(blocker, finding) and said[blocker.why] == 1]
    short = [blocker for blocker in blockers if blocker.kind is BlockerKind.CAPACITY]
    if len(everywhere) > 1:
        yield _on_every_route(everywhere, finding)
    if len(short) > 1:
        wanted = f"{finding.search.pairs} free {'pair' if finding.search.pairs == 1 else 'pairs'}"
        yield f"The spans {_listed([blocker.id for blocker in short])} lack the {wanted} asked for."
    told = {blocker.why for group in (everywhere, short) if len(group) > 1 for blocker in group}
    yield from (why for why in said if why not in told)


def _is_on_every_route(blocker: Blocker, finding: RouteFinding) -> bool:
    """Tell whether it is a span or site that every route has: the engine's own words for it are told from others."""
    if blocker.kind not in (BlockerKind.SPAN, BlockerKind.SITE) or blocker.id == finding.search.to_site:
        return False
    return "every route" in blocker.why.lower()


def _on_every_route(blockers: Sequence[Blocker], finding: RouteFinding) -> str:
    """Return what is said of spans and sites that no route can do without, in order from the start to the end."""
    sites = [blocker.name for blocker in blockers if blocker.kind is BlockerKind.SITE]
    spans = [blocker.id for blocker in blockers if blocker.kind is BlockerKind.SPAN]
    start, end = (finding.network.site_name(site) for site in (finding.search.from_site, finding.search.to_site))
    parts = [f"passes {'; '.join(sites)}"] if sites else []
    if spans:
        parts.append(f"crosses the {'span' if len(spans) == 1 else 'spans'} {_listed(spans)}")
    with_these = "With these exclusions, every" if finding.search.avoid else "Every"
    return f"{with_these} route from {start} to {end} {'. It '.join(parts)}."


def _listed(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
