"""What the tests of commands share."""

from __future__ import annotations

import sys

import pytest

from cni.cli import main


@pytest.fixture
def cni(capsys, monkeypatch):
    """Run the command line; return its exit code, what it answered, and what it said besides."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["cni", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main.main()
        said = capsys.readouterr()
        return left.value.code or 0, said.out, said.err

    return run
