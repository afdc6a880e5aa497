"""Members' files, read in the cage: every format, in both systems; and hostile ones, refused or cleaned."""

from __future__ import annotations

import csv
import io
import json
import math
import socket
import struct
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import openpyxl
import pyogrio.raw
import pytest
import shapely

from cni.formats import cage, limits
from cni.formats.cage import read_file
from cni.formats.layers import FileRefused, Geometry
from cni.primitives.errors import Problem
from cni.primitives.grid import to_grid_many
from tests import files

SECRET = "Ashton:the-key-of-the-cabinet"
BOTH = ("EPSG:4326", "EPSG:27700")
TRUE = {"gpkg": "GeoPackage", "shp": "Shapefile", "geojson": "GeoJSON", "kml": "KML", "kmz": "KMZ", "fgb": "FlatGeobuf",
        "gml": "GML", "tab": "MapInfo TAB", "mif": "MapInfo MIF"}  # fmt: skip
TOLERANCE_M = 0.1
"""A MapInfo table rounds degrees to 5 cm; GDAL takes the National Grid to KML within 2 m."""
ALWAYS_DEGREES = {"kml", "kmz"}


def refusal(data: bytes, name: str) -> Problem:
    """Return the one problem for which a file is refused; afterwards a good file is still read."""
    with pytest.raises(FileRefused) as caught:
        read_file(data, name)
    (problem,) = caught.value.problems
    assert problem.file == name
    assert problem.message.endswith(".")
    assert problem.remedy.endswith(".")
    assert len(read_file(b"ref\nA\n", "good.csv").of("table").rows) == 1
    return problem


# ------------------------------------------------------------------------------------------------ good files


@pytest.mark.parametrize(("driver", "ending"), [("KML", "kml"), ("LIBKML", "kml"), ("LIBKML", "kmz")])
def test_an_id_that_people_gave_wins_over_the_number_of_its_place_in_kml(driver, ending, tmp_path):
    path = tmp_path / f"places.{ending}"
    lines = shapely.to_wkb(np.array(files.lines_in("EPSG:4326", 2), dtype=object))
    ids = [np.array(["TSP-1", "TSP-2"], dtype=object)]
    pyogrio.raw.write(path, lines, ids, ["id"], geometry_type="LineString", crs="EPSG:4326", driver=driver, layer="s")

    assert read_file(path.read_bytes(), path.name).of("s").values["id"] == ["TSP-1", "TSP-2"]


@pytest.mark.parametrize("crs", BOTH)
@pytest.mark.parametrize("ending", TRUE)
def test_each_format_gives_the_same_200_spans(ending, crs, tmp_path):
    data, name = files.written(ending, crs, tmp_path)
    (layer,) = read_file(data, name).layers
    features = read_file(data, name).of(layer.name)

    assert read_file(data, name).format == TRUE[ending]
    assert (layer.name, layer.geometry, layer.features) == ("spans", Geometry.LINE, files.SPANS)
    assert layer.crs == ("EPSG:4326" if ending in ALWAYS_DEGREES else crs)
    assert features.layer == layer
    assert list(features.rows) == list(range(1, files.SPANS + 1))
    order = np.argsort(features.values["ref"])  # FlatGeobuf puts neighbours beside each other
    points = shapely.get_coordinates(features.geometry[order])
    east, north = points.T if layer.crs == "EPSG:27700" else to_grid_many(*points.T)
    assert np.abs(np.stack([east, north], -1) - files.grid_lines().reshape(-1, 2)).max() < (
        2 if ending in ALWAYS_DEGREES and crs != layer.crs else TOLERANCE_M
    )
    told = {field: [cells[place] for place in order][7] for field, cells in features.values.items()}
    assert told["ref"] == "S-007"
    assert (told.get("name") or told["Name"]) == "Allée 7 – “north”"
    assert (told["fibres"], told["length_m"]) == ("7", "7.25")
    assert told["lit"] in ("no", "false", "0")
    assert told["built_on"].replace("/", "-") == "2026-04-01"
    assert not {"fid", "gml_id"} & set(layer.fields)


def test_a_table_keeps_the_rows_of_the_spreadsheet_and_takes_its_wkt():
    data = b"ref;wkt;fibres;\nA;SRID=27700;48.0\n\nB;LINESTRING (1 2, 3 4);=2+2\nC;;\n"
    features = read_file(data.replace(b"SRID=27700", b"POINT (1 2)"), "spans.csv").of("table")

    assert list(features.rows) == [2, 4, 5]
    assert features.values == {"ref": ["A", "B", "C"], "fibres": ["48.0", "=2+2", ""]}
    assert [shape and shape.wkt for shape in features.geometry] == ["POINT (1 2)", "LINESTRING (1 2, 3 4)", None]
    assert (features.layer.geometry, features.layer.crs) == (Geometry.MIXED, None)


