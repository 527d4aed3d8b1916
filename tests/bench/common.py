"""What the benchmarks share: peers and wheels by hash, the release build of the tool, medians, dated results."""

from __future__ import annotations

import datetime
import functools
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import many

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
CACHE = (
    Path(
        os.environ.get("MONOWHEEL_TEST_CACHE")
        or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "monowheel-tests"
    )
    / "bench"
)


def run(*command: object, **options: object) -> None:
    """Run a command; its output is shown only where it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")


def peers() -> Path:
    """Install the peers by hash into an environment of their own, once, and give its `bin`."""
    environment = CACHE / "peers"
    if not (environment / "complete").exists():
        run(sys.executable, "-m", "venv", "--clear", environment)
        run(
            environment / "bin/pip",
            "install",
            "--require-hashes",
            "--only-binary",
            ":all:",
            "-r",
            HERE / "requirements.txt",
        )
        (environment / "complete").touch()
    return environment / "bin"


# Applications that have the dependencies of another one.
_DEPENDENCIES = {"bare": "fastapi"}


def wheels(application: str) -> Path:
    """Download the wheels of `application`.txt by hash, or make those of `many`, once, and give their folder."""
    application = _DEPENDENCIES.get(application, application)
    folder = CACHE / "wheels" / application
    complete = folder.with_suffix(".complete")
    if not complete.exists():
        if application == "many":
            many.make(folder)
        else:
            run(
                *(sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes", "--only-binary", ":all:"),
                *("--dest", folder, "-r", HERE / f"{application}.txt"),
            )
        complete.touch()
    return folder


def requirements(application: str) -> list[object]:
    """Give the options of pex that name what the application asks for."""
    named = _DEPENDENCIES.get(application, application)
    return many.requirements() if named == "many" else ["-r", HERE / f"{named}.in"]


@functools.cache
def tool() -> Path:
    """Build the tool as a release does and give it; MONOWHEEL_RELEASED_TOOL names one that is there."""
    if ready := os.environ.get("MONOWHEEL_RELEASED_TOOL"):
        return Path(ready)
    run("cargo", "build", "--release", "--locked", "--package", "monowheel", "--manifest-path", TOP / "tool/Cargo.toml")
    return Path(os.environ.get("CARGO_TARGET_DIR") or TOP / "tool/target") / "release/monowheel"


@functools.cache
def launcher() -> Path:
    """Build the native launcher as a release does and give it."""
    done = subprocess.run([TOP / "tool/crates/launcher/build"], stdout=subprocess.PIPE, text=True, check=True)
    return Path(done.stdout.strip())


def manifest(folder: Path, application: str, main: str, **fields: str) -> Path:
    """Write facts and the input manifest of an application whose only first-party file is `main`.

    `fields` are further ones of its line of kind `application`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "main.py").write_text(main)
    lines = [
        {"kind": "application", "version": 1, "origin": application, "main": "_main/main.py", **fields},
        {"kind": "import", "path": "_main"},
        {"kind": "file", "path": str(folder / "main.py"), "dest": "_main/main.py", "origin": application},
    ]
    for wheel in sorted(wheels(application).glob("*.whl")):
        facts = folder / f"{wheel.name}.json"
        run(tool(), "facts", "--wheel", wheel, "--output", facts)
        lines.append({"kind": "wheel", "path": str(wheel), "facts": str(facts)})
    path = folder / "manifest.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def median(times: int, before: Callable[[], object], measured: Callable[[], object]) -> float:
    """Median wall time in seconds of `measured`, with `before` run untimed ahead of each."""
    taken = []
    for _ in range(times):
        before()
        start = time.perf_counter()
        measured()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def machine() -> str:
    """Say what the numbers were taken on."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, CPython {platform.python_version()}"


def keep(name: str, title: str, lines: list[str]) -> None:
    """Print a result and keep it with its date in `results/`."""
    date = datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat()
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
    text = "\n".join([f"# {title}", "", f"{date}, {machine()}, `tests/bench/{command}`", "", *lines, ""])
    path = HERE / "results" / f"{date}-{name}.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    print(text)


def table(header: list[str], rows: list[list[str]]) -> list[str]:
    """Lay out a Markdown table: the first column left, the others right."""
    rule = "|---|" + "--:|" * (len(header) - 1)
    return [f"| {' | '.join(header)} |", rule, *(f"| {' | '.join(row)} |" for row in rows)]
