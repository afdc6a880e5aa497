"""What a route loses of its light, line by line at each wavelength, and which optics reach over it. Pure.

Losses are in dB, rounded half-up to hundredths line by line, so that the lines add up to the total. There are two for
each wavelength: the *limit*, which the fibre meets when it is accepted, and what is *expected* of fibre in good order.

Source: docs/decisions/0017-loss-budget.md, which says where each figure comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from math import ceil
from typing import Any

from cni.assets.otdr import LIMITS_DB_PER_KM

CONNECTORS = 2
"""On a route: one at each end, on a panel. Patch cords and cross-connects beyond it are the user's."""

METRES_PER_KM = 1000
HUNDREDTH_DB = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Coefficients:
    """The dB that a kilometre of fibre loses by wavelength in nanometres, a splice loses, and a connector loses."""

    fibre_db_per_km: Mapping[int, Decimal]
    splice_db: Decimal
    connector_db: Decimal


LIMIT = Coefficients(
    {int(nm): Decimal(str(limit)) for nm, limit in LIMITS_DB_PER_KM.items()}, Decimal("0.1"), Decimal("0.3")
)
"""What the fibre may lose at most: the splices of a route 0.1 dB in the mean, though a single one may lose 0.2."""

EXPECTED = Coefficients(
    {1310: Decimal("0.36"), 1550: Decimal("0.22"), 1590: Decimal("0.25")}, Decimal("0.1"), Decimal("0.3")
)
"""What installed G.652.D fibre in good order loses."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What the light of a route goes through: metres of fibre, splices where spans meet, connectors."""

    length_m: Decimal
    splices: int
    connectors: int = CONNECTORS


@dataclass(frozen=True, slots=True)
class LossLine:
    """One line of a loss: so many kilometres of "fibre", or so many "splices" or "connectors", at so many dB each."""

    what: str
    quantity: Decimal
    each_db: Decimal
    loss_db: Decimal


@dataclass(frozen=True, slots=True)
class Loss:
    """What is lost at a wavelength, line by line."""

    wavelength_nm: int
    lines: tuple[LossLine, ...]

    @property
    def total_db(self) -> Decimal:
        """The sum of its lines."""
        return sum((line.loss_db for line in self.lines), Decimal(0))


@dataclass(frozen=True, slots=True)
class Optic:
    """A kind of transceiver: the most loss and the longest fibre between two of them that it is made for.

    `reach_m` is as far as its standard vouches for what dispersion leaves of the signal, however little is lost.
    """

    name: str
    wavelength_nm: int
    budget_db: Decimal
    reach_m: int
    source: str


OPTICS = (
    Optic("1000BASE-LX10", 1310, Decimal("6.0"), 10_000, "IEEE 802.3 clause 59"),
    Optic("10GBASE-LR", 1310, Decimal("6.2"), 10_000, "IEEE 802.3 clause 52"),
    Optic("10GBASE-ER", 1550, Decimal("10.9"), 40_000, "IEEE 802.3 clause 52"),
    Optic("10G ZR", 1550, Decimal("21.0"), 80_000, "makers' data sheets; no standard"),
    Optic("25GBASE-LR", 1310, Decimal("6.3"), 10_000, "IEEE 802.3 clause 114"),
    Optic("40GBASE-LR4", 1310, Decimal("6.7"), 10_000, "IEEE 802.3 clause 87"),
    Optic("100GBASE-FR1", 1310, Decimal("4.0"), 2_000, "IEEE 802.3 clause 140"),
    Optic("100GBASE-LR4", 1310, Decimal("6.3"), 10_000, "IEEE 802.3 clause 88"),
    Optic("100GBASE-ER4", 1310, Decimal("18.0"), 40_000, "IEEE 802.3 clause 88"),
    Optic("400GBASE-LR8", 1310, Decimal("6.3"), 10_000, "IEEE 802.3 clause 122"),
)
"""Optics whose figures have a source, the slowest first."""


class Reach(StrEnum):
    """Whether an optic reaches: though the fibre loses all it may, only if it loses what is expected, or not at all."""

    WITHIN_LIMIT = "within_limit"
    AS_EXPECTED = "as_expected"
    NOT = "not"


