"""Compiled functions are compiled before they are needed, and kept machine code is never out of date."""

from __future__ import annotations

import importlib
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cni import topology
from cni.topology.engine.code_cache import source_stamp
from cni.topology.questions import Diversity, Element, ElementKind, Question
from cni.topology.routes import find_answer
from cni.topology.warming import warm
from tests.notation import network

TOPOLOGY = Path(topology.__file__).parent


def _compiled() -> dict[str, Any]:
    """Return the compiled functions that are called from Python, by name: those they call are compiled with them."""
    modules = [
        importlib.import_module(module.name) for module in pkgutil.walk_packages([str(TOPOLOGY)], "cni.topology.")
    ]
    functions = {
        f"{module.__name__}.{name}": thing
        for module in modules
        for name, thing in vars(module).items()
        if hasattr(thing, "py_func") and thing.py_func.__module__ == module.__name__
    }
    plain = [function.py_func for function in functions.values()]
    called = {id(each.__globals__.get(name)) for each in plain for name in each.__code__.co_names}
    return {name: function for name, function in functions.items() if id(function) not in called}


def _compiled_so_far() -> dict[str, int]:
    return {name: len(function.signatures) for name, function in _compiled().items()}


def test_warming_leaves_nothing_to_compile():
    warm()

    assert _compiled_so_far()
    assert {name for name, kinds in _compiled_so_far().items() if kinds == 0} == set()


@pytest.mark.parametrize("diversity", list(Diversity))
def test_after_warming_no_question_compiles_anything(diversity):
    warm()
    before = _compiled_so_far()
    town = network("S1: A-B 5 x2 [K1], S2: B-Z 5 [K2], S3: A-C 6 [K2], S4: C-Z 7 x1, S5: B-C 1, S6: Z-Y 3")

    for a, z in ("AZ", "AY", "ZA"):
        for pairs in (1, 2):
            find_answer(town, Question(a, z, diversity, 2, pairs, without=(Element(ElementKind.SPAN, "S5"),)))
            find_answer(town, Question(a, z, diversity, 3, pairs))
            find_answer(town, Question(a, z, diversity, 1, pairs, exempt=("K1",)))

    assert _compiled_so_far() == before


def test_kept_code_goes_out_of_date_with_what_its_file_rests_on(tmp_path):
    """The kernel's machine code has that of the heap in it."""
    script = (
        "from cni.topology.engine import code_cache as c;"
        "print(c.source_stamp(c.ROOT / 'cni/topology/engine/kernel.py'))"
    )
    copy = tmp_path / "cni" / "topology"
    shutil.copytree(TOPOLOGY, copy, ignore=shutil.ignore_patterns("__pycache__"))

    def stamp() -> str:
        return subprocess.run(
            [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout.strip()

    as_it_is = stamp()
    for other, changes in (("engine/heap.py", True), ("engine/view.py", True), ("questions.py", False)):
        text = (copy / other).read_bytes()
        (copy / other).write_bytes(text + b"\n# changed\n")
        assert (stamp() != as_it_is) == changes, other
        (copy / other).write_bytes(text)

    assert as_it_is == source_stamp(TOPOLOGY / "engine/kernel.py")


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path):
    """As for an account that may only read the program: what is not kept is compiled each time."""
    (tmp_path / "taken").write_text("a file, where the folder would be")
    script = (
        "from cni.topology.engine.heap import push; import numpy as np;"
        "print(push(np.zeros(9, np.int64), np.zeros(9, np.int32), 0, 5, 1))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"NUMBA_CACHE_DIR": str(tmp_path / "taken")},
        cwd=TOPOLOGY.parents[1],
        capture_output=True,
        text=True,
    )

    assert (done.stdout.strip(), done.stderr) == ("1", "")
