"""Editing live plant, and how leases follow."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import object_session

from cni.assets import edits
from cni.assets.models import FibrePair, Site, Span
from cni.assets.structure import Duct, SpanCable
from cni.assets.terms import FeeBasis, SpanTerms
from cni.assets.words import FoiLabel
from cni.db.base import Base
from cni.events.models import EventRow
from cni.leases.allocation import SpanRetired
from cni.leases.billing import billing_facts
from cni.leases.charging import charge_lines
from cni.leases.concentration import use_of_spans
from cni.leases.models import Allocation, Lease
from cni.leases.queries import open_network
from cni.members.models import Member
from cni.members.policy import Role
from cni.operations import editing, leasing, ordering, withdrawing
from cni.operations.assessing import assess_lease
from cni.operations.editing import NewSite, SiteMove, SpanChange, SpanMerge, SpanSplit
from cni.operations.foreseeing import what_if
from cni.operations.searching import find_routes
from cni.operations.withdrawing import NewNotice
from cni.primitives.errors import Forbidden, Invalid, NotFound
from cni.primitives.geo import length_m, line_of, wkb_of
from cni.primitives.period import Month, Period, add_months
from tests.books import make_books
from tests.conftest import NOW
from tests.factories import make_actor, make_contribution, make_member, make_site, make_span
from tests.leases import CHANCE, SITE_DIVERSE, START, make_coop

AB = "A-B"
LATER = datetime(2027, 3, 10, 12, 0, tzinfo=NOW.tzinfo)
ON = LATER.date()


@pytest.fixture
def coop(session):
    """Sites on a line from west to east, so that a span between two can be cut where the test says."""
    coop = make_coop(session)
    places = {"A": (-2.30, 53.48), "B": (-2.28, 53.48), "C": (-2.29, 53.47), "Z": (-2.26, 53.48)}
    for code, place in places.items():
        site = session.scalars(select(Site).where(Site.code == code)).one()
        site.longitude, site.latitude = place
    span = coop.spans[AB]
    span.geometry = wkb_of([(-2.30, 53.48), (-2.29, 53.481), (-2.28, 53.48)])
    session.flush()
    session.expire_all()  # lengths as the database has them
    return coop


@pytest.fixture
def owner(session, coop):
    return make_actor(session, session.get_one(Member, coop.spans[AB].fibre_owner_id), Role.ASSET_OFFICER)


MIDDLE = NewSite(where="53.48051, -2.295", id="M", name="Middle Chamber", kind="chamber")


def split(session, actor, span=AB, *, at=LATER, **more):
    edit = editing.split_span(session, actor, SpanSplit(span, **({"new": MIDDLE} | more)), at=at, chooser=CHANCE)
    session.flush()
    return edit


def span_named(session, code):
    return session.scalars(select(Span).where(Span.code == code).execution_options(populate_existing=True)).one()


def month_lines(session, number):
    period = Month(2026 + (number - 1) // 12, (number - 1) % 12 + 1).period
    facts = billing_facts(session, period)
    return [line for each in facts.billed for line in charge_lines(each.lease, period, facts.policies, facts.entitled)]


YEAR = range(12, 12 + 14)
"""December 2026 to January 2028, in which the first lease year lies."""


def held(session, on):
    """Return which pairs each lease holds on a day, by span."""
    rows = session.execute(
        select(Lease.reference, Span.code, FibrePair.number, Allocation.route)
        .join(Allocation, Allocation.lease_id == Lease.id)
        .join(FibrePair, FibrePair.id == Allocation.fibre_pair_id)
        .join(Span, Span.id == FibrePair.span_id)
        .where(Allocation.period.contains(on))
    )
    return sorted(tuple(row) for row in rows)


def test_a_split_span_leaves_the_plant_and_two_take_over_all_that_it_had(session, coop, owner):
    whole = span_named(session, AB)
    states = [
        pair.state
        for pair in session.scalars(select(FibrePair).where(FibrePair.span_id == whole.id).order_by(FibrePair.number))
    ]

    split(session, owner)

    parts = [span_named(session, f"{AB}.{part}") for part in (1, 2)]
    assert whole.retired_on == ON
    assert sum(part.length_m for part in parts) == Decimal(1200)
    site = session.scalars(select(Site).where(Site.code == "M")).one()
    assert (parts[0].a_id, parts[0].z_id, parts[1].a_id, parts[1].z_id) == (whole.a_id, site.id, site.id, whole.z_id)
    for part in parts:
        assert part.fibre_owner_id == whole.fibre_owner_id
        assert part.retired_on is None
        pairs = session.scalars(select(FibrePair).where(FibrePair.span_id == part.id).order_by(FibrePair.number))
        assert [pair.state for pair in pairs] == states
    lines = [line_of(part.geometry) for part in parts]
    assert lines[0][-1] == lines[1][0]
    metres = [length_m(line) for line in lines]
    assert sum(metres) == pytest.approx(length_m(line_of(whole.geometry)), abs=0.01)
    assert float(parts[0].length_m) == pytest.approx(1200 * metres[0] / sum(metres), abs=0.001)
    network = open_network(session, Period(ON))
    assert {AB} & {*network.spans} == set()
    assert {"A-B.1", "A-B.2"} <= {*network.spans}
    assert network.spans["A-B.1"].risks == ("K1",)


def test_a_lease_runs_over_both_parts_from_the_day_on_and_holds_the_same_pairs(session, coop, owner):
    lease = coop.accepted(**SITE_DIVERSE)
    before = held(session, ON - timedelta(days=1))

    split(session, owner)

    assert held(session, ON - timedelta(days=1)) == before
    after = [(reference, code, number, route) for reference, code, number, route in before if code != AB]
    after += [
        (lease.reference, f"{AB}.{part}", number, route)
        for _, code, number, route in before
        if code == AB
        for part in (1, 2)
    ]
    assert held(session, ON) == sorted(after)
    file = leasing.lease_file(session, coop.steward, lease.reference, on=ON)
    assert [[span.code for span in route] for route in file.routes] == [["A-B.1", "A-B.2", "B-Z"], ["A-C", "C-Z"]]
    assert [span.metres for span in file.routes[0]] == [300, 900, 900]
    earlier = leasing.lease_file(session, coop.steward, lease.reference, on=ON - timedelta(days=1))
    assert [[span.code for span in route] for route in earlier.routes] == [["A-B", "B-Z"], ["A-C", "C-Z"]]


def test_a_lease_that_runs_the_other_way_meets_the_parts_in_its_own_order(session, coop, owner):
    lease = coop.accepted(a="B", z="A")

    split(session, owner)

    file = leasing.lease_file(session, coop.steward, lease.reference, on=ON)
    assert [span.code for span in file.routes[0]] == ["A-B.2", "A-B.1"]


@pytest.mark.parametrize("asked", [{}, SITE_DIVERSE, {"pairs": 2}])
def test_a_split_moves_no_penny_of_any_month(session, coop, owner, asked):
    coop.accepted(**asked)
    before = {month: month_lines(session, month) for month in YEAR}

    split(session, owner)

    after = {month: month_lines(session, month) for month in YEAR}
    for month in YEAR:
        charges = [sum(line.charge_pence for line in lines[month]) for lines in (before, after)]
        assert charges[0] == charges[1]
        if Month(2026 + (month - 1) // 12, (month - 1) % 12 + 1).period.end <= ON:
            assert before[month] == after[month]
    year = Period(START, add_months(START, 12))
    charged = [line for month in YEAR for line in after[month] if line.code is None and line.start < year.end]
    assert {line.span for line in charged if line.start >= ON} >= {"A-B.1", "A-B.2"}
    for line in charged:
        assert (line.span == AB) <= (line.end <= ON)
        assert (line.span in ("A-B.1", "A-B.2")) <= (line.start >= ON)
        assert line.charge_pence == line.fee_pence + line.margin_pence


def test_one_offs_stay_those_of_the_route_as_it_was_quoted(session, coop, owner):
    lease = coop.reserved()
    split(session, owner, at=NOW)
    leasing.accept_lease(session, coop.planner, lease.reference, NOW.date(), at=NOW)
    session.flush()

    splices = [line.charge_pence for line in month_lines(session, 12) if line.code == "splice"]

    assert splices == [6_500]


def test_what_was_split_and_is_merged_is_as_it_was_and_so_are_its_charges(session, coop, owner):
    lease = coop.accepted(**SITE_DIVERSE)
    before = {month: sum(line.charge_pence for line in month_lines(session, month)) for month in YEAR}
    line = line_of(span_named(session, AB).geometry)
    split(session, owner)

    asked = SpanMerge("A-B.1", "A-B.2", with_site=True)
    editing.merge_spans(session, owner, asked, at=LATER + timedelta(days=30), chooser=CHANCE)
    session.flush()

    whole = span_named(session, "A-B.3")
    assert whole.length_m == 1200
    assert line_of(whole.geometry) == line
    day = ON + timedelta(days=30)
    assert {code for _, code, *_ in held(session, day)} == {"A-B.3", "B-Z", "A-C", "C-Z"}
    assert {code for _, code, *_ in held(session, day - timedelta(days=1))} == {"A-B.1", "A-B.2", "B-Z", "A-C", "C-Z"}
    assert {month: sum(line.charge_pence for line in month_lines(session, month)) for month in YEAR} == before
    file = leasing.lease_file(session, coop.steward, lease.reference, on=day)
    assert [(span.code, span.metres) for span in file.routes[0]] == [("A-B.3", 1200), ("B-Z", 900)]
    assert "M" not in open_network(session, Period(day)).graph


def test_spans_are_not_merged_where_a_lease_ends_between_them(session, coop, owner):
    split(session, owner, at=NOW)
    lease = coop.accepted(a="A", z="M")

    with pytest.raises(Invalid) as refused:
        editing.merge_spans(session, owner, SpanMerge("A-B.1", "A-B.2"), at=LATER, chooser=CHANCE)

    assert lease.reference in refused.value.problems[0].message


def test_spans_are_not_merged_where_another_one_ends(session, coop, owner):
    with pytest.raises(Invalid) as refused:
        editing.merge_spans(session, owner, SpanMerge("A-B", "C-Z"), at=LATER, chooser=CHANCE)
    assert [problem.code for problem in refused.value.problems] == ["no_joint"]

    split(session, owner, at=NOW)
    plant = make_contribution(session, make_member(session), live=False)
    make_span(
        session,
        "X",
        session.scalars(select(Site).where(Site.code == "M")).one(),
        make_site(session, "Y", plant),
        make_member(session),
    )
    with pytest.raises(Invalid) as refused:
        editing.merge_spans(session, owner, SpanMerge("A-B.1", "A-B.2"), at=LATER, chooser=CHANCE)
    assert [problem.code for problem in refused.value.problems] == ["joint_used"]


def change_label(span, actor):
    span.foi_label, span.foi_reason = FoiLabel.CONFIDENTIAL, "FOIA s24"


def change_terms(span, actor):
    terms = SpanTerms(span_id=span.id, fee_basis=FeeBasis.PAIR_METRE, notice_months=36, changed_at=NOW)
    object_session(span).add(terms)


def give_notice(span, actor):
    given = NewNotice((span.code,), ON + timedelta(days=900), "Trams")
    withdrawing.give_notice(object_session(span), actor, given, at=NOW, chooser=CHANCE)


@pytest.mark.parametrize(
    ("change", "words"),
    [(change_label, "label"), (change_terms, "offer"), (give_notice, "notice of withdrawal")],
)
@pytest.mark.parametrize("part", [f"{AB}.1", f"{AB}.2"])
def test_spans_of_other_labels_terms_or_notices_are_not_merged(session, coop, owner, change, words, part):
    split(session, owner, at=NOW)
    change(span_named(session, part), owner)
    session.flush()

    with pytest.raises(Invalid) as refused:
        editing.merge_spans(session, owner, SpanMerge("A-B.1", "A-B.2"), at=LATER, chooser=CHANCE)

    assert [problem.message for problem in refused.value.problems] == [
        f"The {words} of A-B.1 and A-B.2 is not the same."
    ]


def test_what_another_member_only_proposes_at_the_joint_does_not_keep_spans_apart(session, coop, owner):
    split(session, owner, at=NOW)
    other = make_member(session)
    proposed = make_contribution(session, other, live=False)
    joint = session.scalars(select(Site).where(Site.code == "M")).one()
    make_span(session, "X", joint, make_site(session, "Y", proposed), other, contribution_id=proposed.id)

    editing.merge_spans(session, owner, SpanMerge("A-B.1", "A-B.2"), at=LATER, chooser=CHANCE)

    assert span_named(session, "A-B.3").retired_on is None


def test_a_quote_on_a_span_that_was_split_can_no_longer_be_requested(session, coop, owner):
    quote = coop.quote()
    split(session, owner, at=NOW)

    with pytest.raises(SpanRetired) as refused:
        ordering.request_lease(session, coop.planner, quote.reference, at=NOW, chooser=CHANCE)

    assert [problem.place for problem in refused.value.problems] == [AB]
    assert coop.requested().reference


def test_routes_and_failures_are_told_of_the_parts_the_day_after(session, coop, owner):
    lease = coop.accepted(**SITE_DIVERSE)
    split(session, owner)
    day = ON + timedelta(days=1)

    found = find_routes(session, coop.planner, coop.search(starts_on=day), on=day)
    assert [route.spans for route in found.answer.routes] == [("A-B.1", "A-B.2", "B-Z")]
    relies = assess_lease(session, coop.steward, lease.reference)
    assert relies.routes == (("A-B.1", "A-B.2", "B-Z"), ("A-C", "C-Z"))
    assert {*use_of_spans(session, day)} == {"A-B.1", "A-B.2", "B-Z", "A-C", "C-Z"}
    assert {*use_of_spans(session, ON - timedelta(days=1))} == {"A-B", "B-Z", "A-C", "C-Z"}
    foreseen = what_if(session, coop.steward, ["span:A-B.2"], on=day)
    assert [(fate.lease.reference, fate.hit.becomes) for fate in foreseen.fates] == [(lease.reference, "survives")]


def test_a_lease_that_ends_after_a_split_frees_the_pairs_of_both_parts(session, coop, owner):
    lease = coop.accepted()
    split(session, owner)
    ends_on = ON + timedelta(days=20)

    leasing.end_lease(session, coop.planner, lease.reference, ends_on, at=LATER)
    session.flush()

    assert held(session, ends_on) == []
    assert {code for _, code, *_ in held(session, ends_on - timedelta(days=1))} == {"A-B.1", "A-B.2", "B-Z"}
    assert {code for _, code, *_ in held(session, START)} == {"A-B", "B-Z"}


def test_an_undone_split_is_as_if_it_had_never_been_and_can_be_made_again(session, coop, owner):
    coop.accepted(**SITE_DIVERSE)
    before = {month: month_lines(session, month) for month in YEAR}
    held_before = held(session, ON)
    edit = split(session, owner)
    after = {month: month_lines(session, month) for month in YEAR}
    held_after = held(session, ON)

    editing.undo_edit(session, owner, edit.reference, at=LATER)
    session.flush()
    assert {month: month_lines(session, month) for month in YEAR} == before
    assert held(session, ON) == held_before
    assert {*open_network(session, Period(ON)).graph} == {"A", "B", "C", "Z"}
    with pytest.raises(editing.EditUndone):
        editing.undo_edit(session, owner, edit.reference, at=LATER)

    editing.redo_edit(session, owner, edit.reference, at=LATER)
    session.flush()
    assert {month: month_lines(session, month) for month in YEAR} == after
    assert held(session, ON) == held_after
    with pytest.raises(editing.EditUndone):
        editing.redo_edit(session, owner, edit.reference, at=LATER)
    kinds = session.scalars(select(EventRow.kind).where(EventRow.subject == edit.reference).order_by(EventRow.id))
    assert list(kinds) == ["PlantEdited", "PlantEditUndone", "PlantEditRedone"]


def test_a_split_on_which_a_lease_rests_is_not_undone(session, coop, owner):
    edit = split(session, owner, at=NOW)
    lease = coop.accepted()

    with pytest.raises(editing.EditDependedOn) as refused:
        editing.undo_edit(session, owner, edit.reference, at=NOW)

    assert any(lease.reference in problem.message for problem in refused.value.problems)


def test_what_keeps_an_edit_from_being_undone_is_told_to_who_may_undo_it(session, coop, owner):
    edit = split(session, owner, at=NOW)
    assert editing.obstacles(session, owner, edit) == []
    lease = coop.accepted()

    (problem,) = [each for each in editing.obstacles(session, owner, edit) if each.code == "lease_depends"]

    assert lease.reference in problem.message
    with pytest.raises(NotFound):
        editing.obstacles(session, make_actor(session, make_member(session), Role.ASSET_OFFICER), edit)


def test_what_keeps_three_edits_is_asked_in_as_many_statements_as_what_keeps_one(session, coop, owner, count_queries):
    coop.accepted()
    edits_made = [split(session, owner)]
    for code, where in (("N", "53.4808, -2.292"), ("O", "53.4804, -2.285")):
        place = NewSite(where=where, id=code, name=f"Chamber {code}", kind="chamber")
        last = select(func.max(Span.code)).where(Span.code.startswith(AB), Span.retired_on.is_(None))
        edits_made.append(split(session, owner, session.scalar(last), new=place))
    counts = []
    for asked in (edits_made[:1], edits_made):
        for edit in asked:
            session.refresh(edit, ["member"])
        with count_queries() as statements:
            found = editing.obstacles_of(session, owner, asked)
        counts.append(len(statements))

    assert counts[0] == counts[1] <= 14
    assert found == {edit.reference: editing.obstacles(session, owner, edit) for edit in edits_made}
    assert found[edits_made[-1].reference] == []
    assert found[edits_made[0].reference]


def test_an_early_image_that_only_counts_what_is_on_record_is_undone_all_the_same(session, coop, owner):
    whole = span_named(session, AB)
    session.add(SpanCable(span_id=whole.id, scheme="tia_598", fibres_per_tube=12))
    session.flush()
    edit = split(session, owner)
    with_counts(edit)
    session.flush()

    editing.undo_edit(session, owner, edit.reference, at=LATER)

    assert span_named(session, AB).retired_on is None


def test_an_early_image_still_finds_what_came_on_record_since(session, coop, owner):
    edit = split(session, owner)
    with_counts(edit)
    session.add(SpanCable(span_id=span_named(session, f"{AB}.1").id, scheme="tia_598", fibres_per_tube=12))
    session.flush()

    (problem,) = editing.obstacles(session, owner, edit)

    assert problem.message == "On record of the spans, this was changed since: the cable."


def with_counts(edit):
    """Make the images of an edit as they were first stored: of rows on record they said how many."""
    for side in ("before", "after"):
        image = getattr(edit, side)
        counts = {table: len(rows) for table, rows in image["leaning"]["rows"].items()}
        setattr(edit, side, image | {"leaning": image["leaning"] | {"rows": counts}})


def test_a_span_that_another_member_proposes_is_not_named_to_who_would_undo(session, coop, owner):
    edit = split(session, owner, at=NOW)
    other = make_member(session)
    proposed = make_contribution(session, other, live=False)
    joint = session.scalars(select(Site).where(Site.code == "M")).one()
    for code, owned in (("SECRET-1", proposed), ("SECRET-2", proposed), ("MINE", own_proposal(session, owner))):
        member = session.get_one(Member, owned.member_id)
        make_span(session, code, joint, make_site(session, f"{code}-END", owned), member, contribution_id=owned.id)

    def told(actor):
        return [problem.message for problem in editing.obstacles(session, actor, edit)]

    hidden = "A span that is proposed, or was, came or went there since."
    assert told(owner) == [hidden, "Span MINE came or went there since."]
    steward = make_actor(session, None, Role.NETWORK_STEWARD)
    assert told(steward) == [f"Span {code} came or went there since." for code in ("MINE", "SECRET-1", "SECRET-2")]
    with pytest.raises(editing.EditDependedOn) as refused:
        editing.undo_edit(session, owner, edit.reference, at=NOW)
    assert not any("SECRET" in problem.message for problem in refused.value.problems)


def own_proposal(session, actor):
    return make_contribution(session, session.get_one(Member, actor.member_id), live=False)


def test_replaced_spans_are_told_from_withdrawn_ones_in_one_statement(session, coop, owner, count_queries):
    split(session, owner, at=NOW)
    split(session, owner, "A-B.2", at=NOW, new=NewSite(where="53.4808, -2.292", id="N", name="Next", kind="chamber"))

    with count_queries() as statements:
        replaced = edits.successors(session, [AB, "A-B.2", "B-Z"])

    assert len(statements) == 1
    assert replaced == {AB: ("A-B.1", "A-B.2"), "A-B.2": ("A-B.2.1", "A-B.2.2")}
    assert edits.successors(session, []) == {}


def test_what_took_a_spans_place_is_found_without_reading_every_edit(session, coop, owner):
    split(session, owner, at=NOW)
    session.execute(text("SET LOCAL enable_seqscan = off"))  # there are too few edits to use an index of itself
    scans = text("SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'plant_edits'")
    before = session.scalar(scans)

    assert edits.successors(session, [AB, "B-Z"]) == {AB: ("A-B.1", "A-B.2")}
    assert edits.forebears(session, ["A-B.1"])["A-B.1"] == [(AB, "split")]

    assert session.scalar(scans) == before


def test_a_part_can_be_split_again_on_the_same_day_and_only_the_last_split_is_undone(session, coop, owner):
    coop.accepted()
    first = split(session, owner)
    place = NewSite(where="53.4808, -2.292", id="N", name="Next Chamber", kind="chamber")
    second = split(session, owner, "A-B.2", new=place)
    assert {code for _, code, *_ in held(session, ON)} == {"A-B.1", "A-B.2.1", "A-B.2.2", "B-Z"}

    with pytest.raises(editing.EditDependedOn):
        editing.undo_edit(session, owner, first.reference, at=LATER)
    editing.undo_edit(session, owner, second.reference, at=LATER)
    editing.undo_edit(session, owner, first.reference, at=LATER)
    session.flush()

    assert {code for _, code, *_ in held(session, ON)} == {"A-B", "B-Z"}


def test_every_problem_of_a_split_is_told_at_once(session, coop, owner):
    with pytest.raises(Invalid) as refused:
        split(session, owner, new=NewSite(where="53.49, -2.295", id="A", kind="pub"), first="B-Z", second="b-z")

    assert {(problem.place, problem.code) for problem in refused.value.problems} == {
        ("id", "already_registered"), ("name", "missing"), ("kind", "bad_kind"),
        ("first", "already_registered"), ("second", "already_registered"), ("second", "duplicate_id"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("where", "place", "code"),
    [("53.49, -2.295", "where", "off_line"), ("53.48, -2.31", "where", "at_end"), ("", "where", "missing"),
     ("somewhere", "where", "bad_position"), ("48.85, 2.35", "where", "bad_position"),
     ("J 340 740", "where", "bad_position")],
)  # fmt: skip
def test_a_span_is_split_along_its_line_only(session, coop, owner, where, place, code):
    with pytest.raises(Invalid) as refused:
        split(session, owner, new=NewSite(where=where, id="M", name="Middle", kind="chamber"))

    assert [(problem.place, problem.code) for problem in refused.value.problems] == [(place, code)]


def test_a_span_can_be_split_at_a_site_of_ones_own(session, coop, owner):
    editing.add_site(session, owner, MIDDLE, at=NOW, chooser=CHANCE)
    session.flush()

    split(session, owner, new=NewSite(), site="m")
    assert span_named(session, "A-B.1").z_id == session.scalars(select(Site.id).where(Site.code == "M")).one()


def test_a_place_near_ones_own_site_is_that_site(session, coop, owner):
    editing.add_site(session, owner, MIDDLE, at=NOW, chooser=CHANCE)
    session.flush()

    split(session, owner, new=NewSite(where="53.48055, -2.29502"))
    assert span_named(session, "A-B.1").z_id == session.scalars(select(Site.id).where(Site.code == "M")).one()


def test_a_changed_line_is_measured_and_leases_keep_their_metres(session, coop, owner):
    lease = coop.accepted()
    before = {month: month_lines(session, month) for month in YEAR}
    line = "53.48, -2.30\n53.4820, -2.29\n53.48, -2.28"

    edit = editing.edit_span(session, owner, SpanChange(AB, line), at=LATER, chooser=CHANCE)
    session.flush()

    span = span_named(session, AB)
    assert float(span.length_m) == pytest.approx(length_m([(-2.30, 53.48), (-2.29, 53.482), (-2.28, 53.48)]), abs=0.06)
    assert span.length_basis == "drawn"
    assert {month: month_lines(session, month) for month in YEAR} == before
    file = leasing.lease_file(session, coop.steward, lease.reference, on=ON)
    assert [each.metres for each in file.routes[0]] == [1200, 900]
    editing.undo_edit(session, owner, edit.reference, at=LATER)
    assert span_named(session, AB).length_m == 1200


def test_a_line_ends_at_its_sites(session, coop, owner):
    with pytest.raises(Invalid) as refused:
        editing.edit_span(session, owner, SpanChange(AB, "53.48, -2.301\n53.48, -2.28", "-1"), at=LATER, chooser=CHANCE)

    assert {(problem.place, problem.code) for problem in refused.value.problems} == {
        ("line", "ends_off"),
        ("length_m", "bad_length"),
    }


def test_a_site_takes_the_lines_of_its_owner_along(session, coop, owner):
    edit = editing.move_site(session, owner, SiteMove("B", "53.4802, -2.2801"), at=LATER, chooser=CHANCE)
    session.flush()

    assert line_of(span_named(session, AB).geometry)[-1] == (-2.2801, 53.4802)
    assert span_named(session, AB).length_m == 1200
    editing.undo_edit(session, owner, edit.reference, at=LATER)
    site = session.scalars(select(Site).where(Site.code == "B")).one()
    assert (site.longitude, site.latitude) == (-2.28, 53.48)


def test_a_new_site_is_undone_until_something_is_there(session, coop, owner):
    edit = editing.add_site(session, owner, MIDDLE, at=NOW, chooser=CHANCE)
    session.flush()
    assert "M" in open_network(session, Period(ON)).graph
    at_it = split(session, owner, new=NewSite(), site="M")

    with pytest.raises(editing.EditDependedOn) as refused:
        editing.undo_edit(session, owner, edit.reference, at=LATER)
    assert [problem.message for problem in refused.value.problems] == [
        "Span A-B.1 came or went there since.", "Span A-B.2 came or went there since."
    ]  # fmt: skip
    editing.undo_edit(session, owner, at_it.reference, at=LATER)
    editing.undo_edit(session, owner, edit.reference, at=LATER)
    session.flush()
    assert "M" not in open_network(session, Period(ON)).graph


def test_others_plant_is_not_theirs_to_edit(session, coop, owner):
    stranger = make_actor(session, make_member(session), Role.ASSET_OFFICER)
    edit = split(session, owner)

    with pytest.raises(Forbidden):
        split(session, stranger, "B-Z")
    with pytest.raises(Forbidden):
        editing.move_site(session, stranger, SiteMove("B", "53.48, -2.281"), at=LATER, chooser=CHANCE)
    with pytest.raises(NotFound):
        editing.undo_edit(session, stranger, edit.reference, at=LATER)
    with pytest.raises(NotFound):
        split(session, owner, AB)
    assert editing.list_edits(session, stranger).items == []
    assert [each.reference for each in editing.list_edits(session, coop.steward).items] == [edit.reference]


def test_the_network_steward_edits_anybodys_plant(session, coop, owner):
    edit = split(session, coop.steward)

    assert edit.member_id == owner.member_id
    assert editing.undo_edit(session, owner, edit.reference, at=LATER).undone_at == LATER


def test_what_an_edit_would_do_is_told_before_and_saves_nothing(session, coop, owner):
    lease = coop.accepted(**SITE_DIVERSE)

    checked = editing.check_edit(session, owner, SpanSplit(AB, new=MIDDLE), on=ON)

    assert [span.code for span in checked.plan.spans_after] == ["A-B.1", "A-B.2"]
    assert [(each.reference, each.metres) for each in checked.leases] == [(lease.reference, 1200)]
    assert session.scalar(select(func.count(Site.id)).where(Site.code == "M")) == 0


def test_records_and_splices_go_over_to_the_parts_and_back_when_the_split_is_undone(session, coop, owner):
    whole = span_named(session, AB)
    tables = Base.metadata.tables
    session.execute(
        insert(tables["evidence_steps"]).values(span_id=whole.id, level="surveyed", done_on=ON, recorded_at=NOW)
    )
    session.execute(insert(tables["span_cables"]).values(span_id=whole.id, scheme="tia_598", fibres_per_tube=12))
    splice = {"site_id": whole.z_id, "from_span_id": whole.id, "from_fibre": 1, "to_fibre": 1}
    session.execute(insert(tables["splices"]).values(to_span_id=span_named(session, "B-Z").id, **splice))
    spliced = select(tables["splices"].c.from_span_id)

    edit = split(session, owner)

    parts = [span_named(session, f"{AB}.{part}").id for part in (1, 2)]
    for name in ("evidence_steps", "span_cables", "span_risks"):
        named = select(tables[name].c.span_id).where(tables[name].c.span_id.in_(parts))
        assert sorted(session.scalars(named)) == parts
    assert session.scalars(spliced).all() == [parts[1]]
    editing.undo_edit(session, owner, edit.reference, at=LATER)
    assert session.scalars(spliced).all() == [whole.id]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE duct_spans SET duct_id = (SELECT max(id) FROM ducts) WHERE span_id = :part", "ducts"),
        ("UPDATE span_cables SET fibres_per_tube = 6 WHERE span_id = :part", "the cable"),
        ("UPDATE span_terms SET notice_months = 3 WHERE span_id = :part", "terms"),
        ("UPDATE fibre_pairs SET state = 'dark' WHERE span_id = :part AND number = 1", "fibre pairs"),
    ],
)
def test_what_took_the_place_of_something_else_on_record_since_keeps_a_split_from_being_undone(
    session, coop, owner, change, words
):
    whole = span_named(session, AB)
    ducts = [Duct(code=code, owner_id=owner.member_id, bore_mm=96, length_m=1200) for code in ("D1", "D2")]
    cable = SpanCable(span_id=whole.id, scheme="tia_598", fibres_per_tube=12)
    agreed = SpanTerms(span_id=whole.id, fee_basis=FeeBasis.PAIR_METRE, notice_months=12, changed_at=NOW)
    session.add_all([*ducts, cable, agreed])
    session.flush()
    session.execute(insert(Base.metadata.tables["duct_spans"]).values(span_id=whole.id, duct_id=ducts[0].id))
    edit = split(session, owner)

    session.execute(text(change), {"part": span_named(session, f"{AB}.1").id})

    with pytest.raises(editing.EditDependedOn) as refused:
        editing.undo_edit(session, owner, edit.reference, at=LATER)
    assert [problem.message for problem in refused.value.problems] == [
        f"On record of the spans, this was changed since: {words}."
    ]


def test_terms_set_again_as_they_were_do_not_keep_a_split_from_being_undone(session, coop, owner):
    agreed = {"fee_basis": FeeBasis.PAIR_METRE, "notice_months": 12}
    session.add(SpanTerms(span_id=span_named(session, AB).id, changed_at=NOW, **agreed))
    session.flush()
    edit = split(session, owner)

    session.execute(update(SpanTerms).values(changed_at=LATER))

    editing.undo_edit(session, owner, edit.reference, at=LATER)


def test_whatever_names_spans_has_words():
    assert {table.name for table in edits._naming_spans()} == set(edits.RECORD_WORDS)


def test_an_issued_month_shows_no_difference_after_a_split_and_the_next_one_the_same_charge(session):
    books = make_books(session)
    span = books.spans["A-B"]
    span.geometry = wkb_of([(-2.30, 53.48), (-2.28, 53.48)])
    for site, longitude in ((span.a_id, -2.30), (span.z_id, -2.28)):
        place = session.get_one(Site, site)
        place.longitude, place.latitude = longitude, 53.48
    session.flush()
    session.expire(span)  # its length as the database has it
    issued = books.settle().settlement
    november = Month(2026, 11)
    before = books.preview(november).settlement

    steward = make_actor(session, None, Role.NETWORK_STEWARD)
    split(
        session,
        steward,
        new=NewSite("53.48, -2.29", "M", "Middle", "chamber"),
        at=datetime(2026, 11, 10, 9, tzinfo=NOW.tzinfo),
    )

    again = books.preview()
    assert again.differences == ()
    assert again.settlement.lines == issued.lines
    after = books.preview(november).settlement
    assert {"A-B", "A-B.1", "A-B.2"} <= {line.span for line in after.lines}
    charges = [
        sum(line.charge_pence for line in lines if line.lease == "LSE-ONE") for lines in (before.lines, after.lines)
    ]
    assert charges[0] == charges[1] > 0
