"""Vector tiles: what is in them, by the tier of who asks, and how long they are kept."""

from __future__ import annotations

import gzip
import random
from dataclasses import replace

import mapbox_vector_tile
import numpy as np
import pytest
from sqlalchemy import select

from cni import runtime
from cni.assets.access_log import ExactView
from cni.assets.disclosure import Tier
from cni.assets.models import Site
from cni.assets.planes import PLANES
from cni.assets.seen_plant import Eyes, SeenPlant
from cni.assets.tiling import EXTENT, MARGIN, MOST_FAR, cut_tile
from cni.members.policy import Role
from tests.factories import make_member, make_person
from tests.integration.web.test_ogc import owner, plant, somebody  # noqa: F401  fixtures
from tests.records import some_records

HERE = np.array([[-2.101234, 53.487345]])


def address(zoom, place=HERE, plane="mercator"):
    of = PLANES[plane]
    x, y = of.project(place)[0]
    width = of.width_m / 2**zoom
    column, row = int((x - of.corner[0]) // width), int((of.corner[1] - y) // width)
    return f"/tiles/{'grid/' if plane == 'grid' else ''}{zoom}/{column}/{row}.mvt"


def positions(answer, plane, layer):
    """Where a tile says that things are, in degrees, by code."""
    zoom, column, row = (int(part) for part in answer.request.path.removesuffix(".mvt").split("/")[-3:])
    west, _south, east, north = PLANES[plane].tile(zoom, column, row)
    unit = (east - west) / EXTENT
    decoded = mapbox_vector_tile.decode(answer.data, default_options={"y_coord_down": True})
    return {
        feature["properties"]["code"]: PLANES[plane].back(
            np.array(np.atleast_2d(feature["geometry"]["coordinates"]), dtype=float) * (unit, -unit) + (west, north)
        )
        for feature in decoded.get(layer, {"features": []})["features"]
    }


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize(
    ("role", "there"),
    [(None, (-2.1, 53.49)), (Role.PLANNER, (-2.101, 53.487)), (Role.NETWORK_STEWARD, (-2.101234, 53.487345))],
)
def test_a_tile_shows_plant_by_the_tier_of_who_asks(client, session, plant, plane, role, there):  # noqa: F811
    if role:
        member = make_member(session, roles="user") if role is Role.PLANNER else None
        client.sign_in_as(make_person(session, member, role))
    answer = client.get(address(14, np.array([there]), plane))

    (found,) = positions(answer, plane, "sites").values()
    assert found[0] == pytest.approx(there, abs=5e-6)
    assert answer.mimetype == "application/vnd.mapbox-vector-tile"


def test_a_party_sees_its_own_exactly_and_all_else_as_members_do(client, session, plant, owner):  # noqa: F811
    session.scalars(select(Site).where(Site.code == "C")).one().owner_id = make_member(session).id
    session.flush()
    client.sign_in_as(make_person(session, owner, Role.ASSET_OFFICER))

    found = positions(client.get(address(14)), "mercator", "sites")
    assert found["A"][0] == pytest.approx(HERE[0], abs=5e-6)


def test_what_a_tile_shows_exactly_of_others_plant_is_logged(client, session, plant):  # noqa: F811
    client.sign_in_as(make_person(session, None, Role.NETWORK_STEWARD))
    client.get(address(12))

    assert session.scalars(select(ExactView)).one().place == "/tiles"


def test_the_same_tile_is_not_sent_again(client, plant):  # noqa: F811
    first = client.get(address(12))

    assert client.get(address(12), headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert client.get(address(11), headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_a_tile_is_packed_for_who_takes_it_so(client, plant):  # noqa: F811
    plain = client.get(address(12))
    packed = client.get(address(12), headers={"Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data


@pytest.fixture
def much(test_runtime, plant):  # noqa: F811
    """Plant that is too much to be sent at once, as the settings have it."""
    runtime.open_runtime(replace(test_runtime, config=replace(test_runtime.config, tiles_from_spans=3)))


def test_a_version_is_kept_for_long_by_its_own_reader_alone(client, much, somebody):  # noqa: F811
    page = client.sign_in_as(somebody).get("/map").text
    version = page.partition('data-tiles-version="')[2].partition('"')[0]

    assert "max-age=86400" not in client.get(address(12)).headers["Cache-Control"]
    assert "max-age=86400" not in client.get(f"{address(12)}?v=stale").headers["Cache-Control"]
    kept = client.get(f"{address(12)}?v={version}").headers["Cache-Control"]
    assert "max-age=86400" in kept
    assert "private" in kept


def test_a_map_of_little_plant_is_sent_it_all_at_once(client, plant, somebody):  # noqa: F811
    assert "data-tiles-url" not in client.sign_in_as(somebody).get("/map").text


def test_a_map_with_tiles_asks_for_what_is_chosen(client, much, somebody):  # noqa: F811
    client.sign_in_as(somebody)
    site = client.get("/map/things.json?kind=site&code=B").json["features"]
    span = client.get("/map/things.json?kind=span&code=A-B").json["features"]

    assert {feature["properties"]["code"] for feature in site} == {"A", "B", "C", "A-B", "B-C"}
    assert {feature["properties"]["code"] for feature in span} == {"A", "B", "A-B"}
    places = [f["geometry"]["coordinates"] for f in site if f["properties"]["code"] == "A"]
    assert places == [[-2.101, 53.487]]
    assert client.get("/map/things.json?kind=rack&code=A").status_code == 404
    assert client.get("/map/things.json?kind=span&code=NOWHERE").status_code == 404


def test_a_map_with_tiles_finds_things_by_a_part_of_their_names(client, much, somebody):  # noqa: F811
    client.sign_in_as(somebody)

    assert client.get("/map/find.json?q=site a").json == [["Site A (A)", "site A"]]
    assert client.get("/map/find.json?q=b-c").json == [["Span B-C", "span B-C"]]
    assert client.get("/map/find.json?q=").json == []


@pytest.mark.parametrize(
    "path", ["/tiles/17/0/0.mvt", "/tiles/2/4/0.mvt", "/tiles/x/0/0.mvt", "/tiles/grid/1/0/-1.mvt"]
)
def test_there_is_no_tile_beyond_the_edge(client, path):
    assert client.get(path).status_code == 404


def test_a_tile_of_nothing_is_empty(client, plant):  # noqa: F811
    assert client.get("/tiles/14/0/0.mvt").data == b""


# The cut itself


@pytest.mark.parametrize("plane", PLANES)
def test_every_site_and_span_of_a_random_plant_is_in_the_tile_of_all_of_it(plane):
    chance = random.Random(f"tiles {plane}")
    for _ in range(30):
        seen = SeenPlant.of(some_records(chance), Eyes(Tier.MEMBERS))
        tile = cut_tile(seen, PLANES[plane], 0, 0, 0)
        decoded = mapbox_vector_tile.decode(tile.data)
        sites = {feature["properties"]["code"] for feature in decoded.get("sites", {"features": []})["features"]}

        assert sites == {site.code for site in seen.records.sites}
        assert len(tile.spans) == len(seen.records.spans)


def test_nothing_reaches_far_beyond_a_tile():
    chance = random.Random(9)
    for _ in range(20):
        seen = SeenPlant.of(some_records(chance), Eyes())
        decoded = mapbox_vector_tile.decode(cut_tile(seen, PLANES["mercator"], 7, 63, 42).data)
        for layer in decoded.values():
            for feature in layer["features"]:
                for x, y in _places(feature["geometry"]["coordinates"]):
                    assert -MARGIN <= min(x, y) <= max(x, y) <= EXTENT + MARGIN


def _places(coordinates):
    return [coordinates] if isinstance(coordinates[0], int) else [p for each in coordinates for p in _places(each)]


def test_a_tile_of_a_large_area_has_the_longest_spans_and_the_most_important_sites():
    chance = random.Random(14)
    seen = SeenPlant.of(some_records(chance, sites=400, spans=4 * MOST_FAR), Eyes(Tier.MEMBERS))
    tile = cut_tile(seen, PLANES["mercator"], 0, 0, 0)

    assert len(tile.spans) == MOST_FAR
    left_out = set(range(len(seen.spans))) - set(tile.spans.tolist())
    assert min(seen.lengths_m[n] for n in tile.spans) >= max(seen.lengths_m[n] for n in left_out)
