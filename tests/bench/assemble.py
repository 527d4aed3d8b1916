#!/usr/bin/env python3
"""Time the assembling of two applications against `cat`, pex and shiv, in one run.

It needs the network once, for the peers and the wheels by hash. Facts are what the cached action per wheel
makes; an edit of a source file does not make them again, so they are timed on their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import common

ROUNDS = 5
MAIN = {"fastapi": "import fastapi, uvicorn\n", "science": "import numpy, pandas, scipy, sklearn, pyarrow, polars\n"}


def measure(application: str) -> tuple[list[str], list[list[str]]]:
    """Measure one application; give a heading and the rows of its table."""
    tool, peers = common.tool(), common.peers()
    wheels = sorted(common.wheels(application).glob("*.whl"))
    size = sum(wheel.stat().st_size for wheel in wheels)
    folder = common.CACHE / "assemble" / application
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "src"
    source.mkdir(exist_ok=True)
    (source / "main.py").write_text(MAIN[application])
    facts = common.median(1, lambda: None, lambda: common.manifest(folder, application, MAIN[application]))
    lines = folder / "manifest.jsonl"
    out = folder / "out"
    sink = folder / "cat"
    dists = common.wheels(application)
    requirements = common.HERE / f"{application}.txt"
    offline = ["--no-pypi", "--find-links", dists]
    pex = [peers / "pex", "--python", sys.executable, "-D", source, "-m", "main", "-o", out]

    def cat() -> None:
        with sink.open("wb") as stream:
            subprocess.run(["cat", *map(str, wheels)], stdout=stream, check=True)

    commands = {
        "`cat` of the wheels": cat,
        "monowheel": lambda: common.run(tool, "assemble", "--manifest", lines, "--output", out),
        "pex, fastest (pre-resolved, wheels as they are)": lambda: common.run(
            *(*pex, *common.requirements(application)),
            *("--pre-resolved-dists", dists, "--no-pre-install-wheels"),
        ),
        "pex, default": lambda: common.run(*pex, *offline, "-r", requirements),
        "shiv": lambda: common.run(
            *(peers / "shiv", "-o", out, "-e", "main:run", "--no-index", "--find-links", dists, "-r", requirements)
        ),
    }
    seconds = {}
    for name, command in commands.items():
        # The slow ones take a minute a round.
        rounds = ROUNDS if name.startswith(("`cat`", "monowheel")) else 1
        command()  # warm the caches of files and of the peers
        seconds[name] = common.median(rounds, lambda: None, command)
    base = seconds["`cat` of the wheels"]
    rows = [[name, f"{taken:.3f}", f"{taken / base:.2f}"] for name, taken in seconds.items()]
    heading = [
        f"## {application}: {len(wheels)} wheels, {size / 1e6:.0f} MB",
        "",
        f"Facts, once per wheel: {facts:.2f} s",
        "",
    ]
    return heading, rows


def memory() -> str:
    """Peak memory of assembling 2 GB of wheels."""
    folder = common.CACHE / "assemble" / "large"
    folder.mkdir(parents=True, exist_ok=True)
    wheel = sorted(common.wheels("fastapi").glob("click-*.whl"))[0]
    common.run(common.tool(), "facts", "--wheel", wheel, "--output", folder / "facts.json")
    facts = json.loads((folder / "facts.json").read_text())
    (folder / "main.py").write_text("")
    lines = [
        {"kind": "application", "version": 1, "origin": "large", "main": "main.py"},
        {"kind": "file", "path": str(folder / "main.py"), "dest": "main.py"},
    ]
    for number in range(4):
        path = folder / f"large_{number}-1.0-py3-none-any.whl"
        with path.open("wb") as stream:
            stream.truncate(512 << 20)
        # Assembling trusts facts for the checksum: the content of these stand-ins does not matter here.
        mine = {
            **facts,
            "file": path.name,
            "name": f"large-{number}",
            "size": 512 << 20,
            "sha256": f"{number:064x}",
            "files": [],
        }
        (folder / f"{number}.json").write_text(
            json.dumps({**mine, "console_scripts": {}, "dist_info": f"large_{number}-1.0.dist-info"})
        )
        lines.append({"kind": "wheel", "path": str(path), "facts": str(folder / f"{number}.json")})
    (folder / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    child = subprocess.Popen(
        [str(common.tool()), "assemble", "--manifest", str(folder / "manifest.jsonl"), "--output", str(folder / "out")]
    )
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit("assembling 2 GB failed")
    (folder / "out").unlink()
    return f"Peak memory of assembling 2 GB: {usage.ru_maxrss / 1024:.0f} MB"


def main() -> None:
    """Measure, print, keep."""
    lines: list[str] = []
    for application in sys.argv[1:] or ("fastapi", "science"):
        heading, rows = measure(application)
        lines += [*heading, *common.table(["tool", "seconds", "times `cat`"], rows), ""]
    lines.append(memory())
    common.keep("assemble", "Assembling one file", lines)


if __name__ == "__main__":
    main()
