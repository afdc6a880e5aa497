"""Members, people, sessions and tokens as they come in and go out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import marshmallow as ma
from marshmallow.validate import Length, Range

from cni.members.importing import (
    MemberDraft,
    PersonDraft,
    account_number,
    email_address,
    member_slug,
    sort_code,
    vat_number,
)
from cni.members.policy import MemberRole, Role
from cni.operations.signing_in import NewToken
from cni.schemas.paging import PageQuery
from cni.schemas.reading import Request, View


class Parsed(ma.fields.String):
    """A text that a parser of ours accepts, or refuses with a ValueError; `wrong` is the sentence for that."""

    def __init__(self, parse: Callable[[str], str], wrong: str, **options: Any) -> None:
        super().__init__(**options)
        self.parse = parse
        self.wrong = wrong

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return self.parse(text)
        except ValueError:
            raise ma.ValidationError(self.wrong) from None


def required_text(label: str, longest: int = 200) -> ma.fields.String:
    """Return a field for a text that must be given, of at most `longest` characters."""
    too_long = Length(max=longest, error=f"{label} has more than {longest} characters.")
    return ma.fields.String(required=True, validate=too_long, metadata={"label": label})


class SignInRequest(Request):
    """What a person enters to sign in."""

    email = ma.fields.String(
        required=True,
        validate=Length(max=254, error="No e-mail address is that long."),
        metadata={"label": "The e-mail address", "remedy": "Enter the address that you were invited by."},
    )
    password = ma.fields.String(
        required=True,
        validate=Length(max=128, error="No password here is that long."),
        metadata={"label": "The password", "remedy": "Enter your password."},
    )


class PasswordRequest(Request):
    """What a person enters to choose a password."""

    password = ma.fields.String(required=True, metadata={"label": "The password", "remedy": "Choose a password."})


class MemberRequest(Request):
    """An organisation to be admitted; loads to a `MemberDraft`."""

    name = required_text("The name")
    slug = Parsed(
        member_slug,
        "The short name has other signs than letters, figures, hyphens, dots and underscores.",
        required=True,
        metadata={"label": "The short name", "remedy": "Write it like irwell-council."},
    )
    roles = ma.fields.List(
        ma.fields.Enum(MemberRole, by_value=True),
        required=True,
        metadata={"label": "A role", "remedy": "Choose at least one."},
    )
    sector = ma.fields.String(load_default=None)
    joined_on = ma.fields.Date(load_default=None, metadata={"label": "The day of joining"})
    address = ma.fields.String(load_default=None)
    postcode = ma.fields.String(load_default=None)
    company_number = ma.fields.String(load_default=None)
    vat_number = Parsed(
        vat_number, "That is not a UK VAT number.", load_default=None, metadata={"remedy": "Write it like GB123456789."}
    )
    sort_code = Parsed(
        sort_code, "That is not a sort code.", load_default=None, metadata={"remedy": "Write six figures: 08-99-99."}
    )
    account_number = Parsed(
        account_number,
        "That is not an account number.",
        load_default=None,
        metadata={"remedy": "Write its eight figures."},
    )
    self_billing_from = ma.fields.Date(load_default=None, metadata={"label": "The first day of the agreement"})
    self_billing_to = ma.fields.Date(load_default=None, metadata={"label": "The day after the agreement's last"})

    @ma.validates_schema(skip_on_field_errors=False)
    def _ends_after_its_start(self, given: dict[str, Any], **_rest: Any) -> None:
        _refuse_backward_agreement(given)

    @ma.post_load
    def _draft(self, given: dict[str, Any], **_rest: Any) -> MemberDraft:
        return MemberDraft(**given | {"roles": frozenset(given["roles"])})


class CorrectionRequest(Request):
    """Fields to be corrected. One that is not sent stays as it is; null, or an empty text, takes away what stood."""

    @ma.pre_load
    def _tidied(self, submitted: Mapping[str, Any], **_rest: Any) -> dict[str, Any]:
        return {name: _plain(value) if isinstance(value, str) else value for name, value in submitted.items()}


def _plain(text: str) -> str | None:
    """Return a text without space around it and with one kind of line end: browsers send another than we keep."""
    return "\n".join(line.strip() for line in text.strip().splitlines()) or None


def _vat_number() -> Parsed:
    remedy = {"remedy": "Write it like GB123456789."}
    return Parsed(vat_number, "That is not a UK VAT number.", allow_none=True, metadata=remedy)


class MemberCorrectionRequest(CorrectionRequest):
    """What is to stand of a member; loads to a `MemberCorrection`."""

    name = ma.fields.String(metadata={"label": "The name"})
    sector = ma.fields.String(allow_none=True)
    address = ma.fields.String(allow_none=True)
    postcode = ma.fields.String(allow_none=True)
    company_number = ma.fields.String(allow_none=True)
    vat_number = _vat_number()
    self_billing_from = ma.fields.Date(allow_none=True, metadata={"label": "The first day of the agreement"})
    self_billing_to = ma.fields.Date(allow_none=True, metadata={"label": "The day after the agreement's last"})

    @ma.validates_schema(skip_on_field_errors=False)
    def _ends_after_its_start(self, given: dict[str, Any], **_rest: Any) -> None:
        _refuse_backward_agreement(given)


class CoopCorrectionRequest(CorrectionRequest):
    """What is to stand of the co-op; loads to a `CoopCorrection`."""

    name = ma.fields.String(metadata={"label": "The name"})
    registered_number = ma.fields.String(allow_none=True)
    vat_number = _vat_number()
    address = ma.fields.String(allow_none=True)
    postcode = ma.fields.String(allow_none=True)


def _refuse_backward_agreement(given: Mapping[str, Any]) -> None:
    begins, ends = given.get("self_billing_from"), given.get("self_billing_to")
    if begins and ends and ends <= begins:
        raise ma.ValidationError("The agreement ends before it starts.", "self_billing_to")


class MemberRolesRequest(Request):
    """What a member is to be, and nothing else, from a day on."""

    roles = ma.fields.List(
        ma.fields.Enum(MemberRole, by_value=True),
        required=True,
        metadata={"label": "A role", "remedy": "Choose at least one."},
    )
    on = ma.fields.Date(
        load_default=None, allow_none=True, metadata={"label": "The day", "description": "Not given: today."}
    )

    @ma.post_load
    def _set(self, given: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        return given | {"roles": frozenset(given["roles"])}


def _roles_of_a_person() -> ma.fields.List:
    remedy = {"label": "A role", "remedy": "Choose at least one."}
    return ma.fields.List(ma.fields.Enum(Role, by_value=True), required=True, metadata=remedy)


class InvitationRequest(Request):
    """A person to be invited; loads to a `PersonDraft`. Without `member`: the co-op's staff."""

    email = Parsed(
        email_address,
        "That is not an e-mail address.",
        required=True,
        metadata={"label": "The e-mail address", "remedy": "Write it like name@example.org."},
    )
    name = required_text("The name")
    member = ma.fields.String(load_default=None)
    roles = _roles_of_a_person()

    @ma.post_load
    def _draft(self, given: dict[str, Any], **_rest: Any) -> PersonDraft:
        return PersonDraft(**given | {"roles": frozenset(given["roles"])})


