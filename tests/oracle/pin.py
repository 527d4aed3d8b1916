#!/usr/bin/env python3
"""Pins the wheels whose trees are compared: `pin.py` writes `wheels.txt`, which `trees.py` reads.

What the repository's own requirement files pin, and the newest of `more.in`: for each the one wheel that pip takes for
CPython 3.11 on Linux x86_64, by version and SHA-256, in the form of a requirements file.
"""

import hashlib
import re
import sys

from common import HERE, TOP, WHEELS, download, name_of

SOURCES = (
    "tests/bench/fastapi.txt",
    "tests/bench/hello.txt",
    "tests/bench/requirements.txt",
    "tests/bench/science.txt",
    "tests/requirements.txt",
    "tests/servers/requirements.txt",
)


def main() -> None:
    """Download and write."""
    for source in SOURCES:
        # Some have no wheel for this Python (a later one alone), so each is asked for by itself.
        text = (TOP / source).read_text().replace("\\\n", " ")
        for line in text.splitlines():
            requirement = line.partition(" #")[0].strip()
            if re.match(r"[a-z0-9]", requirement):
                download([requirement], missing_ok=True)
    download((HERE / "more.in").read_text().splitlines())
    newest = {}
    for path in sorted(WHEELS.glob("*.whl"), key=lambda path: path.stat().st_mtime):
        newest[name_of(path)] = path
    lines = []
    for name, path in sorted(newest.items()):
        version = path.name.split("-")[1]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append(f"{name}=={version} --hash=sha256:{digest}  # {path.name}\n")
    (HERE / "wheels.txt").write_text("# Written by pin.py.\n" + "".join(lines))
    print(f"{len(lines)} wheels", file=sys.stderr)


if __name__ == "__main__":
    main()
