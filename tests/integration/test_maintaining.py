"""What the worker tidies up."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from cni.members.models import SignIn, SignInAttempt
from cni.members.policy import OPERATOR
from cni.operations.maintaining import KEPT_FOR, forget_old_sign_ins
from tests.conftest import NOW
from tests.factories import make_person


def test_only_what_was_over_long_ago_is_forgotten(session):
    person = make_person(session, None)
    for number, age in enumerate((KEPT_FOR + timedelta(days=1), KEPT_FOR - timedelta(days=1))):
        session.add(
            SignIn(person_id=person.id, token_hash=bytes([number]), signed_in_at=NOW - age, expires_at=NOW - age)
        )
        session.add(SignInAttempt(email="someone@demonstration.example", address="127.0.0.1", tried_at=NOW - age))
    session.flush()

    assert forget_old_sign_ins(session, OPERATOR, at=NOW) == 2
    assert forget_old_sign_ins(session, OPERATOR, at=NOW) == 0
    assert session.scalar(select(func.count()).select_from(SignIn)) == 1
    assert session.scalar(select(func.count()).select_from(SignInAttempt)) == 1
