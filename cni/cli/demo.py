"""`cni demo`: build the demonstration co-op, through the same operations that people use, and say who can sign in."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from cni import runtime
from cni.assets.colours import ColourScheme
from cni.assets.evidence_levels import EvidenceAction
from cni.assets.expiries import RegisterKind
from cni.assets.imports.values import Choices
from cni.cli.main import open_database
from cni.cli.output import answer, json_option
from cni.governance.drafts import NewMeeting, NewResolution
from cni.governance.words import Choice, Decides
from cni.leases.searches import RouteSearch
from cni.members.policy import OPERATOR, Actor
from cni.members.queries import actor_of, cooperative, person_by_email
from cni.operations import (
    evidencing,
    governing,
    importing,
    keeping_registers,
    leasing,
    loading,
    ordering,
    settling,
    structuring,
    surveying,
)
from cni.operations.evidencing import NewStep
from cni.operations.keeping_registers import NewEntry
from cni.operations.structuring import NewCable, NewDuct
from cni.primitives.period import Month, add_months
from cni.topology.questions import Diversity

FOLDER = Path(__file__).parents[2] / "demonstration"
SETTLED = (Month(2026, 7), Month(2026, 8), Month(2026, 9))
"""Issued already; October is left for whoever tries the treasurer's job."""
TREASURER, APPROVER = "treasurer@irwell-and-tame.example", "approver@irwell-and-tame.example"
OFFICER = "assets@irwell-council.example"
STEWARD = "steward@irwell-and-tame.example"
REGISTRAR = "registrar@irwell-and-tame.example"
DELEGATES = (
    "delegate@tame-valley-nhs.example",
    "delegate@medlock-college.example",
    "delegate@two-rivers-tram.example",
    "delegate@pennine-wave.example",
    "delegate@spindle.example",
    "delegate@weft-and-weave.example",
    "delegate@northern-heron.example",
    "delegate@irwell-council.example",
)
"""Who votes, in this order; the council's delegate last, so that a vote is left to cast."""
REFUSAL = "The Medlock chamber is rebuilt in the spring; please ask again for a route that avoids it."


@click.group()
def demo() -> None:
    """Build the demonstration co-op."""


@demo.command("build")
@json_option
def build(as_json: bool) -> None:
    """Build the demonstration co-op in an empty database; where there is a co-op already, do nothing."""
    open_database()
    with runtime.transaction() as session:
        is_new = cooperative(session) is None
        if is_new:
            Demonstration(session).build()
    words = "The demonstration co-op is built." if is_new else "There is a co-op already; nothing was changed."
    answer({"built": is_new}, words, as_json=as_json)


@demo.command("sign-ins")
@json_option
def sign_ins(as_json: bool) -> None:
    """Say who can sign in to the demonstration: one person for each role."""
    people = list(_one_person_for_each_role())
    width = max(len(person["email"]) for person in people)
    lines = [f"  {person['role']:<16} {person['email']:<{width}}  {person['password']}" for person in people]
    answer({"sign_ins": people}, "\n".join(lines), as_json=as_json)


def _one_person_for_each_role() -> Iterator[dict[str, str]]:
    with (FOLDER / "people.csv").open(encoding="utf-8", newline="") as file:
        people = list(csv.DictReader(file))
    seen: set[str] = set()
    for person in people:
        for role in set(person["roles"].split(";")) - seen:
            seen.add(role)
            yield {"role": role, "email": person["email"], "password": person["password"]}


