"""The documentation is true: names exist, lists are whole, links lead somewhere, examples run."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import click
import pytest
from sqlalchemy import make_url

import cni as package
import dev
from cni import operations
from cni.cli.main import cni
from cni.config import Config
from cni.db import embedded
from cni.db.base import Base
from docs import generate
from docs.problem_codes import ROOT, problem_codes, refusals
from tests.postgres import migrated_database

DOCS = ROOT / "docs"
PAGES = sorted([*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")), *DOCS.rglob("*.md")])
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
ILLUSTRATIVE = {"text", "json", "csv", "ini", "nginx", "html", "toml"}
"""Fences that show something and are not run; `text` is also for commands that change a whole machine."""

RUN = {"console", "python"}


@dataclass(frozen=True, slots=True)
class Example:
    """A fenced block of a page that runs."""

    page: str
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}: {self.text.strip().splitlines()[0]}"

    @property
    def steps(self) -> Iterator[tuple[str, str]]:
        """Each command after a `$`, and the output that it shows (empty: whatever comes)."""
        for part in re.split(r"^\$ ", self.text, flags=re.M)[1:]:
            lines = part.splitlines()
            count = next(i for i, line in enumerate(lines, 1) if not line.endswith("\\"))
            yield "\n".join(lines[:count]), "\n".join(lines[count:]).strip()


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _examples(language: str) -> list[Example]:
    found = [Example(name, *block) for name in NAMES for block in FENCE.findall(_read(name))]
    return [example for example in found if example.language == language]


# What is made from the program


@pytest.mark.parametrize("name", sorted(generate.PAGES))
def test_a_page_made_from_the_program_is_as_new_as_the_program(name):
    assert _read(f"docs/{name}") == generate.PAGES[name](), "Run: python3 dev.py run python -m docs.generate"


def test_every_code_written_in_the_source_is_in_the_docs():
    """By looking at the source as text, so that a mistake in how the page is made shows."""
    told = {code.code for code in problem_codes()} | {kind.code for kind in refusals()}
    patterns = (r'\bProblem\(\s*(?:code=)?f?"([^"]+)"', r'^    code = "([^"]+)"', r'\.problem\(\s*f?"([^"]+)"')
    written = {
        re.sub(r"\{[^}]*\}", "…", code)
        for path in (ROOT / "cni").rglob("*.py")
        for pattern in patterns
        for code in re.findall(pattern, path.read_text(encoding="utf-8"), re.M)
    } - {"error"}  # that of the kinds' common base, which nobody raises

    assert len(written) > 50
    assert written - told == set()


# What is written by hand about the program


def test_every_setting_is_in_the_table_with_its_default():
    rows = dict(re.findall(r"^\| `(CNI_\w+)` \| `?([^|`]*)`? \|", _read("docs/settings.md"), re.M))
    settings = {f"CNI_{field.name.upper()}": _default(field.default) for field in fields(Config)}

    assert {name: rows.get(name) for name in settings} == settings


def test_the_table_of_settings_has_none_that_nothing_reads():
    rows = set(re.findall(r"^\| `(CNI_\w+)` \|", _read("docs/settings.md"), re.M))
    sources = [*(ROOT / "cni").rglob("*.py"), *(ROOT / "tests").rglob("*.py"), ROOT / "dev.py", ROOT / ".ci" / "run"]
    source = "\n".join(path.read_text(encoding="utf-8") for path in sources)

    assert rows == set(re.findall(r"\bCNI_[A-Z_]+[A-Z]\b", source)) - {"CNI_PLANTED"}


def _default(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def test_the_glossary_names_every_table_and_nothing_that_is_not_there():
    named = set(re.findall(r"`([A-Z]\w+)`", _read("docs/glossary.md")))
    classes = {name for module in _modules() for name, thing in vars(module).items() if inspect.isclass(thing)}
    tables = {mapper.class_.__name__ for mapper in Base.registry.mappers}

    assert named - classes == set(), "named, but not in the program"
    assert tables - named == set(), "tables that the glossary lacks"


def test_a_word_of_the_glossary_stands_in_one_row_only():
    words = [word for row in re.findall(r"^\| ([^|]+) \|", _read("docs/glossary.md"), re.M) for word in row.split(", ")]
    words = [word for word in words if word != "word" and not word.startswith("-")]

    assert len(words) > 50
    assert sorted(words) == sorted(set(words))


def _modules() -> list[object]:
    return [importlib.import_module(found.name) for found in pkgutil.walk_packages(package.__path__, "cni.")]


PERMISSION = re.compile(r"\b[a-z]+:[a-z]+\b")
OPERATIONS = {
    f"{module.__name__.rpartition('.')[2]}.{function.__name__}": function
    for module in map(
        importlib.import_module, (f"cni.operations.{found.name}" for found in pkgutil.iter_modules(operations.__path__))
    )
    for function in vars(module).values()
    if inspect.isfunction(function)
    and function.__module__ == module.__name__
    and PERMISSION.search(function.__doc__ or "")
}


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_demands_the_permission_and_records_the_event_that_it_says(name):
    said = inspect.getdoc(OPERATIONS[name]) or ""
    permission, event = (re.search(rf"{word}: ([\w:]+)", said) for word in ("Permission", "Event"))

    assert permission
    assert permission[1] in generate.permissions_of(OPERATIONS[name])
    assert {kind.__name__ for kind in generate.events_of(OPERATIONS[name])} == ({event[1]} if event else set())


# Names and links in the text


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name):
    page = ROOT / name
    wrong = [
        target
        for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", _read(name)))
        if not re.match(r"https?:|mailto:", target) and not _leads_somewhere(page, target)
    ]

    assert wrong == []


def _leads_somewhere(page: Path, target: str) -> bool:
    file, _, heading = target.partition("#")
    found = (page.parent / file).resolve() if file else page
    if not found.exists():
        return False
    return not heading or heading in {
        _anchor(line) for line in re.findall(r"^#+ (.+)$", found.read_text("utf-8"), re.M)
    }


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("name", NAMES)
def test_commands_named_in_the_text_exist(name):
    text = _read(name)
    ours = {found.strip() for found in re.findall(r"(?:^|[`$] ?|run )cni ((?:[a-z-]+ ?)+)", text, re.M)}
    development = set(re.findall(r"python3 dev\.py ([a-z]+)", text))

    assert {words for words in ours if not _is_command(words)} == set()
    assert development - dev.COMMANDS.keys() - dev.COMMANDS_WITHOUT_WORDS.keys() == set()


def _is_command(words: str) -> bool:
    command: click.Command | None = cni
    for word in words.split():
        if not isinstance(command, click.Group):
            return True  # the words after it are what it is given
        command = command.get_command(click.Context(command), word)
        if command is None:
            return False
    return True


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("docs/api.md", "CHANGELOG.md")])
def test_addresses_named_in_the_text_exist(name):
    adapter = generate.bare_app().url_map.bind("localhost")
    named = set(re.findall(r"`(?:GET |POST )?(/[a-z][\w/.-]*)`", _read(name)))

    assert {each for each in named if not each.startswith(NOT_OURS) and not adapter.allowed_methods(each)} == set()


NOT_OURS = ("/etc/", "/srv/", "/tmp/", "/var/", "/root")
"""Where places on a server begin."""


@pytest.mark.parametrize("name", NAMES)
def test_a_block_says_whether_it_runs(name):
    languages = set(re.findall(r"^```(\w*)\n.*?^```$", _read(name), re.M | re.S))

    assert languages <= RUN | ILLUSTRATIVE


# Examples


@pytest.mark.parametrize("example", _examples("python"), ids=str)
def test_a_python_example_runs(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    exec(compile(example.text, example.page, "exec"), {})


def test_the_commands_of_each_page_run_in_their_order(tmp_path):
    """Each page begins with the demonstration co-op as it was built; what it shows as output is what comes out."""
    shutil.copytree(ROOT / "demonstration", tmp_path / "demonstration")
    examples = _examples("console")
    with migrated_database() as built:
        _run("cni demo build", tmp_path, built)
        for page in sorted({example.page for example in examples}):
            with _copy(built) as url:
                for command, shown in (each for example in examples if example.page == page for each in example.steps):
                    printed = _run(command, tmp_path, url)
                    assert re.fullmatch(_as_pattern(shown), printed.strip(), re.S), f"{page}: {command}\n{printed}"


@contextmanager
def _copy(built: str) -> Iterator[str]:
    """Give the URL of a copy of a database."""
    name = str(make_url(built).database)
    url = make_url(built).set(database=f"{name}_copy").render_as_string(hide_password=False)
    embedded.create_database(url, template=name)
    try:
        yield url
    finally:
        embedded.drop_database(url)


def _as_pattern(shown: str) -> str:
    """`…` in what is shown stands for anything; nothing shown, for any output."""
    return ".*" if not shown else ".*".join(re.escape(part) for part in shown.split("…"))


def _run(command: str, folder: Path, url: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = {**os.environ, "PATH": path, "CNI_DATABASE_URL": url}
    done = subprocess.run(["bash", "-euc", command], cwd=folder, env=settings, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout
