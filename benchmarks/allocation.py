"""Sixteen clients at once ask for the last free pair of a route over twelve spans, again and again.

Prints one JSON document. Each client is a process with a connection of its own; half of them ask from one end, half
from the other. Each race takes other days, so that its pairs are free. The same races are run twice, one way after the
other: through the operation `request_lease`, and by four SQL statements written by hand (lock, look, insert lease,
insert allocations), which ask nobody's permission, check no quote and record no event. What counts are the zeros and
the ratio; seconds depend on the machine.

    python3 dev.py bench allocation              1,000 races each way
    python3 dev.py run python benchmarks/allocation.py --races 100
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from multiprocessing.synchronize import Barrier
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import Engine, insert, text
from sqlalchemy.orm import Session, sessionmaker

from cni.db.engine import open_engine, session_factory
from cni.leases.allocation import FibreTaken
from cni.leases.models import QuoteRow
from cni.members.policy import Actor, Role
from cni.operations import ordering
from tests.conftest import NOW
from tests.factories import make_actor, make_member
from tests.leases import make_coop
from tests.postgres import migrated_database

CLIENTS = 16
SPANS = 12
LETTERS = "ABCDEFGHIJKLM"
ROUTE = ", ".join(f"{a}-{z} 100 x1" for a, z in pairwise(LETTERS))
FIRST_DAY = date(2027, 1, 1)
LONGEST_WAIT_S = 60

LOCK = "SELECT id FROM spans WHERE id = ANY(:spans) ORDER BY id FOR UPDATE"
LOOK = """
    SELECT DISTINCT ON (span_id) id FROM fibre_pairs
    WHERE span_id = ANY(:spans) AND state = 'offered' AND NOT EXISTS (
        SELECT FROM allocations WHERE fibre_pair_id = fibre_pairs.id AND period && daterange(:start, :end))
    ORDER BY span_id, number"""
LEASE = """
    INSERT INTO leases (reference, member_id, from_site_id, to_site_id, pairs, starts_on, ends_on, term_months, status,
                        requested_at)
    VALUES (:reference, :member, :a, :z, 1, :start, :end, 1, 'requested', now()) RETURNING id"""
ALLOCATIONS = """
    INSERT INTO allocations (lease_id, route, fibre_pair_id, period)
    SELECT :lease, 1, unnest(CAST(:pairs AS bigint[])), daterange(:start, :end)"""


@dataclass(frozen=True)
class Course:
    """What all races run on: the route's spans and ends, and who asks."""

    spans: list[int]
    a: int
    z: int
    planners: list[Actor]


Ask = Callable[[Session, Course, int, int], None]
"""Ask for the pair: (session, course, client, race); raises FibreTaken when it is gone."""


def quote_reference(race: int, client: int) -> str:
    return f"QUO-{race}-{client}"


def ask_operation(session: Session, course: Course, client: int, race: int) -> None:
    """Ask as the doors do."""
    reference = quote_reference(race, client)
    ordering.request_lease(session, course.planners[client], reference, at=NOW, chooser=random.SystemRandom())


def ask_by_hand(session: Session, course: Course, client: int, race: int) -> None:
    """Ask by SQL alone."""
    start = day_of(race)
    days = {"start": start, "end": start + timedelta(days=28)}
    session.execute(text(LOCK), {"spans": course.spans})
    pairs = session.scalars(text(LOOK), {"spans": course.spans} | days).all()
    if len(pairs) < SPANS:
        raise FibreTaken("Taken.")
    ends = {"member": course.planners[client].member_id, "a": course.a, "z": course.z}
    lease = session.scalar(text(LEASE), {"reference": f"LSE-{race}-{client}"} | ends | days)
    session.execute(text(ALLOCATIONS), {"lease": lease, "pairs": pairs} | days)


def day_of(race: int) -> date:
    """Return the first day of a race: four weeks for each, so that none meets another."""
    return FIRST_DAY + timedelta(days=32 * race)


@dataclass(frozen=True)
class Heat:
    """All races of one way of asking; the clients start each together, and put what came of them into `outcomes`."""

    url: str
    ask: Ask
    course: Course
    races: range
    together: Barrier
    outcomes: multiprocessing.Queue[tuple[Counter[str], list[float]]]


def run_client(number: int, heat: Heat) -> None:
    """Run in all races as one client, and tell how each ended and after how many seconds."""
    engine = open_engine(heat.url, pool_size=1)
    sessions = session_factory(engine)
    counts, waits = Counter[str](), list[float]()
    try:
        for race in heat.races:
            heat.together.wait(LONGEST_WAIT_S)
            began = time.perf_counter()
            counts[_outcome(sessions, heat, number, race)] += 1
            waits.append(time.perf_counter() - began)
    finally:
        engine.dispose()
        heat.outcomes.put((counts, waits))


