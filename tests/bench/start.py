#!/usr/bin/env python3
"""Time first and later starts against a plain environment, uv, pex and shiv, in one run.

Three applications import what they are made for and end: `fastapi`, `science`, and `many`, of 300 wheels with 25,000
files. A fourth, `bare`, has FastAPI's wheels and imports nothing: what a later start costs shows there in tenths of a
millisecond, where an import's own spread would hide it. Cold: with the tool's run-time cache moved away before each start,
files in the page cache. Warm: a later start; the tools take turns, so that drift of the machine meets all of them alike.
It needs the network once, for the peers and the wheels by hash, and 30 GB of disk, and writes a table into `results/`, and
the picture of the README. Arguments choose some of the applications, without a picture.

Nothing is deleted before the end, and who deletes much himself comes last. An ext4 without a journal gives no inode out
again for a minute, or for five, after it was deleted: to make a file takes a fifth of a millisecond then instead of a
hundredth, as many are searched past. Where there is one, five minutes are waited after the peers' files have been made.
"""

from __future__ import annotations

import datetime
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import common
import many
import picture

# First and later starts of each tool. Peers take a minute for a first start of `many`; `bare` looks for tenths of a millisecond.
ROUNDS = {"bare": (3, 41), "fastapi": (3, 15), "science": (3, 15), "many": (1, 9)}
# Where caches go that have served.
ASIDE = common.CACHE / "start-aside"
MAIN = {
    "bare": "pass\n",
    "fastapi": "import fastapi, uvicorn\n",
    "science": "import numpy, pandas, scipy, sklearn, pyarrow, polars\n",
    "many": many.main(),
}


class Tool:
    """One way to ship the application: a command to start it, and what makes its next start a first one."""

    def __init__(
        self, name: str, command: list[object], caches: list[Path], cheap: bool = False, once: bool = False
    ) -> None:
        """Take the name for the table, the command line, and the folders that a first start fills."""
        self.name, self.command, self.caches = name, [str(part) for part in command], caches
        # Whether a first start is so cheap that it can be looked at more often, and whether there is no other.
        self.cheap, self.once = cheap, once
        self.cold: list[float] = []
        self.warm: list[float] = []

    def forget(self) -> None:
        """Move away what earlier starts left."""
        for cache in self.caches:
            if cache.exists():
                ASIDE.mkdir(parents=True, exist_ok=True)
                cache.rename(Path(tempfile.mkdtemp(dir=ASIDE)) / cache.name)

    def start(self, environment: dict[str, str]) -> float:
        """Start the application and give the wall time in seconds until it ended."""
        begin = time.perf_counter()
        done = subprocess.run(self.command, env=environment, capture_output=True, text=True, check=False)
        taken = time.perf_counter() - begin
        if done.returncode:
            sys.exit(f"{self.name}: {done.stderr}")
        return taken


def build(application: str, folder: Path) -> list[Tool]:
    """Ship the application in every way."""
    peers, source = common.peers(), folder / "src"
    source.mkdir(parents=True, exist_ok=True)
    (source / "main.py").write_text(MAIN[application])
    dists, requirements = common.wheels(application), common.requirements(application)
    plain = folder / "plain"
    common.run(peers / "uv", "venv", "--quiet", "--clear", "--python", sys.executable, plain)
    install = [
        "pip",
        "install",
        "--quiet",
        "--offline",
        "--no-index",
        "--find-links",
        dists,
        "--no-deps",
        "--python",
        plain,
    ]
    common.run(peers / "uv", *install, "--compile-bytecode", *dists.glob("*.whl"))
    fresh = folder / "fresh"
    script = folder / "uv-and-run.sh"
    script.write_text(
        "#!/bin/sh\nset -e\n"
        f'"{peers}/uv" venv --quiet --python "{sys.executable}" "{fresh}"\n'
        f'"{peers}/uv" pip install --quiet --no-cache --offline --no-deps --python "{fresh}" "{dists}"/*.whl\n'
        f'exec "{fresh}/bin/python" "{source}/main.py"\n'
    )
    script.chmod(0o755)
    portable, native = folder / "portable", folder / "native"
    newer, newer_native = folder / "newer", folder / "newer-native"
    for output, main, fields in [
        (portable, MAIN[application], {}),
        (native, MAIN[application], {"launcher": str(common.launcher())}),
        (newer, MAIN[application] + "# A new version.\n", {}),
        (newer_native, MAIN[application] + "# A new version.\n", {"launcher": str(common.launcher())}),
    ]:
        manifest = common.manifest(folder / f"{output.name}-input", application, main, **fields)
        common.run(common.tool(), "assemble", "--manifest", manifest, "--output", output)
    pex = [peers / "pex", "--python", sys.executable, "-D", source, "-m", "main"]
    resolved = [*pex, *requirements, "--pre-resolved-dists", dists]
    common.run(*resolved, "--venv", "--sh-boot", "--no-pre-install-wheels", "-o", folder / "fast.pex")
    common.run(*pex, *requirements, "--no-pypi", "--find-links", dists, "-o", folder / "default.pex")
    site = folder / "shiv-site"
    if not site.exists():
        common.run(
            sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--target", site, *dists.glob("*.whl")
        )
        (site / "main.py").write_text(f"def run():\n    {MAIN[application]}")
    shiv = [peers / "shiv", "--site-packages", site, "-e", "main:run", "-p", sys.executable, "-o", folder / "app.shiv"]
    common.run(*shiv)
    own = [folder / "root/apps", folder / "root/code"]
    return [
        Tool("plain environment", [plain / "bin/python", source / "main.py"], []),
        Tool("monowheel, native launcher", [native], [folder / "root"]),
        Tool("monowheel, portable head", [portable], [folder / "root"]),
        # Its dependencies are there: what is new is its own code.
        Tool("monowheel, native launcher, a new version", [newer_native], own, cheap=True),
        Tool("monowheel, portable head, a new version", [newer], own, cheap=True),
        Tool("uv pip install --no-cache, then run", [script], [fresh], once=True),
        Tool("pex, fastest (--venv --sh-boot, wheels as they are)", [folder / "fast.pex"], [folder / "pexroot"]),
        Tool("pex, default", [folder / "default.pex"], [folder / "pexroot"]),
        Tool("shiv", [folder / "app.shiv"], [folder / "shivroot"]),
    ]


