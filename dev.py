#!/usr/bin/env python3
"""Set up, show and test cni. Needs Python 3.11 or later and nothing else: it fetches the rest into this folder.

  python3 dev.py demo [--port N] [--fresh] [--no-browser]
                              a demonstration co-op in your browser; Ctrl-C stops all of it
  python3 dev.py test [WORDS] every test; words go to pytest
  python3 dev.py setup        only fetch and build what the others need
  python3 dev.py run CMD...   a command in the environment, for example: run cni --help
  python3 dev.py bench [NAME] benchmarks, as JSON; words after the name go to it
  python3 dev.py check        linters, types, import contracts
  python3 dev.py lock [WORDS] choose the dependencies' versions anew; words go to uv, for example --upgrade

What was made stays in .venv/, frontend/node_modules/, cni/web/static/dist/, instance/ and __pycache__/. A second run
does only what has changed and needs no network. This file uses the standard library alone, since it runs before all
else is there.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import hashlib
import importlib.util
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import webbrowser
from pathlib import Path

try:
    import fcntl
except ImportError:
    raise SystemExit("cni runs on Linux and macOS; on Windows use WSL.") from None

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
STAMPS = VENV / "stamps"
FRONTEND = ROOT / "frontend"
BUILT_FRONTEND = ROOT / "cni" / "web" / "static" / "dist"
TOPOLOGY = ROOT / "cni" / "topology"
MACHINE_CODE = Path(os.environ.get("NUMBA_CACHE_DIR") or TOPOLOGY / "engine" / "__pycache__").absolute()
INSTANCE = Path(os.environ.get("CNI_INSTANCE", ROOT / "instance")).absolute()

SETUP_LOCK = ROOT / "requirements-setup.lock"  # uv, which installs the others, and setuptools, which builds cni
DEV_LOCK = ROOT / "requirements-dev.lock"
PRODUCTION_LOCK = ROOT / "requirements.lock"
NODE_LOCK = ROOT / "requirements-node.lock"  # for a machine without a Node.js that Vite accepts

ALL_TESTS = ("-n", "auto")  # who gives them out is in tests/conftest.py
SECONDS_UNTIL_READY = 60
SECONDS_TO_STOP = 10


# The commands


def demo(words: list[str]) -> int:
    """Serve the demonstration co-op until Ctrl-C, or until one of its processes ends."""
    options = _demo_options(words)
    _refuse_taken_port(options.port)
    setup()
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if ending != signal.SIGHUP or signal.getsignal(ending) != signal.SIG_IGN:  # under nohup it is ignored
            signal.signal(ending, signal.default_int_handler)
    children = Children()
    try:
        _start_demo(options, children)
        while True:
            children.fail_if_one_ended()
            time.sleep(0.5)
    except KeyboardInterrupt:
        say("stopping")
        return 0
    finally:
        children.stop()


def test(words: list[str]) -> int:
    """Run the tests; without words all of them, on every core."""
    setup()
    browser = subprocess.run([BIN / "python", "tests/chromium.py"], cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout
    if not browser:
        say("there is no browser, so its tests are skipped. To have one: sudo apt install chromium")
        if os.environ.get("CNI_REQUIRE_BROWSER"):
            return 1
    return call([BIN / "pytest", *(words or ALL_TESTS)], cwd=ROOT, CNI_BROWSER=browser)


def setup() -> int:
    """Make the environment, the packages, the command `cni` and the front end, as far as they are not there."""
    for folder in (ROOT, VENV, INSTANCE):
        if folder.exists() and not os.access(folder, os.W_OK):
            raise SystemExit(f"{folder} belongs to another account. Use that account, or a clone of your own.")
    INSTANCE.mkdir(parents=True, exist_ok=True)
    with (INSTANCE / "setup.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # a second set-up of this folder waits for the first
        locks = [DEV_LOCK] if has_fitting_node() else [DEV_LOCK, NODE_LOCK]
        once("environment", [ROOT], BIN / "python", make_environment)
        pip = [BIN / "python", "-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", SETUP_LOCK]
        once("installer", [SETUP_LOCK], BIN / "uv", lambda: must(pip))
        once("packages", [*locks, SETUP_LOCK], BIN / "pytest", lambda: install_packages(locks))
        once("command cni", [*locks, ROOT / "pyproject.toml"], BIN / "cni", install_cni)
        manifests = [FRONTEND / name for name in ("package.json", "package-lock.json", ".npmrc")]
        ci = ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"]
        once("front-end packages", manifests, FRONTEND / "node_modules", lambda: npm(*ci))
        once("front end", [*manifests, *frontend_sources()], BUILT_FRONTEND, lambda: npm("run", "build"))
        once("machine code", [DEV_LOCK, *sorted(TOPOLOGY.rglob("*.py"))], MACHINE_CODE, compile_searches)
    return 0


def run(words: list[str]) -> int:
    """Become a command in the environment."""
    if not words:
        raise SystemExit("Say what to run, for example: python3 dev.py run cni --help")
    setup()
    settings = environment()
    program = shutil.which(words[0], path=settings["PATH"])
    if program is None:
        raise SystemExit(f"There is no command {words[0]!r} in the environment or on the PATH.")
    os.execve(program, words, settings)


def bench(words: list[str]) -> int:
    """Run the named benchmark, with its options; without a name say which there are."""
    programs = (ROOT / "benchmarks").glob("[a-z]*.py")
    known = sorted(path.stem for path in programs if '__name__ == "__main__"' in path.read_text(encoding="utf-8"))
    if not words or words[0] not in known:
        raise SystemExit(f"Name one of the benchmarks: {', '.join(known) or 'there is none yet'}.")
    setup()
    return call([BIN / "python", f"benchmarks/{words[0]}.py", *words[1:]], cwd=ROOT)


def check() -> int:
    """Run every linter and type checker, all of them even when one fails."""
    setup()
    checks = {
        "ruff check": [BIN / "ruff", "check"],
        "ruff format": [BIN / "ruff", "format", "--check"],
        "mypy": [BIN / "mypy", "cni"],
        "import contracts": [BIN / "lint-imports"],
        "front end": ["npm", "run", "--silent", "--prefix", FRONTEND, "check"],
    }
    failed = []
    for name, command in checks.items():
        say(name)
        if call(command, cwd=ROOT) != 0:
            failed.append(name)
    say(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0


def lock(words: list[str]) -> int:
    """Write the lock files: every version with its hashes, and no registry's address."""
    setup()
    uv = [BIN / "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-emit-index-url"]
    uv += ["--no-annotate", "--python-version", "3.11", "--custom-compile-command", "python3 dev.py lock", *words]
    must([*uv, "--extra", "dev", "pyproject.toml", "-o", DEV_LOCK], cwd=ROOT)
    must([*uv, "--constraint", DEV_LOCK, "pyproject.toml", "-o", PRODUCTION_LOCK], cwd=ROOT)
    must([*uv, "--constraint", DEV_LOCK, "requirements-setup.in", "-o", SETUP_LOCK], cwd=ROOT)
    must([*uv, "requirements-node.in", "-o", NODE_LOCK], cwd=ROOT)
    return 0


