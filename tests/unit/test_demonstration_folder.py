"""The demonstration folder keeps its promises, read as plain files without the loader."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from datetime import date
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

import osgb
import pytest

FOLDER = Path(__file__).parents[2] / "demonstration"
TODAY = date(2026, 11, 22)
EARTH_RADIUS_M = 6_371_009
FOREVER = date.max

COLUMNS = {
    "members.csv": "slug,name,roles,sector,vat_number,company_number,sort_code,account_number,address,postcode,"
    "joined_on,self_billing_from,self_billing_to",
    "people.csv": "email,name,member,roles,password",
    "sites.csv": "id,name,kind,latitude,longitude,easting,northing,grid_ref,owner",
    "spans.csv": "id,a,z,length_m,length_basis,fibre_owner,duct_owner,fibres,reserved_pairs,offered_pairs,risks,"
    "geometry",
    "risks.csv": "id,name,kind",
    "racks.csv": "id,site,owner,units,power_kw",
    "leases.csv": "reference,member,spans,second_spans,pairs,starts_on,ends_on,term_months,accepted_on,"
    "quoted_annual_pence",
    "rack_leases.csv": "reference,member,rack,first_unit,units,size,starts_on,ends_on,accepted_on",
}
SITE_KINDS = {"data_centre", "exchange", "cabinet", "chamber", "building_entry", "mast", "street_furniture"}
RISK_KINDS = {"trench", "duct", "chamber", "bridge", "building_entry", "power_feed", "flood_area"}
MEMBER_ROLES = {"planner", "asset_officer", "finance", "member_admin", "delegate"}
STAFF_ROLES = {"registrar", "network_steward", "treasurer", "second_approver", "auditor"}

Row = dict[str, str]
Position = tuple[float, float]


def rows(name: str) -> list[Row]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_id(name: str, key: str = "id") -> dict[str, Row]:
    return {row[key]: row for row in rows(name)}


def words(cell: str) -> list[str]:
    return cell.split(";") if cell else []


def day(cell: str, otherwise: date = FOREVER) -> date:
    return date.fromisoformat(cell) if cell else otherwise


def line(wkt: str) -> list[Position]:
    """Return (longitude, latitude) of each vertex of a WKT line."""
    body = re.fullmatch(r"LINESTRING \((.+)\)", wkt)
    assert body, wkt
    return [(float(x), float(y)) for x, y in (vertex.split() for vertex in body[1].split(", "))]


def distance_m(a: Position, z: Position) -> float:
    """Return metres on the sphere, within 0.5 % of the ellipsoid."""
    (lon_a, lat_a), (lon_z, lat_z) = (map(radians, position) for position in (a, z))
    half = sin((lat_z - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_z) * sin((lon_z - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(half))


def drawn_m(span: Row) -> float:
    return sum(distance_m(a, z) for a, z in pairwise(line(span["geometry"])))


def position(site: Row) -> Position:
    if site["latitude"]:
        return float(site["longitude"]), float(site["latitude"])
    grid = osgb.parse_grid(site["grid_ref"]) if site["grid_ref"] else (int(site["easting"]), int(site["northing"]))
    latitude, longitude = osgb.grid_to_ll(*grid)
    return longitude, latitude


def reached(start: str, spans: list[Row]) -> set[str]:
    """Return the sites that can be reached from `start` over `spans`."""
    seen, frontier = {start}, [start]
    while frontier:
        here = frontier.pop()
        beyond = {({span["a"], span["z"]} - {here}).pop() for span in spans if here in (span["a"], span["z"])}
        frontier.extend(beyond - seen)
        seen |= beyond
    return seen


def route_sites(span_ids: list[str]) -> list[str]:
    """Return the sites along a route in order; two ways round (a one-span route) come out as the span's a, z."""
    ends = [(SPANS[span_id]["a"], SPANS[span_id]["z"]) for span_id in span_ids]
    start = ends[0][0] if len(ends) == 1 or ends[0][1] in ends[1] else ends[0][1]
    sites = [start]
    for span_id, (a, z) in zip(span_ids, ends, strict=True):
        assert sites[-1] in (a, z), f"{span_id} does not go on from {sites[-1]}"
        sites.append(z if sites[-1] == a else a)
    return sites


def route_risks(span_ids: list[str]) -> set[str]:
    return {risk for span_id in span_ids for risk in words(SPANS[span_id]["risks"])}


def routes(lease: Row) -> list[list[str]]:
    return [route for route in (words(lease["spans"]), words(lease["second_spans"])) if route]


