"""Who stands on a document, and what is still missing before one may lawfully be issued. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from cni.primitives.period import Period, in_words


@dataclass(frozen=True, slots=True)
class Party:
    """The co-op or a member, as its documents name it. `slug` is empty for the co-op."""

    slug: str
    name: str
    address: str | None = None
    postcode: str | None = None
    vat_number: str | None = None
    registered_number: str | None = None
    sort_code: str | None = None
    account_number: str | None = None
    self_billing: Period | None = None
    member_id: int | None = None

    @property
    def is_vat_registered(self) -> bool:
        """Tell whether it charges VAT on what it supplies."""
        return bool(self.vat_number)

    def particulars(self) -> dict[str, Any]:
        """Return what a document prints about it, bank details aside."""
        names = ("slug", "name", "address", "postcode", "vat_number", "registered_number")
        return {name: getattr(self, name) for name in names}

    def bank(self) -> dict[str, Any] | None:
        """Return where to pay it, or None where that is not known."""
        if not (self.sort_code and self.account_number):
            return None
        return {"name": self.name, "sort_code": self.sort_code, "account_number": self.account_number}


@dataclass(frozen=True, slots=True)
class Caution:
    """What a treasurer should know or mend before issuing; `member` is a slug, None: the co-op's own affair.

    Where `withholds` is true a document is not issued until it is mended.
    """

    code: str
    member: str | None
    message: str
    remedy: str
    withholds: bool = False


def coop_warnings(coop: Party | None) -> Iterator[Caution]:
    """Yield what the co-op itself lacks; without it no document can be issued at all.

    Source: VAT Regulations 1995 reg. 14(1).
    """
    missing = [
        name
        for name, value in (
            ("name", coop and coop.name),
            ("address", coop and coop.address),
            ("postcode", coop and coop.postcode),
            ("VAT number", coop and coop.vat_number),
        )
        if not value
    ]
    if missing:
        yield Caution(
            "coop_data_missing",
            None,
            f"The co-op has no {' and no '.join(missing)}: no document can be issued.",
            "The registrar gives them under Co-op details.",
            withholds=True,
        )


def address_warnings(party: Party) -> Iterator[Caution]:
    """Yield what keeps a document from naming a member.

    Source: VAT Regulations 1995 reg. 14(1)(d) and (e).
    """
    missing = [name for name, value in (("address", party.address), ("postcode", party.postcode)) if not value]
    if missing:
        yield Caution(
            "address_missing",
            party.slug,
            f"{party.name} has no {' and no '.join(missing)}: its document is withheld.",
            "Its administrator or the registrar gives it: Members, its page, Correct the details.",
            withholds=True,
        )


def self_billing_warnings(party: Party, on: date) -> Iterator[Caution]:
    """Yield whether a contributor may be self-billed on a day.

    Source: VATA 1994 s.29; HMRC Notice 700/62: only under an agreement in force.
    """
    if party.self_billing is None or on not in party.self_billing:
        yield Caution(
            "no_self_billing_agreement",
            party.slug,
            f"{party.name} has no self-billing agreement in force on {in_words(on)}: its document is withheld.",
            "Sign or renew the agreement; the registrar gives its days: Members, its page, Correct the details.",
            withholds=True,
        )
