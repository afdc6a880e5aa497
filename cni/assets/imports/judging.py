"""What an import would change: its rows completed by what stands, judged by the rules of all plant, and compared."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

import shapely

from cni.assets.checks import KnownPlant, read_plant
from cni.assets.drafts import PlantDrafts, SiteDraft, SpanDraft
from cni.assets.importing import PlantTables, Table
from cni.assets.imports.differences import Differences, compare
from cni.assets.imports.drawn import plain_lines, positions_of
from cni.assets.imports.ends import Ends, Sites, draw_on, find_ends
from cni.assets.imports.reading import PLACED, Brought, Given, duplicates, ids_of
from cni.assets.imports.standing import World, row_of_site, row_of_span
from cni.assets.imports.values import Choices
from cni.assets.imports.waiting import refused_for_waiting, waits
from cni.assets.words import LengthBasis, SiteKind
from cni.primitives.errors import Problem
from cni.primitives.geo import Position
from cni.primitives.tables import Row


@dataclass(eq=False)
class Judged:
    """The plant that a file gives, what it would change, and all that is wrong or worth a word."""

    drafts: PlantDrafts = field(default_factory=PlantDrafts)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)
    differences: Differences = field(default_factory=Differences)
    theirs: list[Problem] = field(default_factory=list)
    """A problem for each row that would change others' plant."""
    named: int = 0
    """How many sites of others it only names."""


def judge(brought: Brought, world: World, choices: Choices) -> Judged:
    """Return what a file's rows come to beside what stands."""
    judged = Judged(problems=list(brought.problems), remarks=list(brought.remarks))
    judged.problems += [*duplicates(brought.sites), *duplicates(brought.spans)]
    _keep_others_out(brought, world, judged)
    for given in brought.sites:
        _complete_sites(given, world)
    for given in brought.spans:
        _complete_spans(given, world)
    sites = _read_sites(brought, world, judged)
    places, names = _places(brought, world, sites)
    known_sites = Sites.of(places, world.known.sites_within_m)
    ends = find_ends(brought.spans, known_sites, names, make_sites=choices.make_sites)
    judged.problems += ends.problems
    judged.remarks += ends.remarks
    made = _made(ends)
    places |= {site.code.casefold(): site.position for site in made}
    judged.remarks += draw_on(brought.spans, places, snap=choices.snap)
    spans = _read_spans(brought, world, replace(world.known, sites=places), judged)
    judged.drafts = PlantDrafts(sites=(*sites, *made), spans=tuple(spans))
    judged.differences = compare(judged.drafts, world)
    judged.differences.unchanged_sites += judged.named
    judged.problems += refused_for_waiting(judged.drafts, judged.differences, world)
    judged.problems += _not_theirs(judged.differences, world)
    judged.remarks += waits(judged.drafts, judged.differences, world)
    return judged


def _keep_others_out(brought: Brought, world: World, judged: Judged) -> None:
    """Take rows of others' plant out: a live site, which a span may end at, stays as it is; anything else is theirs."""
    for given in brought.sites:
        _drop(given, [row.cells["id"].casefold() in world.others_sites for row in given.rows], world, judged)
    for given in brought.spans:
        _drop(given, [row.cells["id"].casefold() in world.others_spans for row in given.rows], world, judged)


def _drop(given: Given, is_others: list[bool], world: World, judged: Judged) -> None:
    if not any(is_others):
        return
    for row in (row for row, others in zip(given.rows, is_others, strict=True) if others):
        code = row.cells["id"]
        site = world.sites.get(code.casefold()) if "kind" in row.cells else None
        if site is None or code.casefold() in world.not_live_sites or not _says_same(row, site):
            message = f"{code} is plant of another member."
            remedy = "Leave its row out: a site that a span ends at is found by its id."
            judged.theirs.append(Problem("not_yours", message, remedy, code, given.file, row.number, "id"))
        else:
            judged.named += 1
    kept = [number for number, others in enumerate(is_others) if not others]
    given.rows = [given.rows[number] for number in kept]
    given.shapes, given.numbers = given.shapes[kept], given.numbers[kept]


def _says_same(row: Row, site: SiteDraft) -> bool:
    """Tell whether a row only names a site: what it says of name, kind and owner is what stands."""
    said = row_of_site(site)
    return all(row.cells[name] in ("", said[name]) for name in ("name", "kind", "owner"))


def _complete_sites(given: Given, world: World) -> None:
    for row in given.rows:
        standing = world.sites.get(row.cells["id"].casefold())
        if standing is not None:
            said = row_of_site(standing)
            row.cells.update({name: said[name] for name in ("name", "kind", "owner") if name not in given.mapped})
            if not any(row.cells[name] for name in PLACED):
                row.cells.update({name: said[name] for name in ("latitude", "longitude")})
        row.cells["name"] = row.cells["name"] or row.cells["id"]


