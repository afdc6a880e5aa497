"""The words of the plant: kinds of site and of risk group, where a length comes from, states of pairs and of plant."""

from __future__ import annotations

from enum import StrEnum


class SiteKind(StrEnum):
    """What kind of place a site is."""

    BUILDING_ENTRY = "building_entry"
    CABINET = "cabinet"
    CHAMBER = "chamber"
    DATA_CENTRE = "data_centre"
    EXCHANGE = "exchange"
    MAST = "mast"
    STREET_FURNITURE = "street_furniture"


class RiskKind(StrEnum):
    """What one incident breaks together."""

    BRIDGE = "bridge"
    BUILDING_ENTRY = "building_entry"
    CHAMBER = "chamber"
    DUCT = "duct"
    FLOOD_AREA = "flood_area"
    POWER_FEED = "power_feed"
    TRENCH = "trench"


class LengthBasis(StrEnum):
    """Where a span's length comes from."""

    AS_BUILT = "as_built"
    DRAWN = "drawn"
    OTDR = "otdr"


class PairState(StrEnum):
    """What the owner does with a fibre pair. Whether an offered one is leased is told by its allocations."""

    BROKEN = "broken"
    DARK = "dark"
    OFFERED = "offered"
    RESERVED = "reserved"


class ContributionStatus(StrEnum):
    """How far plant has come."""

    LIVE = "live"
    PROPOSED = "proposed"
    REFUSED = "refused"


class PlantStatus(StrEnum):
    """How a site or span stands: as its contribution does, until it is withdrawn, or others take its place."""

    LIVE = "live"
    PROPOSED = "proposed"
    REFUSED = "refused"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class FoiLabel(StrEnum):
    """What a public body would answer to a request for an asset's exact record; its `foi_reason` says why."""

    CONFIDENTIAL = "confidential"
    INTERNAL = "internal"
    PUBLIC = "public"
