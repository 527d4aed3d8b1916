"""What the tests of the runtime share: interpreters, roots, applications, and how to start them."""

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Optional

import files
import moved
import pytest

# Whoever runs the tests in the background has the shell (SIGINT) or nohup (SIGHUP) ignore these, and children would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

MINORS = range(9, 15)
# The bootstrap's own text.
BOOTSTRAP = Path(__file__).parents[2] / "tool/crates/monowheel/src/bootstrap/python"
# What the caller's shell may have set and a test does not mean.
FOREIGN = ("PYTHON", "MONOWHEEL_", "XDG_", "VIRTUAL_ENV")


def interpreters() -> dict[str, Path]:
    """Give one CPython of each minor version that the machine has: on PATH, under pyenv, or the newest where Bazel runs."""
    found = {}
    roots = [Path(folder) for folder in os.environ["PATH"].split(":") if "shims" not in folder]
    roots += sorted(Path.home().glob(".pyenv/versions/*/bin"))
    for minor in MINORS:
        for root in roots:
            path = root / f"python3.{minor}"
            if path.is_file():
                found.setdefault(f"3.{minor}", path.resolve())
    newest = None if "3.14" in found else moved.interpreter()
    return {**found, "3.14": newest} if newest else found


PYTHONS = interpreters()


def environment(root: Path, more: Optional[dict] = None) -> dict[str, str]:
    """Give the environment to start files in: an empty cache, and no more of the caller than it needs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    pyenv = ":".join(str(path.parent) for path in reversed(PYTHONS.values()))
    plain = ":".join(folder for folder in kept["PATH"].split(":") if "shims" not in folder)
    kept |= {"MONOWHEEL_ROOT": str(root), "PATH": f"{pyenv}:{plain}", "HOME": str(root.parent)}
    return kept | {name: str(value) for name, value in (more or {}).items()}


def start(command, root: Path, *arguments, env=None, check=True, **options) -> subprocess.CompletedProcess:
    """Start a file and give what it printed."""
    command = [command] if isinstance(command, (str, Path)) else command
    options = {"capture_output": True, "text": True, "timeout": 120, **options}
    done = subprocess.run([*command, *arguments], env=environment(root, env), check=False, **options)
    if check and done.returncode:
        pytest.fail(f"{command} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give the place of a cache that is not there yet."""
    return tmp_path / "home" / "cache"


@pytest.fixture(autouse=True)
def home(root: Path):
    """Give every test a home of its own, and remove it: caches are large."""
    root.parent.mkdir(parents=True)
    yield root.parent
    shutil.rmtree(root.parent, ignore_errors=True)


@pytest.fixture(params=PYTHONS)
def python(request) -> Path:
    """Give each interpreter in turn."""
    return PYTHONS[request.param]


@pytest.fixture
def any_python() -> Path:
    """Give one interpreter, where the version does not matter."""
    return list(PYTHONS.values())[-1]


@pytest.fixture(scope="session")
def hello(tmp_path_factory) -> Path:
    """Give a small file: it prints its arguments as JSON lines after importing a wheel."""
    wheel = files.Wheel("greet", {"greet/__init__.py": "def main():\n    print('hello')\n", "greet/data.txt": "data\n"})
    source = "import greet, json, sys\ngreet.main()\nprint(json.dumps(sys.argv))\n"
    return files.assemble(
        tmp_path_factory.mktemp("hello") / "hello", {"main.py": source}, [wheel], main="_main/main.py"
    )
