"""Plant put into the tables, and read back as drafts, so that what is given can be compared with what stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

import numpy as np
import shapely
from psycopg.sql import SQL, Identifier
from sqlalchemy import ARRAY, BigInteger, Text, any_, cast, delete, func, select, text
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, aliased, joinedload

from cni.assets.drafts import PlantDrafts, RackDraft, RiskDraft, SiteDraft, SpanDraft
from cni.assets.exporting import as_geojson
from cni.assets.models import Contribution, FibrePair, Rack, RiskGroup, Site, Span, span_risks
from cni.assets.words import ContributionStatus, PairState
from cni.db.base import Base
from cni.members.models import Member
from cni.primitives.geo import line_of

AT_ONCE = 20_000
"""No statement writes more rows of sites and spans than this: one that takes long is cancelled."""

PAIRS_OF_AT_ONCE = 4_000
"""Nor the fibre pairs of more spans."""

CODES_LOCK = 7_201
"""Any number will do as long as everybody who adds plant takes the same."""


def add_plant(session: Session, contribution: Contribution, drafts: PlantDrafts, member_ids: Mapping[str, int]) -> None:
    """Insert plant that was checked, in a dozen statements however much it is.
    `member_ids` maps casefolded slugs to members. Fibre pairs are numbered through: reserved, offered, then dark.
    """
    ids = {slug.casefold(): member_id for slug, member_id in member_ids.items()}
    _insert_all(session, Site, (_site_row(site, contribution, ids) for site in drafts.sites))
    _insert_all(
        session, RiskGroup, ({"code": risk.code, "name": risk.name, "kind": risk.kind} for risk in drafts.risks)
    )
    site_ids = ids_by_code(session, Site)
    _insert_all(
        session,
        Span,
        (
            {"code": span.code, **values, "contribution_id": contribution.id}
            for span, values in zip(drafts.spans, _span_values(drafts.spans, ids, site_ids), strict=True)
        ),
    )
    _insert_all(session, Rack, (_rack_row(rack, ids, site_ids) for rack in drafts.racks))
    if drafts.spans:
        span_ids = ids_by_code(session, Span)
        numbers = [span_ids[span.code.casefold()] for span in drafts.spans]
        _add_risks(session, numbers, drafts.spans)
        _add_pairs(session, numbers, drafts.spans)


def _insert_all(session: Session, kind: type[Base], rows: Iterator[dict[str, Any]]) -> None:
    """Insert rows, however many they are, as they come: `AT_ONCE` of them are in memory, not all."""
    first = next(rows, None)
    if first is not None:
        copy_rows(session, kind.__tablename__, list(first), (tuple(row.values()) for row in chain([first], rows)))


def copy_rows(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Put rows into a table as PostgreSQL takes them fastest, in the session's transaction, `AT_ONCE` by `AT_ONCE`.

    Source: PostgreSQL, COPY; psycopg, Using COPY TO and COPY FROM.
    """
    session.flush()
    connection: Any = session.connection().connection.driver_connection
    statement = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), SQL(", ").join(map(Identifier, columns)))
    waiting = iter(rows)
    with connection.cursor() as cursor:
        while batch := list(islice(waiting, AT_ONCE)):
            with cursor.copy(statement) as copy:
                for row in batch:
                    copy.write_row(row)


def ids_by_code(session: Session, table: type[Site] | type[RiskGroup] | type[Span] | type[Rack]) -> dict[str, int]:
    """Return the number of each row by its casefolded code."""
    return {code.casefold(): number for code, number in session.execute(select(table.code, table.id))}


def _site_row(site: SiteDraft, contribution: Contribution, ids: Mapping[str, int]) -> dict[str, Any]:
    return {"code": site.code, **_site_values(site, ids), "contribution_id": contribution.id}


def _site_values(site: SiteDraft, ids: Mapping[str, int]) -> dict[str, Any]:
    return {
        "name": site.name,
        "kind": site.kind.value,
        "longitude": site.position[0],
        "latitude": site.position[1],
        "owner_id": ids[site.owner.casefold()] if site.owner else None,
    }


def _span_values(
    spans: Sequence[SpanDraft], ids: Mapping[str, int], site_ids: Mapping[str, int]
) -> Iterator[dict[str, Any]]:
    for span, line in zip(spans, _lines_of(spans), strict=True):
        yield {
            "a_id": site_ids[span.a.casefold()],
            "z_id": site_ids[span.z.casefold()],
            "geometry": line,
            "length_m": span.length_m,
            "length_basis": span.length_basis.value,
            "fibre_owner_id": ids[span.fibre_owner.casefold()],
            "duct_owner_id": ids[span.duct_owner.casefold()] if span.duct_owner else None,
            "fibres": span.fibres,
        }