def test_wkt_may_name_its_system():
    features = read_file(b'ref,geom\nA,"SRID=27700;POINT (393100 398000)"\n', "a.csv").of("table")

    assert (features.layer.crs, features.geometry[0].wkt) == ("EPSG:27700", "POINT (393100 398000)")


@pytest.mark.parametrize(
    ("row", "code"), [(b"C,1,2,3\n", "wrong_width"), (b'C,"1\n', "not_csv"), (b"C,x(\n", "bad_geometry")]
)
def test_a_row_that_does_not_fit_is_named(row, code):
    problem = refusal(b"ref,wkt\nA,POINT (1 2)\n\n" + row, "a.csv")

    assert (problem.code, problem.row) == (code, None if code == "not_csv" else 4)


def test_formula_cells_of_a_table_stay_text():
    cells = ["=1+1", "+44 161", "-5", "@SUM(A1)", '=HYPERLINK("x")']
    text = io.StringIO()
    csv.writer(text).writerows([["ref"], *([each] for each in cells)])

    assert read_file(text.getvalue().encode(), "a.csv").of("table").values["ref"] == cells


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-8"])
def test_a_table_is_read_in_any_unicode(encoding):
    features = read_file("ref,name\nA,Allée – 1\n".encode(encoding), "a.csv").of("table")

    assert features.values == {"ref": ["A"], "name": ["Allée – 1"]}
    assert features.layer.notes == ()


def test_a_table_in_windows_1252_is_read_with_a_note():
    features = read_file("ref,name\nA,Allée – 1\n".encode("cp1252"), "a.csv").of("table")

    assert features.values["name"] == ["Allée – 1"]
    assert "Windows-1252" in features.layer.notes[0]


def workbook(rows: list[list[object]], title: str = "spans") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.create_sheet("empty")
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def test_a_workbook_gives_its_filled_sheets_with_the_rows_of_the_spreadsheet():
    data = workbook(
        [["ref", "fibres", "lit", None, "of"], ["A", 48.0, True, "x", 1.5], [], ["B", "'+1", None, None, None]]
    )
    (layer,) = read_file(data, "a.xlsx").layers
    features = read_file(data, "a.xlsx").of("spans")

    assert (layer.name, layer.fields) == ("spans", ("ref", "fibres", "lit", "column 4", "of"))
    assert list(features.rows) == [2, 4]
    assert features.values["fibres"] == ["48", "+1"]
    assert features.values["lit"] == ["yes", ""]


def test_a_formula_without_a_result_is_named_by_its_cell():
    problem = refusal(workbook([["ref", "fibres"], ["A", "=6*8"]]), "a.xlsx")

    assert (problem.code, problem.row, problem.column) == ("formula_without_result", 2, "B")
    assert "Cell B2" in problem.message


def test_geojson_of_old_says_its_crs():
    crs = '"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::27700"}},'
    (old,) = read_file(files.geojson("[[393100,398000],[393200,398100]]", crs), "a.geojson").layers
    (new,) = read_file(files.geojson("[[-2.1,53.4],[-2.2,53.5]]"), "a.json").layers

    assert (old.crs, new.crs) == ("EPSG:27700", "EPSG:4326")


def test_the_id_of_a_geojson_feature_serves_where_no_property_gives_one():
    data = files.geojson("[[-2.1,53.4],[-2.2,53.5]]").replace(b'"type":"Feature",', b'"type":"Feature","id":"P9",', 1)
    assert read_file(data, "a.geojson").of("features").values["id"] == ["P9"]


@pytest.mark.parametrize("data", [b"{", b"[" * 100_000, b"[1, 2]", b'{"type": "Topology"}'])
def test_what_is_no_geojson_is_refused_as_a_whole(data):
    with pytest.raises(FileRefused) as refused:
        read_file(data, "a.geojson")
    assert [(problem.row, problem.code) for problem in refused.value.problems] == [(None, "unreadable")]


def test_what_is_nested_becomes_text_that_a_person_would_write():
    data = files.geojson("[[-2.1,53.4],[-2.2,53.5]]").replace(
        b'"ref":"A"', b'"ids":["a","b"],"n":[1,2],"x":48.0,"y":null,"t":"2026-01-02"'
    )
    values = read_file(data, "a.geojson").of("features").values

    assert values == {"ids": ["a;b"], "n": ["1;2"], "x": ["48"], "y": [""], "t": ["2026-01-02"]}


