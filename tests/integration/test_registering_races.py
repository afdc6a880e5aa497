"""Two asset officers at once: the same id is taken once, and the other is told at the row."""

from __future__ import annotations

import random
import threading

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cni.assets.importing import PlantTables, Submission, Table
from cni.assets.models import Span
from cni.members.policy import Role
from cni.operations import registering
from cni.primitives.errors import Invalid
from cni.primitives.tables import Row
from tests.conftest import NOW
from tests.factories import make_actor, make_contribution, make_member, make_site

OFFICERS = 6


def test_of_officers_who_take_the_same_id_at_once_one_gets_it_and_the_others_are_told_where(own_database):
    with Session(own_database) as session:
        live = make_contribution(session)
        make_site(session, "AAA", live)
        make_site(session, "BBB", live, longitude=-2.1)
        actors = [make_actor(session, make_member(session), Role.ASSET_OFFICER) for _ in range(OFFICERS)]
        session.commit()
    barrier = threading.Barrier(OFFICERS)
    answers: list[str] = []

    def propose(number, actor):
        row = Row(2, {"id": "SAME", "a": "AAA", "z": "BBB", "fibres": "4", "offered_pairs": "1"})
        with Session(own_database) as session:
            session.execute(select(1))
            barrier.wait()
            try:
                submission = Submission(PlantTables(spans=Table("spans.csv", (row,))))
                registering.propose_plant(session, actor, submission, at=NOW, chooser=random.Random(number))
                session.commit()
                answers.append("registered")
            except Invalid as refusal:
                answers.extend(f"{problem.row} {problem.column} {problem.code}" for problem in refusal.problems)

    threads = [threading.Thread(target=propose, args=each) for each in enumerate(actors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["2 id already_registered"] * (OFFICERS - 1) + ["registered"]
    with Session(own_database) as session:
        assert session.scalar(select(func.count(Span.id))) == 1
