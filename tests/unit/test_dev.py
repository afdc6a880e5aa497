"""dev.py: what it skips, what it insists on, and what it refuses."""

from __future__ import annotations

import importlib.util
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """dev.py, as if it lay in an empty folder."""
    description = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    module = importlib.util.module_from_spec(description)
    description.loader.exec_module(module)
    for name, folder in (("ROOT", "."), ("VENV", ".venv"), ("BIN", ".venv/bin"), ("STAMPS", ".venv/stamps")):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        monkeypatch.setattr(module, name, tmp_path / folder)
    return module


class TestOnce:
    @pytest.fixture
    def make(self, dev: ModuleType, tmp_path: Path):
        """Make `product` from `source` as far as needed, and say how often it was really made."""
        times = []

        def work() -> None:
            times.append(1)
            (tmp_path / "product").write_text("made")

        def make() -> int:
            dev.once("the product", [tmp_path / "source"], tmp_path / "product", work)
            return len(times)

        (tmp_path / "source").write_text("1")
        return make

    def test_a_second_run_makes_nothing(self, make):
        assert (make(), make()) == (1, 1)

    def test_it_is_made_again_when_its_source_changed(self, make, tmp_path: Path):
        make()
        (tmp_path / "source").write_text("2")
        assert make() == 2

    def test_it_is_made_again_when_it_is_gone(self, make, tmp_path: Path):
        make()
        (tmp_path / "product").unlink()
        assert make() == 2

    def test_it_is_made_again_when_the_last_try_failed(self, dev: ModuleType, make, tmp_path: Path):
        make()
        (tmp_path / "source").write_text("2")

        def fail() -> None:
            raise SystemExit("no network")

        with pytest.raises(SystemExit):
            dev.once("the product", [tmp_path / "source"], tmp_path / "product", fail)
        (tmp_path / "source").write_text("1")
        assert make() == 2


@pytest.mark.parametrize(
    ("version", "fits"),
    [("v18.20.4", False), ("v20.18.3", False), ("v20.19.0", True), ("v21.7.3", False), ("v22.11.0", False),
     ("v22.12.0", True), ("v24.19.0", True), ("", False)],
)  # fmt: skip
def test_node_is_taken_when_vite_accepts_it(dev, version, fits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("node", "npm"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {version}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert dev.has_fitting_node() is fits


def test_node_in_our_own_environment_is_not_the_machines(dev, monkeypatch: pytest.MonkeyPatch):
    for name in ("node", "npm"):
        (dev.BIN / name).write_text("#!/bin/sh\necho v24.19.0\n")
        (dev.BIN / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(dev.BIN))
    assert dev.has_fitting_node() is False


def test_a_taken_port_is_named_before_anything_is_done(dev):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit, match=f"Port {port} cannot be had .*in use.*--port"):
            dev.demo(["--port", str(port)])


def test_fresh_does_not_empty_a_database_of_ones_own(dev, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setenv("CNI_DATABASE_URL", "postgresql+psycopg:///ours")
    with pytest.raises(SystemExit):
        dev.demo(["--fresh"])
    assert "unset CNI_DATABASE_URL" in capsys.readouterr().err


def test_an_unknown_command_shows_what_there_is():
    answer = subprocess.run([sys.executable, ROOT / "dev.py", "dance"], capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    for command in ("demo", "test", "setup", "run", "bench", "check", "lock"):
        assert f"dev.py {command}" in answer.stderr


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_locked_package_has_its_hashes_and_no_address(lock: Path):
    text = lock.read_text()
    packages = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)
    assert packages
    assert [entry for entry in packages if "--hash=sha256:" not in entry] == []
    assert "://" not in text


def test_the_secret_key_is_made_once_and_for_its_owner_alone(dev, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dev, "INSTANCE", tmp_path)
    monkeypatch.delenv("CNI_SECRET_KEY", raising=False)
    key = dev.environment()["CNI_SECRET_KEY"]
    assert len(key) == 64
    assert dev.environment()["CNI_SECRET_KEY"] == key
    assert os.stat(tmp_path / "secret-key").st_mode & 0o777 == 0o600


def test_another_environment_that_is_active_is_left_alone(dev, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dev, "INSTANCE", tmp_path)
    monkeypatch.setenv("VIRTUAL_ENV", "/home/someone/theirs")
    monkeypatch.setenv("UV_SYSTEM_PYTHON", "1")
    settings = dev.environment()
    assert settings["VIRTUAL_ENV"] == str(dev.VENV)
    assert settings["UV_SYSTEM_PYTHON"] == "0"
    assert settings["PATH"].split(os.pathsep)[0] == str(dev.BIN)
