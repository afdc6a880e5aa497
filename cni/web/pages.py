"""Render pages: the frame's own facts (co-op, navigation, who is asking) come by themselves."""

from __future__ import annotations

from typing import Any

from flask import Flask, render_template, request
from flask_login import current_user

from cni import runtime
from cni.members.policy import may
from cni.operations import viewing
from cni.primitives.paging import PageRequest
from cni.web.navigation import navigation
from cni.web.words import ROLE_WORDS


def render(template: str, **facts: Any) -> str:
    """Return a page; templates may ask `may(current_user, 'leases:request')`."""
    return render_template(template, **facts)


def asked_page() -> PageRequest:
    """Return which page of a long list the address asks for."""
    return PageRequest(after=request.args.get("after"))


def register_page_context(app: Flask) -> None:
    """Give every template what the frame shows."""
    app.context_processor(_frame)
    app.jinja_env.globals.update(may=may, role_words=ROLE_WORDS)


def _frame() -> dict[str, Any]:
    with runtime.reading() as session:
        coop_name = viewing.coop_name(session)
    signed_in = current_user.is_authenticated
    return {
        "coop_name": coop_name,
        "is_demonstration": "(demonstration)" in coop_name,
        "member_name": current_user.member_name if signed_in else None,
        "navigation": navigation(current_user) if signed_in else [],
    }
