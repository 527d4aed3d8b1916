#!/usr/bin/env python3
"""Compares trees: what Monowheel makes of a wheel, what uv makes of it, what pip makes of it.

`trees.py NAME…` compares wheels of `wheels.txt`, `trees.py --all` each of them, and keeps a dated result. Every path, every
byte and every x bit must be equal but for what README.md beside this file lists.
"""

import argparse
import datetime
import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from common import HERE, PYTHON, TOOL, WHEELS, download

# What installers write of themselves, and RECORD, which they extend by it.
OF_INSTALLERS = re.compile(r".*\.dist-info/(INSTALLER|REQUESTED|RECORD|direct_url\.json|uv_cache\.json|uv_build\.json)")
# Both name pip's own script after the version of Python that they install for, whatever the wheel of pip says.
OF_PIP = re.compile(r"bin/pip3\.\d+")
# What makes our folder an application.
OURS = re.compile(r"run|run\.py|rare\.py|code(/.*)?|lib/python[^/]*/site-packages/monowheel\.pth")
# What makes a folder a virtual environment, whoever makes it.
ENVIRONMENT = re.compile(
    r"pyvenv\.cfg|lib64|\.gitignore|\.lock|CACHEDIR\.TAG|bin/(python[0-9.]*|activate.*|.*\.bat)|.*/_virtualenv\.(py|pth)"
)
# A shebang that is too long for the kernel goes through a shell: two lines that Python reads as one string.
THROUGH_SHELL = re.compile(rb"#!/bin/sh\n'''exec' .*\n' '''\n")
SHEBANG = re.compile(rb"#!.*python.*\n")


# Wheels in one environment: making environments and starting installers takes longer than most wheels.
TOGETHER = 16


def most_downloaded() -> list[str]:
    """Give the names of the packages that are downloaded most."""
    return (HERE / "most-downloaded.txt").read_text().splitlines()[1:]


class Pinned(NamedTuple):
    """A wheel of `wheels.txt`."""

    name: str
    requirement: str
    path: Path

    @staticmethod
    def all() -> "dict[str, Pinned]":
        """Give all by name."""
        found = {}
        for line in (HERE / "wheels.txt").read_text().splitlines():
            requirement, _, file = line.partition("  # ")
            if file:
                name = requirement.partition("==")[0]
                found[name] = Pinned(name, requirement, WHEELS / file)
        return found


def fetch(wheels: Sequence[Pinned]) -> None:
    """Download what is missing, by hash, and check what is there."""
    download_asked = [wheel.requirement for wheel in wheels if not wheel.path.exists()]
    if download_asked:
        download(download_asked)
    for wheel in wheels:
        if hashlib.sha256(wheel.path.read_bytes()).hexdigest() not in wheel.requirement:
            sys.exit(f"{wheel.path} is not the one that wheels.txt pins: remove it")