def test_ofds_gives_nodes_and_spans():
    point = {"type": "Point", "coordinates": [-2.1, 53.4]}
    network = {"id": "n", "nodes": [{"id": "1", "name": "A", "location": point}],
               "spans": [{"id": "2", "start": {"id": "1"}, "fibreCount": 48, "transmissionMedium": ["fibre"],
                          "route": {"type": "LineString", "coordinates": [[-2.1, 53.4], [-2.2, 53.5]]}}]}  # fmt: skip
    data = json.dumps({"networks": [network]}).encode()

    assert [(each.name, each.geometry, each.crs) for each in read_file(data, "net.json").layers] == [
        ("nodes", Geometry.POINT, "EPSG:4326"), ("spans", Geometry.LINE, "EPSG:4326")
    ]  # fmt: skip
    assert read_file(data, "net.json").of("spans").values == {
        "id": ["2"], "start/id": ["1"], "fibreCount": ["48"], "transmissionMedium": ["fibre"]
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------ hostile files


@pytest.fixture
def secret(tmp_path) -> str:
    """Return the path of a file of the machine that a hostile file would like to read."""
    path = tmp_path / "secret.csv"
    path.write_text(f"ref,name\n1,{SECRET}\n")
    return str(path)


@pytest.mark.parametrize("name", ["plan.geojson", "plan.gml", "plan.vrt", "plan.kml", "plan.gpkg"])
def test_a_vrt_that_points_at_a_file_of_the_machine(name, secret):
    problem = refusal(files.vrt(secret), name)

    assert problem.code == "wrong_type"
    assert SECRET not in str(problem)


def test_a_vrt_that_dresses_as_gml_is_only_seen_by_the_reader_of_gml(secret):
    gml = ' xmlns:gml="http://www.opengis.net/gml"'

    assert refusal(files.vrt(secret, gml), "plan.gml").code in ("unreadable", "empty", "wrong_type")


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_entities_in_kml(encoding):
    assert refusal((BOMB + files.kml("&c;")).encode(encoding), "plan.kml").code == "entities"


def test_entities_that_read_a_file(secret):
    reads = f'<?xml version="1.0"?><!-- plan --><!DOCTYPE kml [<!ENTITY f SYSTEM "file://{secret}">]>'

    assert refusal((reads + files.kml("&f;")).encode(), "plan.kml").code == "entities"
    assert refusal(files.zipped({"doc.kml": (reads + files.kml("&f;")).encode()}), "plan.kmz").code == "entities"


def test_entities_in_a_workbook():
    packed = io.BytesIO(workbook([["ref"], ["A"]]))
    with zipfile.ZipFile(packed) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"

    assert refusal(files.zipped({**parts, sheet: BOMB.encode() + parts[sheet]}), "a.xlsx").code == "entities"


def test_a_page_of_html_in_a_description_is_no_entity():
    assert read_file(files.kml("<![CDATA[<!DOCTYPE html><p>Duct 4</p>]]>").encode(), "plan.kml").layers[0].features == 1


def test_gpx_with_entities_and_without():
    gpx = '<gpx xmlns="http://www.topografix.com/GPX/1/1"><name>&c;</name></gpx>'

    assert refusal((BOMB + gpx).encode(), "walk.gpx").code == "wrong_type"
    assert "GPX" in refusal(gpx.encode(), "walk.gpx").message


def test_a_zip_bomb():
    assert refusal(files.zipped({"a.shp": bytes(100 * limits.MEBIBYTE)}), "plan.zip").code == "zip_bomb"


def test_a_zip_that_lies_about_its_size():
    data = bytearray(files.zipped({"doc.kml": bytes(100 * limits.MEBIBYTE)}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 1000)

    assert refusal(bytes(data), "plan.kmz").code in ("zip_bomb", "truncated")


def test_a_zip_in_a_zip_and_one_of_too_many_entries():
    inner = files.zipped({"doc.kml": files.kml("A").encode()})

    assert refusal(files.zipped({"a.shp": b"", "more.zip": inner}), "plan.zip").code == "zip_bomb"
    assert refusal(files.zipped({"a.shp": b"", "a.dbf": inner}), "plan.zip").code == "zip_bomb"
    assert (
        refusal(files.zipped({f"{number}.shp": b"" for number in range(limits.MOST_ENTRIES + 1)}), "p.zip").code
        == "zip_bomb"
    )


@pytest.mark.parametrize("name", ["../../a.shp", "/etc/a.shp", "C:/a.shp", "..\\..\\a.shp", "x/../../a.shp"])
def test_a_path_out_of_a_zip(name):
    assert refusal(files.zipped({name: b"x", "b.shp": b"x"}), "plan.zip").code == "path_traversal"


def test_a_link_in_a_zip(secret):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        link = zipfile.ZipInfo("spans.dbf")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, secret)
        archive.writestr("spans.shp", b"x")

    assert refusal(packed.getvalue(), "plan.zip").code == "path_traversal"


def test_a_line_of_a_million_points():
    points = ",".join(f"[{-2 - each / 1e7:.7f},53]" for each in range(1_000_000))

    problem = refusal(files.geojson(f"[{points}]"), "plan.geojson")
    assert (problem.code, problem.row) == ("too_many_vertices", 1)
    assert "1,000,000 points" in problem.message


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_coordinates_that_are_no_numbers_in_geojson(number):
    assert refusal(files.geojson(f"[[{number},53],[-2,53]]"), "plan.geojson").code == "bad_coordinates"


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_coordinates_that_are_no_numbers_in_a_geopackage(number, tmp_path):
    def spoil(database):
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:  # they would call functions that SQLite alone has not
            database.execute(f"DROP TRIGGER {name}")
        line = struct.pack("<bII4d", 1, 2, 2, 393_000.0, number, 1.0, 1.0)
        database.execute("UPDATE spans SET geom = ? WHERE fid = 3", [b"GP\0\x01" + struct.pack("<i", 27700) + line])

    problem = refusal(files.geopackage(tmp_path, spoil), "plan.gpkg")

    assert (problem.code, problem.row) == ("bad_coordinates", 3)


def test_coordinates_that_are_no_numbers_in_a_table():
    assert refusal(b'ref,wkt\nA,"LINESTRING (nan 1, 2 3)"\n', "plan.csv").code in ("bad_coordinates", "bad_geometry")


@pytest.mark.parametrize("name", ["plan.gpkg", "plan.zip", "plan.csv", "plan.kml", "plan.xlsx"])
def test_a_file_of_no_bytes(name):
    assert refusal(b"", name).code == "empty"


@pytest.mark.parametrize("part", [0.02, 0.3, 0.9])
def test_a_geopackage_that_is_cut_short(part, tmp_path):
    data = files.geopackage(tmp_path)

    assert refusal(data[: int(len(data) * part)], "plan.gpkg").code == "truncated"


@pytest.mark.parametrize("ending", ["geojson", "kml", "kmz", "fgb", "gml", "shp"])
@pytest.mark.parametrize("part", [0.5, 0.95])
def test_a_file_that_is_cut_short(ending, part, tmp_path):
    data, name = files.written(ending, "EPSG:4326", tmp_path)

    assert refusal(data[: int(len(data) * part)], name).code in ("truncated", "unreadable")


def test_triggers_and_views_of_a_geopackage_are_not_run(tmp_path):
    def arm(database):
        database.execute("CREATE TRIGGER wipe AFTER INSERT ON spans BEGIN DELETE FROM spans; END")
        database.execute("CREATE VIEW trap AS SELECT fid, geom, load_extension('/tmp/evil') AS ref FROM spans")
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('trap', 'attributes', 'trap')"
        )

    data = files.geopackage(tmp_path, arm)
    (layer,) = read_file(data, "plan.gpkg").layers

    assert (layer.name, layer.features) == ("spans", files.SPANS)
    assert "views" in layer.notes[0]


