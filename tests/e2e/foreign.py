"""A root file system of another processor, in which this machine's kernel runs programs through qemu-user."""

import shutil
import subprocess
from pathlib import Path

from debian import CACHE, lock, program

BINFMT = Path("/proc/sys/fs/binfmt_misc")
# An ELF file of 64 bits, little-endian, for aarch64; the mask leaves out the byte of the ABI and of the type (binfmt_misc(5)).
MAGIC = r"\x7fELF\x02\x01\x01" + r"\x00" * 9 + r"\x02\x00\xb7\x00"
MASK = r"\xff" * 7 + r"\x00" + r"\xff" * 8 + r"\xfe\xff\xff\xff"


def run(*command: object) -> None:
    """Run a command; what it said is in the error."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def arm64() -> Path:
    """Give a Debian for arm64 with its Python, unpacked and never configured, that `chroot` can enter."""
    qemu = program("qemu-aarch64-static", "qemu-user-static")
    if not (BINFMT / "register").exists():
        run("mount", "-t", "binfmt_misc", "binfmt_misc", BINFMT)
    if not (BINFMT / "qemu-aarch64").exists():
        # F: the kernel keeps the emulator open, so that it is found within any root.
        (BINFMT / "register").write_text(f":qemu-aarch64:M::{MAGIC}:{MASK}:{qemu}:OCF\n")
    root = CACHE / "arm64"
    with lock(root):
        if not (root / "complete").exists():
            shutil.rmtree(root, ignore_errors=True)
            packages = "--include=python3,libstdc++6"
            debootstrap = program("debootstrap", "debootstrap")
            run(debootstrap, "--arch=arm64", "--foreign", "--variant=minbase", packages, "bookworm", root)
            for package in sorted((root / "var/cache/apt/archives").glob("*.deb")):
                run("dpkg-deb", "--extract", package, root)
            (root / "srv").mkdir(exist_ok=True)
            (root / "complete").touch()
    return root
