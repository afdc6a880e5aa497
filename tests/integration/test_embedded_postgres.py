"""The embedded server: shared by processes, seen by nobody else, and back after a crash."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cni.db import embedded


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of an awkward name; root's temporary folders are closed to the account that runs the server, too."""
    folder = tmp_path_factory.mktemp("closed") / "Bob's fibre & co" / "postgres"
    yield folder
    elsewhere = folder / "elsewhere"
    if elsewhere.exists():
        shutil.rmtree(elsewhere.read_text())


@pytest.fixture
def cluster(folder: Path) -> Iterator[embedded.Cluster]:
    cluster = embedded.start(folder, durable=False)
    yield cluster
    cluster.stop()


def ask(url: str, question: str) -> object:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        (answer,) = connection.execute(question).fetchone()
        return answer


def is_up(cluster: embedded.Cluster) -> bool:
    return cluster.home.socket() is not None


def kill(cluster: embedded.Cluster) -> None:
    process, _ = cluster.home.postmaster()
    os.kill(process, signal.SIGKILL)


def test_the_first_to_come_starts_it_and_the_last_to_leave_stops_it(folder: Path):
    first = embedded.start(folder)
    second = embedded.start(folder)
    assert (first.started, second.started) == (True, False)
    first.stop()
    assert is_up(second)
    second.stop()
    assert not is_up(second)
    assert not second.socket.exists()


def test_it_stays_up_for_another_process(folder: Path, cluster: embedded.Cluster):
    command = [sys.executable, "-m", "cni.db.embedded", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        url = other.stdout.readline().strip()
        assert url == cluster.url()
        cluster.stop()
        assert ask(url, "SELECT current_database()") == "cni"
        other.stdin.close()
    assert not is_up(cluster)


def test_it_leaves_when_it_is_told_to_end(folder: Path):
    command = [sys.executable, "-m", "cni.db.embedded", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        socket = Path(process.stdout.readline().strip().partition("host=")[2])
        process.terminate()
    assert not socket.exists()


def test_it_starts_again_after_it_was_killed_with_what_was_committed(folder: Path):
    killed = embedded.start(folder)
    embedded.create_database(killed.url("kept"))
    kill(killed)
    again = embedded.start(folder)
    assert again.started
    assert ask(again.url("kept"), "SELECT current_database()") == "kept"
    killed.stop()
    again.stop()


def test_it_starts_again_when_another_process_has_the_killed_ones_number(folder: Path):
    killed = embedded.start(folder)
    kill(killed)
    note = killed.home.data / "postmaster.pid"
    _, *rest = note.read_text().splitlines()
    with subprocess.Popen(["sleep", "60"]) as another:
        note.write_text("\n".join([str(another.pid), *rest, ""]))
        again = embedded.start(folder)
        another.terminate()
    assert again.started
    killed.stop()
    again.stop()


def test_nobody_else_can_reach_it(cluster: embedded.Cluster):
    assert ask(cluster.url("postgres"), "SELECT current_setting('listen_addresses')") == ""
    assert stat.S_IMODE(cluster.socket.stat().st_mode) == 0o700
    assert stat.S_IMODE(cluster.home.data.stat().st_mode) == 0o700


def test_folders_above_it_stay_as_closed_as_they_were(tmp_path: Path):
    tmp_path.chmod(0o700)
    cluster = embedded.start(tmp_path / "postgres", durable=False)
    cluster.stop()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    if cluster.home.path != tmp_path / "postgres":
        shutil.rmtree(cluster.home.path)


def test_letters_order_and_time_do_not_depend_on_the_machine(cluster: embedded.Cluster):
    embedded.create_database(cluster.url())
    assert ask(cluster.url(), "SELECT lower('ŴY ÅÉ')") == "ŵy åé"
    assert ask(cluster.url(), "SELECT 'Z' < 'a'") is True
    assert ask(cluster.url(), "SELECT current_setting('timezone')") == "UTC"


def test_a_database_is_made_once_copied_and_dropped(cluster: embedded.Cluster):
    embedded.create_database(cluster.url("one"))
    with psycopg.connect(cluster.url("one").replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE spans AS SELECT 'S1' AS code")
    embedded.create_database(cluster.url("one"))
    embedded.create_database(cluster.url("two"), template="one")
    assert ask(cluster.url("two"), "SELECT code FROM spans") == "S1"
    for name in ("one", "two", "two"):
        embedded.drop_database(cluster.url(name))
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        ask(cluster.url("two"), "SELECT 1")


def test_a_server_that_cannot_start_says_why(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(embedded, "START_ATTEMPTS", 1)
    cluster = embedded.start(folder)
    cluster.stop()
    settings = cluster.home.data / "postgresql.auto.conf"
    settings.write_text("shared_buffers = lots\n")
    with pytest.raises(embedded.EmbeddedServerFailed, match="lots"):
        embedded.start(folder)
    settings.write_text("")
