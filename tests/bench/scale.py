#!/usr/bin/env python3
"""Time Bazel on a generated monorepo: 1,000 applications over 200 libraries and a lock file of 300 packages.

Analysis of everything (in three sizes, to see how it grows), a build of everything, a build of nothing, and a build
after an edit of a library that many share; the memory of Bazel's server; a table goes into `results/`. Nothing is
downloaded.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import module

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from runtime.files import Wheel

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
PACKAGES, LIBRARIES, APPLICATIONS = 300, 200, 1000
# An index that is a folder of the monorepo.
INDEX = "wheels"


def named(names: Iterable[str]) -> str:
    """Write a list of dependencies as uv does."""
    return ", ".join(f'{{ name = "{name}" }}' for name in names)


def lock(folder: Path) -> str:
    """Make the wheels, and a lock file that names them."""
    chance = random.Random(1)
    entries = []
    (folder / "wheels").mkdir()
    for number in range(PACKAGES):
        name = f"package{number}"
        wheel = Wheel(name, {f"{name}/__init__.py": f"NUMBER = {number}\n" * 20}).write(folder / "wheels")
        needs = sorted(chance.sample(range(number), min(number, chance.randrange(3))))
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        entries.append(
            f'[[package]]\nname = "{name}"\nversion = "1.0"\nsource = {{ registry = "{INDEX}" }}\n'
            + f"dependencies = [{named(f'package{need}' for need in needs)}]\n"
            + f'wheels = [{{ path = "{wheel.name}", hash = "sha256:{digest}", size = {wheel.stat().st_size} }}]\n'
        )
    names = [f"package{number}" for number in range(PACKAGES)]
    entries.append(
        '[[package]]\nname = "scale"\nversion = "0"\nsource = { virtual = "." }\n'
        + f"dependencies = [{named(names)}]\n"
        + "\n[package.metadata]\n"
        + f"requires-dist = [{named(names)}]\n"
    )
    return 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n\n' + "\n".join(entries)


def generate(folder: Path, tool: Path | None) -> None:
    """Write the monorepo: libraries that use earlier ones, applications that use five of them."""
    monowheel = module.monowheel(folder.parent / "monowheel", tool)
    chance = random.Random(2)
    folder.mkdir(parents=True)
    (folder / "uv.lock").write_text(lock(folder))
    (folder / "BUILD.bazel").touch()
    module.write(folder, monowheel, "uv.lock")
    for number in range(LIBRARIES):
        # Library 0 is shared by nearly everything.
        deps = {f"//lib{other}" for other in chance.sample(range(number), min(number, 3))} | (
            {"//lib0"} if number else set()
        )
        deps |= {f"@pypi//package{other}" for other in chance.sample(range(PACKAGES), 3)}
        sources = {f"m{index}.py": f"VALUE = {number * 100 + index}\n" for index in range(5)}
        package(folder / f"lib{number}", "python_library", f"lib{number}", sources, deps)
    for number in range(APPLICATIONS):
        deps = {f"//lib{other}" for other in chance.sample(range(LIBRARIES), 5)}
        deps |= {f"@pypi//package{other}" for other in chance.sample(range(PACKAGES), 2)}
        main = {"main.py": f"print({number})\n"}
        package(folder / f"size{number % 4}/app{number}", "python_binary", "bin", main, deps, 'main = "main.py",')


def package(folder: Path, rule: str, name: str, sources: dict[str, str], deps: set[str], more: str = "") -> None:
    """Write a package with one target."""
    folder.mkdir(parents=True)
    for file, text in sources.items():
        (folder / file).write_text(text)
    (folder / "BUILD.bazel").write_text(
        f'load("@monowheel//rules:defs.bzl", "{rule}")\n\n{rule}(\n    name = "{name}",\n'
        f'    srcs = {sorted(sources)},\n    {more}\n    visibility = ["//visibility:public"],\n'
        f"    deps = {sorted(deps)},\n)\n".replace("'", '"')
    )


class Bazel:
    """Bazel in the monorepo, with one server."""

    def __init__(self, folder: Path, output: Path) -> None:
        self.folder, self.output = folder, output

    def __call__(self, command: str, *arguments: str) -> tuple[float, str]:
        """Run a command; give its seconds and what it printed."""
        started = time.monotonic()
        done = subprocess.run(
            [str(TOP / "bazelw"), f"--output_user_root={self.output}", command, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            sys.exit(f"bazel {command} {' '.join(arguments)}\n{done.stderr[-6000:]}")
        return time.monotonic() - started, done.stdout + done.stderr

    def info(self, key: str) -> str:
        """Give one of the server's facts."""
        return self("info", key)[1].splitlines()[0]

    def written(self) -> int:
        """Give the bytes in the files of all applications that are newer than a second mark."""
        return sum(path.stat().st_size for path in self.outputs())

    def outputs(self) -> list[Path]:
        """Give the applications that are built."""
        return list((self.folder / "bazel-bin").glob("size*/app*/bin"))