class Demonstration:
    """The demonstration co-op in the making, all in one transaction."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.now = runtime.now()
        self.today = runtime.today()

    def build(self) -> None:
        """Load the folder, settle three months, and leave something to do for everyone."""
        files = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.name in loading.FILES}
        loading.load_coop(self.session, OPERATOR, files, at=self.now, today=self.today, chooser=runtime.chooser())
        self.session.flush()
        self.hold_meetings()
        for month in SETTLED:
            self.settle(month)
        surveying.find_hidden_risks(self.session, OPERATOR, surveying.Limits(), at=self.now, chooser=runtime.chooser())
        self.propose_plant()
        self.order_leases()
        self.keep_records()

    def hold_meetings(self) -> None:
        """Have the tariff passed and a parameter set, long ago, and leave a vote open."""
        tariff = NewResolution(
            "The tariff and the fee policy from April 2025 (demonstration)",
            "That the tariff and the fee policy laid before this meeting be published, the same for every member.",
            Decides.TARIFF,
            reference="GM-2025-03",
        )
        light_by = NewResolution(
            "Light by nine months (demonstration)",
            "That fibre which is leased be in use within 270 days of its acceptance, or be released after warnings.",
            Decides.PARAMETER, "GM-2026-09", "light_by_days", 270, date(2026, 10, 1),
        )  # fmt: skip
        limit = NewResolution(
            "Half a span at most for one member (demonstration)",
            "That no member lease more than half of the fibre pairs that are offered on a span.",
            Decides.PARAMETER, "", "share_limit_percent", 50, add_months(self.today.replace(day=1), 2),
        )  # fmt: skip
        long_ago = ((tariff, date(2025, 3, 12), "++++++++"), (light_by, date(2026, 9, 9), "+++-++0"))
        for given, held_on, votes in long_ago:
            reference = self.vote_on(given, held_on, votes)
            governing.close_vote(self.session, self.person(REGISTRAR), reference, at=_evening(held_on))
        self.vote_on(limit, self.today - timedelta(days=2), "+-")

    def vote_on(self, given: NewResolution, held_on: date, votes: str) -> str:
        """Call a meeting three weeks ahead, and have delegates vote on a resolution (+ - 0); return its reference."""
        registrar, called_on, evening = self.person(REGISTRAR), held_on - timedelta(days=21), _evening(held_on)
        meeting = governing.call_meeting(
            self.session,
            registrar,
            NewMeeting(f"General meeting, {held_on:%B %Y} (demonstration)", evening, "Ashton Old Baths", called_on),
            at=_morning(called_on),
            chooser=runtime.chooser(),
        )
        self.session.flush()
        drafted = governing.draft_resolution(
            self.session, registrar, meeting.reference, given, at=_morning(called_on), chooser=runtime.chooser()
        )
        governing.open_vote(self.session, registrar, drafted.reference, at=evening)
        for email, vote in zip(DELEGATES, votes, strict=False):
            choice = {"+": Choice.FOR, "-": Choice.AGAINST, "0": Choice.ABSTAIN}[vote]
            governing.cast_vote(self.session, self.person(email), drafted.reference, choice, at=evening)
        return drafted.reference

    def settle(self, month: Month) -> None:
        """Approve a month on the second day after it, and issue it on the fourth, as two people would."""
        approved_on, issued_on = (month.period.end + timedelta(days=days) for days in (1, 3))
        approver, treasurer = self.person(APPROVER), self.person(TREASURER)
        preview = settling.preview_settlement(self.session, approver, month, today=approved_on)
        digest = preview.settlement.digest
        settling.approve_settlement(self.session, approver, month, digest, at=_morning(approved_on), today=approved_on)
        settling.issue_settlement(self.session, treasurer, month, digest, at=_morning(issued_on), today=issued_on)

    def propose_plant(self) -> None:
        """Have the council bring a file of three spans, which wait for the steward."""
        officer = self.person(OFFICER)
        sample = FOLDER / "sample-uploads" / "three-new-spans.geojson"
        note = "The new cabinets' spare pairs (demonstration)"
        importing.apply_import(
            self.session, officer, sample.read_bytes(), sample.name, Choices(note=note),
            at=self.now, chooser=runtime.chooser(),
        )  # fmt: skip

    def order_leases(self) -> None:
        """Leave a quote, a request to approve, a refused one, a cancelled one, and a lease to accept."""
        steward = self.person(STEWARD)
        self.quote("planner@pennine-wave.example", "STO", "ROC", None)
        self.request("planner@weft-and-weave.example", "AOB", "MED", Diversity.SITE)
        refused = self.request("planner@spindle.example", "AOB", "MSP", Diversity.SPAN)
        leasing.refuse_lease(self.session, steward, refused, REFUSAL, at=self.now)
        planner = self.person("planner@northern-heron.example")
        cancelled = self.request("planner@northern-heron.example", "BUR", "MAN", None)
        leasing.cancel_lease(self.session, planner, cancelled, at=self.now)
        reserved = self.request("planner@pennine-wave.example", "OLD", "MSP", Diversity.SPAN)
        leasing.approve_lease(self.session, steward, reserved, at=self.now)

    def keep_records(self) -> None:
        """Have the council enter a wayleave, a grant, a cable and a duct, and have a span surveyed and tested."""
        officer, span = self.person(OFFICER), "AOBN-AWE"
        note = "Entered for the demonstration"
        wayleave = NewEntry(
            RegisterKind.WAYLEAVE, "Canal trust (demonstration)", "Deed 12", None,
            self.today + timedelta(days=150), False, (span,), note,
        )  # fmt: skip
        grant = replace(wayleave, kind=RegisterKind.FUNDING, party="Fund (demonstration)", title="Grant 7")
        for entry in (wayleave, replace(grant, open_access=True, ends_on=add_months(self.today, 30))):
            keeping_registers.add_entry(self.session, officer, entry, at=self.now, chooser=runtime.chooser())
        cable = NewCable(ColourScheme.FOTAG, 12, Decimal(19))
        structuring.describe_cable(self.session, officer, span, cable, at=self.now)
        duct = NewDuct("D-AOBN-AWE", Decimal(96), Decimal(677), spans=(span,))
        structuring.keep_duct(self.session, officer, duct, at=self.now)
        for action in (EvidenceAction.SURVEY, EvidenceAction.TEST):
            step = NewStep(action, self.today - timedelta(days=14), note)
            evidencing.record_step(self.session, officer, span, step, at=self.now)
            self.session.flush()

    def quote(self, email: str, from_site: str, to_site: str, diverse: Diversity | None) -> str:
        """Have a planner get a quote for a pair from next month on; return its reference."""
        search = RouteSearch(
            from_site, to_site, starts_on=add_months(self.today.replace(day=1), 1), term_months=36, diverse=diverse
        )
        made = ordering.make_quote(self.session, self.person(email), search, at=self.now, chooser=runtime.chooser())
        self.session.flush()
        return made.reference

    def request(self, email: str, from_site: str, to_site: str, diverse: Diversity | None) -> str:
        """Have a planner request the lease of such a quote; return the lease's reference."""
        reference = self.quote(email, from_site, to_site, diverse)
        lease = ordering.request_lease(
            self.session, self.person(email), reference, at=self.now, chooser=runtime.chooser()
        )
        self.session.flush()
        return lease.reference

    def person(self, email: str) -> Actor:
        """Return the actor that someone in the demonstration's people.csv is."""
        person = person_by_email(self.session, email)
        if person is None:
            raise LookupError(f"{email} is not in {FOLDER / 'people.csv'}")
        return actor_of(person)


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(9), UTC)


def _evening(day: date) -> datetime:
    return datetime.combine(day, time(18, 30), UTC)