def billing_start(lease: Row) -> date:
    return max(day(lease["starts_on"]), day(lease["accepted_on"]))


MEMBERS = by_id("members.csv", "slug")
SITES = by_id("sites.csv")
SPANS = by_id("spans.csv")
LEASES = by_id("leases.csv", "reference")
RACKS = by_id("racks.csv")
CONTRIBUTORS = {slug for slug, member in MEMBERS.items() if "contributor" in words(member["roles"])}
USERS = {slug for slug, member in MEMBERS.items() if "user" in words(member["roles"])}


@pytest.mark.parametrize("name", COLUMNS)
def test_each_file_has_the_columns_of_cni_load_and_ids_that_differ_without_case(name):
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        header = file.readline().rstrip("\n")
    ids = [next(iter(row.values())).casefold() for row in rows(name)]
    assert header == COLUMNS[name]
    assert len(ids) == len(set(ids)) > 0
    assert all(None not in row and None not in row.values() for row in rows(name))


class TestCast:
    def test_five_contribute_five_use_and_one_of_the_users_contributes_as_well(self):
        assert len(MEMBERS) == 10
        assert len(CONTRIBUTORS - USERS) == 5
        assert len(USERS) == 5
        assert {"loomlight"} == CONTRIBUTORS & USERS

    def test_everything_with_a_name_of_its_own_says_that_it_is_a_demonstration(self):
        names = [row["name"] for row in rows("members.csv") + rows("people.csv")]
        papers = [json.loads((FOLDER / name).read_text(encoding="utf-8")) for name in ("coop.json", "tariff.json")]
        assert all(name.endswith("(demonstration)") for name in [*names, papers[0]["name"], papers[1]["resolution"]])
        assert "fictional" in (FOLDER / "README.md").read_text(encoding="utf-8")

    def test_vat_numbers_pass_modulus_97_and_one_contributor_is_not_registered(self):
        coop = json.loads((FOLDER / "coop.json").read_text(encoding="utf-8"))
        numbers = [row["vat_number"] for row in MEMBERS.values() if row["vat_number"]] + [coop["vat_number"]]
        for number in numbers:
            digits = [int(digit) for digit in number.removeprefix("GB")]
            weighted = sum(digit * weight for digit, weight in zip(digits[:7], range(8, 1, -1), strict=True))
            assert number.startswith("GB999")
            assert (weighted + 10 * digits[7] + digits[8]) % 97 == 0, number
        assert len(set(numbers)) == 10
        assert [slug for slug, row in MEMBERS.items() if not row["vat_number"]] == ["etherow-vale-homes"]

    def test_every_member_can_be_paid_written_to_and_self_billed(self):
        for slug, member in MEMBERS.items():
            assert re.fullmatch(r"\d{6}", member["sort_code"])
            assert re.fullmatch(r"\d{8}", member["account_number"])
            assert member["address"]
            assert member["postcode"].startswith("M99 9")
            agreed = (member["self_billing_from"], member["self_billing_to"])
            assert agreed == (("2026-04-01", "2027-04-01") if slug in CONTRIBUTORS else ("", ""))

    def test_each_member_has_people_for_all_its_roles_and_the_co_op_has_its_staff(self):
        held: dict[str, set[str]] = {slug: set() for slug in ["", *MEMBERS]}
        for person in rows("people.csv"):
            held[person["member"]] |= set(words(person["roles"]))
            assert person["email"].endswith(".example")
            assert len(person["password"]) >= 12
        assert held.pop("") == STAFF_ROLES
        for slug, roles in held.items():
            needed = {"finance", "member_admin", "delegate"}
            needed |= {"asset_officer"} if slug in CONTRIBUTORS else set()
            needed |= {"planner"} if slug in USERS else set()
            assert roles == needed, slug


