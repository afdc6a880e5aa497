"""Members, people, sessions and tokens as they come in and go out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import marshmallow as ma
from marshmallow.validate import Length

from cni.members.policy import MemberRole
from cni.schemas.reading import Request


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


class MemberView(ma.Schema):
    """A member as the directory shows it to all."""

    slug = ma.fields.String(required=True, metadata={"description": "The member's name in addresses."})
    name = ma.fields.String(required=True)
    sector = ma.fields.String(allow_none=True)
    roles = ma.fields.List(
        ma.fields.Enum(MemberRole, by_value=True), required=True, metadata={"description": "The roles held today."}
    )
    joined_on = ma.fields.Date(allow_none=True)
