"""Plant as features on the web: for GDAL, for programs and for people, each by the tier of who asks."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from cni.assets.access_log import ExactView
from cni.assets.models import Site, Span
from cni.assets.words import FoiLabel
from cni.members.policy import Role
from cni.primitives.geo import wkb_of
from cni.primitives.grid import to_grid_many
from tests.factories import make_member, make_person
from tests.plant import lay
from tests.serving import read_by_gdal, served

GRID = "http://www.opengis.net/def/crs/EPSG/0/27700"
WGS84 = "http://www.opengis.net/def/crs/EPSG/0/4326"
ITEMS = "/ogc/collections/{}/items"
PLACES = {"A": (-2.101234, 53.487345), "B": (-2.156789, 53.491234), "C": (-2.234567, 53.512345), "Z": (-2.3, 53.55)}


@pytest.fixture
def owner(session):
    return make_member(session, "demonstration-council", roles="contributor")


@pytest.fixture
def plant(session, owner):
    """Three spans A-B, B-C and C-Z; A-B has a bend."""
    spans = lay(session, "A-B 4321.5 x6 [K1], B-C 6000, C-Z 7000", owner=owner)
    for site in session.scalars(select(Site)):
        site.longitude, site.latitude = PLACES[site.code]
        site.owner_id = owner.id
    spans["A-B"].geometry = wkb_of([PLACES["A"], (-2.123456, 53.500001), PLACES["B"]])
    session.flush()
    return spans


@pytest.fixture
def somebody(session):
    """A planner of a member that owns nothing here."""
    return make_person(session, make_member(session, roles="user"), Role.PLANNER)


def items(visitor, layer, **asked):
    answer = visitor.get(ITEMS.format(layer), query_string=asked)
    assert answer.status_code == 200, answer.text
    return answer.json


def position(visitor, layer, code):
    return visitor.get(f"{ITEMS.format(layer)}/{code}").json["geometry"]["coordinates"]


# GDAL


def test_gdal_reads_both_collections_whole(app, plant):
    with served(app) as address:
        sites = read_by_gdal(f"{address}/ogc", "sites")
        spans = read_by_gdal(f"{address}/ogc", "spans", PAGE_SIZE="2")  # and so turns pages

    assert [row["id"] for row in sites["rows"]] == ["A", "B", "C", "Z"]
    assert [row["id"] for row in spans["rows"]] == ["A-B", "B-C", "C-Z"]
    assert sites["positions"][0] == [[-2.1, 53.49]]
    assert spans["rows"][0]["length_m"] == 4300


@pytest.mark.parametrize("is_member", [False, True])
def test_gdal_takes_numbers_for_numbers_also_where_none_is_told(app, api_client, plant, somebody, is_member):
    with served(app) as address:
        spans = read_by_gdal(f"{address}/ogc", "spans", token=api_client(somebody).token if is_member else "")

    assert list(spans["types"])[:4] == ["id", "a", "z", "length_m"]
    numbers = {name: kind for name, kind in spans["types"].items() if kind != "object"}
    whole = dict.fromkeys(("offered_pairs", "fibres", "reserved_pairs"), "int32")
    assert numbers == whole | {"length_m": "float64"}


def test_gdal_asks_for_a_box_and_for_the_national_grid(app, plant):
    with served(app) as address:
        boxed = read_by_gdal(f"{address}/ogc", "sites", bbox=[-2.17, 53.4, -2.0, 53.6])
        on_grid = read_by_gdal(f"{address}/ogc", "sites", CRS="EPSG:27700", bbox=[380_000, 390_000, 395_000, 410_000])

    assert [row["id"] for row in boxed["rows"]] == ["A", "B"]
    assert on_grid["crs"] == "EPSG:27700"
    east, north = to_grid_many([-2.1], [53.49])
    assert on_grid["positions"][0] == [[round(east[0]), round(north[0])]]


def test_gdal_sees_by_a_token_what_the_member_sees(app, api_client, plant, session, owner):
    officer = make_person(session, owner, Role.ASSET_OFFICER)
    with served(app) as address:
        spans = read_by_gdal(f"{address}/ogc", "spans", token=api_client(officer).token)

    assert spans["positions"][0][1] == [-2.123456, 53.500001]
    assert {row["tier"] for row in spans["rows"]} == {"party"}


# Tiers


@pytest.mark.parametrize(
    ("role", "of_owner", "site", "bend"),
    [
        (None, False, [-2.1, 53.49], None),
        (Role.PLANNER, False, [-2.101, 53.487], [-2.123, 53.5]),
        (Role.ASSET_OFFICER, True, [-2.101234, 53.487345], [-2.123456, 53.500001]),
        (Role.NETWORK_STEWARD, None, [-2.101234, 53.487345], [-2.123456, 53.500001]),
    ],
)
def test_everyone_sees_plant_by_their_tier(client, session, plant, owner, role, of_owner, site, bend):  # noqa: PLR0913
    if role:
        member = None if of_owner is None else owner if of_owner else make_member(session, roles="user")
        client.sign_in_as(make_person(session, member, role))

    assert position(client, "sites", "A") == site
    line = position(client, "spans", "A-B")
    assert line[0] == site
    assert line[1:-1] == ([bend] if bend else [])


def test_a_box_finds_what_is_shown_and_not_what_is_there(client, plant):
    """Else the edge of a box would tell where a site really is."""
    around = "-2.1013,53.4873,-2.1011,53.4874"

    assert items(client, "sites", bbox=around)["numberMatched"] == 0
    assert [f["id"] for f in items(client, "sites", bbox="-2.1001,53.4899,-2.0999,53.4901")["features"]] == ["A"]


def test_the_public_is_told_neither_strands_nor_risks_nor_reserved_pairs(client, plant, somebody):
    public = items(client, "spans")["features"][0]["properties"]
    member = items(client.sign_in_as(somebody), "spans")["features"][0]["properties"]

    assert (public["fibres"], public["risks"], public["reserved_pairs"]) == (None, None, None)
    assert public["offered_pairs"] == 6
    assert (member["fibres"], member["risks"], member["reserved_pairs"]) == (24, "K1", None)


def test_reserved_pairs_are_told_to_their_owner(client, session, plant, owner):
    client.sign_in_as(make_person(session, owner, Role.ASSET_OFFICER))

    assert items(client, "spans")["features"][0]["properties"]["reserved_pairs"] == 2


def test_confidential_plant_is_shown_to_members_as_to_the_public(client, session, plant, somebody):
    site = session.scalars(select(Site).where(Site.code == "A")).one()
    site.foi_label, site.foi_reason = FoiLabel.CONFIDENTIAL, "A hospital's feed"
    session.flush()
    client.sign_in_as(somebody)

    assert position(client, "sites", "A") == [-2.1, 53.49]
    assert position(client, "sites", "B") == [-2.157, 53.491]


def test_an_exact_view_of_anothers_plant_is_logged(client, session, plant):
    client.sign_in_as(make_person(session, None, Role.NETWORK_STEWARD))
    items(client, "spans", limit=1)

    seen = session.scalars(select(ExactView)).one()
    assert (seen.place, seen.spans) == ("/ogc/collections/spans/items", ["A-B"])


def test_what_is_only_proposed_is_not_there(client, session, owner, plant):
    lay(session, "P-Q 100", owner=owner, live=False)

    assert items(client, "sites")["numberMatched"] == 4
    assert client.get(ITEMS.format("spans") + "/P-Q").status_code == 404


def test_a_token_that_is_not_valid_is_refused(client, plant):
    assert client.get("/ogc/", headers={"Authorization": "Bearer cni_AAAAAAAA_guess"}).status_code == 401


# Core


def test_pages_follow_each_other_without_gap_or_repetition(client, plant):
    codes, address = [], ITEMS.format("sites") + "?limit=3"
    while address:
        page = client.get(address).json
        assert page["numberMatched"] == 4
        assert page["numberReturned"] == len(page["features"])
        codes += [feature["id"] for feature in page["features"]]
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)

    assert codes == ["A", "B", "C", "Z"]


def test_features_come_in_the_system_that_is_asked_for(client, plant):
    there = client.get(f"{ITEMS.format('sites')}/A", query_string={"crs": WGS84})
    boxed = items(client, "sites", bbox="53.4,-2.17,53.6,-2.0", **{"bbox-crs": WGS84})

    assert there.json["geometry"]["coordinates"] == [53.49, -2.1]
    assert there.headers["Content-Crs"] == f"<{WGS84}>"
    assert [feature["id"] for feature in boxed["features"]] == ["A", "B"]


def test_a_box_on_the_grid_is_a_box_on_the_grid(client, plant):
    (east,), (north,) = to_grid_many([-2.1], [53.49])

    def found(metres):
        box = f"{east - metres},{north - 5},{east + 5},{north + 5}"
        return items(client, "sites", bbox=box, **{"bbox-crs": GRID})["numberMatched"]

    assert [found(1), found(-1)] == [1, 0]


def test_features_are_found_by_owner_and_kind(client, plant):
    assert items(client, "sites", kind="cabinet", owner="demonstration-council")["numberMatched"] == 4
    assert items(client, "sites", kind="mast")["numberMatched"] == 0
    assert items(client, "spans", owner="somebody-else")["numberMatched"] == 0


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("colour=red", "unknown_parameter"),
        ("limit=0", "not_a_number"),
        ("limit=x", "not_a_number"),
        ("offset=-1", "not_a_number"),
        ("bbox=1,2,3", "bad_bbox"),
        ("bbox=1,2,nan,4", "bad_bbox"),
        ("bbox=1,4,2,3", "bad_bbox"),
        ("crs=EPSG:3857", "unknown_crs"),
        ("kind=palace", "unknown_kind"),
        ("f=pdf", "unknown_format"),
        ("limit=1&limit=2", "given_twice"),
    ],
)
def test_what_cannot_be_read_is_a_400_with_a_sentence(client, plant, asked, code):
    answer = client.get(f"{ITEMS.format('sites')}?{asked}")

    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert [problem["code"] for problem in answer.json["problems"]] == [code]
    assert answer.json["problems"][0]["remedy"]


def test_more_than_the_greatest_limit_is_cut_and_every_problem_is_told(client, plant):
    assert items(client, "sites", limit=999_999)["numberReturned"] == 4
    assert len(client.get(ITEMS.format("sites") + "?limit=x&colour=red&bbox=1").json["problems"]) == 3


def test_a_kept_answer_is_not_sent_again_until_the_plant_changes(client, session, plant):
    first = client.get(ITEMS.format("sites"))
    again = client.get(ITEMS.format("sites"), headers={"If-None-Match": first.headers["ETag"]})
    session.scalars(select(Site).where(Site.code == "A")).one().name = "Renamed"
    session.flush()
    changed = client.get(ITEMS.format("sites"), headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304
    assert changed.status_code == 200
    assert "public" in first.headers["Cache-Control"]


def test_what_somebody_sees_is_kept_by_nobody_else(client, plant, somebody):
    public = client.get(ITEMS.format("sites"))
    private = client.sign_in_as(somebody).get(ITEMS.format("sites"))

    assert "private" in private.headers["Cache-Control"]
    assert private.headers["ETag"] != public.headers["ETag"]
    assert {"Authorization", "Cookie"} <= {name.strip() for name in public.headers["Vary"].split(",")}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api",
        "/conformance",
        "/collections",
        "/collections/sites",
        "/collections/spans/schema",
        "/collections/spans/feature-schema",
    ],
)
def test_every_document_is_a_page_for_people_too(client, plant, path):
    assert client.get(f"/ogc{path}").is_json
    page = client.get(f"/ogc{path}", headers={"Accept": "text/html"})
    assert page.mimetype == "text/html"
    assert client.get(f"/ogc{path}?f=html").mimetype == "text/html"


def test_features_are_a_table_for_people(client, plant):
    page = client.get(ITEMS.format("sites") + "?f=html").text

    assert "4 of 4" in page
    assert "demonstration-council" in page


def test_there_is_nothing_else(client, plant):
    for path in ("/collections/racks", "/collections/racks/items", "/collections/sites/items/NOWHERE"):
        assert client.get(f"/ogc{path}").status_code == 404
        assert client.get(f"/ogc{path}").mimetype == "application/problem+json"


def test_the_description_names_every_path_and_parameter(client, app):
    document = client.get("/ogc/api").json
    ours = {rule.rule.removeprefix("/ogc") for rule in app.url_map.iter_rules() if rule.endpoint.startswith("ogc.")}

    assert len(document["paths"]) == 2 * 5 + 4
    assert len(ours) == 9
    limit = document["components"]["parameters"]["limit"]["schema"]
    assert (limit["default"], limit["maximum"]) == (1000, 10_000)


def test_an_empty_co_op_has_empty_collections(client):
    assert items(client, "sites")["numberMatched"] == 0
    assert items(client, "spans", bbox="-9,49,2,61")["features"] == []
    assert client.get("/ogc/collections").status_code == 200
    assert client.get("/open").status_code == 200


def test_a_span_is_not_public_to_more_than_its_straight_line(client, session, plant):
    assert session.scalars(select(Span).where(Span.code == "A-B")).one().geometry is not None
    assert position(client, "spans", "a-b") == [[-2.1, 53.49], [-2.16, 53.49]]