class TestPlant:
    def test_sites_are_many_of_every_kind_and_owned_by_contributors(self):
        assert len(SITES) >= 40
        assert {site["kind"] for site in SITES.values()} == SITE_KINDS
        assert {site["owner"] for site in SITES.values()} == CONTRIBUTORS

    def test_each_site_says_where_in_exactly_one_way_and_each_way_is_used(self):
        ways = Counter(
            tuple(way for way in ("latitude", "easting", "grid_ref") if site[way]) for site in SITES.values()
        )
        assert set(ways) == {("latitude",), ("easting",), ("grid_ref",)}
        for site in SITES.values():
            assert bool(site["latitude"]) == bool(site["longitude"])
            assert bool(site["easting"]) == bool(site["northing"])

    def test_spans_join_known_sites_and_name_known_risk_groups_all_of_which_are_used(self):
        risks = by_id("risks.csv")
        assert 62 <= len(SPANS) <= 75
        assert {risk["kind"] for risk in risks.values()} == RISK_KINDS
        assert route_risks(list(SPANS)) == set(risks)
        assert {end for span in SPANS.values() for end in (span["a"], span["z"])} == set(SITES)

    def test_the_tramway_owns_ducts_and_no_fibre(self):
        fibre = {span["fibre_owner"] for span in SPANS.values()}
        duct = {span["duct_owner"] for span in SPANS.values() if span["duct_owner"]}
        assert fibre == CONTRIBUTORS - {"two-rivers-tram"}
        assert duct == {"two-rivers-tram"}

    def test_no_cable_has_more_pairs_than_fibres(self):
        for span in SPANS.values():
            assert 24 <= int(span["fibres"]) <= 288
            assert 2 * (int(span["reserved_pairs"]) + int(span["offered_pairs"])) <= int(span["fibres"]), span["id"]

    def test_lines_end_at_their_sites_either_way_round(self):
        backwards = 0
        for span in SPANS.values():
            vertices = line(span["geometry"])
            a, z = position(SITES[span["a"]]), position(SITES[span["z"]])
            if distance_m(vertices[0], a) > distance_m(vertices[0], z):
                vertices.reverse()
                backwards += 1
            assert 4 <= len(vertices) <= 12
            assert max(distance_m(vertices[0], a), distance_m(vertices[-1], z)) < 25, span["id"]
        assert backwards

    def test_measured_lengths_are_a_little_longer_than_drawn_and_some_are_not_measured(self):
        bases = Counter(span["length_basis"] for span in SPANS.values())
        assert set(bases) == {"as_built", "otdr", ""}
        for span in SPANS.values():
            assert bool(span["length_m"]) == bool(span["length_basis"])
            if span["length_m"]:
                assert 1.005 < float(span["length_m"]) / drawn_m(span) < 1.065, span["id"]


class TestTopology:
    def test_the_network_is_one_piece_with_many_rings(self):
        assert reached("AOB", list(SPANS.values())) == set(SITES)
        assert len(SPANS) - len(SITES) + 1 >= 15

    def test_some_sites_hang_on_one_leg(self):
        legs = Counter(end for span in SPANS.values() for end in (span["a"], span["z"]))
        assert {site for site, count in legs.items() if count == 1} == {"GLO", "MID", "TCO", "URM", "WLM"}

    def test_the_etherow_bridge_is_the_only_way_to_glossop(self):
        kept = [span for span in SPANS.values() if span["id"] != "EBW-EBE"]
        assert "GLO" not in reached("AOB", kept)
        assert words(SPANS["EBW-EBE"]["risks"]) == ["BR-ETHEROW"]
        assert by_id("risks.csv")["BR-ETHEROW"]["kind"] == "bridge"

    def test_two_pairs_of_sites_have_parallel_spans_and_one_of_them_shares_a_duct(self):
        joined = Counter(frozenset((span["a"], span["z"])) for span in SPANS.values())
        assert {pair for pair, count in joined.items() if count == 2} == {
            frozenset(("AUD", "CEM")),
            frozenset(("PIC", "MAN")),
        }
        first, second = SPANS["AUD-CEM-A"], SPANS["AUD-CEM-B"]
        assert first["fibre_owner"] != second["fibre_owner"]
        assert first["duct_owner"] == second["duct_owner"] == "two-rivers-tram"
        assert first["risks"] == second["risks"] == "DU-AUDCEM"

    def test_two_diverse_routes_from_ashton_to_the_science_park_meet_in_one_chamber(self):
        lease = LEASES["LSE-3BM4"]
        first, second = routes(lease)
        inner = [set(route_sites(route)[1:-1]) for route in (first, second)]
        assert {"AOB", "MSP"} == {route_sites(first)[0], route_sites(first)[-1]}
        assert not set(first) & set(second)
        assert not inner[0] & inner[1]
        assert route_risks(first) & route_risks(second) == {"CH-MEDLOCK"}
        meeting = [set(line(SPANS[span]["geometry"])) for span in ("PIC-MSPE", "LON-MSPW")]
        assert meeting[0] & meeting[1]

    def test_other_routes_from_ashton_to_the_science_park_share_no_risk_group(self):
        north = "AOB-AOBN AOBN-AWE AWE-AMO AMO-DRO DRO-EDG EDG-CLA CLA-ETI ETI-NIS NIS-MAN MAN-REY REY-MSPW MSPW-MSP"
        south = "AOB-AOBS AOBS-DUK DUK-AUD AUD-CEM-A CEM-VEL VEL-HOL HOL-PIC PIC-MSPE MSPE-MSP"
        first, second = north.split(), south.split()
        assert not set(route_sites(first)[1:-1]) & set(route_sites(second)[1:-1])
        assert not route_risks(first) & route_risks(second)


