"""What is said of the resilience of plant, as marks on a map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cni.operations.assessing import LeaseResilience, PlantAudit, SiteResilience
from cni.operations.foreseeing import Foreseen
from cni.operations.reinforcing import Advice
from cni.operations.sharing import CommercialResilience
from cni.topology.failures.exposure import Standing, spans_in_risk
from cni.topology.questions import ElementKind

Marks = dict[str, Any]
"""What a map marks: frontend/src/map/marks.ts has its format."""

AUDIT_WORDS = {
    "bridge": "Bridge: alone divides the plant",
    "two_cut": "In a 2-span cut: divides it with another",
    "risk": "In a single-point risk",
    "articulation": "Articulation site: alone divides the plant",
    "cut_off": "Site that one failure cuts off",
}
CUT_OFF = (Standing.SPAN, Standing.SITE, Standing.RISK)
USE_WORDS = {
    "one_user": "One user",
    "few_users": "Two users",
    "many_users": "Three users or more",
    "no_user": "No user",
}

EXPOSURE_WORDS = {
    "here": "The site",
    "bridge": "Span that alone cuts it off",
    "articulation": "Site that alone cuts it off",
    "risk": "Risk group that alone cuts it off",
    "cut_off": "Site that it cuts off itself",
}

LEASE_WORDS = {
    "survives": "Route 1",
    "rerouted": "Route 2",
    "bridge": "Span on both routes",
    "articulation": "Site on both routes",
    "risk": "Risk group on both routes",
    "here": "End",
}
ADVICE_WORDS = {
    "chosen": "Span to build",
    "candidate": "Other candidate",
    "bridge": "Span that still divides the plant alone",
    "articulation": "Site that still divides it alone",
}
FAILURE_WORDS = {
    "cut": "Out of service",
    "survives": "Route of a lease that survives",
    "rerouted": "New route of a lease",
    "cut_off": "Site cut off from the core",
}


def marks(
    words: Mapping[str, str],
    *,
    spans: Iterable[tuple[str, str]] = (),
    sites: Iterable[tuple[str, str]] = (),
    lines: Sequence[Mapping[str, Any]] = (),
    fit: bool = False,
) -> Marks:
    """Return marks: `words` of each kind in the order of the key; codes of spans and sites, each with its kind."""
    kinds = [{"kind": kind, "words": said} for kind, said in words.items()]
    return {"kinds": kinds, "spans": _listed(spans), "sites": _listed(sites), "lines": list(lines), "fit": fit}


def advice_marks(advice: Advice | None) -> Marks:
    """Return the candidates as lines, the chosen ones over the others, and what is cured and what is not."""
    if advice is None:
        return marks({})
    chosen = set(advice.found.chosen)
    kinds = [("candidate", new) for new in advice.candidates if new not in chosen]
    kinds += [("chosen", new) for new in advice.found.chosen]
    network = advice.plant.network
    lines = [
        {
            "kind": kind,
            "words": f"{network.site_name(new.a)} – {network.site_name(new.z)}",
            "line": [advice.places[end] for end in (new.a, new.z)],
        }
        for kind, new in kinds
    ]
    remaining = [left.element for left in advice.found.remaining]
    left = {kind: [thing.id for thing in remaining if thing.kind is kind] for kind in ElementKind}
    return marks(
        ADVICE_WORDS,
        spans=[(span, "bridge") for span in left[ElementKind.SPAN]],
        sites=[(site, "articulation") for site in left[ElementKind.SITE]],
        lines=lines,
    )


def use_marks(use: CommercialResilience) -> Marks:
    """Return how many members use each span and site; sites with many or no users are not marked."""
    words = USE_WORDS if use.names_are_told else USE_WORDS | {"few_users": "Fewer than three users"}
    few = ("one_user", "few_users") if use.names_are_told else ()
    return marks(
        words,
        spans=[(row.code, row.kind) for row in use.spans],
        sites=[(row.code, row.kind) for row in use.sites if row.kind in few],
    )


def audit_marks(audited: PlantAudit) -> Marks:
    """Return what the audit found: where one failure divides the plant, and where two spans do."""
    document, network = audited.document or {}, audited.plant.network
    in_risks = sorted({span for risk in document["single_point_risks"] for span in spans_in_risk(network, risk)})
    return marks(
        AUDIT_WORDS,
        spans=[(span, "bridge") for span in document["bridges"]]
        + [(span, "two_cut") for span in audited.two_cut_spans]
        + [(span, "risk") for span in in_risks],
        sites=[(site, "articulation") for site in document["articulation_sites"]]
        + [(site, "cut_off") for standing in CUT_OFF for site in document["sites_by_resilience"][standing]],
    )


def site_marks(found: SiteResilience) -> Marks:
    """Return a site, what stands alone between it and the core, and the sites that its own failure cuts off."""
    exposure, network = found.exposure, found.plant.network
    in_risks = sorted({span for risk in exposure.risks for span in spans_in_risk(network, risk)})
    return marks(
        EXPOSURE_WORDS,
        spans=[(span, "bridge") for span in exposure.spans] + [(span, "risk") for span in in_risks],
        sites=[(exposure.site, "here")]
        + [(site, "articulation") for site in exposure.sites]
        + [(site, "cut_off") for site in found.cut_off],
        fit=bool(exposure.spans or exposure.sites or exposure.risks),
    )


def lease_marks(found: LeaseResilience) -> Marks:
    """Return the routes of a lease, and on them what takes it down alone."""
    relies, network = found.relies_on, found.plant.network
    in_risks = {span for risk in relies.risks for span in spans_in_risk(network, risk)}
    on_routes = dict.fromkeys(span for route in found.routes for span in route)
    one, *two = found.routes
    return marks(
        LEASE_WORDS if two else LEASE_WORDS | {"survives": "The route"},
        spans=[(span, "survives") for span in one]
        + [(span, "rerouted") for span in (two[0] if two else ())]
        + [(span, "bridge") for span in (relies.spans if two else ())]
        + [(span, "risk") for span in on_routes if two and span in in_risks],
        sites=[(site, "here") for site in relies.ends]
        + [(site, "articulation") for site in (relies.sites if two else ())],
        fit=True,
    )


def failure_marks(foreseen: Foreseen | None) -> Marks:
    """Return what fails, the ways that leases still have or could take, and the sites cut off."""
    if foreseen is None:
        return marks({})
    failure = foreseen.failure
    ways: dict[str, set[str]] = {"survives": set(), "rerouted": set()}
    for fate in foreseen.fates or ():
        for number, way in enumerate(fate.ways):
            stays = fate.hit.becomes == "survives" and number == 0
            ways["survives" if stays else "rerouted"].update(way)
    return marks(
        FAILURE_WORDS,
        spans=[(span, kind) for kind, spans in ways.items() for span in sorted(spans)]
        + [(span, "cut") for span in sorted(failure.spans)],
        sites=[(cut.id, "cut") for cut in failure.cuts if cut.kind is ElementKind.SITE]
        + [(site, "cut_off") for site in failure.cut_off],
    )


def _listed(kinds: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    listed: dict[str, list[str]] = {}
    for code, kind in kinds:
        listed.setdefault(code, []).append(kind)
    return listed
