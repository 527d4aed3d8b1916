"""What the servers are made of: installed here, once, from the package registries, and nothing by hand."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .process import ServerError

HERE = Path(__file__).resolve().parent
CACHE = Path(
    os.environ.get("MONOWHEEL_TEST_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "monowheel-tests"
)


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
                    raise ServerError(f"BuildGrid cannot be installed\n{done.stdout}{done.stderr}")
            (folder / "complete").touch()
    return folder / "bin/bgd"


def program(name: str, package: str, *folders: str) -> Path:
    """Find a program of the machine; install its Debian package where it is missing."""
    path = os.pathsep.join([*sorted(map(str, _folders(folders)), reverse=True), os.environ.get("PATH", "")])
    found = shutil.which(name, path=path)
    if not found:
        install(package)
        path = os.pathsep.join([*sorted(map(str, _folders(folders)), reverse=True), path])
        found = shutil.which(name, path=path)
    if not found:
        raise ServerError(f"`{name}` is missing although the package {package} is installed")
    return Path(found)


def _folders(patterns: tuple[str, ...]) -> list[Path]:
    return [folder for pattern in patterns for folder in Path("/").glob(pattern.lstrip("/"))]


def install(package: str) -> None:
    """Install a Debian package, and start none of its services."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise ServerError(
            f"install {package}: it is missing, and only root on a Debian-like machine can install it here"
        )
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    wanted = ["apt-get", "install", "--yes", "--no-install-recommends", package]
    with lock(CACHE / "apt"):
        done = subprocess.run(wanted, capture_output=True, text=True, env=environment)
        if done.returncode:
            subprocess.run(["apt-get", "update"], capture_output=True, env=environment)
            done = subprocess.run(wanted, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise ServerError(f"install {package}: apt-get failed\n{done.stderr}")


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
