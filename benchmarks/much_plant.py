"""A large plant in a database, made up: scattered over Great Britain, or as dense as a city."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from networks import KM_PER_DEGREE, KM_PER_DEGREE_EAST, Plant, make_plant
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from cni.db.engine import session_factory
from tests.factories import make_contribution, make_member

KINDS = ("chamber", "cabinet", "street_furniture", "building_entry", "mast", "exchange", "data_centre")
SHARES = (0.5, 0.25, 0.1, 0.09, 0.04, 0.015, 0.005)
OWNERS = 8
BENDS = 8
WANDER = 0.08
"""How far a bend lies aside, of its span's length."""
CENTRE = (-2.25, 53.48)


def lay_plant(engine: Engine, sites: int, *, width_km: float) -> Plant:
    """Lay a plant of so many sites, about one and a half spans each, in a box so wide; each span has eight bends."""
    plant = make_plant(sites)
    scale = width_km / max(np.ptp(plant.east_km), 1)
    with session_factory(engine).begin() as session:
        owners = [make_member(session, f"demonstration-owner-{number}") for number in range(OWNERS)]
        contribution = make_contribution(session, owners[0])
        numbers = [owner.id for owner in owners]
        places = _places(plant, scale)
        _copy_sites(session, places, numbers, contribution.id)
        _copy_spans(session, plant, places, numbers, contribution.id)
    return plant


def _places(plant: Plant, scale: float) -> np.ndarray:
    east = (plant.east_km - plant.east_km.mean()) * scale / KM_PER_DEGREE_EAST + CENTRE[0]
    north = (plant.north_km - plant.north_km.mean()) * scale / KM_PER_DEGREE + CENTRE[1]
    return np.stack([east, north], axis=1)


def _copy_sites(session: Session, places: np.ndarray, owners: list[int], contribution: int) -> None:
    chance = np.random.default_rng(17)
    kinds = chance.choice(KINDS, len(places), p=SHARES).tolist()
    columns = "code, name, kind, longitude, latitude, owner_id, contribution_id"
    rows = (
        (f"S{number}", f"Demonstration site {number}", kind, lon, lat, owners[number % OWNERS], contribution)
        for number, (kind, (lon, lat)) in enumerate(zip(kinds, places.tolist(), strict=True))
    )
    _copy(session, f"COPY sites ({columns}) FROM STDIN", rows)


def _copy_spans(session: Session, plant: Plant, places: np.ndarray, owners: list[int], contribution: int) -> None:
    ids = dict(session.execute(text("SELECT code, id FROM sites")).all())
    site_ids = [ids[f"S{number}"] for number in range(plant.sites)]
    lines = shapely.to_wkb(_lines(plant, places))
    lengths = np.maximum(plant.length_mm / 1000, 1).round(3).tolist()
    columns = "code, a_id, z_id, geometry, length_m, length_basis, fibre_owner_id, fibres, contribution_id"
    rows = (
        (f"L{n}", site_ids[a], site_ids[z], lines[n], lengths[n], "as_built", owners[n % OWNERS], 24, contribution)
        for n, (a, z) in enumerate(zip(plant.a.tolist(), plant.z.tolist(), strict=True))
    )
    _copy(session, f"COPY spans ({columns}) FROM STDIN", rows)
    ours = "SELECT id, 1, 'offered' FROM spans WHERE contribution_id = :contribution"
    pairs = text(f"INSERT INTO fibre_pairs (span_id, number, state) {ours}")
    session.execute(pairs, {"contribution": contribution})


def _lines(plant: Plant, places: np.ndarray) -> np.ndarray:
    chance = np.random.default_rng(19)
    along = np.linspace(0, 1, BENDS + 2)[None, :, None]
    starts, ends = places[plant.a][:, None, :], places[plant.z][:, None, :]
    positions = starts + (ends - starts) * along
    aside = np.linalg.norm(ends - starts, axis=2, keepdims=True) * WANDER
    positions[:, 1:-1] += chance.normal(0, 1, positions[:, 1:-1].shape) * aside
    return shapely.linestrings(positions)


def _copy(session: Session, statement: str, rows: Iterator[tuple[object, ...]]) -> None:
    cursor = session.connection().connection.cursor()
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
