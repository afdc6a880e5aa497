"""The house's rules that no linter knows, and those of the linters, so that `pytest` alone finds a breach."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
CNI = ROOT / "cni"
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {contract["id"]: contract for contract in SETTINGS["tool"]["importlinter"]["contracts"]}
PURE = CONTRACTS["pure"]["source_modules"]
SOURCES = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_bytes()) for path in sorted(CNI.rglob("*.py"))}

MAY_COMMIT = {"cni/runtime.py", "cni/db/migrate.py"}
"""`sessions.begin()` commits on leaving: the doors' transaction, and the migrations' own."""
READS_THE_CLOCK = {"cni/runtime.py"}
CLOCK = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}


def test_the_import_contracts_hold():
    linting = subprocess.run([Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True)

    assert linting.returncode == 0, linting.stdout


def test_every_package_has_a_floor():
    assert CONTRACTS["floors"]["exhaustive"]


def test_pure_modules_load_neither_a_database_nor_http():
    """In a fresh interpreter: what a linter cannot see, such as an import inside a function of an imported module."""
    names = [name for name in PURE if name not in ("cni.primitives", "cni.topology")]
    names += [name for package in ("cni.primitives", "cni.topology") for name in _modules(package)]
    heavy = {"sqlalchemy", "flask", "marshmallow", "psycopg", "click", "cni.runtime", "cni.db.engine"}
    script = (
        f"import sys; {'; '.join(f'import {name}' for name in names)}; print(*sorted({heavy!r} & sys.modules.keys()))"
    )

    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""


def test_strict_types_cover_every_pure_module():
    strict = {name.removesuffix(".*") for name in SETTINGS["tool"]["mypy"]["overrides"][0]["module"]}

    assert strict == set(PURE)


def test_a_module_that_touches_nothing_is_in_the_pure_contract():
    """A module of the records that needs no database, clock or chance is named as pure, so that it stays so."""
    records = ("assets", "events", "governance", "leases", "ledger", "members")
    named = {name.replace(".", "/") + ".py" for name in PURE}
    unnamed = {
        name
        for name in SOURCES
        if name.split("/")[1] in records and not name.endswith("__init__.py") and name not in named
    }

    assert {name for name in unnamed if not _reaches_what_is_not_pure(name)} == set()


def test_only_the_runtime_commits():
    """An operation that commits would break one act into two; only a door's transaction ends one."""
    found = {f"{name}:{call.lineno}" for name, call in _calls() if name not in MAY_COMMIT and _commits(call)}

    assert found == set()


def test_only_the_runtime_reads_the_clock():
    found = {f"{name}:{call.lineno}" for name, call in _calls() if name not in READS_THE_CLOCK and _reads_clock(call)}

    assert found == set()


def test_relationships_load_nothing_by_themselves():
    """A page must say what it loads, or one query becomes a hundred."""
    lazy = {
        f"{name}:{call.lineno}"
        for name, call in _calls()
        if getattr(call.func, "id", "") == "relationship" and not _raises_when_lazy(call)
    }

    assert lazy == set()


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("a path of one machine", re.compile(rb"(?<![\w.~-])/(?:home|Users|root|work)/(?!someone\b)[\w.-]+")),
        ("the host of a package registry", re.compile(rb"(?:files\.pythonhosted|(?<!\w)pypi|registry\.npmjs)\.org\b")),
        ("an index of packages", re.compile(rb"^\s*(?:--(?:extra-)?index-url|registry\s*=)", re.M)),
    ],
)
def test_no_tracked_file_names_the_machine_it_was_made_on(what, pattern):
    found = {name: match[0] for name in _tracked() if (match := pattern.search((ROOT / name).read_bytes()))}

    assert found == {}, what


def test_nothing_under_the_gpl_runs_in_production():
    licences = {name: _licence(name) for name in _needed("cni")}
    strong = {
        name: licence for name, licence in licences.items() if re.search(r"\b(?<!L)A?GPL|General Public", licence)
    }

    assert len(licences) > 20  # the walk found them
    assert {name for name, licence in licences.items() if not licence} <= {"cni"}
    assert strong == {}


def _modules(package: str) -> list[str]:
    paths = (ROOT / package.replace(".", "/")).rglob("*.py")
    return [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths if path.stem != "__init__"]


def _reaches_what_is_not_pure(name: str) -> bool:
    """Tell whether a module, or one of ours that it rests on, imports what a pure one may not."""
    forbidden = (*CONTRACTS["pure"]["forbidden_modules"], "psycopg")
    waiting, seen = [name], set()
    while waiting:
        each = waiting.pop()
        if each in seen:
            continue
        seen.add(each)
        for imported in _imports(SOURCES[each]):
            if any(f"{imported}.".startswith(f"{module}.") for module in forbidden):
                return True
            path = imported.replace(".", "/") + ".py"
            waiting += [path] if path in SOURCES else []
    return False


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for name, tree in SOURCES.items():
        yield from ((name, node) for node in ast.walk(tree) if isinstance(node, ast.Call))


def _commits(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    return call.func.attr == "commit" or (call.func.attr == "begin" and not call.args)


def _reads_clock(call: ast.Call) -> bool:
    function = call.func
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value
    return (getattr(owner, "id", getattr(owner, "attr", "")), function.attr) in CLOCK


def _raises_when_lazy(call: ast.Call) -> bool:
    return any(each.arg == "lazy" and getattr(each.value, "value", "") == "raise" for each in call.keywords)


def _tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("this is not a git clone, so nothing says which files are part of it")
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def _needed(package: str) -> Iterator[str]:
    """Yield a package and all that it needs on this machine, to run."""
    waiting, seen = [(package, "")], set()
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        yield name
        for text in metadata.requires(name) or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                waiting += [(needed.name.lower(), each) for each in needed.extras or [""]]


def _licence(package: str) -> str:
    about = metadata.metadata(package)
    classifiers = [each for each in about.get_all("Classifier", []) if each.startswith("License ::")]
    named = [about.get("License-Expression", ""), (about.get("License") or "").partition("\n")[0]]
    said = " ".join([*named, *classifiers]).strip()
    if said:
        return said
    files = [file for file in metadata.files(package) or [] if file.name == "LICENSE"]
    return " ".join(file.read_text().partition("\n")[0] for file in files)  # some say it in the file alone