def _complete_spans(given: Given, world: World) -> None:
    """Fill what the layer has no column for from what stands; a line brought without its length is measured anew."""
    for number, row in enumerate(given.rows):
        standing = world.spans.get(row.cells["id"].casefold())
        has_line = given.shapes[number] is not None
        if standing is not None:
            said = row_of_span(standing)
            absent = {name for name in said if name not in given.mapped}
            if has_line and "length_m" in absent and standing.length_basis is LengthBasis.DRAWN:
                absent -= {"length_m", "length_basis"}
            row.cells.update({name: said[name] for name in absent})
            if not has_line and standing.geometry and _joins_same(row, standing):
                given.shapes[number] = shapely.linestrings(standing.geometry)
        row.cells["fibre_owner"] = row.cells["fibre_owner"] or world.proposer or ""


def _joins_same(row: Row, standing: SpanDraft) -> bool:
    ends = {row.cells[column].casefold() for column in ("a", "z")}
    return ends == {standing.a.casefold(), standing.z.casefold()}


def _read_sites(brought: Brought, world: World, judged: Judged) -> list[SiteDraft]:
    found: list[SiteDraft] = []
    for given in brought.sites:
        places = positions_of(given)
        drafts, problems = read_plant(PlantTables(sites=Table(given.file, tuple(given.rows), places)), world.known)
        found += drafts.sites
        judged.problems += problems
    return found


def _places(
    brought: Brought, world: World, sites: Sequence[SiteDraft]
) -> tuple[dict[str, Position | None], dict[str, str]]:
    """Return where the sites are that spans may end at, None for one in a faulty row, and how their ids are written."""
    places: dict[str, Position | None] = dict(world.known.sites)
    names = {code: code for code in brought.unread} | {code.casefold(): code for code in world.site_names}
    places |= dict.fromkeys(brought.unread)
    for given in brought.sites:
        for row in given.rows:
            names[row.cells["id"].casefold()] = row.cells["id"]
    places |= dict.fromkeys(ids_of(brought.sites))
    places |= {site.code.casefold(): site.position for site in sites}
    return places, names


def _made(ends: Ends) -> list[SiteDraft]:
    return [
        SiteDraft(
            file=file, row=row, code=code.upper(), name=f"Chamber {code.upper()[3:]}", kind=SiteKind.CHAMBER,
            position=position, owner=None,
        )
        for code, (position, file, row) in ends.made.items()
    ]  # fmt: skip


def _read_spans(brought: Brought, world: World, known: KnownPlant, judged: Judged) -> list[SpanDraft]:
    found: list[SpanDraft] = []
    unsettled = {(problem.file, problem.row) for problem in judged.problems if problem.code == "no_site_at_end"}
    for given in brought.spans:
        lines = plain_lines(given, known.sites, known.sites_within_m)
        _write_lines(given, lines)
        drafts, problems = read_plant(PlantTables(spans=Table(given.file, tuple(given.rows), lines)), known)
        found += drafts.spans
        judged.problems += [
            problem
            for problem in problems
            if not (
                problem.column in ("a", "z") and problem.code == "missing" and (given.file, problem.row) in unsettled
            )
        ]
    return found


def _write_lines(given: Given, known: Collection[int]) -> None:
    """Write the lines into the cells of their rows, those of the rows that are `known` left out."""
    open_lines = [(row, line) for row, line in zip(given.rows, given.shapes, strict=True) if row.number not in known]
    texts = shapely.to_wkt([line for _, line in open_lines], rounding_precision=-1, output_dimension=2)
    for (row, _), text in zip(open_lines, texts, strict=True):
        row.cells["geometry"] = text or row.cells["geometry"]


def _not_theirs(differences: Differences, world: World) -> Iterator[Problem]:
    """Yield a problem for each new site or span of which the member that brings it owns nothing."""
    if world.proposer is None:
        return
    own = world.proposer.casefold()
    for site in differences.added_sites:
        if site.owner and site.owner.casefold() != own:
            yield _foreign(site, "owner", world.proposer, site.owner)
    for span in (*differences.added_spans, *differences.changed_spans):
        if own not in _owners(span):
            yield _foreign(span, "fibre_owner", world.proposer, span.fibre_owner)


def _owners(span: SpanDraft) -> Collection[str]:
    return [owner.casefold() for owner in (span.fibre_owner, span.duct_owner) if owner]


def _foreign(draft: SiteDraft | SpanDraft, column: str, own: str, owner: str) -> Problem:
    message = f"{owner} is not your organisation."
    return Problem("not_yours", message, f"Register plant of {own} only.", None, draft.file, draft.row, column)
