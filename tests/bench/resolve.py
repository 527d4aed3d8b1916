#!/usr/bin/env python3
"""Time reading a uv.lock of 500 packages and choosing wheels for five platforms, against uv exporting the same lock.

The lock file is generated, of the shape that uv writes: a dozen wheels for each package with machine code, markers,
extras, and dependencies in a few layers. Then Bazel: what a start of its server costs with that lock and without it.
Nothing is downloaded but the peers, once.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import common
import module

PACKAGES = 500
ROUNDS = 11
STARTS = 7
PLATFORMS = [
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
]
TAGS = [
    f"cp{minor}-cp{minor}-{platform}"
    for minor in (311, 312, 313)
    for platform in (
        "macosx_11_0_arm64",
        "manylinux_2_17_aarch64.manylinux2014_aarch64",
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "musllinux_1_2_x86_64",
        "win_amd64",
    )
]
MARKERS = ["", "", "", "sys_platform == 'win32'", "python_full_version < '3.13'", "platform_machine != 's390x'"]


def wheel(name: str, tag: str) -> str:
    """Write a wheel as a lock file has it; its address is one that nothing asks."""
    digest = hashlib.sha256(f"{name}{tag}".encode()).hexdigest()
    return f'{{ url = "https://wheels.invalid/{name}-1.0-{tag}.whl", hash = "sha256:{digest}", size = 1000 }}'


def dependency(name: str, marker: str) -> str:
    """Write a dependency."""
    return f'    {{ name = "{name}"' + (f', marker = "{marker}"' if marker else "") + " },"


def lock() -> str:
    """Write the lock file: the first packages need later ones, and the project needs fifty."""
    chance = random.Random(1)
    entries = []
    for number in range(PACKAGES):
        name = f"package-{number}"
        needs = sorted(chance.sample(range(number + 1, PACKAGES), min(4, PACKAGES - number - 1)))
        tags = TAGS if number % 4 == 0 else ["py3-none-any"]
        source = 'source = { registry = "https://wheels.invalid/simple" }'
        entry = [f'[[package]]\nname = "{name}"\nversion = "1.0"\n{source}']
        if needs:
            entry += ["dependencies = [", *(dependency(f"package-{n}", chance.choice(MARKERS)) for n in needs), "]"]
        entry += ["wheels = [", *(f"    {wheel(name.replace('-', '_'), tag)}," for tag in tags), "]"]
        entries.append("\n".join(entry))
    roots = [f"package-{number}" for number in range(50)]
    entries.append(
        '[[package]]\nname = "bench"\nversion = "0"\nsource = { virtual = "." }\ndependencies = [\n'
        + "\n".join(dependency(name, "") for name in roots)
        + "\n]\n\n[package.metadata]\nrequires-dist = [\n"
        + "\n".join(dependency(name, "") for name in roots)
        + "\n]"
    )
    return 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n\n' + "\n\n".join(entries) + "\n"


def write(folder: Path) -> int:
    """Write the project, and give the number of wheels in its lock file."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    text = lock()
    (folder / "uv.lock").write_text(text)
    names = ", ".join(f'"package-{number}"' for number in range(50))
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "bench"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = [{names}]\n'
        '\n[[tool.uv.index]]\nurl = "https://wheels.invalid/simple"\ndefault = true\n'
    )
    return text.count(".whl")


def bazel(folder: Path, *words: str) -> str:
    """Run Bazel in the project, with a server of its own, and give what it printed."""
    line = [common.TOP / "bazelw", f"--output_user_root={common.CACHE}/bazel", *words]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def processor(folder: Path) -> float:
    """Give the seconds of processor time that the server has taken since it started, by proc(5)."""
    base = Path(bazel(folder, "info", "output_base").strip())
    process = (base / "server/server.pid.txt").read_text().strip()
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def evaluated(profile: Path) -> float:
    """Give the seconds that evaluating the module extension took, by Bazel's own profile."""
    with gzip.open(profile) as file:
        events = json.load(file)["traceEvents"]
    # Microseconds: the trace event format.
    return sum(event["dur"] for event in events if event["name"].startswith("evaluate module extension:")) / 1e6


def server(folder: Path, tool: Path) -> list[tuple[str, float, float, float]]:
    """Time the first command of a server, with the lock and without: in all, of the processor, and of the extension.

    Both load the rules of a target of the project, so that the difference is the lock file's.
    """
    found = []
    monowheel = module.monowheel(folder / "monowheel", tool)
    (folder / "main.py").touch()
    (folder / "BUILD.bazel").write_text(
        'load("@monowheel//rules:defs.bzl", "python_binary")\n\nexports_files(["uv.lock"])\n\n'
        'python_binary(\n    name = "app",\n    main = "main.py",\n)\n'
    )
    (folder / ".bazelignore").write_text("monowheel\n")
    profile = folder / "profile.gz"
    for what, lock_file, targets in [
        ("without a lock file", None, "//:app"),
        ("with it", "uv.lock", "//:app + @pypi//package_0"),
    ]:
        module.write(folder, monowheel, lock_file)
        command = ["query", targets, f"--profile={profile}"]
        bazel(folder, *command)  # fetches the tool
        taken = common.median(STARTS, lambda: bazel(folder, "shutdown"), lambda c=command: bazel(folder, *c))
        found.append((what, taken, processor(folder), evaluated(profile)))
    bazel(folder, "shutdown")
    return found


def main() -> None:
    """Measure, print, keep."""
    folder = common.CACHE / "resolve"
    wheels = write(folder)
    tool, uv = common.tool(), common.peers() / "uv"
    out = folder / "resolved.json"
    ours = [tool, "resolve", "--lock", folder / "uv.lock", "--output", out]
    for platform in PLATFORMS:
        ours += ["--platform", platform]
    export = [
        uv,
        "export",
        "--quiet",
        "--frozen",
        "--offline",
        "--project",
        folder,
        "--output-file",
        folder / "out.txt",
    ]
    rows = []
    for name, command in [
        ("monowheel resolve, five platforms, one Python", [*ours, "--python", "3.11"]),
        ("monowheel resolve, five platforms, every Python", ours),
        ("uv export, platform not chosen", export),
    ]:
        common.run(*command)
        taken = common.median(ROUNDS, lambda: None, lambda c=command: common.run(*c))
        rows.append([name, f"{taken * 1000:.0f}"])
    lines = [f"## {PACKAGES} packages, {wheels} wheels", "", *common.table(["command", "ms"], rows), ""]
    starts = [[what, *(f"{seconds:.2f}" for seconds in row)] for what, *row in server(folder, tool)]
    header = ["lock file", "seconds", "processor seconds of the server", "seconds of the extension, by Bazel's profile"]
    lines += ["## The first query of a Bazel server", "", *common.table(header, starts), ""]
    common.keep("resolve", "Reading a lock file", lines)


if __name__ == "__main__":
    main()