def test_a_function_in_a_column_of_a_geopackage_is_not_called(tmp_path):
    made = "ALTER TABLE spans ADD COLUMN trap TEXT GENERATED ALWAYS AS (upper(ref)) VIRTUAL"
    data = files.geopackage(tmp_path, lambda database: database.execute(made))

    assert "trap" not in read_file(data, "plan.gpkg").layers[0].fields


@pytest.mark.parametrize(
    ("data", "name"),
    [(b"%PDF-1.7 x", "plan.gpkg"), (b"\xd0\xcf\x11\xe0x", "plan.xls"), (b"SQLite format 3\0" + bytes(100), "x.gpkg"),
     (b"\0\x01\x02\xff" * 50, "plan.bin"), (b"<html><p>x</p></html>", "plan.kml"), (b"ref,name\nA,B\n", "plan.gpkg"),
     (b'{"type":"Topology","objects":{}}', "plan.csv")],
)  # fmt: skip
def test_what_is_not_what_its_name_says(data, name):
    assert refusal(data, name).code == "wrong_type"


def test_a_tab_that_opens_other_tables(secret):
    tab = f'!table\n!version 300\nopen table "{secret}" Hide\ncreate view x as Select * from secret\n'
    parts = {f"spans.{ending}": b"x" for ending in ("dat", "map", "id")}

    assert refusal(files.zipped({"spans.tab": tab.encode(), **parts}), "plan.zip").code == "wrong_type"


