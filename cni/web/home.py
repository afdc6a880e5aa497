"""The start page: what needs doing, for the roles of whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from flask import Blueprint, url_for

from cni import runtime
from cni.members.policy import Actor, Permission, may
from cni.operations import (
    evidencing,
    governing,
    joining,
    keeping_registers,
    leasing,
    registering,
    settling,
    surveying,
    withdrawing,
)
from cni.operations.tasks import Task
from cni.web.pages import render
from cni.web.session import actor

home = Blueprint("home", __name__)

TODO: tuple[Callable[..., list[Task]], ...] = (
    joining.todo,
    registering.todo,
    leasing.todo,
    settling.todo,
    surveying.todo,
    evidencing.todo,
    keeping_registers.todo,
    withdrawing.todo,
    governing.todo,
)
"""Each slice's function that says what waits; the most pressing first."""

ADDRESSES: dict[str, Callable[[str | None], str]] = {
    "contribution": lambda reference: url_for("contributions.show", contribution=reference),
    "contributions": lambda _reference: url_for("contributions.index"),
    "evidence": lambda span: url_for("evidence.show", span=span),
    "hidden_risks": lambda _reference: url_for("hidden_risks.index"),
    "lease": lambda reference: url_for("leases.show", lease=reference),
    "documents": lambda _reference: url_for("documents.index"),
    "members": lambda _reference: url_for("members.admit"),
    "person": lambda email: url_for("people.show", email=email),
    "quote": lambda reference: url_for("quotes.show", quote=reference),
    "register_entry": lambda reference: url_for("registers.show", entry=reference),
    "registers": lambda _reference: url_for("registers.index"),
    "resolution": lambda reference: url_for("resolutions.show", resolution=reference),
    "settlement": lambda period: url_for("settlements.show", period=period),
    "registering": lambda _reference: url_for("registration.draw"),
}
"""Where a task leads, by what it is about."""

URGENCY = ("now", "soon", None)

FEW = 4
"""Up to so many tasks leave room for shortcuts below them, and so many shortcuts are shown."""


@home.get("/")
def start() -> str:
    """What waits for the one who asks; where little waits, also what they can begin themselves."""
    asking = actor()
    with runtime.reading() as session:
        tasks = [task for todo in TODO for task in todo(session, asking, runtime.today())]
    tasks.sort(key=lambda task: URGENCY.index(task.tone))
    shown = [asdict(task) | {"url": ADDRESSES[task.about](task.reference)} for task in tasks]
    return render("home/start.html", tasks=shown, shortcuts=_shortcuts(asking) if len(tasks) <= FEW else [])


@dataclass(frozen=True, slots=True)
class Shortcut:
    """What someone can begin when little waits; it is offered to those who hold the permission."""

    permission: Permission
    title: str
    text: str
    endpoint: str
    icon: str

    @property
    def url(self) -> str:
        """The address of the page to begin at."""
        return url_for(self.endpoint)


SHORTCUTS = (
    Shortcut(
        Permission.PLANT_PROPOSE,
        "Register fibre",
        "Spare fibre that the co-operative doesn't know of: draw it, type it in or upload a file.",
        "registration.draw",
        "add",
    ),
    Shortcut(
        Permission.QUOTES_CREATE,
        "Find routes",
        "Between two sites, with their price. A quote freezes both for 30 days.",
        "routes.find",
        "routes",
    ),
    Shortcut(
        Permission.SETTLEMENTS_PREVIEW,
        "See the settlements",
        "This month's figures, while they come together, and all months before.",
        "settlements.index",
        "settlement",
    ),
    Shortcut(
        Permission.LEDGER_READ,
        "Read the ledger",
        "The trial balance, every journal, and the proof that nothing was changed afterwards.",
        "ledger.trial_balance",
        "ledger",
    ),
    Shortcut(
        Permission.MEMBERS_ADMIT,
        "Admit a member",
        "Who brings fibre, leases it or puts money in.",
        "members.admit",
        "members",
    ),
    Shortcut(
        Permission.PEOPLE_MANAGE,
        "Invite people",
        "And say what each of them may do.",
        "people.index",
        "person",
    ),
    Shortcut(
        Permission.CONTRIBUTIONS_READ,
        "See the contributions",
        "Fibre that was registered, and what became of it.",
        "contributions.index",
        "contribution",
    ),
    Shortcut(
        Permission.LEASES_READ,
        "See the leases",
        "Which fibre is leased, from when, until when and for how much.",
        "leases.index",
        "lease",
    ),
    Shortcut(
        Permission.DOCUMENTS_READ,
        "See the documents",
        "Invoices and self-billed invoices, and where each amount comes from.",
        "documents.index",
        "document",
    ),
    Shortcut(
        Permission.PLANT_READ,
        "Look at the map",
        "Every site and span, and how many fibre pairs are free.",
        "map.index",
        "map",
    ),
    Shortcut(
        Permission.DIRECTORY_READ,
        "Meet the members",
        "Who is in the co-operative, and what they bring.",
        "members.directory",
        "members",
    ),
)
"""What each role can begin, the most particular first."""


def _shortcuts(asking: Actor) -> list[Shortcut]:
    return [shortcut for shortcut in SHORTCUTS if may(asking, shortcut.permission)][:FEW]