def _lines_of(spans: Sequence[SpanDraft]) -> list[bytes | None]:
    """Return the line of each span as WKB, made all at once; None where there is none."""
    drawn = [span.geometry for span in spans if span.geometry]
    if not drawn:
        return [None] * len(spans)
    points = np.fromiter(chain.from_iterable(chain.from_iterable(drawn)), dtype=float).reshape(-1, 2)
    numbers = np.repeat(np.arange(len(drawn)), [len(line) for line in drawn])
    lines = iter(shapely.to_wkb(shapely.linestrings(points, indices=numbers)))
    return [next(lines) if span.geometry else None for span in spans]


def _rack_row(rack: RackDraft, ids: Mapping[str, int], site_ids: Mapping[str, int]) -> dict[str, Any]:
    return {
        "code": rack.code,
        "site_id": site_ids[rack.site.casefold()],
        "owner_id": ids[rack.owner.casefold()] if rack.owner else None,
        "units": rack.units,
        "power_kw": rack.power_kw,
    }


def _add_risks(session: Session, span_ids: Sequence[int], spans: Sequence[SpanDraft]) -> None:
    if not any(span.risks for span in spans):
        return
    risk_ids = ids_by_code(session, RiskGroup)
    at_risk = [
        (number, risk_ids[risk.casefold()]) for number, span in zip(span_ids, spans, strict=True) for risk in span.risks
    ]
    copy_rows(session, "span_risks", ("span_id", "risk_group_id"), at_risk)


GIVEN = """WITH given (span_id, reserved, offered, pairs) AS (SELECT * FROM unnest(
    CAST(:span_ids AS bigint[]), CAST(:reserved AS bigint[]), CAST(:offered AS bigint[]), CAST(:pairs AS bigint[])))
"""
STATE = "CASE WHEN {0} <= reserved THEN 'reserved' WHEN {0} <= reserved + offered THEN 'offered' ELSE 'dark' END"


def _add_pairs(session: Session, span_ids: Sequence[int], spans: Sequence[SpanDraft], clash: str = "") -> None:
    """Give spans their fibre pairs, in the states that they say by number; `clash`: what to do with those there are."""
    statement = f"""{GIVEN} INSERT INTO fibre_pairs (span_id, number, state)
        SELECT span_id, number, {STATE.format("number")} FROM given, generate_series(1, pairs) AS number {clash}"""
    for first in range(0, len(spans), PAIRS_OF_AT_ONCE):
        part = slice(first, first + PAIRS_OF_AT_ONCE)
        session.execute(text(statement), _pairs_of(span_ids[part], spans[part]))


def _renumber_pairs(session: Session, span_ids: Sequence[int], spans: Sequence[SpanDraft]) -> None:
    """Give spans as many fibre pairs as they say and in those states; broken ones stay so and do not count.

    Pairs that are there keep their rows, and those beyond the last are deleted.
    """
    beyond = "DELETE FROM fibre_pairs USING given WHERE fibre_pairs.span_id = given.span_id AND number > pairs"
    session.execute(text(f"{GIVEN} {beyond}"), _pairs_of(span_ids, spans))
    _add_pairs(session, span_ids, spans, "ON CONFLICT (span_id, number) DO NOTHING")
    restate = f"""{GIVEN}, ranked AS (
            SELECT id, {STATE.format("rank")} AS state FROM (
                SELECT id, given.*, row_number() OVER (PARTITION BY span_id ORDER BY number) AS rank
                FROM fibre_pairs JOIN given USING (span_id) WHERE state <> 'broken') AS sound)
        UPDATE fibre_pairs SET state = ranked.state FROM ranked
        WHERE fibre_pairs.id = ranked.id AND fibre_pairs.state <> ranked.state"""
    session.execute(text(restate), _pairs_of(span_ids, spans))