def settle(folder: Path) -> None:
    """Wait until an ext4 without a journal gives out again what was deleted (`recently_deleted` in its `ialloc.c`)."""
    mounts = [line.split()[:3] for line in Path("/proc/self/mounts").read_text().splitlines()]
    device, _, kind = max(
        (mount for mount in mounts if folder.is_relative_to(mount[1])), key=lambda mount: len(mount[1])
    )
    journals = Path("/proc/fs/jbd2").glob(f"{Path(device).name}-*")
    if kind == "ext4" and not any(journals):
        os.sync()
        print("five minutes, until the file system has forgotten what was deleted", file=sys.stderr)
        time.sleep(300)


def measure(application: str) -> list[Tool]:
    """Measure one application with every tool."""
    folder = common.CACHE / "start" / application
    tools = build(application, folder)
    settle(folder)
    cold_rounds, warm_rounds = ROUNDS[application]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment |= {
        # The interpreter itself, as on most machines: a version manager's shims take a tenth of a second each to say what they are.
        "PATH": os.pathsep.join([str(Path(sys.executable).resolve().parent), "/usr/bin", "/bin"]),
        "MONOWHEEL_ROOT": str(folder / "root"),
        "PEX_ROOT": str(folder / "pexroot"),
        "SHIV_ROOT": str(folder / "shivroot"),
    }
    for tool in tools:
        print(f"{application}: {tool.name}", file=sys.stderr)
        for _ in range(warm_rounds if tool.cheap else cold_rounds):
            tool.forget()
            # What others have written must not reach the disk now: who makes files would wait for it.
            os.sync()
            tool.cold.append(tool.start(environment))
    turns = [tool for tool in tools if not tool.once]
    for tool in turns:
        tool.start(environment)
    os.sync()
    for number in range(warm_rounds):
        # Each round begins with another one: what runs after the slow ones is slower.
        first = number % len(turns)
        for tool in turns[first:] + turns[:first]:
            tool.warm.append(tool.start(environment))
    return tools


def rows(tools: list[Tool]) -> list[list[str]]:
    """Lay out medians; what a later start costs over the plain environment is the median over rounds."""
    base = statistics.median(tools[0].warm)
    table = []
    for tool in tools:
        cold = statistics.median(tool.cold)
        row = [tool.name, "-" if tool is tools[0] else f"{cold:.3f}"]
        if tool.warm:
            warm = statistics.median(tool.warm)
            over = statistics.median(mine - plain for mine, plain in zip(tool.warm, tools[0].warm, strict=True))
            row += [f"{warm * 1000:.1f}", f"{over * 1000:+.1f}", f"{warm / base:.2f}"]
        else:
            row += ["-", "-", "-"]
        table.append(row)
    return table


def main() -> None:
    """Measure, print, keep, draw."""
    lines: list[str] = []
    drawn = {}
    for application in sys.argv[1:] or MAIN:
        tools = measure(application)
        count = len(list(common.wheels(application).glob("*.whl")))
        cold, warm = ROUNDS[application]
        lines += [f"## {application}: {count} wheels; medians of {cold} first and {warm} later starts", ""]
        header = ["tool", "first start, s", "later start, ms", "over plain, ms", "times plain"]
        lines += [*common.table(header, rows(tools)), ""]
        drawn[application] = [(tool.name, statistics.median(tool.cold)) for tool in tools[1:]]
    name = "-".join(["start", *sys.argv[1:]])
    common.keep(name, "Starting", lines)
    if not sys.argv[1:]:
        date = datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat()
        title = f"First start in seconds ({date}, {common.machine()})"
        (common.HERE / "results/start.svg").write_text(picture.bars(title, drawn))


if __name__ == "__main__":
    try:
        main()
    finally:
        shutil.rmtree(ASIDE, ignore_errors=True)
