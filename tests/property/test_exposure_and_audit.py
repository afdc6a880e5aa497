"""What a site's own page says of it and what the audit of the whole plant says are the same."""

from __future__ import annotations

import itertools
import random

from cni.topology.failures.audit import audit, audit_as_json
from cni.topology.failures.exposure import Standing, core_of, find_exposure
from tests.notation import network


def test_each_site_stands_alike_in_both():
    chance = random.Random(311)
    seen = set()
    for _ in range(400):
        sites = "ABCDEFGHI"[: chance.randint(2, 9)]
        spans = [
            f"{a}-{z} 1" + (f" [{chance.choice('KLM')}]" if chance.random() < 0.5 else "")
            for a, z in chance.choices(list(itertools.combinations(sites, 2)), k=chance.randint(1, 15))
        ]
        plant = network(", ".join([*spans, *(f"site {site}" for site in sites)]))
        found = audit_as_json(audit(plant))
        told = {site: find_exposure(plant, site, found["single_point_risks"]).standing for site in sites}

        assert found["core_sites"] == len(core_of(plant))
        for standing, listed in found["sites_by_resilience"].items():
            assert listed == sorted(site for site in sites if told[site] == standing), ", ".join(spans)
        seen |= set(told.values())
    assert seen == set(Standing)