@dataclass(frozen=True, slots=True)
class OpticReach:
    """Whether an optic reaches over a route.

    What its budget has to spare over the loss at the limit and over the expected loss is negative where the loss is too
    much; `beyond_m` is how much longer the route is than the optic's reach, 0 where it is not.
    """

    optic: Optic
    reach: Reach
    limit_spare_db: Decimal
    expected_spare_db: Decimal
    beyond_m: int


@dataclass(frozen=True, slots=True)
class LossBudget:
    """What a route loses, expected and at the limit, by wavelength, the shortest first; and which optics reach."""

    passage: Passage
    expected: tuple[Loss, ...]
    limit: tuple[Loss, ...]
    optics: tuple[OpticReach, ...]


def loss_budget(passage: Passage, optics: Iterable[Optic] = OPTICS) -> LossBudget:
    """Return what a route loses by the co-op's coefficients, and which of `optics` reach over it."""
    expected, limit = losses(passage, EXPECTED), losses(passage, LIMIT)
    return LossBudget(passage, expected, limit, tuple(_reach(optic, passage, expected, limit) for optic in optics))


def losses(passage: Passage, coefficients: Coefficients) -> tuple[Loss, ...]:
    """Return what a route loses by these coefficients, at each of their wavelengths, the shortest first."""
    return tuple(
        Loss(
            wavelength_nm,
            (
                _line("fibre", passage.length_m / METRES_PER_KM, coefficients.fibre_db_per_km[wavelength_nm]),
                _line("splices", Decimal(passage.splices), coefficients.splice_db),
                _line("connectors", Decimal(passage.connectors), coefficients.connector_db),
            ),
        )
        for wavelength_nm in sorted(coefficients.fibre_db_per_km)
    )


def budget_from_json(kept: Mapping[str, Any]) -> LossBudget:
    """Return the loss budget whose fields were kept as these JSON values, with decimals as text."""
    passage = kept["passage"]
    return LossBudget(
        Passage(Decimal(passage["length_m"]), passage["splices"], passage["connectors"]),
        tuple(_loss_from_json(loss) for loss in kept["expected"]),
        tuple(_loss_from_json(loss) for loss in kept["limit"]),
        tuple(_reach_from_json(reach) for reach in kept["optics"]),
    )


def _line(what: str, quantity: Decimal, each_db: Decimal) -> LossLine:
    loss_db = (quantity * each_db).quantize(HUNDREDTH_DB, ROUND_HALF_UP)
    return LossLine(what, quantity, each_db, loss_db)


def _reach(optic: Optic, passage: Passage, expected: Iterable[Loss], limit: Iterable[Loss]) -> OpticReach:
    expected_spare_db = optic.budget_db - _total_at(optic.wavelength_nm, expected)
    limit_spare_db = optic.budget_db - _total_at(optic.wavelength_nm, limit)
    if passage.length_m > optic.reach_m or expected_spare_db < 0:
        reach = Reach.NOT
    else:
        reach = Reach.AS_EXPECTED if limit_spare_db < 0 else Reach.WITHIN_LIMIT
    beyond_m = max(0, ceil(passage.length_m - optic.reach_m))
    return OpticReach(optic, reach, limit_spare_db, expected_spare_db, beyond_m)


def _total_at(wavelength_nm: int, losses: Iterable[Loss]) -> Decimal:
    return next(loss.total_db for loss in losses if loss.wavelength_nm == wavelength_nm)


def _loss_from_json(kept: Mapping[str, Any]) -> Loss:
    lines = (
        LossLine(line["what"], *(Decimal(line[name]) for name in ("quantity", "each_db", "loss_db")))
        for line in kept["lines"]
    )
    return Loss(kept["wavelength_nm"], tuple(lines))


def _reach_from_json(kept: Mapping[str, Any]) -> OpticReach:
    optic = Optic(**(kept["optic"] | {"budget_db": Decimal(kept["optic"]["budget_db"])}))
    spare = (Decimal(kept["limit_spare_db"]), Decimal(kept["expected_spare_db"]))
    return OpticReach(optic, Reach(kept["reach"]), *spare, kept["beyond_m"])