def megabytes(size: float) -> str:
    """Write a size for people."""
    return f"{size / 1e6:,.0f} MB"


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="a folder outside /tmp; it is emptied")
    parser.add_argument("--tool", type=Path, help="a tool built before, instead of one that Bazel builds from source")
    parser.add_argument("--no-build", action="store_true", help="measure loading and analysis alone")
    given = parser.parse_args()
    folder = given.work.resolve() / "monorepo"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(folder.parent / "monowheel", ignore_errors=True)
    generate(folder, given.tool)
    bazel = Bazel(folder, given.work.resolve() / "bazel")
    rows: list[tuple[str, str]] = []
    measure(bazel, rows, given.no_build)
    load = f"{os.getloadavg()[0]:.1f}"
    today = datetime.date.today().isoformat()
    result = HERE / f"results/{today}-scale.md"
    result.parent.mkdir(exist_ok=True)
    title = f"{APPLICATIONS:,} applications, {LIBRARIES} libraries, {PACKAGES} packages"
    lines = [
        f"# {title}",
        "",
        f"{today}, {bazel('--version')[1].strip()}, {os.cpu_count()} processors, load average {load} at the end.",
        "",
    ]
    lines += ["| what | result |", "|---|---|", *(f"| {what} | {value} |" for what, value in rows)]
    result.write_text("\n".join(lines) + "\n")
    print(result.read_text())


def measure(bazel: Bazel, rows: list[tuple[str, str]], no_build: bool) -> None:
    """Fill the rows."""
    bazel("build", "--nobuild", "//...")  # Fetches what there is to fetch.
    quarters = [f"//size{number}/..." for number in range(4)]
    for count in (1, 2, 4):
        bazel("shutdown")
        bazel("info", "release")
        seconds, _ = bazel("build", "--nobuild", *quarters[:count])
        rows.append(
            (f"loading and analysis of {count * APPLICATIONS // 4} applications, fresh server", f"{seconds:.1f} s")
        )
    bazel("dump", "--skyframe=summary")
    rows.append(("heap after analysis and a collection", bazel.info("used-heap-size-after-gc")))
    # Another configuration analyses everything again, with packages loaded and the virtual machine warm.
    seconds, _ = bazel("build", "--nobuild", "-c", "opt", *quarters)
    rows.append(("analysis alone of 1,000 applications, warm server", f"{seconds:.1f} s"))
    seconds, _ = bazel("build", "--nobuild", "-c", "opt", *quarters)
    rows.append(("analysis again, nothing changed", f"{seconds:.1f} s"))
    if not no_build:
        build(bazel, rows, quarters)
    server = Path(f"/proc/{bazel.info('server_pid')}/status").read_text()
    peak = next(line for line in server.splitlines() if line.startswith("VmHWM")).split()[1]
    rows.append(("peak memory of the server (resident)", megabytes(int(peak) * 1024)))
    bazel("shutdown")


def build(bazel: Bazel, rows: list[tuple[str, str]], targets: list[str]) -> None:
    """Build everything, nothing, and what an edit asks for."""
    flags = ["--spawn_strategy=local"]
    seconds, _ = bazel("build", *flags, *targets)
    rows.append(("build of everything", f"{seconds:.1f} s, {megabytes(bazel.written())}"))
    seconds, _ = bazel("build", *flags, *targets)
    rows.append(("build of nothing", f"{seconds:.1f} s"))
    before = {path: path.stat().st_mtime_ns for path in bazel.outputs()}
    (bazel.folder / "lib0/m0.py").write_text("VALUE = -1\n")
    seconds, _ = bazel("build", *flags, *targets)
    changed = [path for path in bazel.outputs() if path.stat().st_mtime_ns != before[path]]
    size = megabytes(sum(path.stat().st_size for path in changed))
    rows.append(("edit of the library that all share", f"{seconds:.1f} s, {len(changed)} applications, {size} written"))


if __name__ == "__main__":
    main()