def _pairs_of(span_ids: Sequence[int], spans: Sequence[SpanDraft]) -> dict[str, list[int]]:
    return {
        "span_ids": list(span_ids),
        "reserved": [span.reserved_pairs for span in spans],
        "offered": [span.offered_pairs for span in spans],
        "pairs": [span.fibres // 2 for span in spans],
    }


def update_plant(session: Session, drafts: PlantDrafts, member_ids: Mapping[str, int]) -> None:
    """Make sites and spans that stand what their drafts say, in a dozen statements however many they are."""
    ids = {slug.casefold(): member_id for slug, member_id in member_ids.items()}
    site_ids = ids_by_code(session, Site)
    _update_all(
        session,
        "sites",
        {"id": "bigint", **SITE_TYPES},
        [{"id": site_ids[site.code.casefold()], **_site_values(site, ids)} for site in drafts.sites],
    )
    if not drafts.spans:
        return
    span_ids = ids_by_code(session, Span)
    numbers = [span_ids[span.code.casefold()] for span in drafts.spans]
    rows = [
        {"id": number, **values}
        for number, values in zip(numbers, _span_values(drafts.spans, ids, site_ids), strict=True)
    ]
    _update_all(session, "spans", {"id": "bigint", **SPAN_TYPES}, rows)
    session.execute(delete(span_risks).where(span_risks.c.span_id == any_(cast(numbers, ARRAY(BigInteger)))))
    _add_risks(session, numbers, drafts.spans)
    counts = pair_counts(session, numbers)
    recounted = [(n, span) for n, span in zip(numbers, drafts.spans, strict=True) if _counts(counts[n]) != _said(span)]
    if recounted:
        _renumber_pairs(session, *map(list, zip(*recounted, strict=True)))
    session.expire_all()


SITE_TYPES = {"name": "text", "kind": "text", "longitude": "float8", "latitude": "float8", "owner_id": "bigint"}
SPAN_TYPES = {
    "a_id": "bigint", "z_id": "bigint", "geometry": "bytea", "length_m": "numeric", "length_basis": "text",
    "fibre_owner_id": "bigint", "duct_owner_id": "bigint", "fibres": "bigint",
}  # fmt: skip


def _update_all(session: Session, table: str, types: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    lists = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in types.items())
    settings = ", ".join(f"{name} = given.{name}" for name in types if name != "id")
    statement = f"""UPDATE {table} SET {settings} FROM unnest({lists}) AS given ({", ".join(types)})
        WHERE {table}.id = given.id"""
    for first in range(0, len(rows), AT_ONCE):
        session.execute(text(statement), {name: [row[name] for row in rows[first : first + AT_ONCE]] for name in types})


def _counts(pairs: Mapping[PairState, int]) -> tuple[int, int, int]:
    reserved, offered = pairs.get(PairState.RESERVED, 0), pairs.get(PairState.OFFERED, 0)
    return sum(pairs.values()), reserved, offered


def _said(span: SpanDraft) -> tuple[int, int, int]:
    return span.fibres // 2, span.reserved_pairs, span.offered_pairs


def registered_plant(session: Session) -> PlantDrafts:
    """Return all plant that stands in the tables, as drafts (no file, row 0), each kind by code."""
    return PlantDrafts(
        sites=tuple(_site_draft(site) for site in _all(session, Site, joinedload(Site.owner))),
        risks=tuple(
            RiskDraft(file="", row=0, code=risk.code, name=risk.name, kind=risk.kind)
            for risk in _all(session, RiskGroup)
        ),
        spans=span_drafts(session),
        racks=tuple(_rack_draft(rack) for rack in _all(session, Rack, joinedload(Rack.owner), joinedload(Rack.site))),
    )


def waiting_codes(session: Session) -> frozenset[str]:
    """Return the casefolded codes of sites and spans that are proposed and wait for the network steward."""
    waiting = Contribution.status == ContributionStatus.PROPOSED
    codes = [
        *session.scalars(select(Site.code).join(Site.contribution).where(waiting)),
        *session.scalars(select(Span.code).join(Span.contribution).where(waiting)),
    ]
    return frozenset(code.casefold() for code in codes)


def lock_codes(session: Session) -> None:
    """Keep others from looking codes up and then taking them, until the transaction ends: no code is taken twice."""
    session.execute(select(func.pg_advisory_xact_lock(CODES_LOCK)))


def span_drafts(
    session: Session, contribution: Contribution | None = None, codes: Collection[str] | None = None
) -> tuple[SpanDraft, ...]:
    """Return the spans that stand in the tables as drafts, by code; only those of a contribution, or of codes."""
    a, z, fibre_owner, duct_owner = aliased(Site), aliased(Site), aliased(Member), aliased(Member)
    query = (
        select(
            Span.id, Span.code, a.code, z.code, Span.geometry, Span.length_m, Span.length_basis, fibre_owner.slug,
            duct_owner.slug, Span.fibres,
        )
        .join(a, Span.a_id == a.id)
        .join(z, Span.z_id == z.id)
        .join(fibre_owner, Span.fibre_owner_id == fibre_owner.id)
        .outerjoin(duct_owner, Span.duct_owner_id == duct_owner.id)
        .order_by(Span.code)
    )  # fmt: skip
    if contribution is not None:
        query = query.where(Span.contribution_id == contribution.id)
    if codes is not None:
        query = query.where(coded(Span, codes), Span.retired_on.is_(None))
    found = session.execute(query).all()
    numbers = None if contribution is None and codes is None else [row[0] for row in found]
    pairs, risks = pair_counts(session, numbers), _risk_codes(session)
    return tuple(_span_draft(row, pairs.get(row[0], {}), risks.get(row[0], ())) for row in found)


def coded(table: type[Site] | type[Span], codes: Collection[str]) -> Any:
    """Return the condition that a row has one of these codes, in whatever case."""
    return func.lower(table.code) == any_(cast([code.lower() for code in codes], ARRAY(Text)))


def _risk_codes(session: Session) -> dict[int, tuple[str, ...]]:
    """Return the codes of each span's risk groups."""
    query = select(span_risks.c.span_id, func.array_agg(aggregate_order_by(RiskGroup.code, RiskGroup.code)))
    joined = query.join(RiskGroup, RiskGroup.id == span_risks.c.risk_group_id).group_by(span_risks.c.span_id)
    return {number: tuple(codes) for number, codes in session.execute(joined)}


def site_drafts(
    session: Session, contribution: Contribution | None = None, codes: Collection[str] = ()
) -> tuple[SiteDraft, ...]:
    """Return the sites of a contribution, or those of these codes that have not left, as drafts, by code."""
    query = select(Site).options(joinedload(Site.owner)).order_by(Site.code)
    if contribution is not None:
        query = query.where(Site.contribution_id == contribution.id)
    else:
        query = query.where(coded(Site, codes), Site.retired_on.is_(None))
    return tuple(_site_draft(site) for site in session.scalars(query))


def pair_counts(session: Session, span_ids: Collection[int] | None = None) -> dict[int, dict[PairState, int]]:
    """Return how many fibre pairs are in each state, by span: of all, or of some spans."""
    query = select(FibrePair.span_id, FibrePair.state, func.count()).group_by(FibrePair.span_id, FibrePair.state)
    if span_ids is not None:
        query = query.where(FibrePair.span_id == any_(cast(list(span_ids), ARRAY(BigInteger))))
    counts: dict[int, dict[PairState, int]] = {}
    for span, state, number in session.execute(query):
        counts.setdefault(span, {})[state] = number
    return counts


def _all(session: Session, table: Any, *load: Any) -> Sequence[Any]:
    return session.scalars(select(table).options(*load).order_by(table.code)).all()


def _slug(member: Member | None) -> str | None:
    return None if member is None else member.slug


def _site_draft(site: Site) -> SiteDraft:
    return SiteDraft(
        file="", row=0, code=site.code, name=site.name, kind=site.kind,
        position=(site.longitude, site.latitude), owner=_slug(site.owner),
    )  # fmt: skip


def _rack_draft(rack: Rack) -> RackDraft:
    return RackDraft(
        file="", row=0, code=rack.code, site=rack.site.code, owner=_slug(rack.owner),
        units=rack.units, power_kw=rack.power_kw,
    )  # fmt: skip


def _span_draft(row: Any, pairs: Mapping[PairState, int], risks: tuple[str, ...]) -> SpanDraft:
    _, code, a, z, geometry, length_m, basis, fibre_owner, duct_owner, fibres = row
    return SpanDraft(
        file="", row=0, code=code, a=a, z=z, geometry=tuple(line_of(geometry)) if geometry else None,
        length_m=length_m, length_basis=basis, fibre_owner=fibre_owner, duct_owner=duct_owner, fibres=fibres,
        reserved_pairs=pairs.get(PairState.RESERVED, 0), offered_pairs=pairs.get(PairState.OFFERED, 0), risks=risks,
    )  # fmt: skip


def remove_plant(session: Session, contribution: Contribution) -> None:
    """Take the plant of a refused contribution out of the tables and keep it with the contribution, as an upload."""
    sites, spans = site_drafts(session, contribution), span_drafts(session, contribution)
    contribution.refused_plant = as_geojson(PlantDrafts(sites=sites, spans=spans))
    delete_plant(session, contribution.id)


def delete_plant(session: Session, contribution_id: int) -> None:
    """Delete the sites and spans of a contribution, with their fibre pairs and risks."""
    own = select(Span.id).where(Span.contribution_id == contribution_id)
    session.execute(delete(span_risks).where(span_risks.c.span_id.in_(own)))
    session.execute(delete(FibrePair).where(FibrePair.span_id.in_(own)))
    session.execute(delete(Span).where(Span.contribution_id == contribution_id))
    session.execute(delete(Site).where(Site.contribution_id == contribution_id))
