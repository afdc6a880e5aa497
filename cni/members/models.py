"""The tables of who is who."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cni.db.base import Base, Identified, Word
from cni.members.policy import MemberRole, Role


class Cooperative(Base):
    """The co-op itself, as its documents name it: one row."""

    __tablename__ = "cooperative"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, server_default=text("1"))
    name: Mapped[str]
    registered_number: Mapped[str | None]
    vat_number: Mapped[str | None]
    address: Mapped[str | None]
    postcode: Mapped[str | None]
    sort_code: Mapped[str | None]
    account_number: Mapped[str | None]


class Member(Identified, Base):
    """An organisation in the co-op."""

    __tablename__ = "members"

    slug: Mapped[str]
    name: Mapped[str]
    sector: Mapped[str | None]
    vat_number: Mapped[str | None]
    company_number: Mapped[str | None]
    address: Mapped[str | None]
    postcode: Mapped[str | None]
    sort_code: Mapped[str | None]
    account_number: Mapped[str | None]
    joined_on: Mapped[date | None]
    self_billing_from: Mapped[date | None]
    self_billing_to: Mapped[date | None]

    roles: Mapped[list[MemberRoleHeld]] = relationship(
        lazy="raise", order_by="MemberRoleHeld.role", cascade="all, delete-orphan"
    )

    def roles_on(self, on: date) -> list[MemberRole]:
        """Return the roles held on a day, in alphabetical order; they must be loaded."""
        return [held.role for held in self.roles if held.is_held_on(on)]

    def hold_only(self, roles: Collection[MemberRole], on: date) -> None:
        """Hold these roles and no others from a day on; what was held before stays; `self.roles` must be loaded."""
        kept = [held for held in self.roles if held.starts_on is None or held.starts_on < on]
        for held in kept:
            held.ends_on = on if held.ends_on is None else min(held.ends_on, on)
        going_on = {held.role: held for held in kept if held.ends_on == on and held.role in roles}
        for held in going_on.values():
            held.ends_on = None
        begun = [MemberRoleHeld(role=role, starts_on=on) for role in sorted(roles) if role not in going_on]
        self.roles = [*kept, *begun]


Index("uq_members_slug", func.lower(Member.slug), unique=True)


class MemberRoleHeld(Identified, Base):
    """A role that an organisation holds over some days; no start: since before everything; no end: still."""

    __tablename__ = "member_roles"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    role: Mapped[MemberRole] = mapped_column(Word(MemberRole))
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]

    def is_held_on(self, on: date) -> bool:
        """Tell whether the role is held on a day."""
        return (self.starts_on is None or self.starts_on <= on) and (self.ends_on is None or on < self.ends_on)


class Person(Identified, Base):
    """Someone who signs in, for their member or as the co-op's staff (no member)."""

    __tablename__ = "people"

    email: Mapped[str]
    name: Mapped[str]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), index=True)
    password_hash: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))

    member: Mapped[Member | None] = relationship(lazy="raise")
    roles: Mapped[list[PersonRole]] = relationship(
        lazy="raise", order_by="PersonRole.role", cascade="all, delete-orphan"
    )


Index("uq_people_email", func.lower(Person.email), unique=True)


class PersonRole(Base):
    """A role that a person holds."""

    __tablename__ = "person_roles"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(Word(Role), primary_key=True)


class SignIn(Identified, Base):
    """A session in a browser. The cookie holds a random token; only its SHA-256 is kept here."""

    __tablename__ = "sign_ins"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    signed_in_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    address: Mapped[str | None]
    browser: Mapped[str | None]

    @property
    def reference(self) -> str:
        """What the session is called where its person lists it; it does not help to guess the token."""
        return self.token_hash.hex()[:12]


class SignInAttempt(Identified, Base):
    """A failed try to sign in, kept to slow the next ones down."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index(None, "email", "tried_at"), Index(None, "address", "tried_at"))

    email: Mapped[str]
    address: Mapped[str]
    tried_at: Mapped[datetime]


class PasswordLink(Identified, Base):
    """A link by which a person may once choose a password. Only the SHA-256 of its random token is kept."""

    __tablename__ = "password_links"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiToken(Identified, Base):
    """A bearer token of a person for the API: `cni_<public_id>_<secret>`, of which only the SHA-256 is kept."""

    __tablename__ = "api_tokens"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    secret_hash: Mapped[bytes]
    label: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    def is_valid(self, at: datetime) -> bool:
        """Tell whether the token lets its person in at an instant."""
        return self.revoked_at is None and self.expires_at > at
