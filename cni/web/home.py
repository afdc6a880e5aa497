"""The start page: what needs doing, for the roles of whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from flask import Blueprint, url_for

from cni import runtime
from cni.members.policy import Actor, Permission, may
from cni.operations import joining, leasing, registering, settling
from cni.operations.tasks import Task
from cni.web.pages import render
from cni.web.session import actor

home = Blueprint("home", __name__)

TODO: tuple[Callable[..., list[Task]], ...] = (joining.todo, registering.todo, leasing.todo, settling.todo)
"""Each slice's function that says what waits; the most pressing first."""

ADDRESSES: dict[str, Callable[[str | None], str]] = {
    "contribution": lambda reference: url_for("contributions.show", contribution=reference),
    "contributions": lambda _reference: url_for("contributions.index"),
    "lease": lambda reference: url_for("leases.show", lease=reference),
    "documents": lambda _reference: url_for("documents.index"),
    "members": lambda _reference: url_for("members.admit"),
    "person": lambda email: url_for("people.show", email=email),
    "quote": lambda reference: url_for("quotes.show", quote=reference),
    "settlement": lambda period: url_for("settlements.show", period=period),
    "registering": lambda _reference: url_for("registration.draw"),
}
"""Where a task leads, by what it is about."""

URGENCY = ("now", "soon", None)


@home.get("/")
def start() -> str:
    """What waits for the one who asks, and else where to begin."""
    asking = actor()
    with runtime.reading() as session:
        tasks = [task for todo in TODO for task in todo(session, asking, runtime.today())]
    tasks.sort(key=lambda task: URGENCY.index(task.tone))
    shown = [asdict(task) | {"url": ADDRESSES[task.about](task.reference)} for task in tasks]
    return render("home/start.html", tasks=shown, next_step=_next_step(asking))


@dataclass(frozen=True, slots=True)
class NextStep:
    """Where to begin when nothing waits."""

    permission: Permission
    title: str
    text: str
    action: str
    endpoint: str
    icon: str

    @property
    def url(self) -> str:
        """The address of the page to begin at."""
        return url_for(self.endpoint)


NEXT_STEPS = (
    NextStep(
        Permission.PLANT_PROPOSE,
        "All is done",
        "Nothing waits for you. Spare fibre that the co-operative doesn't know of can be registered at any time.",
        "Register fibre",
        "registration.draw",
        "contribution",
    ),
    NextStep(
        Permission.QUOTES_CREATE,
        "All is done",
        "Nothing waits for you. Find routes between two sites, and have their price frozen as a quote.",
        "Find routes",
        "routes.find",
        "routes",
    ),
    NextStep(
        Permission.SETTLEMENTS_PREVIEW,
        "All is done",
        "No settlement waits for you. This month's figures can be looked at while they come together.",
        "See the settlements",
        "settlements.index",
        "settlement",
    ),
    NextStep(
        Permission.DOCUMENTS_READ,
        "All is done",
        "Nothing waits for you. Your invoices and what you earn are under documents.",
        "See the documents",
        "documents.index",
        "document",
    ),
    NextStep(
        Permission.DIRECTORY_READ,
        "All is done",
        "What you can do is in the menu. Meet the members of the co-operative meanwhile.",
        "See the members",
        "members.directory",
        "members",
    ),
)
"""Where each role begins; the first that the actor may is shown."""


def _next_step(asking: Actor) -> NextStep | None:
    return next((step for step in NEXT_STEPS if may(asking, step.permission)), None)
