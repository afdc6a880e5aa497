"""What is wrong between the files of a folder: names that nobody has, routes that do not join, fibre sold twice. Pure.

An id in a faulty row still counts as known, so that one fault makes one problem.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain

from cni.assets.drafts import RackDraft, SpanDraft
from cni.leases.importing import LeaseDraft, RackLeaseDraft, TariffDraft
from cni.leases.pricing import History, in_force
from cni.leases.registry import RegisteredLease
from cni.leases.route_checks import check_routes
from cni.members.importing import MemberDraft, PersonDraft
from cni.members.policy import MemberRole
from cni.operations._folder import Placed, Sheet
from cni.primitives.errors import Problem
from cni.primitives.period import FAR_FUTURE, Period
from cni.primitives.tables import split

AnyLease = LeaseDraft | RackLeaseDraft


@dataclass(frozen=True, slots=True)
class Known:
    """What there is beside the leases, from the files and the database together, by id in small letters.

    `member_ids`, `span_ids` and `rack_ids` hold the ids of faulty rows too. `tariffs` are the versions, each from its
    day (None: nobody can tell, since the tariff itself is faulty).
    """

    member_ids: Collection[str]
    members: Mapping[str, MemberDraft]
    span_ids: Collection[str]
    spans: Mapping[str, SpanDraft]
    rack_ids: Collection[str]
    racks: Mapping[str, RackDraft]
    tariffs: History[TariffDraft] | None


def check_people(people: Sheet[PersonDraft], member_ids: Collection[str]) -> Iterator[Problem]:
    """Yield a problem for each person of a member that is not known."""
    named = [(person.row, person.draft.member) for person in people.rows]
    named += [(row.number, row.cells["member"]) for row in people.faulty]
    for number, member in sorted(named):
        if member and member.casefold() not in member_ids:
            yield _unknown_member(people.file, number, member)


def check_leases(leases: Sheet[LeaseDraft], known: Known, standing: Mapping[str, RegisteredLease]) -> Iterator[Problem]:
    """Yield what is wrong with each lease beside its own row; `standing` are those there already, by reference."""
    used: dict[str, list[tuple[Period, int]]] = defaultdict(list)
    over = {reference for reference, lease in standing.items() if not lease.holds_fibre}
    in_file = {placed.draft.reference.casefold() for placed in leases.rows}
    for reference in standing.keys() - in_file - over:
        _hold(used, standing[reference].draft)
    for placed in leases.rows:
        if placed.draft.reference.casefold() in over:
            continue
        yield from _check_user(leases.file, placed, known)
        yield from _check_term(leases.file, placed, known)
        problems = list(_check_routes(leases.file, placed, known))
        problems = problems or list(_check_room(leases.file, placed, known, used))
        yield from problems
        if not problems:  # what is refused holds nothing: a later lease may fit once this one is mended
            _hold(used, placed.draft)


def check_rack_leases(
    leases: Sheet[RackLeaseDraft],
    known: Known,
    standing: Mapping[str, RackLeaseDraft],
    lease_references: Collection[str],
) -> Iterator[Problem]:
    """Yield what is wrong with each lease of rack units beside its own row."""
    in_file = {placed.draft.reference.casefold() for placed in leases.rows}
    earlier = [draft for reference, draft in standing.items() if reference not in in_file]
    for placed in leases.rows:
        draft = placed.draft
        yield from _check_user(leases.file, placed, known)
        yield from _check_rack_price(leases.file, placed, known)
        if draft.reference.casefold() in lease_references:
            message = f"{draft.reference} is the reference of a lease of fibre."
            yield Problem(
                "duplicate_id", message, "Give it one of its own.", None, leases.file, placed.row, "reference"
            )
        problems = list(_check_units(leases.file, placed, known, earlier))
        yield from problems
        if not problems:
            earlier.append(draft)


def check_names(leases: Sheet[LeaseDraft] | Sheet[RackLeaseDraft], known: Known) -> Iterator[Problem]:
    """Yield a problem for each name that nobody has in rows that are faulty for another reason: both are told at once.

    What else is wrong with such a row shows once it can be read.
    """
    for row in leases.faulty:
        member, rack = row.cells["member"], row.cells.get("rack", "")
        if member and member.casefold() not in known.member_ids:
            yield _unknown_member(leases.file, row.number, member)
        if rack and rack.casefold() not in known.rack_ids:
            yield _unknown_rack(leases.file, row.number, rack)
        for column in ("spans", "second_spans"):
            for code in split(row.cells.get(column, "")):
                if code.casefold() not in known.span_ids:
                    message = f"There is no span {code}."
                    yield Problem("unknown_span", message, "Check the id.", None, leases.file, row.number, column)


def _check_user(file: str, placed: Placed[LeaseDraft] | Placed[RackLeaseDraft], known: Known) -> Iterator[Problem]:
    """Yield what keeps a member from leasing: nobody has that slug, it is no user, or it had not joined yet."""
    draft: AnyLease = placed.draft
    slug = draft.member.casefold()
    if slug not in known.member_ids:
        yield _unknown_member(file, placed.row, draft.member)
        return
    member = known.members.get(slug)
    if member is None:
        return
    if MemberRole.USER not in member.roles:
        message = f"{draft.member} is not a user: it cannot lease."
        yield Problem("not_a_user", message, "Give it the role user in members.csv.", None, file, placed.row, "member")
    elif member.joined_on and member.joined_on > draft.starts_on:
        message = f"{draft.member} joined on {member.joined_on}, after this lease starts ({draft.starts_on})."
        remedy = "Only members lease: check joined_on and starts_on."
        yield Problem("not_yet_a_member", message, remedy, None, file, placed.row, "starts_on")


def most_in_use(uses: Iterable[tuple[Period, int]], window: Period) -> tuple[int, date]:
    """Return the most pairs in use on one day of `window`, and the first such day."""
    inside = [(overlap, pairs) for period, pairs in uses if (overlap := period.overlap(window))]
    days = sorted({window.start, *(period.start for period, _ in inside)})
    totals = [(sum(pairs for period, pairs in inside if day in period), day) for day in days]
    return max(totals, key=lambda total: (total[0], -total[1].toordinal()))


def _check_term(file: str, placed: Placed[LeaseDraft], known: Known) -> Iterator[Problem]:
    if known.tariffs is None:
        return
    terms = _tariff_for(placed.draft, known.tariffs).terms if known.tariffs else frozenset()
    if placed.draft.term_months not in terms:
        message = f"A term of {placed.draft.term_months} months is not in the tariff."
        on_offer = ", ".join(str(term) for term in sorted(terms)) or "none: there is no tariff"
        remedy = f"Terms on offer, in months: {on_offer}."
        yield Problem("term_not_offered", message, remedy, None, file, placed.row, "term_months")


def _check_rack_price(file: str, placed: Placed[RackLeaseDraft], known: Known) -> Iterator[Problem]:
    if known.tariffs is None:
        return
    codes = {line.code for line in _tariff_for(placed.draft, known.tariffs).lines} if known.tariffs else set()
    if f"rack_{placed.draft.size}" not in codes:
        message = f"The tariff has no price for a {placed.draft.size} rack."
        remedy = f"Add the line rack_{placed.draft.size} to the tariff."
        yield Problem("no_price", message, remedy, None, file, placed.row, "size")


def _tariff_for(draft: AnyLease, tariffs: History[TariffDraft]) -> TariffDraft:
    """Return the tariff in force on the billing start, or, before acceptance, on the first day."""
    return in_force(tariffs, max(draft.starts_on, draft.accepted_on or draft.starts_on))


def _check_routes(file: str, placed: Placed[LeaseDraft], known: Known) -> Iterator[Problem]:
    codes = [[code.casefold() for code in route] for route in placed.draft.routes]
    faulty = set(known.span_ids) - set(known.spans)
    if faulty & set(chain.from_iterable(codes)):
        return  # that row has its problem already; where the route leads nobody can tell
    names = {code: span.code for code, span in known.spans.items()}
    routes = [[names.get(code, given) for code, given in zip(*pair, strict=True)] for pair in _paired(codes, placed)]
    ends = {span.code: (span.a.casefold(), span.z.casefold()) for span in known.spans.values()}
    for problem in check_routes(routes, ends):
        yield Problem(problem.code, problem.message, problem.remedy, None, file, placed.row, problem.place)


def _paired(codes: list[list[str]], placed: Placed[LeaseDraft]) -> Iterator[tuple[list[str], tuple[str, ...]]]:
    return zip(codes, placed.draft.routes, strict=True)


def _check_room(
    file: str, placed: Placed[LeaseDraft], known: Known, used: Mapping[str, list[tuple[Period, int]]]
) -> Iterator[Problem]:
    """Yield a problem for the first span that would be sold beyond what is offered, on its first such day."""
    draft = placed.draft
    for column, route in zip(("spans", "second_spans"), draft.routes, strict=False):
        for code in route:
            span = known.spans.get(code.casefold())
            in_use, day = most_in_use(used[code.casefold()], _period(draft))
            if span and in_use + draft.pairs > span.offered_pairs:
                message = (
                    f"Span {span.code} offers {span.offered_pairs} pairs; with this lease "
                    f"{in_use + draft.pairs} would be in use on {day}."
                )
                remedy = "Lease fewer pairs or other days, or offer more pairs in spans.csv."
                yield Problem("oversold", message, remedy, None, file, placed.row, column)
                return


def _check_units(
    file: str, placed: Placed[RackLeaseDraft], known: Known, earlier: Iterable[RackLeaseDraft]
) -> Iterator[Problem]:
    draft = placed.draft
    if draft.rack.casefold() not in known.rack_ids:
        yield _unknown_rack(file, placed.row, draft.rack)
        return
    rack = known.racks.get(draft.rack.casefold())
    last_unit = draft.first_unit + draft.units - 1
    if rack and last_unit > rack.units:
        message = f"Units {draft.first_unit} to {last_unit} do not fit: {rack.code} has {rack.units}."
        yield Problem("no_such_units", message, "Check first_unit and units.", None, file, placed.row, "units")
    for other in earlier:
        if _meet(draft, other):
            message = f"Some of these units of {draft.rack} are leased to {other.reference} on some of these days."
            remedy = "Give other units or other days."
            yield Problem("units_taken", message, remedy, None, file, placed.row, "first_unit")
            return


def _meet(one: RackLeaseDraft, other: RackLeaseDraft) -> bool:
    return (
        one.rack.casefold() == other.rack.casefold()
        and one.first_unit < other.first_unit + other.units
        and other.first_unit < one.first_unit + one.units
        and _period(one).overlap(_period(other)) is not None
    )


def _hold(used: Mapping[str, list[tuple[Period, int]]], draft: LeaseDraft) -> None:
    for code in chain.from_iterable(draft.routes):
        used[code.casefold()].append((_period(draft), draft.pairs))


def _period(draft: AnyLease) -> Period:
    return Period(draft.starts_on, draft.ends_on or FAR_FUTURE)


def _unknown_member(file: str, row: int, slug: str) -> Problem:
    remedy = "Write the slug of a member in members.csv."
    return Problem("unknown_member", f"No member is called {slug}.", remedy, None, file, row, "member")


def _unknown_rack(file: str, row: int, rack: str) -> Problem:
    remedy = "Write the id of a rack in racks.csv."
    return Problem("unknown_rack", f"No rack is called {rack}.", remedy, None, file, row, "rack")
