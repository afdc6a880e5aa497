"""Coordinates: Ordnance Survey's own test points, degrees as people write them, and what numbers look like."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from pyproj import Geod

from cni.primitives import coordinates
from cni.primitives.coordinates import (
    System,
    is_irish_reference,
    parse_degrees,
    parse_position,
    possible_systems,
    to_wgs84,
)
from cni.primitives.geo import from_grid, grid_reference, to_grid
from cni.primitives.grid import ACCURACY, from_grid_many, to_grid_many

PUBLISHED = Path(__file__).parents[1] / "data" / "ostn15_test_points.csv"
ASHTON = (-2.1012, 53.4873)
LATITUDE, LONGITUDE = 53 + 29 / 60 + 14.2 / 3600, -(2 + 6 / 60 + 4.3 / 3600)


@pytest.fixture(scope="module")
def published() -> dict[str, np.ndarray]:
    """Return the columns of Ordnance Survey's test points; see tests/data/README.md."""
    with PUBLISHED.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["point"] for row in rows] == [f"TP{number:02}" for number in range(1, 41)]
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0] if name != "point"}


def test_the_published_points_come_out_on_the_grid(published):
    eastings, northings = to_grid_many(published["longitude"], published["latitude"])

    assert np.hypot(eastings - published["easting"], northings - published["northing"]).max() <= 0.01


def test_the_published_points_come_back_from_the_grid(published):
    longitudes, latitudes = from_grid_many(published["easting_back"], published["northing_back"])

    away = Geod(ellps="GRS80").inv(longitudes, latitudes, published["longitude"], published["latitude"])[2]
    assert away.max() <= 0.01


def test_there_and_back_is_the_same_place_all_over_the_grid():
    eastings, northings = (
        each.ravel() for each in np.meshgrid(np.arange(500, 700_000, 9_973), np.arange(500, 1_249_000, 9_973))
    )
    again = to_grid_many(*from_grid_many(eastings, northings))

    known = ~np.isnan(again[0])
    assert known.mean() > 0.99
    assert np.abs(np.array(again) - (eastings, northings))[:, known].max() < 1e-6


def test_off_the_grid_there_is_no_number():
    assert np.isnan(from_grid_many([700_000, 5, 5, np.nan], [5, 1_250_000, -1, 5])).all()
    assert np.isnan(to_grid_many([-12.0, 0.0, np.nan], [53.0, 63.0, 53.0])).all()


def test_one_place_goes_the_same_way_as_many():
    assert to_grid(ASHTON) == tuple(float(each[0]) for each in to_grid_many(*ASHTON))
    assert from_grid(*to_grid(ASHTON)) == pytest.approx(ASHTON, abs=1e-11)
    assert grid_reference(ASHTON) == "SJ 933 989"


@pytest.mark.parametrize("off", [(-1, 5), (5, 1_260_000), (float("nan"), 5)])
def test_one_place_off_the_grid_is_refused(off):
    with pytest.raises(ValueError, match="outside the British National Grid"):
        from_grid(*off)


@pytest.mark.parametrize(
    "text",
    ["53°29'14.2\"N", "53 29 14.2 N", "N53 29 14.2", "53d29m14.2s", "53:29:14.2", "53º29′14.2″n", "53°29'14.2''N",
     "53 29 14,2", "53deg 29min 14.2sec N", " 53° 29’ 14.2” N "],
)  # fmt: skip
def test_an_angle_is_read_in_the_spellings_that_people_use(text):
    assert parse_degrees(text) == pytest.approx(LATITUDE, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "degrees"), [("-2.1012", -2.1012), ("−2,1012", -2.1012), ("2° 6.5' W", -2 - 6.5 / 60)]
)
def test_an_angle_in_decimals(text, degrees):
    assert parse_degrees(text) == pytest.approx(degrees, abs=1e-12)


@pytest.mark.parametrize(
    "text", ["", "SJ 931 997", "53°60'N", "53.5°30'N", "91N", "-2W", "N53N", "1e5", "nan", "53-29-14"]
)
def test_what_is_no_angle_is_refused(text):
    with pytest.raises(ValueError, match="is not an angle"):
        parse_degrees(text)


@pytest.mark.parametrize(
    "text",
    ["53°29'14.2\"N 2°6'4.3\"W", "2°6'4.3\"W, 53°29'14.2\"N", "N53 29 14.2 W2 6 4.3", "53 29 14.2, -2 6 4.3",
     "53:29:14.2N 2:6:4.3W"],
)  # fmt: skip
def test_a_position_is_read_either_way_round(text):
    assert parse_position(text) == pytest.approx((LONGITUDE, LATITUDE), abs=1e-12)


@pytest.mark.parametrize("text", ["53.4873, -2.1012", "-2.1012 53.4873", "53.4873N 2.1012W", "53,4873; -2,1012"])
def test_a_position_in_decimals(text):
    assert parse_position(text) == ASHTON


def test_a_position_elsewhere_is_refused():
    with pytest.raises(ValueError, match="not a position in the United Kingdom"):
        parse_position("48.2, 16.4")


@pytest.mark.parametrize(
    ("x", "y", "system"),
    [
        (-2.1, 53.5, System.DEGREES),
        (53.5, -2.1, System.DEGREES_SWAPPED),
        (393_100, 398_000, System.BRITISH_GRID),
        (1_203_000, 453_000, System.BRITISH_GRID_SWAPPED),
        (-234_000, 7_070_000, System.WEB_MERCATOR),
        (733_800, 874_000, System.IRISH_GRID),
        (5e9, 5e9, None),
    ],
)
def test_what_numbers_look_like(x, y, system):
    assert next(iter(possible_systems([x, x + 0.001, np.nan, 1e12], [y, y, np.nan, y])), None) is system


def test_near_manchester_numbers_read_either_way_and_both_are_named():
    assert possible_systems([393_100], [398_000]) == (System.BRITISH_GRID, System.BRITISH_GRID_SWAPPED)


def test_the_national_grid_goes_by_ostn15_and_says_how_good_that_is():
    placed = to_wgs84([393_100.0], [398_000.0], "EPSG:27700")

    assert (placed.longitudes[0], placed.latitudes[0]) == from_grid(393_100.0, 398_000.0)
    assert placed.accuracy == ACCURACY


def test_another_system_goes_by_proj_with_its_stated_accuracy():
    placed = to_wgs84([-2.0, np.inf], [53.0, 53.0], "EPSG:4258")

    assert (placed.longitudes[0], placed.latitudes[0]) == pytest.approx((-2.0, 53.0))
    assert np.isnan(placed.longitudes[1])
    assert placed.accuracy == "From ETRS89, to about 1 m."


@pytest.mark.parametrize("crs", ["EPSG:29903", "epsg:2157", "TM75 / Irish Grid", "EPSG:29902"])
def test_irish_grid_is_refused_with_the_reason(crs):
    with pytest.raises(ValueError, match="OSTN15 ends at the coast of Great Britain"):
        to_wgs84([333_900.0], [374_000.0], crs)


def test_a_grid_reference_of_one_letter_is_irish():
    assert is_irish_reference("J 340 740")
    assert not is_irish_reference("SJ 931 997")
    assert coordinates.IRISH_GRID_REFUSED.endswith("instead.")


def test_a_system_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="give its EPSG number"):
        to_wgs84([1.0], [1.0], "somewhere")