class TestLeases:
    def test_routes_are_simple_and_second_routes_join_the_same_sites_apart(self):
        diverse = [lease for lease in LEASES.values() if lease["second_spans"]]
        assert 14 <= len(LEASES) <= 18
        assert len(diverse) >= 2
        for lease in LEASES.values():
            along = [route_sites(route) for route in routes(lease)]
            assert all(len(sites) == len(set(sites)) for sites in along), lease["reference"]
        for lease in diverse:
            first, second = routes(lease)
            ends = [{sites[0], sites[-1]} for sites in (route_sites(first), route_sites(second))]
            assert ends[0] == ends[1]
            assert not set(first) & set(second)

    def test_no_span_is_ever_sold_to_its_last_pair(self):
        changes = {day(lease["starts_on"]) for lease in LEASES.values()}
        lowest = {span_id: int(span["offered_pairs"]) for span_id, span in SPANS.items()}
        for on in changes:
            taken: Counter[str] = Counter()
            for lease in LEASES.values():
                if day(lease["starts_on"]) <= on < day(lease["ends_on"]):
                    taken.update({span: int(lease["pairs"]) for route in routes(lease) for span in route})
            for span, pairs in taken.items():
                lowest[span] = min(lowest[span], int(SPANS[span]["offered_pairs"]) - pairs)
        assert min(lowest.values()) == 1
        assert {span for span, free in lowest.items() if free == 1} == {"EBW-EBE", "AUD-CEM-B", "ETI-CPK", "MAN-REY"}

    def test_every_user_leases_within_its_membership_on_the_terms_of_the_tariff(self):
        assert {lease["member"] for lease in LEASES.values()} == USERS
        assert {int(lease["term_months"]) for lease in LEASES.values()} == {12, 36, 60}
        assert {int(lease["pairs"]) for lease in LEASES.values()} == {1, 2, 3, 4}
        for lease in LEASES.values():
            joined = day(MEMBERS[lease["member"]]["joined_on"])
            assert joined < date(2025, 4, 1) <= day(lease["starts_on"]) < day(lease["ends_on"])
            if lease["accepted_on"]:
                assert joined < day(lease["accepted_on"]) <= min(TODAY, day(lease["ends_on"]))
            assert re.fullmatch(r"LSE-[2-9A-HJKMNP-TV-Z]{4}", lease["reference"])

    def test_leases_are_active_reserved_and_ended(self):
        ended = {ref for ref, lease in LEASES.items() if day(lease["ends_on"]) <= TODAY}
        reserved = {ref for ref, lease in LEASES.items() if not lease["accepted_on"]}
        active = {ref for ref, lease in LEASES.items() if ref not in ended | reserved and billing_start(lease) <= TODAY}
        assert not ended & reserved
        assert len(ended) == 2
        assert len(reserved) == 3
        assert len(active) == 12

    def test_the_awkward_cases_are_there(self):
        def some(is_one):
            return [reference for reference, lease in LEASES.items() if is_one(lease)]

        assert some(lambda lease: date(2026, 8, 1) < day(lease["ends_on"]) < date(2026, 11, 1)) == ["LSE-9HT6"]
        assert some(lambda lease: date(2026, 9, 10) < day(lease["starts_on"]) < date(2026, 9, 20)) == ["LSE-2JV7"]
        assert some(lambda lease: lease["quoted_annual_pence"]) == ["LSE-4MX9"]
        assert some(lambda lease: not lease["ends_on"]) == ["LSE-4CN9"]
        assert "LSE-7FR3" in some(lambda lease: lease["starts_on"] < lease["accepted_on"])
        assert some(
            lambda lease: all(SPANS[span]["fibre_owner"] == lease["member"] for span in words(lease["spans"]))
        ) == ["LSE-3KW4"]

    @pytest.mark.parametrize("month", [8, 9, 10])
    def test_every_contributor_earns_in_each_month_to_be_settled(self, month):
        first, following = date(2026, month, 1), date(2026, month + 1, 1)
        used = {
            span
            for lease in LEASES.values()
            if lease["accepted_on"] and billing_start(lease) < following and day(lease["ends_on"]) > first
            for route in routes(lease)
            for span in route
        }
        earning = {SPANS[span][owner] for span in used for owner in ("fibre_owner", "duct_owner")} - {""}
        assert earning == CONTRIBUTORS