COMMANDS = {"demo": demo, "test": test, "run": run, "bench": bench, "lock": lock}
COMMANDS_WITHOUT_WORDS = {"setup": setup, "check": check}


# Setting up


def once(name: str, made_from: list[Path], product: Path, make) -> None:
    """Make a product, unless it is there and was made from these very files (of a folder: from this very path)."""
    digest = hashlib.sha256()
    for path in made_from:
        digest.update(str(path.relative_to(ROOT) if path.is_file() else path).encode())
        digest.update(path.read_bytes() if path.is_file() else b"")
    stamp = STAMPS / name.replace(" ", "-")
    if product.exists() and stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    say(f"{name} ...")
    started = time.monotonic()
    stamp.unlink(missing_ok=True)
    make()
    STAMPS.mkdir(exist_ok=True)
    stamp.write_text(digest.hexdigest())
    say(f"{name}: {time.monotonic() - started:.1f} s")


def make_environment() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        raise SystemExit("This Python cannot make environments. What it lacks: sudo apt install python3-venv")
    must([sys.executable, "-m", "venv", "--clear", VENV])


def install_packages(locks: list[Path]) -> None:
    """Install what the lock files say and nothing else; what must be built is built by what they name."""
    uv = [BIN / "uv", "pip", "sync", "--quiet", "--require-hashes", "--no-build-isolation"]
    must([*uv, *locks, SETUP_LOCK], **pips_index())


