"""The resources of the API, each a blueprint in a module of its own."""

from __future__ import annotations

from cni.api.frame import Resources
from cni.api.v1.attachments import attachments
from cni.api.v1.contributions import contributions
from cni.api.v1.coop import coop
from cni.api.v1.documents import documents
from cni.api.v1.ducts import ducts
from cni.api.v1.events import events
from cni.api.v1.evidence import evidence
from cni.api.v1.exact_views import exact_views
from cni.api.v1.hidden_risks import hidden_risks
from cni.api.v1.imports import imports
from cni.api.v1.leases import leases
from cni.api.v1.ledger import ledger
from cni.api.v1.members import members
from cni.api.v1.people import people
from cni.api.v1.plant_edits import plant_edits
from cni.api.v1.quotes import quotes
from cni.api.v1.register_entries import register_entries
from cni.api.v1.resilience import resilience
from cni.api.v1.resolutions import resolutions
from cni.api.v1.routes import routes
from cni.api.v1.settlements import settlements
from cni.api.v1.sites import sites
from cni.api.v1.spans import spans
from cni.api.v1.splices import splices
from cni.api.v1.structure import structure
from cni.api.v1.tariffs import tariffs
from cni.api.v1.terms import terms
from cni.api.v1.tokens import tokens
from cni.api.v1.withdrawals import withdrawals

RESOURCES: tuple[Resources, ...] = (
    attachments,
    contributions,
    coop,
    documents,
    ducts,
    events,
    evidence,
    exact_views,
    hidden_risks,
    imports,
    ledger,
    leases,
    members,
    people,
    plant_edits,
    quotes,
    register_entries,
    resilience,
    resolutions,
    routes,
    settlements,
    sites,
    spans,
    splices,
    structure,
    tariffs,
    terms,
    tokens,
    withdrawals,
)
