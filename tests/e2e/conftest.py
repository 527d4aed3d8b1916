"""Fixtures of the end-to-end tests: clones of the project, a real Bazel in them, and services started for real."""

import contextlib
import datetime
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
# Not under /tmp: linux-sandbox hides it from actions.
CACHE = Path(
    os.environ.get("MONOWHEEL_TEST_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "monowheel-tests"
)


class Clone:
    """A copy of the project at a path of its own, with Bazel servers of its own."""

    def __init__(self, root: Path, **environment: str) -> None:
        self.root = root
        self.project = root / "project"
        # Clones share what cargo compiled, except where a test wants a build of the tool from nothing.
        self.environment = {"MONOWHEEL_CARGO_TARGET_DIR": str(CACHE / "cargo"), **environment}
        self.umask = -1
        self.prefix: list[str] = []
        tracked = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=TOP,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split("\0")
        for name in filter(None, tracked):
            source, target = TOP / name, self.project / name
            if source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                # With its time, by which cargo sees that it has built this before.
                shutil.copy2(source, target)

    def bazel(self, example: str, command: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run Bazel in an example; `check` fails the test with Bazel's own words."""
        folder = self.project / "examples" / example if example else self.project
        # Downloads are shared between clones by hash; nothing else is, unless a test says so.
        flags = (
            [f"--repository_cache={CACHE}/repositories"]
            if command in ("build", "test", "run", "query", "aquery", "cquery", "fetch")
            else []
        )
        line = [
            *self.prefix,
            str(self.project / "bazelw"),
            f"--output_user_root={self.root}/bazel",
            command,
            *flags,
            *arguments,
        ]
        environment = {**os.environ, **self.environment}
        done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, umask=self.umask)
        if check and done.returncode:
            pytest.fail(f"{' '.join(line)}\n{done.stdout}\n{done.stderr}")
        return done

    def build(self, example: str, target: str, *arguments: str) -> Path:
        """Build one target in linux-sandbox without network and give its file."""
        flags = [
            "--spawn_strategy=linux-sandbox,local",
            "--genrule_strategy=linux-sandbox",
            "--sandbox_default_allow_network=false",
        ]
        self.bazel(example, "build", *flags, *arguments, target)
        return self.project / "examples" / example / "bazel-bin" / target.replace(":", "/").lstrip("/")

    def actions(self, example: str, target: str, *arguments: str) -> list[dict]:
        """Build `target` and give the log of our actions that were run, from whatever cache or none."""
        log = self.root / "execution.json"
        log.unlink(missing_ok=True)
        self.build(example, target, f"--execution_log_json_file={log}", *arguments)
        return [spawn for spawn in spawns(log) if spawn["mnemonic"].startswith("Monowheel")]

    def close(self) -> None:
        """Stop the servers and remove everything."""
        for example in (self.project / "examples").iterdir():
            if (example / "MODULE.bazel").exists():
                self.bazel(example.name, "shutdown", check=False)
        remove(self.root)


def remove(folder: Path) -> None:
    """Remove a folder in which Bazel has worked: it makes its outputs read-only."""
    subprocess.run(["chmod", "-R", "u+w", str(folder)], check=False, capture_output=True)
    shutil.rmtree(folder, ignore_errors=True)


def spawns(log: Path) -> list[dict]:
    """Parse Bazel's execution log: JSON objects one after the other."""
    text, decoder, found, at = log.read_text(), json.JSONDecoder(), [], 0
    while at < len(text):
        value, end = decoder.raw_decode(text, at)
        found.append(value)
        at = end + len(text[end:]) - len(text[end:].lstrip())
    return found


@pytest.fixture(scope="session")
def scratch() -> Path:
    """Give a folder outside /tmp that is emptied before each run."""
    folder = CACHE / "e2e"
    remove(folder)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="session")
def clone(scratch: Path):
    """Give the clone that most tests share; they leave its sources as they were."""
    clone = Clone(scratch / "one")
    yield clone
    clone.close()


@pytest.fixture(scope="session")
def fastapi_bin(clone: Clone, scratch: Path) -> Path:
    """Give the FastAPI service, built and copied away."""
    built = clone.build("fastapi", "//svc:bin")
    away = scratch / "away"
    away.mkdir()
    return Path(shutil.copy(built, away / "bin"))


@pytest.fixture
def runtime_root(tmp_path: Path) -> Path:
    """Give an empty run-time cache."""
    return tmp_path / "monowheel-root"


def free_port() -> int:
    """Give a port on loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def serving(command: list[str], port: int, **options):
    """Start a service, wait until it answers, and hand it over; it is killed at the end if it still runs."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options) as process:
        try:
            wait_for(port, process)
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)


def wait_for(port: int, process: subprocess.Popen, seconds: float = 60) -> None:
    """Wait until `port` accepts connections; fail with the service's own words if it ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the service ended with {process.returncode}:\n{process.stdout.read()}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail(f"nothing listens on port {port}")


def keep(name: str, title: str, what: str, lines: list[str]) -> None:
    """Print what a script of this folder has seen of `what`, and keep it with its date in `results/`."""
    date = datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat()
    text = "\n".join([f"# {title}", "", f"{date}, `tests/e2e/{name}.py`: {what}", "", *lines]) + "\n"
    path = Path(__file__).parent / "results" / f"{date}-{name}.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    print(text)


def get(port: int, path: str = "/") -> tuple[int, str]:
    """Request `path` and give status and body."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
