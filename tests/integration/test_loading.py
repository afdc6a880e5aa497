"""Loading a co-op from a folder: the demonstration comes in whole, twice changes nothing, faults are all named."""

from __future__ import annotations

import csv
import io
import json
import random
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cni.assets.models import FibrePair, Span
from cni.leases.allocation import release
from cni.leases.lifecycle import LeaseStatus
from cni.leases.models import Allocation, Lease
from cni.members.models import Member, Person
from cni.members.policy import OPERATOR
from cni.operations.loading import FILES, load_coop
from cni.primitives.errors import Invalid
from tests.conftest import NOW
from tests.factories import make_contribution, make_site

DEMONSTRATION = Path(__file__).parents[2] / "demonstration"
TODAY = date(2026, 11, 22)


def demonstration() -> dict[str, bytes]:
    return {file: (DEMONSTRATION / file).read_bytes() for file in FILES if (DEMONSTRATION / file).exists()}


def load(session, files):
    return load_coop(session, OPERATOR, files, at=NOW, today=TODAY, chooser=random.Random(1))


def rows(session, table) -> int:
    return session.scalar(select(func.count()).select_from(table))


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch):
    """Argon2 is slow by design; its own tests prove it. Here forty people need none of that."""
    monkeypatch.setattr("cni.members.registry.hash_password", lambda password: f"hash of {password}")
    monkeypatch.setattr("cni.members.registry.is_password", lambda password, known: known == f"hash of {password}")


def test_the_demonstration_comes_in_whole(session):
    report = load(session, demonstration())

    assert report.added["members.csv"] == rows(session, Member) == 10
    assert report.added["spans.csv"] == rows(session, Span) >= 60
    assert report.added["leases.csv"] == rows(session, Lease) >= 12
    assert rows(session, FibrePair) == session.scalar(select(func.sum(Span.fibres / 2)))
    assert rows(session, Allocation) > 100


def test_loading_the_same_again_changes_nothing(session):
    load(session, demonstration())
    before = {table: rows(session, table) for table in (Member, Person, Span, FibrePair, Lease, Allocation)}

    again = load(session, demonstration())

    assert set(again.added.values()) == {0}
    assert again.unchanged["spans.csv"] == before[Span]
    assert {table: rows(session, table) for table in before} == before


def changed(files: dict[str, bytes], file: str, row: int, **cells: str) -> None:
    """Change cells of a row, by its number in the spreadsheet."""
    lines = list(csv.reader(io.StringIO(files[file].decode())))
    for column, value in cells.items():
        lines[row - 1][lines[0].index(column)] = value
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(lines)
    files[file] = out.getvalue().encode()


def cell(files: dict[str, bytes], file: str, row: int, column: str) -> str:
    lines = list(csv.reader(io.StringIO(files[file].decode())))
    return lines[row - 1][lines[0].index(column)]


def problems_of(session, files) -> set[tuple]:
    with pytest.raises(Invalid) as refusal:
        load(session, files)
    assert rows(session, Member) == 0
    return {(problem.file, problem.row, problem.column, problem.code) for problem in refusal.value.problems}


def test_every_one_of_twenty_faults_is_named_and_nothing_is_loaded(session):
    files = demonstration()
    planted = {
        ("members.csv", 3, "vat_number", "bad_vat_number"): {"vat_number": "GB12"},
        ("members.csv", 4, "roles", "bad_roles"): {"roles": "contributor;landlord"},
        ("people.csv", 2, "email", "bad_email"): {"email": "nobody at all"},
        ("people.csv", 5, "member", "unknown_member"): {"member": "no-such-member"},
        ("people.csv", 7, "email", "duplicate_id"): {"email": cell(files, "people.csv", 6, "email").upper()},
        ("sites.csv", 2, "kind", "bad_kind"): {"kind": "shed"},
        ("sites.csv", 3, "owner", "unknown_member"): {"owner": "no-such-member"},
        ("risks.csv", 2, "kind", "bad_kind"): {"kind": "volcano"},
        ("spans.csv", 2, "a", "unknown_site"): {"a": "NO-SUCH-SITE"},
        ("spans.csv", 3, "fibres", "bad_fibres"): {"fibres": "0"},
        ("spans.csv", 4, "offered_pairs", "too_many_pairs"): {"offered_pairs": "999"},
        ("spans.csv", 5, "risks", "unknown_risk"): {"risks": "NO-SUCH-RISK"},
        ("spans.csv", 6, "geometry", "bad_geometry"): {"geometry": "LINESTRING (1 2"},
        ("spans.csv", 7, "fibre_owner", "missing"): {"fibre_owner": ""},
        ("spans.csv", 8, "length_m", "bad_length_m"): {"length_m": "-5", "length_basis": "otdr"},
        ("leases.csv", 2, "ends_on", "ends_before_start"): {"ends_on": "2020-01-01", "accepted_on": ""},
        ("leases.csv", 3, "starts_on", "bad_starts_on"): {"starts_on": "2026-02-30"},
        ("leases.csv", 4, "term_months", "term_not_offered"): {"term_months": "13"},
        ("leases.csv", 5, "spans", "unknown_span"): {"spans": "NO-SUCH-SPAN"},
        ("leases.csv", 6, "pairs", "bad_pairs"): {"pairs": "0"},
        ("racks.csv", 2, "units", "bad_units"): {"units": "none"},
        ("rack_leases.csv", 2, "size", "bad_size"): {"size": "some"},
    }
    for (file, row, _, _), cells in planted.items():
        changed(files, file, row, **cells)

    assert problems_of(session, files) == set(planted)


