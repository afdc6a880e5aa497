"""One's own API tokens. New ones are made on a page, signed in: a stolen token must not beget others."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.operations import signing_in
from cni.schemas.members import TokensView

tokens = Resources("tokens", __name__, url_prefix="/tokens", description="Your own API tokens")


@tokens.get("")
@tokens.response(200, TokensView)
def list_tokens() -> Any:
    """List your tokens, revoked and expired ones too, newest first."""
    with runtime.reading() as session:
        return {"items": signing_in.list_tokens(session, actor())}


@tokens.delete("/<token>")
@tokens.response(204)
def revoke_token(token: str) -> None:
    """Revoke a token of yours, this one too if you like."""
    with runtime.transaction() as session:
        signing_in.revoke_token(session, actor(), token, at=runtime.now())
