#!/usr/bin/env python3
"""Count what an application of 210 MB of wheels costs a remote cache: bytes up and down, by the log of the server.

Built are the wheels of `science.txt` with one module of our own, against a real nginx: at first, after an edit of one line,
on a second machine, and for another commit that is stamped. Bytes are bytes, so the machine need not be quiet. It needs the
network for the wheels, which Bazel fetches by hash.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

import common
import module
import scale

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import servers

KEPT_OUT = "--modify_execution_info=MonowheelAssemble=+no-remote-cache-upload"
MAIN = "import numpy, pandas, scipy, sklearn, pyarrow, polars\n\nEDITS = 0\n"


def generate(folder: Path) -> None:
    """Write the module: one application over all wheels of the lock file."""
    monowheel = module.monowheel(folder.parent / "monowheel", common.tool())
    folder.mkdir(parents=True)
    shutil.copy(common.HERE / "science.txt", folder / "requirements.txt")
    module.write(folder, monowheel, "requirements.txt")
    (folder / "BUILD.bazel").write_text(
        """load("@monowheel//rules:defs.bzl", "python_binary")

exports_files(["requirements.txt"])

python_binary(
    name = "app",
    main = "main.py",
    python_version = "3.11",
    stamp = -1,
    deps = ["@pypi//:project"],
)
"""
    )
    status = folder / "status.sh"
    status.write_text('#!/bin/sh\nprintf "STABLE_COMMIT "\ncat commit.txt\n')
    status.chmod(0o755)


class Machine(scale.Bazel):
    """A machine with a repository cache and outputs of its own."""

    def __init__(self, folder: Path, output: Path, server: servers.Nginx) -> None:
        super().__init__(folder, output)
        self.server = server

    def build(self, *flags: str) -> None:
        """Build the application."""
        cache = [f"--repository_cache={self.output}/repositories", *self.server.cache_flags]
        self("build", "--spawn_strategy=local", *cache, *flags, "//:app")

    def fetched(self) -> int:
        """Give the bytes of the wheels that it has fetched."""
        return sum(wheel.stat().st_size for wheel in self.output.glob("*/external/*/*.whl"))


class Traffic:
    """What went over the wire since the last look."""

    def __init__(self, server: servers.Nginx) -> None:
        self.server, self.read = server, 0

    def __call__(self) -> tuple[int, int]:
        """Give bytes up and down, headers included."""
        lines = self.server.requests.read_text().splitlines()
        new, self.read = lines[self.read :], len(lines)
        fields = [line.split() for line in new]
        return sum(int(field[3]) for field in fields if field[0] == "PUT"), sum(int(field[4]) for field in fields)


def written(count: int) -> str:
    """Write a number of bytes for people."""
    return f"{count / 1e6:,.1f} MB" if count >= 1e5 else f"{count / 1e3:,.1f} kB" if count else "0"


def measure(folder: Path, work: Path, server: servers.Nginx) -> list[list[str]]:
    """Build step by step; give the rows."""
    traffic, rows, edits = Traffic(server), [], 0
    first, second = (Machine(folder, work / f"bazel-{number}", server) for number in (1, 2))

    def edit() -> None:
        nonlocal edits
        edits += 1
        (folder / "main.py").write_text(MAIN.replace("EDITS = 0", f"EDITS = {edits}"))

    def step(what: str, machine: Machine, *flags: str) -> None:
        before = machine.fetched()
        machine.build(*flags)
        up, down = traffic()
        rows.append([what, written(up), written(down), written(machine.fetched() - before)])

    def commit(name: str) -> list[str]:
        (folder / "commit.txt").write_text(f"{name}\n")
        return ["--stamp", f"--workspace_status_command={folder}/status.sh"]

    (folder / "main.py").write_text(MAIN)
    step("the first machine, the first build", first)
    step("the same again", first)
    step("a second machine, `--remote_download_minimal`", second, "--remote_download_minimal")
    second("clean")
    step("a second machine, `--remote_download_toplevel`", second, "--remote_download_toplevel")
    edit()
    step("an edit of one line", first)
    step("that edit on the second machine, `--remote_download_minimal`", second, "--remote_download_minimal")
    second("clean")
    step("that edit on the second machine, `--remote_download_toplevel`", second, "--remote_download_toplevel")
    edit()
    step("an edit of one line, applications kept out", first, KEPT_OUT)
    step(
        "that edit on the second machine, `--remote_download_toplevel`", second, "--remote_download_toplevel", KEPT_OUT
    )
    first.build(*commit("one"))
    traffic()
    step("another commit of the same sources, `--stamp`", first, *commit("two"))
    for machine in (first, second):
        machine("shutdown")
    return rows


def main() -> None:
    """Measure, and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="a folder outside /tmp; parts of it are emptied")
    work = parser.parse_args().work.resolve()
    for name in ("module", "monowheel", "bazel-1", "bazel-2"):
        # Bazel makes its outputs read-only.
        subprocess.run(["chmod", "-R", "u+w", str(work / name)], check=False, capture_output=True)
        shutil.rmtree(work / name, ignore_errors=True)
    folder = work / "module"
    generate(folder)
    with servers.nginx() as server:
        rows = measure(folder, work, server)
    built = (folder / "bazel-bin/app").stat().st_size
    lines = [
        f"An application of {written(built)}; the cache is nginx over HTTP, and its log counts the bytes, headers included.",
        f"*Kept out* is `{KEPT_OUT}`.",
        "",
        *common.table(["what is built", "up", "down", "wheels fetched from the index"], rows),
    ]
    sys.argv[1:] = ["--work", "DIR"]
    common.keep("remote", "What an application costs a remote cache", lines)


if __name__ == "__main__":
    main()
