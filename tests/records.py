"""Plant by chance as it is recorded, without a database, to be given out."""

from __future__ import annotations

import random

import shapely

from cni.assets.seen_plant import PlantRecords, SiteRecord, SpanRecord
from cni.assets.words import FoiLabel, LengthBasis, RiskKind, SiteKind

OWNERS = {f"demonstration-{name}": f"Demonstration {name.title()}" for name in ("council", "college", "homes", "trust")}
RISKS = {f"K{number}": (f"Risk {number}", RiskKind.DUCT) for number in range(4)}
NAMES = ("Mill Lane", "Côte", "Łódź Street", "A & B", "“Quoted”", "=1+1", "名", "x" * 200)


def some_records(chance: random.Random, *, sites: int = 9, spans: int = 14) -> PlantRecords:
    """At most so many sites and spans in Britain: parallel ones, loops, straight ones, sites without a span."""
    places = [_site(chance, number) for number in range(chance.randint(0, sites))]
    lines = [_span(chance, number, places) for number in range(chance.randint(0, spans))] if places else []
    owners = {slug: name for slug, name in OWNERS.items() if _is_held(slug, places, lines)}
    return PlantRecords(f"revision {chance.random()}", places, sorted(lines, key=lambda span: span.code), owners, RISKS)


def _is_held(slug: str, sites: list[SiteRecord], spans: list[SpanRecord]) -> bool:
    return any(slug == site.owner for site in sites) or any(
        slug in (span.fibre_owner, span.duct_owner) for span in spans
    )


def _site(chance: random.Random, number: int) -> SiteRecord:
    return SiteRecord(
        id=number + 1,
        code=f"{chance.choice(['A', 'B', 'Ä'])}{number}",
        name=chance.choice(NAMES),
        kind=chance.choice(list(SiteKind)),
        longitude=chance.uniform(-5, 1),
        latitude=chance.uniform(50, 58),
        owner=chance.choice([None, *OWNERS]),
        foi_label=chance.choice(list(FoiLabel)),
    )


def _span(chance: random.Random, number: int, sites: list[SiteRecord]) -> SpanRecord:
    a, z = chance.choice(sites), chance.choice(sites)
    bends = [(chance.uniform(-5, 1), chance.uniform(50, 58)) for _ in range(chance.randint(0, 5))]
    line = [(a.longitude, a.latitude), *bends, (z.longitude, z.latitude)]
    return SpanRecord(
        id=number + 1,
        code=f"{a.code}-{z.code}.{number}",
        a=a,
        z=z,
        geometry=shapely.LineString(line).wkb if chance.random() < 0.8 else None,
        length_m=round(chance.choice([0, chance.uniform(0, 90_000)]), 3),
        length_basis=chance.choice(list(LengthBasis)),
        fibre_owner=chance.choice(list(OWNERS)),
        duct_owner=chance.choice([None, *OWNERS]),
        fibres=2 * chance.randint(1, 144),
        offered_pairs=chance.choice([0, 1, 96]),
        reserved_pairs=chance.choice([0, 2]),
        risks=tuple(chance.sample(list(RISKS), chance.randint(0, 3))),
        holders=frozenset(chance.sample(range(1, 5), 2)),
        foi_label=chance.choice(list(FoiLabel)),
    )
