"""The groups of pages, each a blueprint in a module of its own."""

from __future__ import annotations

from flask import Blueprint

from cni.web.access import access
from cni.web.access_log import access_log
from cni.web.audit import audit
from cni.web.auth import auth
from cni.web.contributions import contributions
from cni.web.coop import coop
from cni.web.documents import documents
from cni.web.editing import editing
from cni.web.evidence import evidence
from cni.web.health import health
from cni.web.hidden_risks import hidden_risks
from cni.web.home import home
from cni.web.imports import imports
from cni.web.leases import leases
from cni.web.ledger import ledger
from cni.web.members import members
from cni.web.much_plant import much_plant
from cni.web.ogc import ogc
from cni.web.open import open_pages
from cni.web.people import people
from cni.web.plant import map_pages, plant_pages
from cni.web.quotes import quotes
from cni.web.registering import registration
from cni.web.registers import registers
from cni.web.resilience import resilience
from cni.web.resolutions import resolutions
from cni.web.routes import routes
from cni.web.settlements import settlements
from cni.web.structure import structure
from cni.web.tariff import tariff
from cni.web.terms import terms
from cni.web.tiles import tiles
from cni.web.withdrawals import withdrawals

PAGES: tuple[Blueprint, ...] = (
    access,
    access_log,
    audit,
    auth,
    contributions,
    coop,
    documents,
    editing,
    evidence,
    health,
    hidden_risks,
    home,
    imports,
    leases,
    ledger,
    members,
    map_pages,
    much_plant,
    ogc,
    open_pages,
    people,
    plant_pages,
    quotes,
    registers,
    registration,
    resilience,
    resolutions,
    settlements,
    routes,
    structure,
    tariff,
    terms,
    withdrawals,
    tiles,
)
