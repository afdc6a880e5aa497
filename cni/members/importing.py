"""Members and people as they come in files: one row to one draft, with all that is wrong with the row. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from cni.members.policy import MEMBER_ROLES, STAFF_ROLES, MemberRole, Role
from cni.primitives.tables import Cells, Columns

MEMBER_COLUMNS = Columns(
    required=("slug", "name", "roles"),
    optional=(
        "sector",
        "vat_number",
        "company_number",
        "sort_code",
        "account_number",
        "address",
        "postcode",
        "joined_on",
        "self_billing_from",
        "self_billing_to",
    ),
)
PERSON_COLUMNS = Columns(required=("email", "name", "member", "roles"), optional=("password",))


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberDraft:
    """A member as a file gives it; every text that was not given is None."""

    slug: str
    name: str
    roles: frozenset[MemberRole]
    sector: str | None = None
    vat_number: str | None = None
    company_number: str | None = None
    sort_code: str | None = None
    account_number: str | None = None
    address: str | None = None
    postcode: str | None = None
    joined_on: date | None = None
    self_billing_from: date | None = None
    self_billing_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDraft:
    """A person as a file gives them; `member` is a slug, None for the co-op's staff."""

    email: str
    name: str
    member: str | None
    roles: frozenset[Role]
    password: str | None = None


def member_draft(cells: Cells) -> MemberDraft | None:
    """Return the member of a row of members.csv; None, with problems noted, where the row is faulty."""
    draft = MemberDraft(
        slug=cells.parsed("slug", member_slug, "Use letters, figures and hyphens, like irwell-council.", required=True)
        or "",
        name=cells.text("name", required=True) or "",
        roles=frozenset(cells.words("roles", MemberRole)),
        sector=cells.text("sector"),
        vat_number=cells.parsed("vat_number", vat_number, "Write it like GB123456789."),
        company_number=cells.text("company_number"),
        sort_code=cells.parsed("sort_code", sort_code, "Write six figures, like 08-99-99."),
        account_number=cells.parsed("account_number", account_number, "Write its eight figures."),
        address=cells.text("address"),
        postcode=cells.text("postcode"),
        joined_on=cells.day("joined_on"),
        self_billing_from=cells.day("self_billing_from"),
        self_billing_to=cells.day("self_billing_to"),
    )
    begins, ends = draft.self_billing_from, draft.self_billing_to
    if begins and ends and ends <= begins:
        remedy = "Give the day after the agreement's last."
        cells.problem("ends_before_start", "self_billing_to", f"It ends ({ends}) before it starts ({begins}).", remedy)
    return None if cells.problems else draft


def person_draft(cells: Cells) -> PersonDraft | None:
    """Return the person of a row of people.csv; None, with problems noted, where the row is faulty."""
    member = cells.text("member")
    draft = PersonDraft(
        email=cells.parsed("email", email_address, "Write it like name@example.org.", required=True) or "",
        name=cells.text("name", required=True) or "",
        member=member,
        roles=frozenset(cells.words("roles", Role)),
        password=cells.text("password"),
    )
    fitting = MEMBER_ROLES if member else STAFF_ROLES
    for role in sorted(draft.roles - fitting):
        whose = "a member's people" if member else "the co-op's staff (no member)"
        remedy = f"For {whose} write one of: {', '.join(sorted(fitting))}."
        cells.problem("role_does_not_fit", "roles", f"{role} is not a role of {whose}.", remedy)
    return None if cells.problems else draft


def email_address(text: str) -> str:
    """Return an e-mail address as it stands.

    Raises:
        ValueError: it has not the form of one.
    """
    if not re.fullmatch(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+", text) or len(text) > 254:
        raise ValueError(f"{text!r} is not an e-mail address")
    return text


def vat_number(text: str) -> str:
    """Return a UK VAT number without spaces: GB or XI and 9 or 12 figures, or GBGD/GBHA and three.

    Whether it is registered, nobody can tell from its form.

    Raises:
        ValueError: it has not the form of one.
    Source: HMRC, VAT Notice 725 §16.19, form of the numbers.
    """
    plain = re.sub(r"[\s-]", "", text).upper()
    if not re.fullmatch(r"(GB|XI)?(\d{9}|\d{12}|(GD|HA)\d{3})", plain):
        raise ValueError(f"{text!r} is not a UK VAT number")
    return plain


def sort_code(text: str) -> str:
    """Return a sort code's six figures.

    Raises:
        ValueError: it has not the form of one.
    """
    plain = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[0-9]{6}", plain):
        raise ValueError(f"{text!r} is not a sort code")
    return plain


def account_number(text: str) -> str:
    """Return a bank account's figures: eight, or six or seven with zeros before them.

    Raises:
        ValueError: it has not the form of one.
    """
    plain = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[0-9]{6,8}", plain):
        raise ValueError(f"{text!r} is not an account number")
    return plain.zfill(8)


def member_slug(text: str) -> str:
    """Return a member's slug as it stands.

    Raises:
        ValueError: it cannot be part of an address on the web, or is the word for fees that nobody has a right to.
    """
    if text.casefold() == "suspense":
        raise ValueError(f"{text!r} is kept for fees with no entitled owner")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", text):
        raise ValueError(f"{text!r} cannot be part of an address on the web")
    return text
