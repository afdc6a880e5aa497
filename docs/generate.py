"""Write the reference pages that are made from the program: `python3 dev.py run python -m docs.generate`.

A test compares the pages with what this makes, so a page is never behind the program. Words that explain stand here;
what is counted, listed or promised comes from the source.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import click
from flask import Flask
from sqlalchemy.orm import sessionmaker

from cni.app import create_app
from cni.cli.main import cni
from cni.config import Config
from cni.events.kinds import Event
from cni.members.policy import EVERYONE, MEMBER_ROLES, PERMISSIONS, STAFF_ROLES, Permission, Role
from cni.primitives.errors import CniError
from cni.runtime import Runtime
from cni.schemas.problems import ANSWERS, Answer
from docs.measured import performance
from docs.problem_codes import problem_codes, refusals, subclasses

FOLDER = Path(__file__).resolve().parent
MADE = "<!-- Made by docs/generate.py; change the program, then run it again. -->"


def permissions() -> str:
    """Return the table of roles and permissions."""
    page = """
        # Who may do what

        A person signs in for one member, or as the co-op's staff, and holds any number of roles. A role of a member's
        person counts for **that member's own things only**; anybody else's thing answers as if it did not exist. A
        staff role counts for every member's. Nobody approves what they prepared themselves, whatever roles they hold.
        `cni/members/policy.py` decides; this page is made from it.

        ## What everyone with a role may
        """
    rest = [permission for permission in Permission if permission not in EVERYONE]
    everyone = [f"- `{permission}`" for permission in Permission if permission in EVERYONE]
    return _page(
        page,
        "\n".join(everyone),
        "## People of a member",
        _role_table(rest, [role for role in Role if role in MEMBER_ROLES]),
        "## The co-op's staff",
        _role_table(rest, [role for role in Role if role in STAFF_ROLES]),
        "## Whoever runs commands on the server",
        "It may do everything, as the role `operator`, which nobody can be given; and these things alone:",
        "\n".join(f"- `{permission}`" for permission in Permission if not _is_held(permission)),
    )


def _is_held(permission: Permission) -> bool:
    """Tell whether a role that people are given allows it."""
    return any(permission in PERMISSIONS[role] for role in MEMBER_ROLES | STAFF_ROLES)


def _role_table(rest: list[Permission], roles: list[Role]) -> str:
    held = [permission for permission in rest if any(permission in PERMISSIONS[role] for role in roles)]
    rows = [[f"`{p}`", *("yes" if p in PERMISSIONS[role] else "" for role in roles)] for p in held]
    return _table(["", *(f"`{role}`" for role in roles)], rows)


def events() -> str:
    """Return the list of events."""
    page = """
        # Events

        Each operation that changes something records one event, in the same transaction: both are kept or neither.
        Events are never changed or deleted. Each has its `kind`, its `subject` (the public reference of what it is
        about), the member whose affair it is (or none: the co-op's), who did it, and when. Some say more:
        """
    kinds = sorted(subclasses(Event), key=lambda kind: kind.__name__)
    rows = [[f"`{kind.__name__}`", _first_line(kind), _own_fields(kind)] for kind in kinds]
    return _page(page, _table(["kind", "what happened", "says also"], rows))


def _own_fields(kind: type[Event]) -> str:
    common = {field.name for field in fields(Event)}
    return ", ".join(f"`{field.name}`" for field in fields(kind) if field.name not in common)


def commands() -> str:
    """Return every command with its arguments and options."""
    page = """
        # Commands

        Run them with `python3 dev.py run cni …` from a clone, or as `cni …` where the environment is on the PATH.
        They act as the server's operator, or in the name of a person where `--as` says so. They answer on standard
        output, with `--json` as one JSON document; whatever else they say goes to standard error. Settings come from
        the environment: see [settings](settings.md).

        | exit code | means |
        |---|---|
        | 0 | it was done, or there is the answer; "no route" is an answer too |
        | 1 | a fault of ours |
        """
    kinds = sorted(ANSWERS, key=lambda kind: ANSWERS[kind].exit_code)
    lines = [f"| {ANSWERS[kind].exit_code} | {_first_line(kind)} |" for kind in kinds]
    return _page("\n".join([textwrap.dedent(page).strip(), *lines]), *_commands_of(cni, ""))


def _commands_of(group: click.Group, before: str) -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        full = f"{before}{name}"
        if isinstance(command, click.Group):
            yield from _commands_of(command, f"{full} ")
        else:
            yield _command(command, full)


def _command(command: click.Command, name: str) -> str:
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    options = [each for each in command.params if isinstance(each, click.Option)]
    usage = " ".join(["cni", name, *(each.make_metavar(click.Context(command)) for each in arguments)])
    rows = [[_option(command, each), each.help or ""] for each in options]
    parts = [f"## `{usage}`", inspect.cleandoc(command.help or "").replace("\b\n", "")]
    return "\n\n".join([*parts, _table(["option", ""], rows)] if rows else parts)


def _option(command: click.Command, option: click.Option) -> str:
    value = "" if option.is_flag else f" {option.make_metavar(click.Context(command)).strip('[]')}"
    return f"`{', '.join(option.opts)}{value}`{' (needed)' if option.required else ''}"


def problems() -> str:
    """Return every code that a refusal can carry."""
    page = """
        # Refusals and problems

        A refusal has a stable `code` for programs, a `title`, and a `detail`: a sentence about the case. When a
        submission is wrong it lists **every** problem at once, each with a code of its own, a message, a remedy and a
        place (a field; or a file, row and column). Nothing is saved. The API answers as `application/problem+json`
        (RFC 9457), commands by exit code, pages by a summary that links to each field.

        ## Refusals
        """
    rows = [
        [f"`{kind.code}`", kind.title, _first_line(kind), str(answer.status), str(answer.exit_code)]
        for kind, answer in ((kind, _answer(kind)) for kind in refusals())
    ]
    told = [[f"`{each.code}`", each.message, each.remedy] for each in problem_codes()]
    second = """
        ## Problems

        `…` stands for what differs from case to case. The same code may be told in several sentences.
        """
    return _page(
        page,
        _table(["code", "title", "when", "HTTP", "exit"], rows),
        textwrap.dedent(second).strip(),
        _table(["code", "message", "remedy"], list(_unique(told))),
    )


def _answer(refusal: type[CniError]) -> Answer:
    return next(answer for kind, answer in ANSWERS.items() if issubclass(refusal, kind))


def api() -> str:
    """Return the API's resources, and who may use each."""
    page = """
        # The API

        The same jobs as the pages, for programs, under `/api/v1`. Make a token on the page “Sessions and tokens” and
        send it as `Authorization: Bearer cni_…`: it acts in your name, with your roles. Amounts are whole pence,
        lengths metres, days civil days in Europe/London, instants UTC. Lists come in pages: `next` of one page is
        `after` of the next, also as a `Link` header. Every refusal is a problem document: see [refusals and
        problems](problems.md).

        The full description of every request and answer is OpenAPI 3.1, at `/api/v1/openapi.json`, open to all.
        """
    app = bare_app()
    spec = app.test_client().get("/api/v1/openapi.json").get_json()
    rows = []
    for path, method, endpoint in sorted(_api_routes(app)):
        described = spec["paths"][path][method.lower()]
        view = inspect.unwrap(app.view_functions[endpoint])
        needed = ", ".join(f"`{permission}`" for permission in sorted(permissions_of(view)))
        rows.append([f"`{method} {path}`", described.get("summary", ""), needed or "whoever is signed in"])
    return _page(
        page,
        _table(["", "what it does", "permission"], rows),
        "Roles by permission: [who may do what](permissions.md).",
    )


def decisions() -> str:
    """Return the list of decisions."""
    page = """
        # Decisions

        One page each: the question, what was decided, what was given up, how we know. A decision is changed by a
        later one, not rewritten.
        """
    found = sorted((FOLDER / "decisions").glob("*.md"))
    titles = [path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ") for path in found]
    links = [f"- [{title}](../decisions/{path.name})" for title, path in zip(titles, found, strict=True)]
    return _page(page, "\n".join(links))


def bare_app() -> Flask:
    """Return the web application without a database: good for looking at its addresses."""
    config = Config(secret_key="for the documentation")
    return create_app(config, Runtime(config, sessionmaker()))


def _api_routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule)
        if path.startswith("/api/v1/") and not rule.endpoint.startswith("api-docs"):
            yield from ((path, method, rule.endpoint) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"})


def permissions_of(function: Callable[..., Any]) -> set[Permission]:
    """Return the permissions that a view or an operation demands, itself or through what it calls in operations."""
    parts = dict(_parts_of(function))
    whole = "\n".join(parts.values())
    found = {Permission[name] for name in re.findall(r"require\(\s*actor,\s*Permission\.(\w+)", whole)}
    for part, source in parts.items():
        for table in re.findall(r"require\(\s*actor,\s*(\w+)\[", source):  # the permission is looked up by an action
            looked_up = part.__globals__[table].items()
            found |= {permission for key, permission in looked_up if f"{type(key).__name__}.{key.name}" in whole}
    return found


def events_of(function: Callable[..., Any]) -> set[type[Event]]:
    """Return the kinds of event that an operation makes, itself or through what it calls in operations."""
    whole = "\n".join(dict(_parts_of(function)).values())
    return {kind for kind in subclasses(Event) if re.search(rf"\b{kind.__name__}\(", whole)}


def _parts_of(function: Callable[..., Any]) -> Iterator[tuple[Any, str]]:
    """Yield a function and all that it calls in operations or in its own file, each with its source."""
    seen: set[Any] = set()
    waiting: list[Any] = [function]
    while waiting:
        each = waiting.pop()
        if each not in seen:
            seen.add(each)
            source = textwrap.dedent(inspect.getsource(each))
            yield each, source
            waiting += _called(each, ast.parse(source))


def _called(function: FunctionType, tree: ast.AST) -> Iterator[FunctionType]:
    """Yield the operations, and the helpers in the function's own file, that a function calls."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        target: Any = None
        if isinstance(call.func, ast.Name):
            target = function.__globals__.get(call.func.id)
        elif isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            module = function.__globals__.get(call.func.value.id)
            target = getattr(module, call.func.attr, None) if isinstance(module, ModuleType) else None
        if not isinstance(target, FunctionType):
            continue
        if target.__module__.startswith("cni.operations") or target.__module__ == function.__module__:
            yield target


def _page(*parts: str) -> str:
    head = textwrap.dedent(parts[0]).strip()
    title, _, rest = head.partition("\n\n")
    return "\n\n".join([title, MADE, rest, *(part for part in parts[1:] if part)]) + "\n"


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in [head, *cells]]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


def _first_line(thing: Any) -> str:
    return (inspect.getdoc(thing) or "").partition("\n\n")[0].replace("\n", " ")


def _unique(rows: list[list[str]]) -> Iterator[list[str]]:
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        if tuple(row) not in seen:
            seen.add(tuple(row))
            yield row


PAGES: dict[str, Callable[[], str]] = {
    "api.md": api,
    "commands.md": commands,
    "engineer/decisions.md": decisions,
    "events.md": events,
    "performance.md": lambda: f"{MADE}\n\n{performance()}",
    "permissions.md": permissions,
    "problems.md": problems,
}
"""Each page, and what makes it."""


def main() -> None:
    """Write every page, and say on standard error which of them changed."""
    for name, make in PAGES.items():
        path = FOLDER / name
        before, after = path.read_text(encoding="utf-8") if path.exists() else "", make()
        path.write_text(after, encoding="utf-8")
        sys.stderr.write(f"{name}: {'as it was' if before == after else 'changed'}\n")


if __name__ == "__main__":
    main()
