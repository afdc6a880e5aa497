"""Passwords guessed by many at once are counted like those guessed one after the other."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select

from cni.db.engine import session_factory
from cni.members.models import SignInAttempt
from cni.members.throttling import MOST_FOR_AN_EMAIL, TooManyAttempts
from cni.operations.signing_in import Attempt, sign_in
from tests.conftest import NOW

GUESSERS = 16


def test_guesses_at_once_do_not_slip_past_the_limit(own_database):
    sessions = session_factory(own_database)
    together = Barrier(GUESSERS)

    def guess(number: int) -> str:
        together.wait()
        attempt = Attempt("planner@isp.example", f"guess {number}", "192.0.2.1")
        try:
            with sessions.begin() as session:
                sign_in(session, attempt, at=NOW, chooser=random.Random(number))
        except TooManyAttempts:
            return "must wait"
        return "refused"

    with ThreadPoolExecutor(GUESSERS) as pool:
        answers = list(pool.map(guess, range(GUESSERS)))

    assert answers.count("refused") == MOST_FOR_AN_EMAIL
    with sessions() as session:
        assert session.scalar(select(func.count(SignInAttempt.id))) == MOST_FOR_AN_EMAIL
