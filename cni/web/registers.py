"""The registers of wayleaves and funding conditions: what runs out, each entry, and keeping them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.assets.expiries import HORIZONS_DAYS, KIND_WORDS, RegisterKind
from cni.assets.registers import RegisterEntry
from cni.members.policy import Permission, require
from cni.operations import keeping_registers
from cni.primitives.errors import Problem
from cni.schemas.registers import RegisterEntryRequest
from cni.web.forms import entered, read_form, shown_again_by
from cni.web.pages import asked_page, render
from cni.web.session import actor

registers = Blueprint("registers", __name__, url_prefix="/registers")

ALL = "all"
FIELDS = ("kind", "party", "title", "starts_on", "ends_on", "notes")


@registers.get("")
def index() -> str:
    """What runs out within 90, 180 or 365 days, or all entries."""
    asked = request.args.get("within", str(HORIZONS_DAYS[-1]))
    days = next((days for days in HORIZONS_DAYS if str(days) == asked), None)
    with runtime.reading() as session:
        if days is None:
            page = keeping_registers.list_entries(session, actor(), asked_page())
            items, after = page.items, page.next
        else:
            items, after = keeping_registers.ending_within(session, actor(), days, on=runtime.today()), None
    tabs = [
        *({"label": f"{each} days", "url": url_for("registers.index", within=each), "active": each == days}
          for each in HORIZONS_DAYS),
        {"label": "All", "url": url_for("registers.index", within=ALL), "active": days is None},
    ]  # fmt: skip
    facts = {"entries": items, "after": after, "tabs": tabs, "days": days, "today": runtime.today()}
    return render("registers/index.html", words=KIND_WORDS, **facts)


@registers.get("/new")
def new(values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """The form for a new entry; the address may say its kind and what it covers."""
    require(actor(), Permission.PLANT_KEEP)
    return _form(None, values or {"kind": RegisterKind.WAYLEAVE.value} | request.args.to_dict(), problems)


@registers.post("/new")
@shown_again_by(new)
def add() -> Response:
    """Enter a wayleave or funding condition."""
    given = read_form(RegisterEntryRequest())
    with runtime.transaction() as session:
        entry = keeping_registers.add_entry(session, actor(), given, at=runtime.now(), chooser=runtime.chooser())
    flash(f"The {KIND_WORDS[entry.kind]} {entry.reference} is entered.", "success")
    return redirect(url_for("registers.show", entry=entry.reference))


@registers.get("/<entry>")
def show(entry: str) -> str:
    """An entry and what it covers."""
    with runtime.reading() as session:
        found = keeping_registers.find_entry(session, actor(), entry)
    return render("registers/entry.html", entry=found, words=KIND_WORDS, today=runtime.today())


@registers.get("/<entry>/correct")
def correct(entry: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """The form to correct an entry, or to say that it was renewed."""
    with runtime.reading() as session:
        found = keeping_registers.find_entry(session, actor(), entry)
    require(actor(), Permission.PLANT_KEEP, member_id=found.member_id)
    return _form(found, values or _standing(found), problems)


@registers.post("/<entry>/correct")
@shown_again_by(correct)
def take_correction(entry: str) -> Response:
    """Correct an entry."""
    given = read_form(RegisterEntryRequest())
    with runtime.transaction() as session:
        keeping_registers.correct_entry(session, actor(), entry, given, at=runtime.now())
    flash("Corrected.", "success")
    return redirect(url_for("registers.show", entry=entry))


def _form(entry: RegisterEntry | None, values: Mapping[str, Any], problems: Sequence[Problem]) -> str:
    return render("registers/form.html", entry=entry, values=values, problems=problems)


def _standing(entry: RegisterEntry) -> dict[str, Any]:
    standing = entered({name: getattr(entry, name) for name in FIELDS})
    return standing | {"covers": "\n".join(entry.covers), "open_access": "yes" if entry.open_access else ""}
