"""Signing in: who may, how guessing is slowed down, and how sessions and tokens end."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from cni.events.models import EventRow
from cni.members import access, throttling
from cni.members.models import ApiToken, SignIn, SignInAttempt
from cni.members.passwords import hash_password, is_password
from cni.members.policy import OPERATOR, Role
from cni.members.queries import actor_of, person_by_email
from cni.members.throttling import MOST_FOR_AN_EMAIL, MOST_FROM_AN_ADDRESS, WINDOW, TooManyAttempts
from cni.operations import signing_in
from cni.operations.signing_in import SESSION_LIFE, Attempt, NewToken
from cni.primitives.errors import Forbidden, Invalid, NotFound
from tests.conftest import NOW
from tests.factories import make_member, make_person

PASSWORD = "spare fibre shared fairly"
PASSWORD_HASH = hash_password(PASSWORD)


@pytest.fixture
def chance() -> random.Random:
    return random.Random(2)


@pytest.fixture
def planner(session):
    person = make_person(session, make_member(session), Role.PLANNER, email="Planner@isp.example")
    person.password_hash = PASSWORD_HASH
    session.flush()
    return person


def _try(session, chance, email="planner@isp.example", password=PASSWORD, *, address="192.0.2.1", at=NOW):
    return signing_in.sign_in(session, Attempt(email, password, address, "A browser"), at=at, chooser=chance)


def test_the_right_password_begins_a_session_of_twelve_hours(session, planner, chance):
    token = _try(session, chance)

    late = NOW + SESSION_LIFE - timedelta(seconds=1)
    assert signing_in.guest_of_session(session, token, at=late).actor.person_id == planner.id
    assert signing_in.guest_of_session(session, token, at=NOW + SESSION_LIFE) is None


def test_only_the_digest_of_a_session_is_kept(session, planner, chance):
    token = _try(session, chance)

    kept = session.scalars(select(SignIn)).one()
    assert token.encode() not in kept.token_hash
    assert len(token) == 43  # 256 bits


def test_signing_in_is_an_event(session, planner, chance):
    _try(session, chance)

    event = session.scalars(select(EventRow)).one()
    assert (event.kind, event.actor_id, event.member_id) == ("SignedIn", planner.id, planner.member_id)


@pytest.mark.parametrize("password", ["another password", "", PASSWORD.upper()])
def test_a_wrong_password_begins_nothing(session, planner, chance, password):
    assert _try(session, chance, password=password) is None
    assert session.scalar(select(func.count(SignIn.id))) == 0


def test_nobody_begins_nothing(session, chance):
    assert _try(session, chance, email="nobody@isp.example") is None


def test_a_person_whose_access_is_closed_cannot_sign_in(session, planner, chance):
    planner.is_active = False
    session.flush()

    assert _try(session, chance) is None


def test_a_person_without_a_password_cannot_sign_in(session, planner, chance):
    planner.password_hash = None
    session.flush()

    assert _try(session, chance) is None


def test_an_unknown_address_costs_as_much_hashing_as_a_known_one(session, planner, chance, monkeypatch):
    """Timing itself would be a flaky test; that one password is hashed in each case is what makes it equal."""
    checked = []
    monkeypatch.setattr(signing_in, "is_password", lambda *given: checked.append(given) or is_password(*given))

    for email in ("planner@isp.example", "nobody@isp.example"):
        _try(session, chance, email=email, password="wrong")

    assert [password_hash is None for _password, password_hash in checked] == [False, True]


def test_the_hash_of_nobody_is_as_slow_as_a_real_one():
    from argon2 import PasswordHasher, extract_parameters

    from cni.members import passwords

    assert extract_parameters(passwords._NOBODYS_HASH) == extract_parameters(PasswordHasher().hash("any"))
    assert not is_password("any", None)


def test_a_hash_with_old_parameters_is_renewed(session, planner, chance):
    from argon2 import PasswordHasher

    planner.password_hash = PasswordHasher(time_cost=1).hash(PASSWORD)
    session.flush()

    _try(session, chance)

    assert "t=1," not in planner.password_hash
    assert is_password(PASSWORD, planner.password_hash)


def test_too_many_wrong_passwords_for_an_address_must_wait(session, planner, chance):
    for _ in range(MOST_FOR_AN_EMAIL):
        _try(session, chance, password="wrong")

    with pytest.raises(TooManyAttempts) as refused:
        _try(session, chance, email="PLANNER@isp.example", address="198.51.100.7", at=NOW + timedelta(minutes=5))

    assert refused.value.retry_after_s == 600
    assert "Wait 10 minutes" in refused.value.detail


def test_an_address_that_nobody_has_must_wait_just_the_same(session, chance):
    for _ in range(MOST_FOR_AN_EMAIL):
        _try(session, chance, email="nobody@isp.example")

    with pytest.raises(TooManyAttempts):
        _try(session, chance, email="nobody@isp.example")


def test_after_the_wait_the_right_password_is_taken(session, planner, chance):
    for _ in range(MOST_FOR_AN_EMAIL):
        _try(session, chance, password="wrong")

    assert _try(session, chance, at=NOW + WINDOW) is not None


def test_signing_in_forgets_the_wrong_passwords_before(session, planner, chance):
    for _ in range(MOST_FOR_AN_EMAIL - 1):
        _try(session, chance, password="wrong")
    _try(session, chance)

    assert _try(session, chance, password="wrong") is None
    assert _try(session, chance) is not None


def test_too_many_wrong_passwords_from_one_network_address_must_wait(session, planner, chance):
    for number in range(MOST_FROM_AN_ADDRESS):
        throttling.note_failure(session, f"{number}@isp.example", "192.0.2.1", at=NOW)

    with pytest.raises(TooManyAttempts):
        _try(session, chance)
    assert _try(session, chance, address="192.0.2.2") is not None


def test_old_attempts_are_forgotten(session):
    throttling.note_failure(session, "a@isp.example", "192.0.2.1", at=NOW - timedelta(days=2))
    throttling.note_failure(session, "a@isp.example", "192.0.2.1", at=NOW)

    assert session.scalar(select(func.count(SignInAttempt.id))) == 1


def test_signing_out_ends_that_session_and_no_other(session, planner, chance):
    here, there = _try(session, chance), _try(session, chance)

    signing_in.sign_out(session, actor_of(planner), here, at=NOW)

    assert signing_in.guest_of_session(session, here, at=NOW) is None
    assert signing_in.guest_of_session(session, there, at=NOW) is not None


def test_a_session_can_be_ended_from_another(session, planner, chance):
    here, there = _try(session, chance), _try(session, chance)
    newest, oldest = signing_in.list_sessions(session, actor_of(planner), at=NOW)

    signing_in.end_session(session, actor_of(planner), oldest.reference, at=NOW)

    assert signing_in.guest_of_session(session, here, at=NOW) is None
    assert signing_in.list_sessions(session, actor_of(planner), at=NOW) == [newest]
    assert signing_in.guest_of_session(session, there, at=NOW) is not None


def test_a_token_acts_for_its_person_until_it_expires(session, planner, chance):
    _token, text = _make_token(session, planner, chance, days=30)

    assert text.startswith("cni_")
    last = NOW + timedelta(days=30) - timedelta(seconds=1)
    assert signing_in.guest_of_token(session, text, at=last).actor == actor_of(planner)
    assert signing_in.guest_of_token(session, text, at=NOW + timedelta(days=30)) is None


@pytest.mark.parametrize("spoil", [str.lower, lambda text: text[:-1], lambda text: "", lambda text: "x" + text])
def test_a_token_that_is_not_quite_right_is_nobodys(session, planner, chance, spoil):
    _token, text = _make_token(session, planner, chance)

    assert signing_in.guest_of_token(session, spoil(text), at=NOW) is None


def test_a_revoked_token_is_nobodys(session, planner, chance):
    token, text = _make_token(session, planner, chance)

    signing_in.revoke_token(session, actor_of(planner), token.public_id, at=NOW)

    assert signing_in.guest_of_token(session, text, at=NOW) is None
    with pytest.raises(NotFound):
        signing_in.revoke_token(session, actor_of(planner), token.public_id, at=NOW)


def test_only_the_digest_of_a_token_is_kept(session, planner, chance):
    _token, text = _make_token(session, planner, chance)

    kept = session.scalars(select(ApiToken)).one()
    secret = text.split("_", 2)[2]
    assert secret.encode() not in kept.secret_hash
    assert len(secret) == 43


def test_a_secret_with_an_underscore_in_it_is_read_whole(session, planner):
    """About one secret in two holds one."""
    chances = (random.Random(seed) for seed in range(100))
    made = (_make_token(session, planner, chance)[1] for chance in chances)
    text = next(text for text in made if "_" in text.split("_", 2)[2])

    assert signing_in.guest_of_token(session, text, at=NOW) is not None


def test_a_closed_persons_token_is_nobodys(session, planner, chance):
    _token, text = _make_token(session, planner, chance)
    planner.is_active = False
    session.flush()

    assert signing_in.guest_of_token(session, text, at=NOW) is None


def test_the_servers_operator_has_no_token(session, chance):
    with pytest.raises(Forbidden, match="Only a person"):
        signing_in.create_token(session, OPERATOR, NewToken("any"), at=NOW, chooser=chance)


def test_a_password_is_chosen_by_a_link_once(session, planner, chance):
    secret = access.new_password_link(session, planner.id, at=NOW, chooser=chance)

    signing_in.choose_password(session, secret, "three unrelated words", at=NOW)

    assert _try(session, chance, password="three unrelated words") is not None
    with pytest.raises(NotFound, match="no longer valid"):
        signing_in.choose_password(session, secret, "another set of words", at=NOW)


def test_choosing_a_password_ends_the_sessions_before(session, planner, chance):
    token = _try(session, chance)
    secret = access.new_password_link(session, planner.id, at=NOW, chooser=chance)

    signing_in.choose_password(session, secret, "three unrelated words", at=NOW)

    assert signing_in.guest_of_session(session, token, at=NOW) is None


def test_a_newer_link_makes_the_older_one_void(session, planner, chance):
    older = access.new_password_link(session, planner.id, at=NOW, chooser=chance)
    access.new_password_link(session, planner.id, at=NOW, chooser=chance)

    with pytest.raises(NotFound):
        signing_in.guest_of_password_link(session, older, at=NOW)


def test_a_link_is_valid_for_seven_days(session, planner, chance):
    secret = access.new_password_link(session, planner.id, at=NOW, chooser=chance)

    assert signing_in.guest_of_password_link(session, secret, at=NOW + timedelta(days=6, hours=23))
    with pytest.raises(NotFound):
        signing_in.guest_of_password_link(session, secret, at=NOW + timedelta(days=7))


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short", "has 5 characters"),
        ("x" * 129, "has 129 characters"),
        ("i am planner of an isp", "contains the e-mail address"),
    ],
)
def test_a_weak_password_is_refused_and_nothing_changes(session, planner, chance, password, says):
    secret = access.new_password_link(session, planner.id, at=NOW, chooser=chance)

    with pytest.raises(Invalid, match=says) as refused:
        signing_in.choose_password(session, secret, password, at=NOW)

    assert refused.value.problems[0].place == "password"
    assert person_by_email(session, planner.email).password_hash == PASSWORD_HASH
    assert signing_in.guest_of_password_link(session, secret, at=NOW)


def _make_token(session, person, chance, days=90):
    return signing_in.create_token(session, actor_of(person), NewToken("A program", days), at=NOW, chooser=chance)