class TestRacksAndTariff:
    def test_racks_stand_at_sites_of_their_owner_and_leased_units_never_overlap(self):
        leases = rows("rack_leases.csv")
        assert {lease["size"] for lease in leases} == {"quarter", "half", "full"}
        assert all(SITES[rack["site"]]["owner"] == rack["owner"] for rack in RACKS.values())
        taken = [
            (lease["rack"], unit)
            for lease in leases
            for unit in range(int(lease["first_unit"]), int(lease["first_unit"]) + int(lease["units"]))
        ]
        assert len(taken) == len(set(taken))
        assert all(1 <= unit <= int(RACKS[rack]["units"]) for rack, unit in taken)
        assert {lease["member"] for lease in leases} <= USERS
        assert not {lease["reference"] for lease in leases} & set(LEASES)

    def test_the_tariff_has_the_demonstration_figures(self):
        tariff = json.loads((FOLDER / "tariff.json").read_text(encoding="utf-8"))
        prices = {entry["code"]: entry["amount_pence"] for entry in tariff["lines"] if "amount_pence" in entry}
        factors = {entry["term_months"]: entry["percent"] for entry in tariff["lines"] if "percent" in entry}
        policy = tariff["fee_policy"]
        assert tariff["effective_from"] == "2025-04-01"
        assert prices == {
            "pair_metre_year": 60,
            "minimum": 120_000,
            "connection": 75_000,
            "splice": 6_500,
            "rack_quarter": 22_000,
            "rack_half": 38_000,
            "rack_full": 65_000,
            "cross_connect_install": 15_000,
            "cross_connect_month": 2_500,
            "survey": 45_000,
            "abortive_visit": 18_000,
        }
        assert factors == {12: 100, 36: 92, 60: 85}
        assert policy["duct_share_percent"] == 30
        assert [policy[f"{part}_percent"] for part in ("contributor", "reserve", "running_costs")] == [75, 10, 15]


def faults(span: Row, seen: set[str]) -> list[str]:
    """Return the columns at fault in a row of an upload, given the ids before it."""
    known = all(span[end] in SITES for end in ("a", "z"))
    pairs = int(span["reserved_pairs"]) + int(span["offered_pairs"])
    longitude, latitude = line(span["geometry"])[0]
    checks = {
        "id": span["id"] not in seen | set(SPANS),
        "z": known,
        "geometry": -9 < longitude < 3 and 49 < latitude < 61,
        "offered_pairs": 2 * pairs <= int(span["fibres"]),
        "fibres": int(span["fibres"]) > 0,
        "length_m": not re.search(r"[^\d.]", span["length_m"]),
    }
    return [column for column, right in checks.items() if not right]


class TestSampleUploads:
    def test_the_good_csv_has_no_fault_and_touches_existing_sites(self):
        spans = rows("sample-uploads/four-new-spans.csv")
        assert list(spans[0]) == COLUMNS["spans.csv"].split(",")
        assert len(spans) == 4
        for span in spans:
            assert faults(span, set()) == []
            vertices = line(span["geometry"])
            assert distance_m(vertices[0], position(SITES[span["a"]])) < 25
            assert distance_m(vertices[-1], position(SITES[span["z"]])) < 25

    def test_the_good_geojson_has_three_new_spans_between_existing_sites(self):
        collection = json.loads((FOLDER / "sample-uploads/three-new-spans.geojson").read_text(encoding="utf-8"))
        assert len(collection["features"]) == 3
        for feature in collection["features"]:
            span, vertices = feature["properties"], feature["geometry"]["coordinates"]
            assert span["id"] not in SPANS
            assert 2 * (span["reserved_pairs"] + span["offered_pairs"]) <= span["fibres"]
            assert distance_m(vertices[0], position(SITES[span["a"]])) < 25
            assert distance_m(vertices[-1], position(SITES[span["z"]])) < 25

    def test_the_messy_csv_has_the_six_mistakes_that_the_readme_lists(self):
        found, seen = {}, set()
        for number, span in enumerate(rows("sample-uploads/messy.csv"), start=2):
            found[number] = faults(span, seen)
            seen.add(span["id"])
        readme = (FOLDER / "README.md").read_text(encoding="utf-8")
        listed = {int(row): [column] for row, column in re.findall(r"^\| (\d) \| `(\w+)` \|", readme, re.MULTILINE)}
        assert found == {2: [], **listed}
        assert len(listed) == 6
