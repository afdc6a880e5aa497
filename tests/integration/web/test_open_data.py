"""The open page, its figures and files: each by the tier of who asks, and of a file what one must know about it."""

from __future__ import annotations

import io
import json
import zipfile

import pyogrio
import pytest
import shapely
from libcoveofds.jsonschemavalidate import JSONSchemaValidator
from libcoveofds.python_validate import PythonValidate
from libcoveofds.schema import OFDSSchema
from sqlalchemy import select

from cni.assets.access_log import ExactView
from cni.assets.audits import AuditStatus, NetworkAudit
from cni.assets.imports.values import Choices
from cni.assets.models import Site
from cni.assets.snapshot import plant_revision
from cni.cli.demo import Demonstration
from cni.members.policy import Role
from cni.operations import importing
from tests.conftest import NOW
from tests.factories import make_actor, make_member, make_person
from tests.integration.web.test_ogc import owner, plant, somebody  # noqa: F401  fixtures
from tests.leases import make_coop

pytestmark = pytest.mark.usefixtures("plant")

EXACT = [[-2.101234, 53.487345], [-2.123456, 53.500001], [-2.156789, 53.491234]]


@pytest.fixture
def steward(client, session):
    return client.sign_in_as(make_person(session, None, Role.NETWORK_STEWARD))


def layer(path, name: str):
    about, _, geometry, values = pyogrio.raw.read(path, layer=name)
    rows = [dict(zip(about["fields"].tolist(), row, strict=True)) for row in zip(*values, strict=True)]
    return rows, None if geometry is None else shapely.from_wkb(geometry)


# Figures


def test_the_figures_are_what_the_public_may_add_up(client):
    found = client.get("/open/statistics.json").json

    assert (found["sites"], found["spans"], found["leases"]) == (4, 3, 0)
    assert found["length_m"] == 4300 + 6000 + 7000
    assert found["sites_by_kind"] == {"cabinet": 4}
    assert found["members_by_role"] == {"contributor": 1}
    operator = {"slug": "demonstration-council", "name": "Demonstration Council"}
    assert found["operators"] == [operator | {"spans": 3, "length_m": 17300, "offered_pairs": 14}]
    assert found["resilience"] is None


def test_leases_are_counted_and_not_named(client, session):
    lease = make_coop(session, "M-N 900").accepted(a="M", z="N", starts_on=NOW.date())
    text = client.get("/open/statistics.json").text

    assert json.loads(text)["leases"] == 1
    assert lease.reference not in text
    assert "leases" in text
    assert lease.reference not in client.get("/open").text


def test_an_audit_that_is_done_is_summed_up(client, session):
    found = {"bridges": ["A-B"], "articulation_sites": [], "single_point_risks": [], "two_edge_connected_components": 4}
    session.add(
        NetworkAudit(
            revision=" ".join(sorted(map(str, plant_revision(session)))),
            status=AuditStatus.DONE,
            percent=100,
            requested_at=NOW,
            finished_at=NOW,
            result=found,
        )
    )
    session.flush()

    summary = client.get("/open/statistics.json").json["resilience"]
    assert (summary["bridges"], summary["two_edge_connected_components"]) == (1, 4)
    assert "Spans that alone divide the network" in client.get("/open").text


def test_the_page_says_the_same_in_tables_to_everyone(client, somebody):  # noqa: F811
    public = client.get("/open")
    member = client.sign_in_as(somebody).get("/open")

    assert "Demonstration Council" in public.text
    assert "17.3 km" in public.text
    assert "17.3 km" in member.text
    assert "public" in public.headers["Cache-Control"]
    assert "private" in member.headers["Cache-Control"]


def test_the_sign_in_page_leads_there(client):
    assert 'href="/open"' in client.get("/sign-in").text


# Files


def test_a_geopackage_has_both_layers_and_a_sheet_about_them(client, tmp_path):
    answer = client.get("/open/plant.gpkg")
    path = tmp_path / "plant.gpkg"
    path.write_bytes(answer.data)
    sites, places = layer(path, "sites")
    spans, lines = layer(path, "spans")
    about = {row["name"]: row["value"] for row in layer(path, "about")[0]}

    assert [row["code"] for row in sites] == ["A", "B", "C", "Z"]
    assert shapely.get_coordinates(places[0]).tolist() == [[-2.1, 53.49]]
    assert shapely.get_coordinates(lines[0]).tolist() == [[-2.1, 53.49], [-2.16, 53.49]]
    assert spans[0]["length_m"] == 4300
    assert about["tier"] == "public"
    assert about["given out on"] == "2026-11-22"
    assert about["licence"].startswith("Not chosen yet")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="plant.gpkg"'


