"""At no tier, by no door, does a finer coordinate or another member's private field appear.

Every GET route of pages, API and open data is walked as nobody, as another member's person and as an owner, over plant
whose positions have telltale decimals. What is answered is searched for numbers near the plant's positions that are
finer than the tier allows, in degrees and in metres of the National Grid, in text, in archives, and as bytes of
databases. A door that is added later is walked by itself.
"""

from __future__ import annotations

import io
import math
import re
import struct
import zipfile
from collections.abc import Iterator

import mapbox_vector_tile
import pytest
import shapely
from shapely.geometry import shape
from sqlalchemy import select, update

from cni.assets.disclosure import PRIVATE_FIELDS, Tier, disclosed_position
from cni.assets.models import Contribution, Site, Span
from cni.assets.words import FoiLabel
from cni.db.migrate import models_metadata
from cni.members.policy import MEMBER_ROLES, Role
from cni.primitives.geo import grid_reference, to_grid, wkb_of
from tests.contract.doors import routes
from tests.factories import make_member, make_person
from tests.leases import make_coop

TELLTALE = "TELLTALE"
PLACES = {
    "A": (-2.1134567, 53.5823456),
    "B": (-2.1347891, 53.6012378),
    "C": (-2.1561234, 53.6234561),
    "Z": (-2.1783457, 53.6423459),
}
BEND = (-2.1231357, 53.5917135)
LENGTH_M = 9876.25
NUMBER = re.compile(rb"\d+(?:\.\d+)?")
NEAR_DEGREES, NEAR_M = 0.004, 60
"""Nearer than this to a telltale, a number is taken to be about it; the rounded ones are farther or on the raster."""

DRY_RUN = "/api/v1/contributions?dry_run=true"
CHANGING = re.compile(
    rb'name="csrf_token"[^>]*|"X-CSRFToken": "[^"]*"|"timeStamp": ?"[^"]*"'
    rb"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|20\d\d-\d\d-\d\dT[\d:.]+Z"
)
"""What differs from one answer to the next anyway: tokens of forms, the revision of the plant, the time."""

MORE = (
    "/map/routes.json?from=A&to=Z&starts_on=2026-12-01&term_months=36",
    "/map/routes.json?from=A&to=Z&starts_on=2026-12-01&term_months=36&diverse=site",
    "/routes?from=A&to=Z&starts_on=2026-12-01&term_months=36&diverse=site",
    "/resilience/reinforcement?within_m=20000&pounds_per_metre=85&against=span",
    "/resilience/what-if?cut=span:A-B&cut=site:C",
    "/api/v1/resilience/what-if?cut=span:A-B",
    "/ogc/collections/sites/items?f=html",
    "/ogc/collections/spans/items?limit=1000",
    "/ogc/collections/sites/items?crs=http://www.opengis.net/def/crs/EPSG/0/27700",
    "/ogc/collections/spans/items?crs=http://www.opengis.net/def/crs/EPSG/0/27700",
    "/ogc/collections/spans/items?crs=http://www.opengis.net/def/crs/EPSG/0/4326",
)
"""Addresses that say more than a bare one."""


@pytest.fixture
def coop(session):
    """Plant of a council at telltale places, of which a third member leases a part; A-C is of another owner."""
    coop = make_coop(session)
    for code, (longitude, latitude) in PLACES.items():
        place = {"longitude": longitude, "latitude": latitude, "name": f"Place {code}", "foi_reason": TELLTALE}
        session.execute(update(Site).where(Site.code == code).values(place))
    session.execute(update(Span).values(foi_reason=TELLTALE))
    session.execute(update(Span).where(Span.code == "A-B").values(geometry=wkb_of([PLACES["A"], BEND, PLACES["B"]])))
    session.execute(update(Contribution).values(note=TELLTALE, decision_note=TELLTALE))
    session.flush()
    session.expire_all()
    return coop


@pytest.fixture
def council(session, coop):
    """The owner of the plant."""
    return session.scalars(select(Span).where(Span.code == "A-B")).one().fibre_owner_id


@pytest.fixture
def stranger(session):
    """A person of a member that has no plant, no lease and no quote, who may all that a member's person may."""
    return make_person(session, make_member(session, "stranger"), *MEMBER_ROLES)


def tile_of(longitude: float, latitude: float, zoom: int = 14) -> dict[str, str]:
    """Return the address of the Web Mercator tile of a place."""
    down = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2
    return {"zoom": str(zoom), "column": str(int((longitude + 180) / 360 * 2**zoom)), "row": str(int(down * 2**zoom))}


