"""BuildGrid, installed here, once, from the package index, and nothing by hand."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from debian import CACHE, MissingError, lock

HERE = Path(__file__).resolve().parent


def bgd() -> Path:
    """Give BuildGrid's command, from a virtual environment with exactly the files that the requirements pin by hash."""
    requirements = HERE / "requirements.txt"
    key = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = CACHE / f"buildgrid-{key}"
    with lock(folder):
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            pip = [str(folder / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
            for command in (
                [getattr(sys, "_base_executable", sys.executable), "-m", "venv", str(folder)],
                [*pip, "--only-binary", ":all:", "-r", str(requirements)],
            ):
                done = subprocess.run(command, capture_output=True, text=True)
                if done.returncode:
                    raise MissingError(f"BuildGrid cannot be installed\n{done.stdout}{done.stderr}")
            (folder / "complete").touch()
    return folder / "bin/bgd"