def test_a_part_that_is_missing(tmp_path):
    data, _ = files.written("shp", "EPSG:27700", tmp_path)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if not name.endswith(".dbf")}

    assert refusal(files.zipped(parts), "plan.zip").code == "missing_part"


@contextmanager
def listening() -> Iterator[tuple[int, list[object]]]:
    """Yield a port of this machine, and the list of who calls there."""
    calls: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        ended = threading.Event()

        def wait() -> None:
            while not ended.is_set():
                try:
                    calls.append(server.accept()[1])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=wait)
        thread.start()
        try:
            yield server.getsockname()[1], calls
        finally:
            ended.set()
            thread.join()


def test_the_walls_hide_the_machine_from_the_one_who_reads(secret, tmp_path):
    """Whatever a reader could be talked into: the kernel shows it the program and its own folder alone."""
    script = f"""
import os, socket, sys
from cni.formats import walls
hidden = walls.hide(os.getcwd(), walls.program_folders())
for path in ({secret!r}, "/etc/passwd", "/proc/self/environ"):
    try:
        open(path).read()
    except PermissionError:
        continue
    sys.exit(2 if hidden else 3)
open("own", "w").write("x")
try:
    socket.create_connection(("127.0.0.1", 1), 1)
except PermissionError:
    sys.exit(0)
except OSError:
    sys.exit(3)
"""
    own = tmp_path / "own"
    own.mkdir()
    done = subprocess.run([sys.executable, "-I", "-c", script], cwd=own, check=False)
    if done.returncode == 3:
        pytest.skip("this kernel has no such walls")

    assert done.returncode == 0


ATTEMPTS = {
    "a socket of the machine": "socket.socket(socket.AF_UNIX).connect('../outside')",
    "a datagram": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    "a connection": "socket.create_connection(('127.0.0.1', 1), 1)",
    "a pair of sockets": "socket.socketpair()",
    "a fork": "os.fork() or os._exit(0)",
    "a program": "os.execv(sys.executable, [sys.executable, '-c', 'raise SystemExit(2)'])",
    "a spawned program": "os.posix_spawn(sys.executable, [sys.executable, '-c', ''], {})",
    "a signal": "os.kill(os.getppid(), 0)",
    "another's limits": "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE)",
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_the_one_who_reads_reaches_no_socket_program_or_process(attempt, tmp_path, monkeypatch):
    script = f"""
import os, resource, socket, sys, threading
from cni.formats import calls
if not calls.forbid():
    sys.exit(3)
thread = threading.Thread(target=print)
thread.start()
thread.join()
resource.getrlimit(resource.RLIMIT_NOFILE)
try:
    {attempt}
except PermissionError:
    sys.exit(0)
sys.exit(2)
"""
    own = tmp_path / "own"
    own.mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)  # the path of a socket is short
        server.bind("outside")
        server.listen()
        done = subprocess.run([sys.executable, "-I", "-c", script], cwd=own, check=False)
    if done.returncode == 3:
        pytest.skip("this kernel has no such filter")

    assert done.returncode == 0


def test_nothing_is_fetched(tmp_path):
    with listening() as (port, calls):
        link = f"<NetworkLink><Link><href>http://127.0.0.1:{port}/a.kml</href></Link></NetworkLink>"
        read_file(files.kml("A", link).encode(), "plan.kml")
        gml, name = files.written("gml", "EPSG:27700", tmp_path)
        elsewhere = gml.replace(b"x.xsd", b"").replace(b"spans.xsd", f"http://127.0.0.1:{port}/spans.xsd".encode())
        assert elsewhere != gml
        read_file(elsewhere, name)

    assert calls == []


def test_a_file_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(cage, "seconds_for", lambda size: 0.05)
    with pytest.raises(FileRefused) as caught:
        read_file(b"ref\nA\n", "plan.csv")

    assert caught.value.problems[0].code == "took_too_long"


def test_too_many_bytes_are_not_even_read():
    with pytest.raises(FileRefused) as caught:
        read_file(bytes(limits.MOST_BYTES + 1), "plan.gpkg")

    assert caught.value.problems[0].code == "too_large"


@pytest.mark.parametrize("name", ["", "\0.csv", "é\udcff.csv", "-m", "a" * 5000])
def test_a_name_can_be_anything(name):
    assert read_file(b"ref\nA\n", name).format == "CSV"
