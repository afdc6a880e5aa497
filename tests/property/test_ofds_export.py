"""Random plants as Open Fibre Data Standard: its own validator finds nothing, and our reader finds the same plant.

A thousand plants, a quarter of them for each sort of eyes.
"""

from __future__ import annotations

import json
import random
from datetime import date

import pytest
from libcoveofds.jsonschemavalidate import JSONSchemaValidator
from libcoveofds.python_validate import PythonValidate
from libcoveofds.schema import OFDSSchema

from cni.assets.disclosure import Tier
from cni.assets.ofds_export import as_ofds
from cni.assets.seen_plant import Eyes, SeenPlant
from cni.formats.ofds import read_ofds
from cni.topology.network_files import read_network
from tests.records import some_records

PLANTS = 250
ON = date(2026, 11, 22)
TIERS = {
    "public": Eyes(),
    "members": Eyes(Tier.MEMBERS),
    "a party": Eyes(Tier.MEMBERS, frozenset({1, 3}), frozenset({1, 2}), member_id=2),
    "staff": Eyes(Tier.MEMBERS, everything=True),
}


def seen(chance: random.Random, eyes: Eyes) -> SeenPlant:
    return SeenPlant.of(some_records(chance), eyes.of_many).through(eyes)


def errors(document: dict) -> list:
    schema = OFDSSchema()
    return [
        *(error.json() for error in JSONSchemaValidator(schema).validate(document)),
        *PythonValidate(schema).validate(document),
    ]


@pytest.mark.parametrize("tier", TIERS)
def test_the_standards_validator_finds_nothing_to_say(tier):
    chance = random.Random(f"ofds {tier}")
    found = [errors(as_ofds(seen(chance, TIERS[tier]), "A demonstration", on=ON)) for _ in range(PLANTS)]

    assert [each for each in found if each] == []


def test_the_validator_would_say_it():
    """Else the test above could pass because nothing is looked at."""
    document = as_ofds(seen(random.Random(4), TIERS["staff"]), "A demonstration", on=ON)
    document["networks"][0]["spans"][0]["end"] = "NOWHERE"

    assert [error["type"] for error in errors(document)][:1] == ["span_end_node_not_found"]


@pytest.mark.parametrize("tier", TIERS)
def test_what_is_written_is_read_back_as_the_same_network(tier):
    chance = random.Random(f"back {tier}")
    for _ in range(PLANTS):
        plant = seen(chance, TIERS[tier])
        if not plant.records.spans:
            continue
        network = read_network(json.dumps(as_ofds(plant, "A demonstration", on=ON)))

        ends = {end.code for span in plant.records.spans for end in (span.a, span.z)}
        assert set(network.graph) == ends
        for number, span in enumerate(plant.records.spans):
            read = network.spans[span.code]
            assert {read.a, read.z} == {span.a.code, span.z.code}
            assert read.length_m == pytest.approx(plant.lengths_m[number], abs=1e-6)
            is_known = span.geometry is not None or plant.span_facts(number)["tier"] != "party"
            assert read.line == (tuple(plant.spans[number].coords) if is_known else None)


def test_every_column_of_ours_comes_back():
    """As the import reads it: what the standard has no field for, and what is exact to staff."""
    chance = random.Random(7)
    for _ in range(PLANTS):
        plant = seen(chance, TIERS["staff"])
        if not plant.records.spans:
            continue
        nodes, spans = read_ofds(json.dumps(as_ofds(plant, "A demonstration", on=ON)).encode())
        for number, span in enumerate(plant.records.spans):
            row = {name: values[number] for name, values in spans.values.items()}
            assert float(row["cni_length_m"]) == span.length_m
            told = ("length_basis", "fibre_owner", "fibres", "reserved_pairs", "offered_pairs")
            assert [row[f"cni_{name}"] for name in told] == [str(getattr(span, name)) for name in told]
            assert row.get("cni_risks", "") == ";".join(span.risks)
            assert row.get("cni_duct_owner", "") == (span.duct_owner or "")
        sites = {site.code: site for site in plant.records.sites}
        for number, code in enumerate(nodes.values["id"]):
            assert nodes.values["cni_kind"][number] == sites[code].kind.value
            assert nodes.values["name"][number] == sites[code].name


def test_the_network_keeps_its_id():
    first, second = (as_ofds(seen(random.Random(n), TIERS["public"]), "A demonstration", on=ON) for n in (1, 2))
    other = as_ofds(seen(random.Random(1), TIERS["public"]), "Another demonstration", on=ON)

    assert first["networks"][0]["id"] == second["networks"][0]["id"] != other["networks"][0]["id"]


def test_the_public_reads_nothing_that_is_members_own():
    text = json.dumps(as_ofds(seen(random.Random(5), TIERS["public"]), "A demonstration", on=ON))

    assert not any(word in text for word in ("fibreCount", "cni_fibres", "cni_reserved_pairs", "cni_risks"))