def pips_index() -> dict[str, str]:
    """The package index that this machine's pip is told to use, for uv, which does not read pip's settings."""
    pip = [BIN / "python", "-m", "pip", "config", "list"]
    told = subprocess.run(pip, capture_output=True, text=True, check=False).stdout
    index = re.search(r"^\S*\.index-url='(.+)'$", told, re.MULTILINE)
    return {"UV_DEFAULT_INDEX": index[1]} if index and "UV_DEFAULT_INDEX" not in os.environ else {}


def install_cni() -> None:
    uv = [BIN / "uv", "pip", "install", "--quiet", "--offline", "--no-build-isolation", "--no-deps"]
    must([*uv, "--editable", ROOT])


def compile_searches() -> None:
    """Have the searches' machine code made, so that no test, page or command has to wait for it."""
    must([BIN / "python", "-c", "from cni.topology.warming import warm; warm()"], cwd=ROOT)


def has_fitting_node() -> bool:
    """Whether the machine itself has a Node.js that Vite 8 accepts, with npm."""
    path = os.pathsep.join(p for p in os.get_exec_path() if Path(p) != BIN)
    node = shutil.which("node", path=path)
    if node is None or shutil.which("npm", path=path) is None:
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = tuple(int(number) for number in re.findall(r"\d+", answer)[:2])
    return (20, 19) <= version < (21, 0) or version >= (22, 12)


def npm(*words: str) -> None:
    must(["npm", "--loglevel", "error", "--no-update-notifier", *words], cwd=FRONTEND)


def frontend_sources() -> list[Path]:
    top = [path for path in FRONTEND.iterdir() if path.name != "node_modules" and not path.name.startswith(".")]
    inside = [path for folder in top if folder.is_dir() for path in folder.rglob("*")]
    return sorted(path for path in top + inside if path.is_file())


# The demonstration


def _demo_options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py demo", description="Serve a demonstration co-op on this machine.")
    parser.add_argument("--port", type=int, default=8000, help="the port on 127.0.0.1 (8000)")
    parser.add_argument("--fresh", action="store_true", help="throw the demonstration's data away and start again")
    parser.add_argument("--no-browser", action="store_true", help="open no browser")
    options = parser.parse_args(words)
    if options.fresh and "CNI_DATABASE_URL" in os.environ:
        parser.error("--fresh empties only the database that comes with the project; unset CNI_DATABASE_URL")
    return options


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise SystemExit(f"Port {port} cannot be had ({error}). Choose another: --port N") from None