def _outcome(sessions: sessionmaker[Session], heat: Heat, number: int, race: int) -> str:
    try:
        with sessions.begin() as session:
            heat.ask(session, heat.course, number, race)
    except FibreTaken:
        return "taken"
    except Exception as error:  # a deadlock, a violated constraint: it is counted, and fails the benchmark
        return f"{type(error).__name__} {getattr(getattr(error, 'orig', None), 'sqlstate', '')}".strip()
    return "won"


def run(url: str, ask: Ask, course: Course, races: range) -> dict[str, object]:
    """Let all clients run these races; return what came of it."""
    heat = Heat(url, ask, course, races, multiprocessing.Barrier(CLIENTS), multiprocessing.Queue())
    processes = [multiprocessing.Process(target=run_client, args=(number, heat)) for number in range(CLIENTS)]
    began = time.perf_counter()
    for process in processes:
        process.start()
    told = [heat.outcomes.get() for _ in processes]
    for process in processes:
        process.join()
    seconds = time.perf_counter() - began
    waits = sorted(wait for _, of_one in told for wait in of_one)
    return {
        "races": len(races),
        "requests": len(waits),
        "outcomes": dict(sum((counts for counts, _ in told), Counter())),
        "seconds": round(seconds, 1),
        "requests_per_second": round(len(waits) / seconds, 1),
        "ms_median": round(waits[len(waits) // 2] * 1000, 1),
        "ms_95": round(waits[int(len(waits) * 0.95)] * 1000, 1),
        "ms_longest": round(waits[-1] * 1000, 1),
    }


CHECKS = {
    "races_without_exactly_one_winner": """
        SELECT count(*) FROM (
            SELECT starts_on FROM leases GROUP BY starts_on HAVING count(*) <> 1
            UNION ALL SELECT NULL WHERE (SELECT count(DISTINCT starts_on) FROM leases) <> :races) AS wrong""",
    "doubles": """
        SELECT count(*) FROM allocations a JOIN allocations b
        ON a.fibre_pair_id = b.fibre_pair_id AND a.id < b.id AND a.period && b.period""",
    "halves": """
        SELECT count(*) FROM leases WHERE :spans <> (SELECT count(*) FROM allocations WHERE lease_id = leases.id)""",
    "deadlocks": "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
}
"""What must be 0 when all races are run."""


def check(engine: Engine, races: int) -> dict[str, int]:
    """Count what must not be."""
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
        return {name: int(connection.scalar(text(query), _given(query, races)) or 0) for name, query in CHECKS.items()}


def _given(query: str, races: int) -> dict[str, int]:
    return {name: value for name, value in (("races", races), ("spans", SPANS)) if f":{name}" in query}


def lay_course(engine: Engine, races: range) -> Course:
    """Make plant, members and, for each client and race, a quote; the odd clients ask from the far end."""
    with session_factory(engine).begin() as session:
        coop = make_coop(session, ROUTE)
        planners = [make_actor(session, make_member(session, roles="user"), Role.PLANNER) for _ in range(CLIENTS)]
        spans = list(coop.spans.values())
        there = coop.quote(a="A", z="M", term_months=12)
        back = coop.quote(a="M", z="A", term_months=12)
        rows = [
            _quote_row((there, back)[number % 2], planner, race, number)
            for race in races
            for number, planner in enumerate(planners)
        ]
        session.execute(insert(QuoteRow), rows)
        return Course([span.id for span in spans], spans[0].a_id, spans[-1].z_id, planners)


def _quote_row(model: QuoteRow, planner: Actor, race: int, number: int) -> dict[str, object]:
    """Return a quote like `model`, for four weeks of its own."""
    names = ("from_site_id", "to_site_id", "pairs", "tariff_id", "annual_pence", "snapshot", "made_at", "expires_on")
    return {name: getattr(model, name) for name in names} | {
        "reference": quote_reference(race, number),
        "member_id": planner.member_id,
        "person_id": planner.person_id,
        "starts_on": day_of(race),
        "term_months": 1,
    }


def main() -> int:
    """Run the races both ways and print the figures; fail if anything that must not be was found."""
    parser = argparse.ArgumentParser(description="Race for the last free fibre pair.")
    parser.add_argument("--races", type=int, default=1000)
    count = parser.parse_args().races
    ways: dict[str, Ask] = {"operation": ask_operation, "sql_by_hand": ask_by_hand}
    report: dict[str, object] = {"benchmark": "allocation", "clients": CLIENTS, "spans": SPANS}
    is_clean = True
    for name, ask in ways.items():
        with migrated_database() as url:
            engine = open_engine(url, pool_size=1)
            course = lay_course(engine, range(count))
            engine.dispose()
            figures = run(url, ask, course, range(count))
            found = check(engine, count)
            engine.dispose()
        is_clean = is_clean and not any(found.values()) and set(figures["outcomes"]) <= {"won", "taken"}
        report[name] = figures | found
    report["operation_to_sql_by_hand"] = round(
        report["operation"]["requests_per_second"] / report["sql_by_hand"]["requests_per_second"], 2
    )
    print(json.dumps(report, indent=2))
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
