"""The groups of pages, each a blueprint in a module of its own."""

from __future__ import annotations

from flask import Blueprint

from cni.web.access import access
from cni.web.audit import audit
from cni.web.auth import auth
from cni.web.contributions import contributions
from cni.web.documents import documents
from cni.web.health import health
from cni.web.home import home
from cni.web.ledger import ledger
from cni.web.members import members
from cni.web.people import people
from cni.web.plant import map_pages, plant_pages
from cni.web.registering import registration
from cni.web.settlements import settlements

PAGES: tuple[Blueprint, ...] = (
    access,
    audit,
    auth,
    contributions,
    documents,
    health,
    home,
    ledger,
    members,
    map_pages,
    people,
    plant_pages,
    registration,
    settlements,
)