def _start_demo(options: argparse.Namespace, children: Children) -> None:
    """Start the database, fill it, start the web server and the worker, and say how to sign in."""
    settings = {"CNI_SECURE_COOKIES": "no"}  # plain http, on this machine alone
    if "CNI_DATABASE_URL" not in os.environ:
        settings["CNI_DATABASE_URL"] = children.start_database(fresh=options.fresh)
    must([BIN / "cni", "db", "upgrade"], **settings)
    must([BIN / "cni", "demo", "build"], **settings)
    web = [BIN / "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{options.port}", "--worker-class", "gthread"]
    web += ["--workers", "2", "--threads", "2", "--graceful-timeout", "5", "--no-control-socket"]
    children.start("web", web, **settings)
    children.start("worker", [BIN / "cni", "worker"], **settings)
    sign_ins = subprocess.check_output([BIN / "cni", "demo", "sign-ins"], env=environment(**settings), text=True)
    address = f"http://127.0.0.1:{options.port}/"
    children.wait_until_ready(f"{address}readyz")
    print(f"\nThe demonstration co-op is at {address}\n\n{sign_ins}", flush=True)
    print(f"Ctrl-C stops it. Its logs are in {INSTANCE / 'log'}", flush=True)
    if not options.no_browser and (sys.platform == "darwin" or {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()):
        webbrowser.open(address)


def _end_when_parent_is_killed() -> None:  # which Linux can see to
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Children:
    """The processes of the demonstration, each with a log in instance/log."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen] = {}

    def start(self, name: str, command: list, stdout=None, **settings: str) -> subprocess.Popen:
        """Start a process of its own session, so that Ctrl-C reaches it through us, in our order."""
        self._log(name).parent.mkdir(exist_ok=True)
        with self._log(name).open("w") as log:
            self._running[name] = subprocess.Popen(
                [str(word) for word in command],
                cwd=ROOT,
                env=environment(**settings),
                stdin=subprocess.PIPE,
                stdout=stdout or log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_when_parent_is_killed,
            )
        return self._running[name]

    def start_database(self, *, fresh: bool) -> str:
        """Start the embedded PostgreSQL, which stops when its input closes, and return its database's URL."""
        command = [BIN / "python", "-m", "cni.db.embedded", INSTANCE / "postgres"]
        child = self.start("postgres", command + ["--fresh"] * fresh, stdout=subprocess.PIPE)
        url = child.stdout.readline().decode().strip()
        if not url:
            self._fail("postgres")
        return url

    def wait_until_ready(self, url: str) -> None:
        """Wait until the web server says that it can serve."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + SECONDS_UNTIL_READY
        while time.monotonic() < deadline:
            self.fail_if_one_ended()
            with contextlib.suppress(OSError), opener.open(url, timeout=5):
                return
            time.sleep(0.1)
        self._fail("web")

    def stop(self) -> None:
        """Stop them, the last to be started first, and leave none behind."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for child in reversed(self._running.values()):
            child.terminate()
            try:
                child.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()

    def fail_if_one_ended(self) -> None:
        for name, child in self._running.items():
            if child.poll() is not None:
                self._fail(name)

    def _fail(self, name: str) -> None:
        sys.stderr.write("".join(self._log(name).read_text(errors="replace").splitlines(keepends=True)[-20:]))
        raise SystemExit(
            f"The demonstration's {name} is not running; its last words are above, all in {self._log(name)}"
        )

    def _log(self, name: str) -> Path:
        return INSTANCE / "log" / f"{name}.log"


def environment(**settings: str) -> dict[str, str]:
    """The variables for our programs: our environment and its commands, and the settings."""
    secret = INSTANCE / "secret-key"
    if not secret.exists():
        with os.fdopen(os.open(secret, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    unless_given = {"CNI_INSTANCE": str(INSTANCE), "CNI_SECRET_KEY": secret.read_text()}
    always = {"PATH": path, "VIRTUAL_ENV": str(VENV), "UV_SYSTEM_PYTHON": "0"}  # whatever environment we are called in
    return {**unless_given, **os.environ, **always, **settings}


def call(command: list, cwd: Path | None = None, stdout=None, **settings: str) -> int:
    """Run a program to its end and return its exit status."""
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=cwd, env=environment(**settings), stdout=stdout, check=False).returncode


def must(command: list, cwd: Path | None = None, **settings: str) -> None:
    """Run a program that has to succeed; all that it says is progress, so standard output stays ours."""
    status = call(command, cwd=cwd, stdout=sys.stderr, **settings)
    if status != 0:
        raise SystemExit(f"This failed with status {status}, and its reason is above: {' '.join(map(str, command))}")


def say(line: str) -> None:
    print(f"cni: {line}", file=sys.stderr, flush=True)


def main(words: list[str]) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 whoever has an older one should read why it does not run
        raise SystemExit(f"cni needs Python 3.11 or later; this is {sys.version.split()[0]}. Try: python3.11 dev.py")
    if words and words[0] in COMMANDS:
        return COMMANDS[words[0]](words[1:])
    if len(words) == 1 and words[0] in COMMANDS_WITHOUT_WORDS:
        return COMMANDS_WITHOUT_WORDS[words[0]]()
    print(__doc__.strip(), file=sys.stderr)
    return 0 if words in (["--help"], ["-h"]) else 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