TILE = tile_of(*PLACES["A"])


def addresses(app, coop) -> Iterator[str]:
    """Yield the address of every GET route, filled with things of the council and of its lessee, and some more."""
    known = {"site": "A", "span": "A-B", "collection": "spans", "feature": "A-B", "lease": "x", "quote": "x", **TILE}
    for route in routes(app):
        if route.method == "GET" and route.endpoint != "static":
            yield route.address(dict.fromkeys(route.parameters, "1") | known)
    yield from ("/plant/sites/B", "/plant/sites/C", "/plant/spans/B-Z", "/api/v1/sites/Z", "/api/v1/spans/C-Z")
    yield from MORE


def contents(answer) -> bytes:
    """Return what an answer says, archives unpacked; the address that was asked for may be echoed and is left out."""
    data = answer.data
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return b"\n".join(archive.read(name) for name in archive.namelist())
    if "mapbox-vector-tile" in answer.content_type and "/grid/" not in answer.request.path:
        return b" ".join(f"{degrees:.5f}".encode() for degrees in degrees_of(data))
    return data


def degrees_of(tile: bytes) -> Iterator[float]:
    """Yield the longitudes and latitudes of a Web Mercator tile; at this zoom 5 decimals are finer than its raster.

    Points beyond its edge are left out: lines are cut there, wherever that is.
    """
    zoom, column, row = (int(TILE[part]) for part in ("zoom", "column", "row"))
    for layer in mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True}).values():
        points = shapely.get_coordinates([shape(each["geometry"]) for each in layer["features"]])
        for x, y in points[((points >= 0) & (points <= layer["extent"])).all(axis=1)]:
            yield (column + x / layer["extent"]) / 2**zoom * 360 - 180
            yield math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (row + y / layer["extent"]) / 2**zoom))))


def finer_than(tier: Tier, said: bytes, places) -> list[str]:
    """Return what is said of places more finely than a tier allows."""
    found = [name for place in places for name, telltale in telltales(place) if telltale in said]
    if said.startswith(b"SQLite"):
        return found
    numbers = {float(number) for number in NUMBER.findall(said)}
    for place in places:
        shown = disclosed_position(place, tier)
        on_raster = {abs(degrees) for degrees in shown}
        for degrees in map(abs, place):
            step = 10 ** -(3 if tier is Tier.MEMBERS else 2)
            near = {number for number in numbers if abs(number - degrees) < NEAR_DEGREES}
            found += [f"{number}°" for number in near - on_raster if abs(number / step - round(number / step)) > 1e-6]
        for metres, rounded in zip(to_grid(place), map(round, to_grid(shown)), strict=True):
            near = {number for number in numbers if abs(number - metres) < NEAR_M}
            found += [f"{number} m" for number in near - {rounded}]
    return found


def telltales(place) -> Iterator[tuple[str, bytes]]:
    """Yield the ways in which a place is told by more than numbers: as grid references, and as doubles in bytes."""
    for figures in (8, 10):
        reference = grid_reference(place, figures)
        yield reference, reference.encode()
        yield reference, reference.replace(" ", "").encode()
    for number in (*place, *to_grid(place)):
        yield f"the double {number}", struct.pack("<d", number)
        yield f"the double {number}", struct.pack(">d", number)


def leaks(visitors, app, coop, tier: Tier, places) -> list[str]:
    """Return what any door tells a visitor of these places more finely than the tier, or of the private fields."""
    told = []
    for address in addresses(app, coop):
        visitor = visitors["api" if address.startswith("/api/") else "web"]
        said = contents(visitor.get(address))
        told += [f"{address}: {leak}" for leak in finer_than(tier, said, places)]
        told += [f"{address}: a private field"] if TELLTALE.encode() in said else []
    return told


def test_nobody_is_told_more_than_the_public_tier(app, client, session, coop):
    session.execute(update(Span).where(Span.code == "A-B").values(length_m=LENGTH_M))
    said = {address: contents(client.get(address)) for address in addresses(app, coop)}

    assert leaks({"web": client, "api": client}, app, coop, Tier.PUBLIC, [*PLACES.values(), BEND]) == []
    assert [address for address, data in said.items() if str(LENGTH_M).encode() in data] == []
    assert b"A-B" in said["/ogc/collections/spans/items"]


def test_another_member_is_told_no_more_than_the_members_tier(app, client, api_client, coop, council, stranger):
    visitors = {"web": client.sign_in_as(stranger), "api": api_client(stranger)}

    assert leaks(visitors, app, coop, Tier.MEMBERS, [*PLACES.values(), BEND]) == []


