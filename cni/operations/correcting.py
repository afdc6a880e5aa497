"""Correct what is known of a member or of the co-op, and change what a member is, from a day on.

Not here, on purpose: bank details. Changing where money goes takes two people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypedDict

from sqlalchemy.orm import Session

from cni.events.kinds import CoopCorrected, MemberCorrected, MemberRolesChanged
from cni.events.record import record
from cni.members import queries
from cni.members.models import Cooperative, Member
from cni.members.policy import Actor, MemberRole, Permission, may, require
from cni.primitives.errors import NotFound, Problem, refuse_if_any
from cni.primitives.period import in_words, london_date

OWN_FIELDS = frozenset({"address", "postcode", "sector"})
"""What a member's administrator may correct of it; the registrar may correct all."""


class MemberCorrection(TypedDict, total=False):
    """What is to stand of a member from now on. A field that is not given stays as it is; None: nothing is known."""

    name: str
    sector: str | None
    address: str | None
    postcode: str | None
    company_number: str | None
    vat_number: str | None
    self_billing_from: date | None
    self_billing_to: date | None


class CoopCorrection(TypedDict, total=False):
    """What is to stand of the co-op from now on. A field that is not given stays as it is; None: nothing is known."""

    name: str
    registered_number: str | None
    vat_number: str | None
    address: str | None
    postcode: str | None


@dataclass(frozen=True, slots=True)
class Correctable:
    """A member, with those of its fields that the one who asks may correct, as they stand."""

    slug: str
    name: str
    standing: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RoleHeld:
    """A role and the days it is held; no start: since before everything; no end: still; the end is not included."""

    role: MemberRole
    starts_on: date | None
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class RolesOfMember:
    """A member, the roles that it holds on the day that was asked about, and all that it held, holds or will hold."""

    slug: str
    name: str
    today: list[MemberRole]
    held: list[RoleHeld]


def find_correctable_member(session: Session, actor: Actor, slug: str) -> Correctable:
    """Return what the actor may correct of a member.

    Permission: people:manage, for that member; with members:admit every field, else the member's own.
    Raises:
        NotFound: there is no such member here.
    """
    require(actor, Permission.PEOPLE_MANAGE)
    member = _within_reach(actor, queries.member_by_slug(session, slug))
    names = MemberCorrection.__annotations__ if may(actor, Permission.MEMBERS_ADMIT) else OWN_FIELDS
    return Correctable(member.slug, member.name, {name: getattr(member, name) for name in names})


def correct_member(session: Session, actor: Actor, slug: str, correction: MemberCorrection, *, at: datetime) -> Member:
    """Correct what is known of a member. Documents that are issued stay as they are.

    Permission: people:manage, for that member; for more than its address, postcode and sector members:admit.
    Event: MemberCorrected, where anything changes.
    Raises:
        NotFound: there is no such member here.
        Invalid: the name is missing, or the self-billing agreement has no start or ends before it.
    """
    require(actor, Permission.PEOPLE_MANAGE)
    member = _within_reach(actor, queries.lock_member(session, slug))
    if not correction.keys() <= OWN_FIELDS:
        require(actor, Permission.MEMBERS_ADMIT)
    begins = correction.get("self_billing_from", member.self_billing_from)
    ends = correction.get("self_billing_to", member.self_billing_to)
    refuse_if_any([*_name_problems(correction.get("name", member.name)), *_agreement_problems(begins, ends)])
    changed = _put_right(member, correction)
    if changed:
        record(session, actor, MemberCorrected(subject=member.slug, member_id=member.id, fields=changed), at=at)
    return member


def find_roles_of_member(session: Session, actor: Actor, slug: str, *, on: date) -> RolesOfMember:
    """Return what a member is on a day, was and will be.

    Permission: members:admit.
    Raises:
        NotFound: there is no such member.
    """
    require(actor, Permission.MEMBERS_ADMIT)
    member = _within_reach(actor, queries.member_by_slug(session, slug))
    held = [RoleHeld(each.role, each.starts_on, each.ends_on) for each in member.roles]
    held.sort(key=lambda each: (each.starts_on or date.min, each.role))
    return RolesOfMember(member.slug, member.name, member.roles_on(on), held)


def change_member_roles(
    session: Session, actor: Actor, slug: str, roles: frozenset[MemberRole], *, on: date, at: datetime
) -> Member:
    """Give a member these roles and no others from a day on. What it held before that day stays on record.

    Permission: members:admit. Event: MemberRolesChanged.
    Raises:
        NotFound: there is no such member.
        Invalid: no role is given, or the day is past.
    """
    require(actor, Permission.MEMBERS_ADMIT)
    member = _within_reach(actor, queries.lock_member(session, slug))
    refuse_if_any(_change_problems(roles, on, london_date(at)))
    member.hold_only(roles, on)
    names = sorted(role.value for role in roles)
    changed = MemberRolesChanged(subject=member.slug, member_id=member.id, roles=names, starts_on=on.isoformat())
    record(session, actor, changed, at=at)
    return member


def find_coop(session: Session, actor: Actor) -> dict[str, Any]:
    """Return what documents say of the co-op; of one that was never entered every field is None.

    Permission: members:admit.
    """
    require(actor, Permission.MEMBERS_ADMIT)
    coop = queries.cooperative(session)
    return {name: getattr(coop, name, None) for name in CoopCorrection.__annotations__}


def correct_coop(session: Session, actor: Actor, correction: CoopCorrection, *, at: datetime) -> None:
    """Correct what is known of the co-op, or enter it. Documents that are issued stay as they are.

    Permission: members:admit. Event: CoopCorrected, where anything changes.
    Raises:
        Invalid: the name is missing.
    """
    require(actor, Permission.MEMBERS_ADMIT)
    coop = queries.cooperative(session) or Cooperative(id=1)
    refuse_if_any(_name_problems(correction.get("name", coop.name)))
    changed = _put_right(coop, correction)
    session.add(coop)
    if changed:
        record(session, actor, CoopCorrected(subject="co-op", fields=changed), at=at)


def _within_reach(actor: Actor, member: Member | None) -> Member:
    if member is None:
        raise NotFound("There is no such thing here.")
    require(actor, Permission.PEOPLE_MANAGE, member_id=member.id)
    return member


def _put_right(row: Member | Cooperative, correction: Mapping[str, Any]) -> list[str]:
    """Write the correction; return the names of the fields that it changes."""
    changed = sorted(name for name, value in correction.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, correction[name])
    return changed


def _name_problems(name: str | None) -> Iterator[Problem]:
    if not name:
        yield Problem("missing", "The name is missing.", "Enter it.", place="name")


def _agreement_problems(begins: date | None, ends: date | None) -> Iterator[Problem]:
    if ends and not begins:
        remedy = "Give its first day, or take its end away."
        yield Problem("missing", "The agreement has an end and no start.", remedy, place="self_billing_from")
    if begins and ends and ends <= begins:
        remedy = "Give the day after the agreement's last."
        yield Problem("ends_before_start", "The agreement ends before it starts.", remedy, place="self_billing_to")


def _change_problems(roles: frozenset[MemberRole], on: date, today: date) -> Iterator[Problem]:
    if not roles:
        yield Problem("missing", "The member has no role.", "Choose at least one.", place="roles")
    if on < today:
        message = f"{in_words(on)} is past; what was held until today stays."
        yield Problem("day_is_past", message, "Choose today or a day to come.", place="on")
