"""Words of leases that are more than one file's."""

from __future__ import annotations

from enum import StrEnum


class RackSize(StrEnum):
    """How much of a rack a lease takes, as the tariff prices it."""

    FULL = "full"
    HALF = "half"
    QUARTER = "quarter"
