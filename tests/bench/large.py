#!/usr/bin/env python3
"""Make an application of more than 10 GiB and 300,000 files, start it, and measure the memory of every step.

Its 60 wheels of 5,001 files take next to no room; the application and what it unpacks take 22 GB while this runs, in FOLDER if one is
given. Fails where a step takes more memory than its bound.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import common

sys.path.insert(0, str(common.TOP / "tests"))
import sparse

WHEELS, FILES, DATA = 60, 5_000, 176 << 20
# The names, sizes and hashes of 300,000 files are held while conflicts are looked for; contents never are.
MOST = {"facts": 64, "assemble": 256, "inspect": 256, "verify": 256, "start": 128}
MAIN = """
import os
parts = [__import__(f"big{number:02d}") for number in range(WHEELS)]
folders = [os.path.dirname(part.__file__) for part in parts]
print(sum(not name.endswith(".pyc") for folder in folders for _, _, files in os.walk(folder) for name in files))
print(sum(os.path.getsize(os.path.join(folder, "data.bin")) for folder in folders))
""".replace("WHEELS", str(WHEELS))


class Steps:
    """What was measured: wall time and peak memory by step, of its processes the largest."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.seconds: dict[str, float] = {}
        self.memory: dict[str, int] = {}

    def run(self, step: str, *command: object, **environment: str) -> str:
        """Run a command as a part of a step; give what it printed."""
        begun = time.perf_counter()
        line = [str(part) for part in command]
        child = subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=os.environ | environment)
        printed = child.stdout.read() if child.stdout else ""
        _, status, usage = os.wait4(child.pid, 0)
        if status:
            sys.exit(f"{' '.join(line)} failed\n{printed}")
        self.seconds[step] = self.seconds.get(step, 0) + time.perf_counter() - begun
        self.memory[step] = max(self.memory.get(step, 0), usage.ru_maxrss >> 10)
        return printed


def wheels(folder: Path) -> list[Path]:
    """Make the wheels."""
    made = []
    for number in range(WHEELS):
        name = f"big{number:02d}"
        many = ((f"{name}/m{file // 100:02d}/{file % 100:02d}.py", b"VALUE = %d\n" % file) for file in range(FILES - 2))
        files = [(f"{name}/__init__.py", b""), (f"{name}/data.bin", sparse.Zeros(DATA, b"%d" % number)), *many]
        made.append(sparse.wheel(folder, name, files))
    return made


def measure(folder: Path, steps: Steps) -> list[str]:
    """Take all steps; give what describes the application."""
    tool = common.tool()
    (folder / "main.py").write_text(MAIN)
    lines = [
        {"kind": "application", "version": 1, "origin": "large", "main": "_main/main.py"},
        {"kind": "file", "path": str(folder / "main.py"), "dest": "_main/main.py", "origin": "large"},
    ]
    count = 0
    for wheel in wheels(folder):
        facts = folder / f"{wheel.name}.json"
        steps.run("facts", tool, "facts", "--wheel", wheel, "--output", facts)
        count += len(json.loads(facts.read_text())["files"])
        lines.append({"kind": "wheel", "path": str(wheel), "facts": str(facts), "origin": wheel.name})
    manifest, file, root = folder / "manifest.jsonl", folder / "large", folder / "root"
    for head, fields in (("portable", {}), ("native", {"launcher": str(common.launcher())})):
        lines[0] |= fields
        manifest.write_text("".join(json.dumps(line) + "\n" for line in lines))
        steps.run("assemble", tool, "assemble", "--manifest", manifest, "--output", file)
        if head == "portable":
            steps.run("inspect", tool, "inspect", "--json", file)
            steps.run("verify", tool, "verify", file)
        size = file.stat().st_size
        printed = steps.run(f"start, {head}", file, MONOWHEEL_ROOT=str(root), MONOWHEEL_PYTHON=sys.executable)
        if printed.split() != [str(WHEELS * FILES), str(WHEELS * DATA + len("".join(map(str, range(WHEELS)))))]:
            sys.exit(f"the application of the {head} head found something else: {printed}")
        shutil.rmtree(root)
        file.unlink()
    return [f"{WHEELS} wheels, {count:,} files, {size / (1 << 30):.1f} GiB", ""]


def main() -> None:
    """Measure, print, keep; fail where a bound does not hold."""
    steps = Steps()
    with tempfile.TemporaryDirectory(prefix="large-", dir=sys.argv[1] if sys.argv[1:] else None) as name:
        heading = measure(Path(name), steps)
    del sys.argv[1:]
    rows = []
    for step, seconds in steps.seconds.items():
        bound = MOST[step.partition(",")[0]]
        rows.append([step, f"{seconds:.0f}", str(steps.memory[step]), str(bound)])
    heading += [f"Facts are the sum of {WHEELS} runs; memory is the peak of the largest process of a step.", ""]
    common.keep(
        "large", "A large application", heading + common.table(["step", "seconds", "MB at most", "bound"], rows)
    )
    if broken := [step for step, _, found, bound in rows if int(found) > int(bound)]:
        sys.exit(f"more memory than the bound: {', '.join(broken)}")


if __name__ == "__main__":
    main()
