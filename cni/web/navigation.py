"""The main menu: what the actor's roles allow, in the order of a working day."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for

from cni.members.policy import Actor, Permission, may


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu; it is shown to those who hold the permission."""

    label: str
    endpoint: str
    icon: str
    permission: Permission


MENU = (
    Entry("Start", "home.start", "home", Permission.DIRECTORY_READ),
    Entry("Map", "map.index", "map", Permission.PLANT_READ),
    Entry("Resilience", "resilience.index", "resilience", Permission.PLANT_READ),
    Entry("Find routes", "routes.find", "routes", Permission.ROUTES_SEARCH),
    Entry("Quotes", "quotes.index", "quote", Permission.QUOTES_READ),
    Entry("Leases", "leases.index", "lease", Permission.LEASES_READ),
    Entry("Tariff", "tariff.show", "tariff", Permission.TARIFFS_READ),
    Entry("Contributions", "contributions.index", "contribution", Permission.CONTRIBUTIONS_READ),
    Entry("Edit plant", "editing.index", "plant", Permission.PLANT_EDIT),
    Entry("Imports", "imports.index", "upload", Permission.PLANT_PROPOSE),
    Entry("Registers", "registers.index", "clock", Permission.PLANT_INSPECT),
    Entry("Who looked", "access_log.index", "audit", Permission.DISCLOSURES_READ),
    Entry("Settlements", "settlements.index", "settlement", Permission.SETTLEMENTS_PREVIEW),
    Entry("Documents", "documents.index", "document", Permission.DOCUMENTS_READ),
    Entry("Ledger", "ledger.trial_balance", "ledger", Permission.LEDGER_READ),
    Entry("Resolutions", "resolutions.index", "vote", Permission.RESOLUTIONS_READ),
    Entry("Members", "members.directory", "members", Permission.DIRECTORY_READ),
    Entry("People", "people.index", "person", Permission.PEOPLE_MANAGE),
    Entry("Co-op details", "coop.details", "settings", Permission.MEMBERS_ADMIT),
    Entry("Audit trail", "audit.trail", "audit", Permission.EVENTS_READ),
)


def navigation(actor: Actor) -> list[dict[str, object]]:
    """Return the lines of the menu for an actor: label, url, icon, and whether this page is under it."""
    return [
        {
            "label": entry.label,
            "url": url_for(entry.endpoint),
            "icon": entry.icon,
            "active": request.blueprint == entry.endpoint.partition(".")[0],
        }
        for entry in MENU
        if may(actor, entry.permission)
    ]