class RolesRequest(Request):
    """The roles that a person is to have, and no others; loads to a set of them."""

    roles = _roles_of_a_person()

    @ma.post_load
    def _set(self, given: dict[str, Any], **_rest: Any) -> frozenset[Role]:
        return frozenset(given["roles"])


class TokenRequest(Request):
    """An API token to be made; loads to a `NewToken`."""

    label = required_text("What it is for", longest=100)
    days = ma.fields.Integer(
        load_default=90,
        validate=Range(1, 365, error="A token is valid for between 1 and 365 days."),
        metadata={"label": "The number of days", "remedy": "Write a number from 1 to 365."},
    )

    @ma.post_load
    def _wanted(self, given: dict[str, Any], **_rest: Any) -> NewToken:
        return NewToken(**given)


class EventsQuery(PageQuery):
    """Which events of the audit trail: of one kind, about one subject."""

    kind = ma.fields.String(metadata={"description": "For example MemberAdmitted."})
    subject = ma.fields.String(metadata={"description": "The reference of what the event is about."})


class CoopView(View):
    """What documents say of the co-op; null: not known."""

    name = ma.fields.String(allow_none=True)
    registered_number = ma.fields.String(allow_none=True)
    vat_number = ma.fields.String(allow_none=True)
    address = ma.fields.String(allow_none=True)
    postcode = ma.fields.String(allow_none=True)


class MemberView(View):
    """A member as the directory shows it to all."""

    slug = ma.fields.String(required=True, metadata={"description": "The member's name in addresses."})
    name = ma.fields.String(required=True)
    sector = ma.fields.String(allow_none=True)
    roles = ma.fields.List(
        ma.fields.Enum(MemberRole, by_value=True), required=True, metadata={"description": "The roles held today."}
    )
    joined_on = ma.fields.Date(allow_none=True)


class MemberDetailsView(View):
    """What a member's own people and the co-op's staff see besides."""

    company_number = ma.fields.String(allow_none=True)
    vat_number = ma.fields.String(allow_none=True)
    address = ma.fields.String(allow_none=True)
    postcode = ma.fields.String(allow_none=True)
    self_billing_from = ma.fields.Date(allow_none=True)
    self_billing_to = ma.fields.Date(allow_none=True)
    account_ending = ma.fields.String(
        allow_none=True, metadata={"description": "The last four figures of the bank account, to those who may know."}
    )


class MemberWithDetailsView(MemberView):
    """A member, with its details for those who may see them."""

    details = ma.fields.Nested(MemberDetailsView, allow_none=True)


class PersonView(View):
    """A person, as those see them who manage their member's people."""

    email = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    member = ma.fields.String(allow_none=True, metadata={"description": "The member's slug; null: the co-op's staff."})
    roles = ma.fields.List(ma.fields.Enum(Role, by_value=True), required=True)
    is_active = ma.fields.Boolean(required=True)
    has_password = ma.fields.Boolean(required=True)


class TokenView(View):
    """An API token, without its secret."""

    public_id = ma.fields.String(required=True)
    label = ma.fields.String(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    expires_at = ma.fields.AwareDateTime(required=True)
    revoked_at = ma.fields.AwareDateTime(allow_none=True)


class TokensView(View):
    """One's own API tokens, newest first."""

    items = ma.fields.List(ma.fields.Nested(TokenView), required=True)


class EventView(View):
    """Something that happened."""

    at = ma.fields.AwareDateTime(required=True)
    kind = ma.fields.String(required=True)
    actor_name = ma.fields.String(required=True)
    subject = ma.fields.String(required=True)
    details = ma.fields.Dict(required=True)
