"""The plant as somebody sees it, as a network of the Open Fibre Data Standard, which `topology.ofds` and imports read.

A site is a node, a span a span, a member that owns any of it an organisation. Strands, ducts and risk groups have no
place in the standard: what it has no field for stands in fields that begin with `cni_` and have the names of the
columns of sites.csv and spans.csv, so that what is brought in again is the same plant. Leases, wayleaves and free pairs
are left out. So are sites where no live span ends: the standard's nodes are the ends of spans.

Source: Open Fibre Data Standard 0.4.0, network schema.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import shapely

from cni.assets.disclosure import IN_WORDS, Tier
from cni.assets.seen_plant import SeenPlant
from cni.assets.words import SiteKind

SCHEMA = "https://standard.ofds.info/en/0__4__0/network-schema.json"
ACCURACY_M = {Tier.PUBLIC: 670, Tier.MEMBERS: 67}
"""How far, in metres, a rounded position is from the recorded one at most, in Britain: half a raster's diagonal."""
NODE_TYPES = {
    SiteKind.BUILDING_ENTRY: "buildingEntry",
    SiteKind.CABINET: "cabinet",
    SiteKind.CHAMBER: "chamber",
    SiteKind.DATA_CENTRE: "dataCentre",
    SiteKind.EXCHANGE: "exchange",
    SiteKind.MAST: "mast",
    SiteKind.STREET_FURNITURE: "streetFurniture",
}
METRES_PER_KILOMETRE = 1000
LENGTH_DECIMALS = 9
"""Of a kilometre: a micrometre, finer than any length is recorded."""


def as_ofds(plant: SeenPlant, coop: str, *, on: date) -> dict[str, Any]:
    """Return the plant as a package of one network. Its id is the co-op's, made from the co-op's name."""
    tier = plant.eyes.tier
    spans = [_span(plant, number) for number in range(len(plant.records.spans))]
    ends = {end for span in spans for end in (span["start"], span["end"])}
    nodes = [_node(plant, number) for number, site in enumerate(plant.records.sites) if site.code in ends]
    network: dict[str, Any] = {
        "id": str(uuid5(NAMESPACE_URL, f"cni:{coop}")),
        "name": coop,
        "publisher": {"name": coop},
        "publicationDate": on.isoformat(),
        "crs": {"name": "urn:ogc:def:crs:OGC::CRS84", "uri": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"},
        "accuracyDetails": IN_WORDS[tier],
        "language": "en",
        "links": [{"href": SCHEMA, "rel": "describedby"}],
        "cni_tier": tier.value,
    }
    if tier in ACCURACY_M:
        network["accuracy"] = ACCURACY_M[tier]
    lists = {"nodes": nodes, "spans": spans, "organisations": _organisations(plant)}
    return {"networks": [network | {name: listed for name, listed in lists.items() if listed}]}


def _node(plant: SeenPlant, number: int) -> dict[str, Any]:
    site = plant.records.sites[number]
    node: dict[str, Any] = {
        "id": site.code,
        "name": site.name,
        "status": "operational",
        "location": {"type": "Point", "coordinates": shapely.get_coordinates(plant.sites[number])[0].tolist()},
        "type": [NODE_TYPES[site.kind]],
        "cni_kind": site.kind.value,
    }
    if site.owner:
        node["supportingInfrastructure"] = {"owner": _organisation(plant, site.owner)}
        node["cni_owner"] = site.owner
    return node


def _span(plant: SeenPlant, number: int) -> dict[str, Any]:
    told = plant.span_facts(number)
    span: dict[str, Any] = {
        "id": told["id"],
        "name": told["id"],
        "status": "operational",
        "start": told["a"],
        "end": told["z"],
        "transmissionMediumOwner": _organisation(plant, told["fibre_owner"]),
        "transmissionMedium": ["fibre"],
        "supportingInfrastructure": {"owner": _organisation(plant, told["duct_owner"])},
        "darkFibre": told["offered_pairs"] > 0,
        "fibreLength": round(told["length_m"] / METRES_PER_KILOMETRE, LENGTH_DECIMALS),
        "countries": ["GB"],
    }
    if told["fibres"] is not None:
        span["fibreCount"] = told["fibres"]
    record = plant.records.spans[number]
    # Where only the ends are known, whoever sees that exactly is not told a line.
    if record.geometry is not None or told["tier"] != Tier.PARTY:
        route = shapely.get_coordinates(plant.spans[number]).tolist()
        span["route"] = {"type": "LineString", "coordinates": route}
    told["duct_owner"] = record.duct_owner  # none: the owner of the fibre, as in spans.csv
    own = (
        "length_m",
        "length_basis",
        "fibre_owner",
        "duct_owner",
        "fibres",
        "reserved_pairs",
        "offered_pairs",
        "risks",
    )
    return span | {f"cni_{name}": told[name] for name in own if told[name] not in (None, "")}


def _organisation(plant: SeenPlant, slug: str) -> dict[str, str]:
    return {"id": slug, "name": plant.records.owners[slug]}


def _organisations(plant: SeenPlant) -> list[dict[str, Any]]:
    """Return whoever owns fibre, duct or a site; its role says whether it has fibre in it."""
    of_fibre = {span.fibre_owner for span in plant.records.spans}
    return [
        {
            "id": slug,
            "name": name,
            "roles": ["networkProvider" if slug in of_fibre else "physicalInfrastructureProvider"],
        }
        for slug, name in sorted(plant.records.owners.items())
    ]
