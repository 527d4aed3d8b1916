#!/usr/bin/env python3
"""Pins the wheels whose trees are compared: `pin.py` writes `wheels.txt`, which `trees.py` reads.

What the repository's own requirement files pin, the lines of `more.in`, and what these need, each line resolved by itself, as
far as it is in `most-downloaded.txt`: of each project the newest that came up, the one wheel that pip takes for CPython 3.11
on Linux x86_64, by version and SHA-256, in the form of a requirements file.
"""

import hashlib
import re
import subprocess
import sys

from common import HERE, PYTHON, TOP, WHEELS, download, name_of
from packaging.version import Version
from trees import Pinned, fetch, most_downloaded

SOURCES = (
    "tests/bench/fastapi.txt",
    "tests/bench/hello.txt",
    "tests/bench/requirements.txt",
    "tests/bench/science.txt",
    "tests/requirements.txt",
    "tests/servers/requirements.txt",
)
REQUIREMENT = re.compile(r"^([a-z0-9][a-z0-9.-]*)(?:\[[^]]*\])?==(\S+)([^#\n]*)", re.MULTILINE)


def closure(line: str) -> str:
    """Have uv resolve one line, for the Python and the platform of the oracle."""
    command = ["uv", "pip", "compile", "--quiet", "--generate-hashes", "--no-annotate", "--only-binary", ":all:"]
    command += ["--python-version", PYTHON, "--python-platform", "x86_64-manylinux_2_34", "-"]
    return subprocess.run(command, input=line, stdout=subprocess.PIPE, text=True, check=True).stdout


def requirements(text: str) -> "dict[str, tuple[Version, str]]":
    """Give the version of each project, and the line that pins it."""
    found = {}
    for match in REQUIREMENT.finditer(text.replace("\\\n", " ")):
        name = re.sub(r"[-_.]+", "-", match[1])
        found[name] = Version(match[2]), " ".join(match[0].split())
    return found


def main() -> None:
    """Resolve, download and write."""
    asked = [requirements((TOP / source).read_text()) for source in SOURCES]
    pinned = Pinned.all()
    fetch(list(pinned.values()))
    for name, (version, line) in (item for source in asked for item in source.items()):
        # Some have no wheel for this Python (a later one alone), so each is asked for by itself.
        if name not in pinned or Version(pinned[name].path.name.split("-")[1]) < version:
            download([line], missing_ok=True)
    wanted = set(most_downloaded())
    chosen: dict[str, tuple[Version, str]] = {}
    for line in (HERE / "more.in").read_text().splitlines():
        if not line.startswith("#"):
            found = requirements(closure(line))
            print(f"{line}: {len(found)} projects", file=sys.stderr)
            for name, resolved in found.items():
                if name in wanted or name == re.match(r"[a-z.-]+", line)[0].replace(".", "-"):
                    chosen[name] = max(chosen.get(name, resolved), resolved)
    download(line for _, line in chosen.values())
    newest = {}
    for path in sorted(WHEELS.glob("*.whl"), key=lambda path: Version(path.name.split("-")[1])):
        newest[name_of(path)] = path
    lines = []
    for name, path in sorted(newest.items()):
        version = path.name.split("-")[1]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append(f"{name}=={version} --hash=sha256:{digest}  # {path.name}\n")
    (HERE / "wheels.txt").write_text("# Written by pin.py.\n" + "".join(lines))
    lacking = [name for name in most_downloaded() if name not in newest]
    print(f"{len(lines)} wheels; of the most downloaded not among them: {' '.join(lacking)}", file=sys.stderr)


if __name__ == "__main__":
    main()
