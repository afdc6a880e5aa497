"""How long a file and a function may be, so that either is read in one go. There are no exceptions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

CNI = Path(__file__).parents[2] / "cni"
LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 40
LINES_OF_A_PACKAGE_DOCSTRING = range(3, 16)

FILES = sorted(path.relative_to(CNI).as_posix() for path in CNI.rglob("*.py"))
PACKAGES = sorted(path.parent.relative_to(CNI).as_posix() for path in CNI.glob("**/__init__.py"))


def _functions(name: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse((CNI / name).read_bytes())
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_in_one_go(name):
    text = (CNI / name).read_text(encoding="utf-8")

    assert len(text.splitlines()) <= LINES_OF_A_FILE


@pytest.mark.parametrize("name", FILES)
def test_a_function_is_read_in_one_look(name):
    long = {
        f"{function.name}, line {function.lineno}": lines
        for function in _functions(name)
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > LINES_OF_A_FUNCTION
    }

    assert long == {}


@pytest.mark.parametrize("name", FILES)
def test_what_is_public_says_what_it_is(name):
    """A docstring for the file, each public class and each public function."""
    tree = ast.parse((CNI / name).read_bytes())
    public = [tree, *(node for node in _top_level(tree) if not node.name.startswith("_"))]

    assert [getattr(node, "name", name) for node in public if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_what_it_is_and_imports_nothing(package):
    tree = ast.parse((CNI / package / "__init__.py").read_bytes())

    assert len((ast.get_docstring(tree) or "").splitlines()) in LINES_OF_A_PACKAGE_DOCSTRING
    assert [type(node).__name__ for node in tree.body[1:]] == []


def _top_level(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Yield functions and classes of a file, and the methods of its public classes."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from (each for each in node.body if isinstance(each, ast.FunctionDef))
