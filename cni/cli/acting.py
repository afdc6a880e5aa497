"""Who a command acts for: `--as EMAIL`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from cni.members.policy import Actor
from cni.members.queries import actor_of, person_by_email
from cni.primitives.errors import NotFound

Command = TypeVar("Command", bound=Callable[..., Any])


def as_option(command: Command) -> Command:
    """Give a command the option `--as EMAIL`, as `email`."""
    return click.option("--as", "email", required=True, metavar="EMAIL", help="The person who does it.")(command)


def acting(session: Any, email: str) -> Actor:
    """Return the actor of a person's e-mail address.

    Raises:
        NotFound: nobody has it, or they may no longer sign in.
    """
    person = person_by_email(session, email)
    if person is None or not person.is_active:
        raise NotFound(f"There is no person “{email}” who may sign in here.")
    return actor_of(person)
