"""What eyes see of a random plant is what the rules of disclosure say of each thing, neither more nor less."""

from __future__ import annotations

import random

import pytest
import shapely

from cni.assets.disclosure import Tier
from cni.assets.seen_plant import Eyes, SeenPlant
from tests.records import some_records

PLANTS = 100
EYES = {
    "public": Eyes(),
    "members": Eyes(Tier.MEMBERS),
    "a party": Eyes(Tier.MEMBERS, frozenset({1, 3, 7}), frozenset({1, 2}), member_id=2),
    "staff": Eyes(Tier.MEMBERS, everything=True),
}


def rounded(line):
    return [(round(x, 6), round(y, 6)) for x, y in line]


@pytest.mark.parametrize("name", EYES)
def test_all_of_it_is_seen_as_each_of_it_is_disclosed(name):
    eyes, chance = EYES[name], random.Random(f"seen {name}")
    for _ in range(PLANTS):
        records = some_records(chance)
        seen, sight = SeenPlant.of(records, eyes.of_many).through(eyes), eyes.sight
        for number, span in enumerate(records.spans):
            assert list(seen.spans[number].coords) == rounded(sight.line(span))
            assert seen.lengths_m[number] == sight.length_m(span)
            assert seen.span_facts(number)["tier"] == sight.tier_of_span(span)
        for number, site in enumerate(records.sites):
            assert list(seen.sites[number].coords) == rounded([sight.position(site)])


@pytest.mark.parametrize(("name", "decimals"), [("public", 2), ("members", 3)])
def test_no_coordinate_is_finer_than_the_tier(name, decimals):
    chance = random.Random(f"finer {name}")
    for _ in range(PLANTS):
        seen = SeenPlant.of(some_records(chance), EYES[name])
        for value in shapely.get_coordinates([*seen.sites, *seen.spans]).ravel().tolist():
            assert value == round(value, decimals)


def test_a_span_that_shrinks_to_one_place_is_still_a_line():
    chance = random.Random(3)
    for _ in range(PLANTS):
        seen = SeenPlant.of(some_records(chance, sites=1), EYES["public"])
        assert all(len(line.coords) == 2 for line in seen.spans)
