"""Programs that tests need of the machine: found, or installed from Debian's packages; a test never goes without."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

CACHE = Path(
    os.environ.get("MONOWHEEL_TEST_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "monowheel-tests"
)


class MissingError(Exception):
    """A part cannot be had; one sentence, then what the installer said."""


def program(name: str, *packages: str, folders: tuple[str, ...] = ()) -> Path:
    """Find a program on PATH or in `folders` (patterns); install its Debian packages where it is missing."""
    found = _find(name, folders)
    if not found:
        install(*packages)
        found = _find(name, folders)
    if not found:
        raise MissingError(f"`{name}` is missing although {' and '.join(packages)} is installed")
    return Path(found)


def _find(name: str, folders: tuple[str, ...]) -> str | None:
    more = sorted((str(folder) for pattern in folders for folder in Path("/").glob(pattern.lstrip("/"))), reverse=True)
    return shutil.which(name, path=os.pathsep.join([*more, os.environ.get("PATH", "")]))


def install(*packages: str) -> None:
    """Install Debian packages, and start none of their services."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        wanted = " ".join(packages)
        raise MissingError(
            f"install {wanted}: it is missing, and only root on a Debian-like machine can install it here"
        )
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    wanted = [*apt, "install", "--yes", "--no-install-recommends", *packages]
    with lock(CACHE / "apt"):
        done = subprocess.run(wanted, capture_output=True, text=True, env=environment)
        if done.returncode:
            subprocess.run([*apt, "update"], capture_output=True, env=environment)
            done = subprocess.run(wanted, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise MissingError(f"install {' '.join(packages)}: apt-get failed\n{done.stderr}")


class lock:  # noqa: N801
    """Hold `NAME.lock`, so that two test runs do not install into one folder."""

    def __init__(self, name: Path) -> None:
        self.path = name.with_name(name.name + ".lock")

    def __enter__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = self.path.open("w")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self.file.close()
