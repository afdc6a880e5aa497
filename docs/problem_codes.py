"""Read every code that a refusal can carry out of the source, with the sentences that go with it.

There are two sorts. A subclass of `CniError` has its own `code` and `title`. A `Problem` is made where something is
wrong, often through a helper that passes `code`, `message` and `remedy` on; such helpers are found first.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cni
from cni.primitives.errors import CniError

ROOT = Path(__file__).resolve().parent.parent
UNKNOWN = "…"
PARTS = ("code", "message", "remedy")
Places = dict[str, int]
"""Where a helper takes its parts: the position of each argument."""

READ_OTHERWISE = ROOT / "cni" / "schemas" / "reading.py"
"""Its codes stand in a table, which is read as it is."""

PROBLEM: Places = {"code": 0, "message": 1, "remedy": 2}


@dataclass(frozen=True, slots=True, order=True)
class ProblemCode:
    """One way in which a problem is told; `…` stands for what differs from case to case."""

    code: str
    message: str
    remedy: str
    package: str


def refusals() -> list[type[CniError]]:
    """Return every class of refusal that has a code of its own, by code."""
    for module in pkgutil.walk_packages(cni.__path__, "cni."):
        importlib.import_module(module.name)
    found = [each for each in set(subclasses(CniError)) if "code" in vars(each)]
    return sorted(found, key=lambda each: (each.code, each.__module__))


def problem_codes() -> list[ProblemCode]:
    """Return every code of a `Problem` in the source, one for each sentence, by code.

    Raises:
        ValueError: a code cannot be read from the source; the sentence says where.
    """
    files = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "cni").rglob("*.py"))}
    helpers = _helpers(files)
    found = {code for path, tree in files.items() if path != READ_OTHERWISE for code in _codes_in(path, tree, helpers)}
    return sorted(found | set(_sentences_of_schemas()))


def subclasses(kind: type) -> Iterator[type]:
    """Yield the classes that derive from one, each as it stands in its module."""
    for each in kind.__subclasses__():
        if getattr(sys.modules[each.__module__], each.__name__, None) is each:  # a dataclass with slots is made twice
            yield each
        yield from subclasses(each)


def _sentences_of_schemas() -> Iterator[ProblemCode]:
    """Yield the sentences in which the schemas' own findings are told."""
    from cni.schemas.reading import SENTENCES

    for code, message, remedy in SENTENCES.values():
        yield ProblemCode(code, _with_gaps(message), _with_gaps(remedy), "schemas")
    yield ProblemCode("invalid", UNKNOWN, "", "schemas")


def _with_gaps(sentence: str) -> str:
    return sentence.replace("{label}", UNKNOWN).replace("{name}", UNKNOWN)


def _helpers(files: dict[Path, ast.Module]) -> dict[tuple[Path, str], Places]:
    """Return the functions that pass a code on to a `Problem`, by file and name."""
    helpers: dict[tuple[Path, str], Places] = {}
    while True:
        found = {
            (path, function.name): places
            for path, tree in files.items()
            for function in _functions(tree)
            if (path, function.name) not in helpers and (places := _passes_on(path, function, helpers))
        }
        if not found:
            return helpers
        helpers |= found


def _passes_on(path: Path, function: ast.FunctionDef, helpers: dict[tuple[Path, str], Places]) -> Places | None:
    parameters = [each.arg for each in function.args.args if each.arg not in ("self", "cls")]
    for call in _calls(function):
        places = _places_of(path, call, helpers)
        given = _arguments(call, places) if places else {}
        code = given.get("code")
        if isinstance(code, ast.Name) and code.id in parameters:
            used = {part: _used(value, parameters) for part, value in given.items()}
            return {part: parameters.index(name) for part, name in used.items() if name}
    return None


def _used(value: ast.expr, parameters: list[str]) -> str | None:
    """Return the parameter that a value is, or the last one that it puts into a sentence."""
    names = [node.id for node in ast.walk(value) if isinstance(node, ast.Name) and node.id in parameters]
    return names[-1] if names else None


def _places_of(path: Path, call: ast.Call, helpers: dict[tuple[Path, str], Places]) -> Places | None:
    """Return where a call takes its parts, if it makes a problem. Names with an underscore belong to their file."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == "Problem":
        return PROBLEM
    if name.startswith("_"):
        return helpers.get((path, name))
    return next((places for (_path, helper), places in helpers.items() if helper == name), None)


def _codes_in(path: Path, tree: ast.Module, helpers: dict[tuple[Path, str], Places]) -> Iterator[ProblemCode]:
    package = path.relative_to(ROOT / "cni").parts[0].removesuffix(".py")
    scopes = [tree, *_functions(tree)]
    for call in _calls(tree):
        places = _places_of(path, call, helpers)
        if places is None:
            continue
        around = [scope for scope in scopes if scope is tree or _holds(scope, call)]
        given = _arguments(call, places)
        function = around[-1]
        if (path, getattr(function, "name", "")) in helpers and isinstance(given.get("code"), ast.Name):
            continue  # a helper passing on what it was given
        if isinstance(given.get("code"), ast.Attribute):
            continue  # a problem told again, at another place: `found.code`
        codes, messages, remedies = (_texts(given.get(part), around, call.lineno) for part in PARTS)
        if UNKNOWN in codes:
            raise ValueError(f"{path.relative_to(ROOT)}, line {call.lineno}: the code cannot be read; write it there.")
        yield from (ProblemCode(c, m, r, package) for c in codes for m in messages for r in remedies)


def _functions(tree: ast.AST) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def _calls(tree: ast.AST) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def _holds(scope: ast.AST, call: ast.Call) -> bool:
    return any(node is call for node in ast.walk(scope))


def _arguments(call: ast.Call, places: Places) -> dict[str, ast.expr]:
    named = {each.arg: each.value for each in call.keywords if each.arg in PARTS}
    placed = {part: call.args[place] for part, place in places.items() if place < len(call.args)}
    return {**placed, **named}


def _texts(node: ast.expr | None, around: list[ast.AST], line: int) -> set[str]:
    """Return every text that an expression at a line may be, `…` for what only the running program knows."""
    if node is None:
        return {""}
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    if isinstance(node, ast.JoinedStr):
        return {"".join(str(part.value) if isinstance(part, ast.Constant) else UNKNOWN for part in node.values)}
    if isinstance(node, ast.IfExp):
        return _texts(node.body, around, line) | _texts(node.orelse, around, line)
    if isinstance(node, ast.Name):
        assigned = _assigned(around, node.id, line)
        return {UNKNOWN} if assigned is None else _texts(assigned, around, assigned.lineno - 1)  # it may name itself
    return {UNKNOWN}


def _assigned(around: list[ast.AST], name: str, line: int) -> ast.expr | None:
    """Return what was last assigned to a name before a line: in the innermost function, else outside of it."""
    for scope in reversed(around):
        nodes = scope.body if isinstance(scope, ast.Module) else ast.walk(scope)
        before = [node for node in nodes if isinstance(node, ast.Assign) and node.lineno <= line]
        values = [(node.lineno, value) for node in before for value in _values(node, name)]
        if values:
            return max(values, key=lambda each: each[0])[1]
    return None


def _values(node: ast.Assign, name: str) -> Iterator[ast.expr]:
    for target in node.targets:
        if isinstance(target, ast.Name) and target.id == name:
            yield node.value
        elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = zip(target.elts, node.value.elts, strict=False)
            yield from (value for each, value in pairs if getattr(each, "id", None) == name)