def run(*command: object, **variables: str) -> None:
    """Run a command, which must succeed; its output is shown only where it does not."""
    dropped = ("PYTHON", "VIRTUAL_ENV", "MONOWHEEL_", "PIP_", "UV_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    line = [str(part) for part in command]
    done = subprocess.run(line, env=environment | variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(line)}\n{done.stdout}{done.stderr}")


def assemble(wheels: Sequence[Path], parts: Path, exclude: Sequence[str] = ()) -> Path:
    """Make an application of the wheels, without the files that fit a glob of `exclude`."""
    parts.mkdir()
    (parts / "main.py").write_text("")
    lines: list[dict] = [
        {"kind": "application", "version": 1, "origin": "oracle", "main": "_main/main.py", "python_version": PYTHON},
        {"kind": "file", "path": str(parts / "main.py"), "dest": "_main/main.py", "origin": "oracle"},
    ]
    for wheel in wheels:
        facts = parts / f"{wheel.name}.json"
        run(TOOL, "facts", "--wheel", wheel, "--output", facts)
        lines.append({"kind": "wheel", "path": str(wheel), "facts": str(facts), "origin": wheel.name})
    if exclude:
        lines.append({"kind": "exclude", "project": "*", "paths": list(exclude)})
    (parts / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    run(TOOL, "assemble", "--manifest", parts / "manifest.jsonl", "--output", parts / "app")
    (parts / "app").chmod(0o755)
    return parts / "app"


def by_monowheel(wheels: Sequence[Path], python: str, folder: Path) -> Path:
    """Make an application of the wheels and have it write its environment."""
    application = assemble(wheels, folder / "parts")
    run(application, MONOWHEEL_VENV=str(folder / "monowheel"), MONOWHEEL_PYTHON=python)
    return folder / "monowheel"


def by_uv(wheels: Sequence[Path], python: str, folder: Path) -> Path:
    """Have uv install the wheels."""
    run("uv", "venv", "--quiet", "--python", python, folder / "uv")
    options = ("--no-deps", "--no-index", "--offline", "--link-mode", "copy", "--no-compile-bytecode")
    # A cache of its own: what an earlier run unpacked is not what is asked for here.
    cache = ("--cache-dir", folder / "uv-cache")
    run("uv", "pip", "install", "--quiet", *options, *cache, "--python", folder / "uv/bin/python", *wheels)
    return folder / "uv"


def by_pip(wheels: Sequence[Path], python: str, folder: Path) -> Path:
    """Have pip install the wheels."""
    run("uv", "venv", "--quiet", "--python", python, folder / "pip")
    pip = (sys.executable, "-m", "pip", "--python", folder / "pip/bin/python", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", "--no-compile", *wheels)
    return folder / "pip"


INSTALLERS = {"monowheel": by_monowheel, "uv": by_uv, "pip": by_pip}


def tree(root: Path) -> dict[str, str]:
    """Give kind, x bit and digest of everything below a folder but for what is documented to differ."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if any(pattern.fullmatch(name) for pattern in (OF_INSTALLERS, OF_PIP, OURS, ENVIRONMENT)):
            continue
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            found[name] = f"link to {path.readlink()}"
        elif stat.S_ISREG(mode):
            content = path.read_bytes()
            content = script(content) if name.startswith("bin/") else content
            found[name] = f"{'x' if mode & 0o111 else '-'} {len(content)} {hashlib.sha256(content).hexdigest()}"
    return found


def script(content: bytes) -> bytes:
    """Give a script without its shebang, where that names a Python; of a generated one, what it calls."""
    body = THROUGH_SHELL.sub(b"", content, count=1) if THROUGH_SHELL.match(content) else content
    body = SHEBANG.sub(b"", body, count=1) if SHEBANG.match(body) else body
    if b"sys.exit(" in body and len(body) < 1000 and body != content:
        told = re.search(rb"^from (\S+) import (\S+)$", body, re.MULTILINE)
        called = re.search(rb"^ +sys\.exit\(([\w.]+)\(\)\)$", body, re.MULTILINE)
        if told and called:
            return b" ".join((*told.groups(), *called.groups()))
    return body


def compare(
    wheels: Sequence[Path], python: str, installers: Sequence[str] = ("monowheel", "uv", "pip")
) -> tuple[int, list[str]]:
    """Install wheels in all ways; give the number of files and what differs."""
    with tempfile.TemporaryDirectory(prefix="oracle-") as name:
        trees = {who: tree(INSTALLERS[who](wheels, python, Path(name))) for who in installers}
    differences: list[str] = []
    ours = trees.pop("monowheel")
    for who, other in trees.items():
        for path in sorted(ours.keys() | other.keys()):
            found, expected = ours.get(path, "nothing"), other.get(path, "nothing")
            if found != expected:
                differences.append(f"{path}: monowheel {found}, {who} {expected}")
    return len(ours), differences


def together(wheels: Sequence[Pinned], python: str) -> dict[Pinned, list[str]]:
    """Compare wheels in one environment; where anything differs, or they cannot be together, in halves, down to the one that it is.

    A wheel that somebody refuses to install differs by that.
    """
    try:
        differences = compare([wheel.path for wheel in wheels], python)[1]
    except RuntimeError as error:
        differences = [str(error)]
    if not differences or len(wheels) == 1:
        return dict.fromkeys(wheels, differences)
    half = len(wheels) // 2
    return together(wheels[:half], python) | together(wheels[half:], python)


def files(wheel: Pinned) -> int:
    """Count the files of a wheel."""
    with zipfile.ZipFile(wheel.path) as archive:
        return sum(not name.endswith("/") for name in archive.namelist())


def interpreter() -> str:
    """Give the CPython that the wheels are for."""
    for candidate in (f"{sys.base_prefix}/bin/python{PYTHON}", shutil.which(f"python{PYTHON}")):
        if candidate and Path(candidate).exists():
            return os.path.realpath(candidate)
    sys.exit(f"python{PYTHON} is not on PATH: install it")


def version(*command: object) -> str:
    """Give the first two words of what a program says of its version."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split()[:2])


def keep(results: dict[Pinned, list[str]]) -> None:
    """Keep the dated result."""
    date = datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat()
    equal = [wheel for wheel, differences in results.items() if not differences]
    lines = [f"# {len(equal)} of {len(results)} wheels become the same tree", ""]
    who = f"{version(TOOL, '--version')}, {version('uv', '--version')}, {version(sys.executable, '-m', 'pip', '--version')}"
    lines += [f"{date}, CPython {PYTHON} on Linux x86_64, {who}; `tests/oracle/trees.py --all`", ""]
    wanted = most_downloaded()
    lacking = [name for name in wanted if name not in {wheel.name for wheel in equal}]
    told = f"{len(wanted) - len(lacking)} of the {len(wanted)} most downloaded packages are among the equal ones."
    lines += [f"{told} Not there: {', '.join(lacking)}." if lacking else told, ""]
    lines += ["| wheel | files | |", "|---|--:|---|"]
    for wheel, differences in results.items():
        lines.append(
            f"| {wheel.path.name} | {files(wheel)} | {'equal' if not differences else '<br>'.join(differences)} |"
        )
    path = HERE / "results" / f"{date}.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def main() -> int:
    """Compare what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a project of wheels.txt")
    parser.add_argument("--all", action="store_true", help="every wheel of wheels.txt; the result is kept in results/")
    arguments = parser.parse_args()
    pinned = Pinned.all()
    if arguments.all == bool(arguments.names):
        parser.error("name projects, or give --all")
    if unknown := [name for name in arguments.names if name not in pinned]:
        parser.error(f"not in wheels.txt: {', '.join(unknown)}")
    wheels = list(pinned.values()) if arguments.all else [pinned[name] for name in arguments.names]
    fetch(wheels)
    python = interpreter()
    results: dict[Pinned, list[str]] = {}
    groups = [wheels[first : first + TOGETHER] for first in range(0, len(wheels), TOGETHER)]
    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(lambda group: together(group, python), groups):
            results |= found
            for wheel, differences in found.items():
                print(f"{wheel.path.name}: {'equal' if not differences else 'DIFFERENT'}", flush=True)
                for difference in differences:
                    print(f"  {difference}")
    if arguments.all:
        keep(results)
    return int(any(results.values()))


if __name__ == "__main__":
    sys.exit(main())
