"""How plant is built: cables by colour, ducts and what lies in them, splices."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from cni.assets.colours import ColourScheme
from cni.assets.models import Site
from cni.members.policy import Role
from cni.operations import editing, structuring
from cni.operations.editing import NewSite, SpanSplit
from cni.operations.structuring import NewCable, NewDuct, NewSplice
from cni.primitives.errors import Invalid, NotFound
from tests.conftest import NOW
from tests.factories import make_actor, make_member, make_person
from tests.leases import make_coop
from tests.plant import lay

TODAY = NOW.date()
CABLE = NewCable(ColourScheme.FOTAG, 12, Decimal(14))
DUCT = NewDuct("D1", Decimal(96), Decimal(300), spans=("A-B",))


@pytest.fixture
def council(session):
    return make_member(session, "council", roles="contributor")


@pytest.fixture
def spans(session, council):
    return lay(session, "A-B 1000, B-C 900", owner=council)


@pytest.fixture
def officer(session, council, spans):
    return make_actor(session, council, Role.ASSET_OFFICER)


@pytest.fixture
def keep(session, officer):
    def keeping(given=DUCT, **more):
        kept = structuring.keep_duct(session, officer, replace(given, **more), at=NOW)
        session.flush()
        session.expire(kept)
        return structuring.find_duct(session, officer, kept.code)

    return keeping


def describe(session, officer, given=CABLE, code="A-B"):
    structuring.describe_cable(session, officer, code, given, at=NOW)
    session.flush()


def split(session, officer):
    session.expire_all()  # lengths as the database has them
    a, z = session.scalars(select(Site).where(Site.code.in_(("A", "B"))).order_by(Site.code))
    where = f"{(a.latitude + z.latitude) / 2}, {(a.longitude + z.longitude) / 2}"
    asked = SpanSplit("A-B", new=NewSite(where, "M", "Middle", "chamber"))
    edit = editing.split_span(session, officer, asked, at=NOW, chooser=random.Random(1))
    session.flush()
    session.expire_all()
    return edit


def codes(refusal):
    return sorted(problem.code for problem in refusal.value.problems)


def test_a_cable_has_its_tubes_and_fibres_with_colours_and_pairs(session, officer):
    describe(session, officer)

    tubes = structuring.structure_of(session, officer, "A-B", on=TODAY).tubes

    assert [len(tube) for tube in tubes] == [12, 12]
    last = tubes[1][-1]
    assert (last.number, last.pair, last.colour.colour.word, last.colour.tube_colour.word) == (
        24,
        12,
        "turquoise",
        "orange",
    )


def test_a_left_over_fibre_is_in_no_pair(session, officer, spans):
    spans["A-B"].fibres = 25
    describe(session, officer)

    tubes = structuring.structure_of(session, officer, "A-B", on=TODAY).tubes

    assert [(fibre.number, fibre.pair) for fibre in tubes[2]] == [(25, None)]


def test_only_owner_and_staff_see_what_a_pair_is_used_for(session):
    coop = make_coop(session)
    owner = session.get_one(type(coop.user), coop.spans["A-B"].fibre_owner_id)
    officer = make_actor(session, owner, Role.ASSET_OFFICER)
    describe(session, officer)
    coop.accepted(pairs=1)
    seen = {
        who: [
            fibre.state
            for fibre in structuring.structure_of(session, actor, "A-B", on=coop.search().starts_on).tubes[0]
        ]
        for who, actor in (("owner", officer), ("steward", coop.steward), ("planner", coop.planner))
    }

    assert seen["owner"][:8:2] == ["reserved", "reserved", "leased", "offered"]
    assert seen["steward"] == seen["owner"]
    assert set(seen["planner"]) == {None}


def test_a_tube_holds_as_many_as_colours_tell_apart(session, officer):
    with pytest.raises(Invalid) as refusal:
        describe(session, officer, NewCable(ColourScheme.TIA_598, 25, Decimal(-1)))

    assert codes(refusal) == ["out_of_range", "out_of_range"]


def test_a_duct_is_as_full_as_its_cables_and_sub_ducts(session, officer, keep):
    describe(session, officer)
    keep()
    keep(code="SUB", parent="d1", bore_mm=Decimal(40), outer_mm=Decimal(50), spans=())
    session.expire_all()

    facts = structuring.find_duct(session, officer, "D1")

    assert facts.fill.percent == Decimal("29.3")  # (14² + 50²) / 96²
    assert structuring.find_duct(session, officer, "SUB").is_spare


def test_a_span_that_was_split_lies_in_no_duct_any_more(session, officer, keep):
    describe(session, officer)
    keep()

    split(session, officer)

    facts = structuring.find_duct(session, officer, "D1")
    assert [span.code for span in facts.duct.spans] == ["A-B.1", "A-B.2"]
    assert facts.fill.percent == Decimal("2.1")  # 14² / 96²: one cable, though two spans


def test_the_parts_of_a_span_are_one_cable_in_a_duct_as_thick_as_the_thickest_and_another_span_is_one_more(
    session, officer, keep
):
    describe(session, officer)
    keep(spans=("A-B", "B-C"))
    split(session, officer)
    describe(session, officer, replace(CABLE, diameter_mm=Decimal(20)), "A-B.2")
    assert structuring.find_duct(session, officer, "D1").fill.unknown == 1
    describe(session, officer, code="B-C")

    fill = structuring.find_duct(session, officer, "D1").fill

    assert (fill.percent, fill.unknown) == (Decimal("6.5"), 0)  # (20² + 14²) / 96²


def test_a_duct_is_kept_and_the_split_undone_after_a_span_of_it_was_split(session, officer, keep):
    keep()
    edit = split(session, officer)
    keep(spans=("A-B.1", "A-B.2"), length_m=Decimal(310))

    editing.undo_edit(session, officer, edit.reference, at=NOW)
    session.expire_all()

    assert [span.code for span in structuring.find_duct(session, officer, "D1").duct.spans] == ["A-B"]


def test_an_over_filled_duct_is_on_record_and_says_so(session, officer, keep):
    describe(session, officer, replace(CABLE, diameter_mm=Decimal(70)))

    assert keep().fill.is_overfilled


def test_a_duct_is_corrected_by_its_id(keep):
    keep()

    assert keep(length_m=Decimal(310), spans=("B-C",)).duct.spans[0].code == "B-C"


def test_every_problem_of_a_duct_is_told_at_once(session, keep):
    with pytest.raises(Invalid) as refusal:
        keep(bore_mm=Decimal(0), length_m=Decimal(-1), outer_mm=Decimal(5), spans=("NOWHERE",))
    assert codes(refusal) == ["not_a_sub_duct", "out_of_range", "out_of_range", "unknown_plant"]


def test_a_sub_duct_fits_into_a_duct_that_is_none_itself(keep):
    keep()
    keep(code="SUB", parent="D1", bore_mm=Decimal(40), outer_mm=Decimal(50))
    for given in (
        {"code": "X", "parent": "SUB", "bore_mm": Decimal(20), "outer_mm": Decimal(25)},
        {"code": "X", "parent": "D1", "bore_mm": Decimal(90), "outer_mm": Decimal(97)},
        {"code": "X", "parent": "D1", "bore_mm": Decimal(40)},
        {"code": "D1", "parent": "D1", "outer_mm": Decimal(99)},
        {"code": "X", "parent": "NONE", "outer_mm": Decimal(99)},
    ):
        with pytest.raises(Invalid):
            keep(**given)


def test_anothers_duct_is_not_found_and_its_id_is_taken(session, keep):
    keep()
    other = make_member(session)
    stranger = make_actor(session, other, Role.ASSET_OFFICER)

    with pytest.raises(NotFound):
        structuring.find_duct(session, stranger, "D1")
    with pytest.raises(Invalid) as refusal:
        structuring.keep_duct(session, stranger, replace(DUCT, spans=()), at=NOW)
    assert codes(refusal) == ["taken"]


def splice(session, officer, *given, at="B"):
    structuring.keep_splices(session, officer, at, [NewSplice(*each) for each in given], at=NOW)
    session.flush()
    return [
        (each.from_span.code, each.from_fibre, each.to_fibre)
        for each in structuring.splices_at(session, officer, at)[1]
    ]


def test_splices_at_a_site_are_replaced_as_a_whole(session, officer):
    assert len(splice(session, officer, ("A-B", 1, "b-c", 1, Decimal("0.08")), ("A-B", 2, "B-C", 2))) == 2
    assert splice(session, officer, ("A-B", 3, "B-C", 1)) == [("A-B", 3, 1)]


def test_every_problem_of_splices_is_told_with_its_line(session, officer):
    lay(session, "Q-R 1")
    given = [("A-B", 1, "B-C", 1), ("B-C", 1, "A-B", 25), ("A-B", 2, "A-B", 3), ("A-B", 4, "Q-R", 1, Decimal(-1))]

    with pytest.raises(Invalid) as refusal:
        splice(session, officer, *given)

    assert [(problem.row, problem.code) for problem in refusal.value.problems] == [
        (2, "spliced_twice"), (2, "out_of_range"), (3, "same_span"), (4, "unknown_plant"), (4, "out_of_range"),
    ]  # fmt: skip


def test_splices_of_others_alone_are_not_ones_own_and_stay(session, officer, council):
    other = make_member(session, "other", roles="contributor")
    lay(session, "X-B 10, B-Y 10", owner=other)
    theirs = make_actor(session, other, Role.ASSET_OFFICER)
    splice(session, theirs, ("X-B", 1, "B-Y", 1))

    with pytest.raises(Invalid) as refusal:
        splice(session, officer, ("X-B", 2, "B-Y", 2))
    splice(session, officer, ("A-B", 1, "B-C", 1))

    assert codes(refusal) == ["not_yours"]
    assert len(structuring.splices_at(session, theirs, "B")[1]) == 1
    with pytest.raises(NotFound):
        structuring.splices_at(session, make_actor(session, make_member(session), Role.ASSET_OFFICER), "B")


def test_a_cable_a_duct_and_splices_are_kept_on_pages(session, client, council, spans):
    browser = client.sign_in_as(make_person(session, council, Role.ASSET_OFFICER))
    cable = {"scheme": "tia_598", "fibres_per_tube": "12", "diameter_mm": "14"}
    duct = {"code": "D1", "bore_mm": "96", "length_m": "300", "spans": "A-B"}

    assert browser.post("/plant/structure/spans/A-B", data=cable | {"fibres_per_tube": "99"}).status_code == 422
    assert browser.post("/plant/structure/spans/A-B", data=cable).status_code == 302
    assert browser.post("/plant/structure/ducts", data=duct).status_code == 302
    assert browser.post("/plant/structure/ducts/D1", data=duct | {"length_m": "310"}).status_code == 302
    refused = browser.post("/plant/structure/splices/B", data={"splices": "A-B, 1, B-C"})
    browser.post("/plant/structure/splices/B", data={"splices": "A-B, 1, B-C, 1, 0.3\r\nA-B, 2, B-C, 2"})

    assert refused.status_code == 422
    assert "Line 1 is not span, fibre, span, fibre, loss." in refused.text
    page = browser.get("/plant/spans/A-B").text
    assert "Slate" in page
    assert "Reserved" in page
    assert "310 m" in browser.get("/plant/structure/ducts").text
    assert "D1" in browser.get("/plant/structure/spans/A-B").text
    assert "Too much" in browser.get("/plant/structure/splices/B").text


def test_a_program_describes_a_cable(session, api_client, council, spans):
    program = api_client(make_person(session, council, Role.ASSET_OFFICER))

    told = program.put("/api/v1/structure/A-B", json={"scheme": "fotag", "fibres_per_tube": 12})

    assert told.json["fibres"][13] == {
        "number": 14, "tube": 2, "tube_colour": "orange", "colour": "orange", "pair": 7, "state": "dark",
    }  # fmt: skip
