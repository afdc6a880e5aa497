"""Every operation asks who is asking, and refuses who has no role."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import Mock

import pytest

from cni import operations
from cni.members.policy import Actor
from cni.primitives.errors import Forbidden

NOBODY = Actor(person_id=1, member_id=1, roles=frozenset(), name="Someone without a role")

WITHOUT_AN_ACTOR = {
    "signing_in.choose_password",  # the secret of the link says who
    "signing_in.guest_of_password_link",
    "signing_in.guest_of_session",  # these three find out who is asking
    "signing_in.guest_of_token",
    "signing_in.sign_in",
    "viewing.coop_name",  # stands on the sign-in page
}
WITHOUT_A_PERMISSION = {
    "signing_in.sign_out",  # whoever is in may leave
}


def _operations() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield every public function that can reach the database."""
    for module_info in pkgutil.iter_modules(operations.__path__):
        if module_info.name.startswith("_"):
            continue
        module = importlib.import_module(f"cni.operations.{module_info.name}")
        for name, thing in vars(module).items():
            is_own = inspect.isfunction(thing) and thing.__module__ == module.__name__
            if is_own and not name.startswith("_") and "session" in inspect.signature(thing).parameters:
                yield f"{module_info.name}.{name}", thing


OPERATIONS = dict(_operations())
DUTIES = {name for name in OPERATIONS if name.endswith(".todo")}
"""`todo` returns nothing to those without a role, and refuses nobody: the start page asks all of them."""


def test_the_exceptions_exist():
    assert OPERATIONS.keys() >= WITHOUT_AN_ACTOR | WITHOUT_A_PERMISSION


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - WITHOUT_AN_ACTOR))
def test_an_operation_takes_a_session_and_an_actor_first(name):
    first_two = list(inspect.signature(OPERATIONS[name]).parameters)[:2]

    assert first_two == ["session", "actor"]


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - WITHOUT_AN_ACTOR - WITHOUT_A_PERMISSION - DUTIES))
def test_an_operation_refuses_an_actor_without_roles_before_it_looks_at_anything(name):
    operation = OPERATIONS[name]
    untouchable = Mock(spec=())  # any use of what is passed in is an AttributeError
    parameters = list(inspect.signature(operation).parameters.values())[2:]
    required = [parameter for parameter in parameters if parameter.default is parameter.empty]
    named = {parameter.name: untouchable for parameter in required if parameter.kind is parameter.KEYWORD_ONLY}
    placed = [untouchable for parameter in required if parameter.kind is not parameter.KEYWORD_ONLY]

    with pytest.raises(Forbidden):
        operation(untouchable, NOBODY, *placed, **named)


@pytest.mark.parametrize("name", sorted(DUTIES))
def test_nothing_waits_for_an_actor_without_roles(name):
    untouchable = Mock(spec=())

    assert OPERATIONS[name](untouchable, NOBODY, untouchable) == []
