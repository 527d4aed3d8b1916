"""What the oracle shares: folders, downloads by hash, names."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
CACHE = Path(
    os.environ.get("MONOWHEEL_TEST_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "monowheel-tests"
)
WHEELS = CACHE / "oracle-wheels"
TOOL = os.environ.get("MONOWHEEL_TOOL", str(TOP / "tool/target/debug/monowheel"))
PYTHON = "3.11"


def name_of(wheel: Path) -> str:
    """Give the normalized name of a wheel's project."""
    return re.sub(r"[-_.]+", "-", wheel.name.split("-")[0]).lower()


def download(requirements: Iterable[str], missing_ok: bool = False) -> None:
    """Have pip download wheels for the Python and the platform of the oracle."""
    WHEELS.mkdir(parents=True, exist_ok=True)
    asked = WHEELS / f"asked-{os.getpid()}.txt"
    asked.write_text("\n".join(requirements) + "\n")
    line = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    line += ["--only-binary", ":all:", "--dest", str(WHEELS), "--requirement", str(asked)]
    line += ["--python-version", PYTHON, "--implementation", "cp"]
    for abi in ("cp311", "abi3", "none"):
        line += ["--abi", abi]
    # From the newest down to manylinux1 (PEP 600), as pip itself would for a machine of today.
    for platform in [*(f"manylinux_2_{minor}_x86_64" for minor in range(34, 4, -1)), "manylinux2014_x86_64"]:
        line += ["--platform", platform]
    for platform in ("manylinux2010_x86_64", "manylinux1_x86_64", "linux_x86_64"):
        line += ["--platform", platform]
    try:
        done = subprocess.run(line, capture_output=True, text=True, check=False)
    finally:
        asked.unlink()
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        if not missing_ok:
            sys.exit(done.returncode)