def test_of_what_is_confidential_a_member_is_told_what_the_public_is(app, client, api_client, session, coop, stranger):
    session.execute(update(Site).where(Site.code == "A").values(foi_label=FoiLabel.CONFIDENTIAL))
    visitors = {"web": client.sign_in_as(stranger), "api": api_client(stranger)}

    assert leaks(visitors, app, coop, Tier.PUBLIC, [PLACES["A"], BEND]) == []


def test_an_owner_is_told_where_its_own_is_and_no_more_of_others(app, client, api_client, session, coop, council):
    """The council's person sees all four sites; of a stranger's own span beside them, only what members see."""
    own = make_person(session, make_member(session, "owner-of-one", roles="contributor user"), *MEMBER_ROLES)
    session.execute(
        update(Span).where(Span.code == "C-Z").values(fibre_owner_id=own.member_id)
    )  # so it may see C and Z, and neither A nor B
    visitors = {"web": client.sign_in_as(own), "api": api_client(own)}
    found = leaks(visitors, app, coop, Tier.MEMBERS, [PLACES["A"], PLACES["B"], BEND])

    assert [leak for leak in found if "private" not in leak] == []
    assert visitors["api"].get("/api/v1/sites/Z").json["longitude"] == pytest.approx(PLACES["Z"][0], abs=1e-6)


def test_no_answer_depends_on_where_plant_is_within_its_raster(app, client, api_client, session, coop, stranger):
    """Not only is no finer number told: nothing that is told (a length, a distance, a yes or no) gives it away."""
    visitors = {"web": client.sign_in_as(stranger), "api": api_client(stranger)}

    def answers():
        walked = {
            address: visitors["api" if address.startswith("/api/") else "web"].get(address)
            for address in addresses(app, coop)
        }
        asked = {str(number): visitors["api"].post(DRY_RUN, json=plant) for number, plant in enumerate(proposals())}
        return {address: CHANGING.sub(b"", contents(answer)) for address, answer in (walked | asked).items()}

    before = answers()
    for code, (longitude, latitude) in PLACES.items():
        place = {"longitude": longitude + 0.00003, "latitude": latitude + 0.00003}
        session.execute(update(Site).where(Site.code == code).values(place))
    bend = (BEND[0] + 0.00003, BEND[1] + 0.00003)
    session.execute(update(Span).where(Span.code == "A-B").values(geometry=wkb_of([PLACES["A"], bend, PLACES["B"]])))
    session.expire_all()
    after = answers()

    assert [address for address in before if before[address] != after[address]] == []


def proposals() -> Iterator[dict]:
    """Yield plant that a stranger might propose to find out where a site is: its answers tell distances."""
    for away in (0.0, 0.0002, 0.0005, 0.002):
        longitude, latitude = PLACES["A"][0] + away, PLACES["A"][1]
        new = {"id": "NEW", "name": "New", "kind": "chamber", "longitude": longitude, "latitude": latitude - 0.03}
        span = {"id": "S-NEW", "a": "A", "z": "NEW", "fibres": 24}
        line = f"LINESTRING ({longitude} {latitude}, {longitude} {latitude - 0.03})"
        yield {"sites": [new], "spans": [span]}
        yield {"sites": [new], "spans": [span | {"geometry": line}]}
        yield {"sites": [new], "spans": [span | {"geometry": line, "length_m": 3400, "length_basis": "otdr"}]}


def test_the_search_finds_what_it_looks_for(app, client, api_client, session, coop):
    """Else the tests above could pass because they look at nothing: to staff, these doors do tell."""
    auditor = make_person(session, None, Role.AUDITOR, Role.NETWORK_STEWARD)
    visitors = {"web": client.sign_in_as(auditor), "api": api_client(auditor)}
    found = leaks(visitors, app, coop, Tier.MEMBERS, [*PLACES.values(), BEND])
    telling = {leak.partition(":")[0] for leak in found}

    assert telling >= {"/map/plant.json", "/plant/sites/A", "/plant/spans/A-B", "/api/v1/sites", "/api/v1/spans"}
    assert any(address.startswith("/tiles/14/") for address in telling)
    assert any("m" in leak or "SJ" in leak for leak in found)
    assert "/plant/spans/A-B: a private field" in found


def test_every_private_field_is_a_column(coop):
    tables = models_metadata().tables
    columns = {f"{table.name}.{column.name}" for table in tables.values() for column in table.columns}

    assert PRIVATE_FIELDS.keys() <= columns