def test_geojson_says_what_it_is_of(client):
    document = client.get("/open/plant.geojson").json

    assert document["about"]["tier"] == "public"
    assert len(document["features"]) == 7


def test_tables_are_a_zip_and_no_cell_is_a_formula(client, session):
    session.scalars(select(Site).where(Site.code == "A")).one().name = "=1+1"
    session.flush()
    with zipfile.ZipFile(io.BytesIO(client.get("/open/plant-csv.zip").data)) as packed:
        tables = {name: packed.read(name).decode().splitlines() for name in packed.namelist()}

    assert tables["sites.csv"][1] == "A,'=1+1,cabinet,demonstration-council,public,POINT (-2.1 53.49)"
    assert "LINESTRING (-2.1 53.49, -2.16 53.49)" in tables["spans.csv"][1]
    assert "tier,public" in tables["about.csv"]


@pytest.mark.parametrize("name", ["ofds.json", "plant.geojson", "plant.gpkg", "plant-csv.zip"])
def test_a_file_is_by_the_tier_of_who_asks_and_what_it_tells_exactly_is_logged(client, session, steward, name):
    answer = steward.get(f"/open/{name}")
    view = session.scalars(select(ExactView)).one()

    assert (view.place, view.span_count, view.site_count) == (f"/open/{name}", 3, 4)
    assert "private" in answer.headers["Cache-Control"]
    if name.endswith("json"):
        assert "-2.123456" in answer.text


def test_a_file_that_one_has_is_not_sent_again(client):
    first = client.get("/open/ofds.json")

    assert client.get("/open/ofds.json", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert client.get("/open/plant.gpkg", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_no_file_of_the_public_has_a_finer_place_than_the_tier(client):
    for name in ("ofds.json", "plant.geojson", "statistics.json"):
        text = client.get(f"/open/{name}").text
        for longitude, latitude in EXACT:
            assert str(longitude)[:6] not in text
            assert str(latitude)[:6] not in text


def test_the_demonstration_is_valid_ofds_at_every_tier(client, session, steward, monkeypatch):
    monkeypatch.setattr("cni.members.registry.hash_password", lambda password: f"hash of {password}")
    Demonstration(session).build()
    session.flush()
    schema = OFDSSchema()
    for document in (client.get("/open/ofds.json").json, steward.get("/open/ofds.json").json):
        assert len(document["networks"][0]["spans"]) > 70
        assert [error.json() for error in JSONSchemaValidator(schema).validate(document)] == []
        assert PythonValidate(schema).validate(document) == []


@pytest.mark.parametrize("kind", ["ofds", "geojson", "gpkg", "csv"])
@pytest.mark.parametrize("tier", ["public", "exact"])
def test_the_command_writes_a_file(test_runtime, tmp_path, monkeypatch, capsys, kind, tier):
    from cni.cli import export, main

    monkeypatch.setattr(export, "open_database", lambda: None)
    monkeypatch.setattr(
        "sys.argv", ["cni", "export", "--format", kind, "--tier", tier, "--out", str(tmp_path / "x"), "--json"]
    )
    with pytest.raises(SystemExit) as left:
        main.main()

    told = json.loads(capsys.readouterr().out)
    assert not left.value.code
    assert (told["sites"], told["spans"], told["tier"]) == (4, 3, tier)
    if kind in ("ofds", "geojson"):
        assert ("-2.123456" in (tmp_path / "x").read_text()) is (tier == "exact")


def test_a_member_that_owns_nothing_here_sees_others_to_the_members_raster(client, session):
    client.sign_in_as(make_person(session, make_member(session, roles="user"), Role.PLANNER))
    features = {feature["properties"]["id"]: feature for feature in client.get("/open/plant.geojson").json["features"]}

    assert features["A-B"]["geometry"]["coordinates"] == [[-2.101, 53.487], [-2.123, 53.5], [-2.157, 53.491]]
    assert features["A-B"]["properties"]["length_m"] == 4321.5


def test_what_is_given_out_is_brought_in_again_as_the_same_plant(client, session, owner):  # noqa: F811
    data = client.sign_in_as(make_person(session, owner, Role.ASSET_OFFICER)).get("/open/ofds.json").data
    officer = make_actor(session, owner, Role.ASSET_OFFICER)
    dry = importing.dry_run(session, officer, data, "plant.json", Choices(), at=NOW)

    assert dry.problems == ()
    assert (dry.sites.unchanged, dry.spans.unchanged) == (4, 3)
    assert dry.changes == ()
