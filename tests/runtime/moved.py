"""CPython 3.14, which few machines have yet: that of the root file system in which Bazel runs, moved out of it.

Its program is bound to a newer C library than this machine may have, so the library and its loader come along.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Optional

HERE = Path(__file__).resolve().parent
NAME = "python3.14"


def interpreter() -> Optional[Path]:
    """Give the program of the copy, made if it is not there; None where Bazel does not run in a root of its own."""
    import debian

    bazelw = HERE.parents[1] / "bazelw"
    ask = ["/bin/sh", "-c", f"command -v {NAME} && {NAME} -V"]
    asked = subprocess.run([bazelw, "--in-root", *ask], capture_output=True, text=True, check=False)
    if asked.returncode:
        return None
    found, version = asked.stdout.splitlines()
    folder = debian.CACHE / f"interpreters/{version.replace(' ', '-').lower()}"
    with debian.lock(folder):
        if not folder.exists():
            beside = folder.with_name(f"{folder.name}.{os.getpid()}.new")
            shutil.rmtree(beside, ignore_errors=True)
            subprocess.run([bazelw, "--in-root", found, __file__, beside], check=True)
            loader = next((beside / "lib").glob("ld-linux*"))
            # DT_RPATH rather than DT_RUNPATH: what the extension modules need is looked for there as well.
            paths = [
                "--set-interpreter",
                folder / "lib" / loader.name,
                "--force-rpath",
                "--set-rpath",
                "$ORIGIN/../lib",
            ]
            subprocess.run([debian.program("patchelf", "patchelf"), *paths, beside / "bin" / NAME], check=True)
            beside.rename(folder)
    return folder / "bin" / NAME


def libraries(*programs: Path) -> dict[str, Path]:
    """Give the libraries that programs are linked with, by name, and the loader."""
    found = {}
    for program in programs:
        text = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        for name, path in re.findall(r"^\t(?:(\S+) => )?(/\S+)", text, re.MULTILINE):
            found[name or Path(path).name] = Path(path)
    return found


def copy(folder: Path) -> None:
    """Copy the interpreter that runs this, with all that it needs."""
    standard = Path(os.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__", "*.a", "test", "idlelib", "tkinter", "ensurepip", "turtledemo")
    shutil.copytree(standard, folder / "lib" / NAME, ignore=ignored)
    (folder / "bin").mkdir()
    program = Path(sys.executable).resolve()
    shutil.copy2(program, folder / "bin" / NAME)
    for link in ("python", "python3"):
        (folder / "bin" / link).symlink_to(NAME)
    for name, path in libraries(program, *standard.glob("lib-dynload/*.so")).items():
        shutil.copy2(path.resolve(), folder / "lib" / name)


if __name__ == "__main__":
    copy(Path(sys.argv[1]))