def test_two_faults_in_one_row_are_both_named(session):
    files = tiny(leases=["L1,nobody,S;X,0,2026-01-01,,12"])
    files["people.csv"] = b"email,name,member,roles\nno address,P,nobody,planner"
    files["rack_leases.csv"] = b"reference,member,rack,first_unit,units,size,starts_on\nR1,u,R9,1,10,double,2026-07-01"

    assert problems_of(session, files) == {
        ("leases.csv", 2, "member", "unknown_member"),
        ("leases.csv", 2, "pairs", "bad_pairs"),
        ("leases.csv", 2, "spans", "unknown_span"),
        ("people.csv", 2, "email", "bad_email"),
        ("people.csv", 2, "member", "unknown_member"),
        ("rack_leases.csv", 2, "rack", "unknown_rack"),
        ("rack_leases.csv", 2, "size", "bad_size"),
    }


@pytest.mark.parametrize(
    ("file", "data", "expected"),
    [
        ("members.csv", b"\xff\xfe\x00", ("members.csv", 1, None, "encoding")),
        ("members.csv", b"", ("members.csv", None, None, "empty")),
        ("members.csv", b"slug,name,roles,shoe_size\n", ("members.csv", 1, "shoe_size", "unknown_column")),
        ("members.csv", b"slug,name\n", ("members.csv", 1, "roles", "missing_column")),
        ("members.csv", b"slug,name,roles\na,A\n", ("members.csv", 2, None, "wrong_width")),
        ("tariff.json", b"{", ("tariff.json", None, None, "not_json")),
        ("coop.json", b'{"name": "C", "motto": "M"}', ("coop.json", None, "motto", "unknown_key")),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_place(session, file, data, expected):
    assert problems_of(session, {file: data}) == {expected}


def test_a_lease_too_many_on_one_day_is_named(session):
    files = tiny(leases=["L1,u,S,2,2026-01-01,,12", "L2,u,S,2,2026-06-01,,12", "L3,u,S,1,2026-05-31,2026-06-01,12"])

    assert problems_of(session, files) == {("leases.csv", 3, "spans", "oversold")}


def test_leases_that_follow_each_other_share_the_last_pair(session):
    leases = ["L1,u,S,3,2026-06-01,,12", "L2,u,S,2,2026-01-01,2026-06-01,12", "L3,u,S,1,2026-02-01,2026-03-01,12"]

    load(session, tiny(leases=leases))

    assert rows(session, Allocation) == 6


def test_only_a_user_that_has_joined_may_lease(session):
    files = tiny(
        members=["late,Late,user,2026-02-01"], leases=["L1,c,S,1,2026-01-01,,12", "L2,late,S,1,2026-01-01,,12"]
    )

    assert problems_of(session, files) == {
        ("leases.csv", 2, "member", "not_a_user"),
        ("leases.csv", 3, "starts_on", "not_yet_a_member"),
    }


def test_what_stands_is_never_changed_by_loading(session):
    load(session, tiny())
    other = tiny()
    changed(other, "spans.csv", 2, fibres="12")
    changed(other, "members.csv", 2, name="Another name")

    with pytest.raises(Invalid) as refusal:
        load(session, other)

    assert [(problem.file, problem.row, problem.column) for problem in refusal.value.problems] == [
        ("members.csv", 2, "name"),
        ("spans.csv", 2, "fibres"),
    ]


def test_a_lease_that_was_cancelled_keeps_its_reference_and_holds_nothing(session):
    files = tiny(leases=["L1,u,S,3,2026-01-01,,12"])
    load(session, files)
    lease = session.scalar(select(Lease))
    lease.status = LeaseStatus.CANCELLED
    release(session, lease)

    assert load(session, files).unchanged["leases.csv"] == 1
    load(session, tiny(leases=["L1,u,S,3,2026-01-01,,12", "L2,u,S,3,2026-01-01,,12"]))

    assert session.scalar(select(Lease.status).where(Lease.reference == "L2")) == LeaseStatus.RESERVED


def test_a_lease_that_is_refused_takes_no_room_from_the_next(session):
    files = tiny(leases=["L1,u,S,1,2026-01-01,,12", "L2,u,S,9,2026-01-01,,12", "L3,u,S,2,2026-01-01,,12"])

    assert problems_of(session, files) == {("leases.csv", 3, "spans", "oversold")}


def test_a_lease_without_one_pair_free_on_all_its_days_is_named_by_its_row(session):
    always, first, second = (
        "L0,u,S,1,2025-01-01,,12",
        "L1,u,S,1,2026-01-01,2026-02-15,12",
        "L2,u,S,1,2026-02-01,2026-04-01,12",
    )
    load(session, tiny(leases=[always, first, second, "L3,u,S,1,2026-05-01,2026-06-01,12"]))

    with pytest.raises(Invalid) as refusal:
        load(session, tiny(leases=["L4,u,S,1,2026-03-01,2026-05-15,12"]))

    assert [(problem.file, problem.row, problem.code) for problem in refusal.value.problems] == [
        ("leases.csv", 2, "taken")
    ]


def test_what_waits_for_the_steward_can_neither_be_loaded_nor_named(session):
    load(session, tiny())
    council = session.scalar(select(Member).where(Member.slug == "c"))
    waiting = make_contribution(session, council, live=False)
    make_site(session, "W", waiting)
    files = tiny()
    files["sites.csv"] += b"\nW,W,cabinet,53.48,-2.26"
    files["spans.csv"] += b"\nT,A,W,c,24,3"

    with pytest.raises(Invalid) as refusal:
        load(session, files)

    assert ("sites.csv", 4, "still_proposed") in {(p.file, p.row, p.code) for p in refusal.value.problems}

    del files["sites.csv"]
    with pytest.raises(Invalid) as refusal:
        load(session, files)
    assert [(p.file, p.row, p.code) for p in refusal.value.problems] == [("spans.csv", 3, "unknown_site")]


def test_a_term_must_be_in_the_tariff_in_force_when_billing_starts(session):
    load(session, tiny())
    later = json.loads((DEMONSTRATION / "tariff.json").read_text())
    later["effective_from"], later["name"] = "2026-06-01", "Later"
    later["lines"] = [line for line in later["lines"] if line.get("term_months") != 12 and line["code"] != "rack_half"]
    files = tiny(leases=["L1,u,S,1,2026-05-31,,12", "L2,u,S,1,2026-06-01,,12"])
    files["tariff.json"] = json.dumps(later).encode()
    files["racks.csv"] = b"id,site,units\nR,A,42"
    files["rack_leases.csv"] = (
        b"reference,member,rack,first_unit,units,size,starts_on\nR1,u,R,1,10,half,2026-07-01\nR2,u,R,11,5,full,2026-07-01"
    )

    with pytest.raises(Invalid) as refusal:
        load(session, files)

    assert {(p.file, p.row, p.column, p.code) for p in refusal.value.problems} == {
        ("leases.csv", 3, "term_months", "term_not_offered"),
        ("rack_leases.csv", 2, "size", "no_price"),
    }


def test_ids_compare_without_case(session):
    files = tiny(leases=["L1,U,s,1,2026-01-01,,12"])
    changed(files, "spans.csv", 2, a="a")

    load(session, files)

    assert session.scalar(select(Lease.reference)) == "L1"


def tiny(members: list[str] = (), leases: list[str] = ()) -> dict[str, bytes]:
    """The smallest co-op: a contributor `c`, a user `u`, one span S from A to Z that offers three pairs."""
    tables = {
        "members.csv": ["slug,name,roles,joined_on", "c,C,contributor,", "u,U,user,", *members],
        "sites.csv": ["id,name,kind,latitude,longitude", "A,A,cabinet,53.48,-2.24", "Z,Z,cabinet,53.49,-2.25"],
        "spans.csv": ["id,a,z,fibre_owner,fibres,offered_pairs", "S,A,Z,c,24,3"],
        "leases.csv": ["reference,member,spans,pairs,starts_on,ends_on,term_months", *leases],
    }
    files = {file: "\n".join(lines).encode() for file, lines in tables.items()}
    return files | {"tariff.json": (DEMONSTRATION / "tariff.json").read_bytes()}
