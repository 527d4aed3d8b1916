"""Making interpreters to be bundled from one of this machine, and starting files where there is nothing but a C library."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Optional

from debian import install

# All that a program may ask of a machine without Python: the C library and its parts.
LIBC = re.compile(r"(libc|libm|libdl|libpthread|libutil|librt)\.so\.\d+|ld-linux.*|linux-vdso.*")


def needs(program: Path) -> dict[str, Optional[Path]]:
    """Give the libraries that a program is linked with, by name, with where the loader finds them."""
    done = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    found = {}
    for line in done.stdout.splitlines():
        name, _, rest = line.strip().partition(" => ")
        path = re.match(r"/\S+", rest or name)
        found[Path(name.split()[0]).name] = Path(path[0]) if path else None
    return found


def own_interpreter(minors: range) -> tuple[Path, Path]:
    """Give the program and the prefix of a CPython of these versions that needs no other library."""
    folders = [Path(folder) for folder in os.environ["PATH"].split(":") if "shims" not in folder]
    folders += sorted(Path.home().glob(".pyenv/versions/3.*/bin"))
    names = [f"python3.{minor}" for minor in minors]
    candidates = [folder / name for name in names for folder in folders if (folder / name).is_file()]
    for candidate in candidates:
        program = candidate.resolve()
        prefix = program.parent.parent
        own = [name for name in needs(program) if not LIBC.fullmatch(name)]
        library = prefix / "lib" / program.name / "os.py"
        if library.exists() and all((prefix / "lib" / name).exists() for name in own):
            return program, prefix
    raise AssertionError("no CPython on this machine can be moved: each needs libraries of other packages")


def make(folder: Path, minors: range = range(9, 15)) -> Path:
    """Copy an interpreter of these versions to `folder`, in the shape of an `install_only` archive, relocatable as those are."""
    program, prefix = own_interpreter(minors)
    name = program.name

    def ignore(where, names):
        # Hundreds of megabytes that are left out anyway; something is kept of each, so that leaving out shows.
        inside = Path(where).relative_to(prefix).as_posix()
        if inside == f"lib/{name}/site-packages":
            return [each for each in names if each != "README.txt"]
        if inside == f"lib/{name}/test":
            return [each for each in names if each != "__init__.py"]
        return []

    shutil.copytree(prefix / "lib" / name, folder / "lib" / name, symlinks=True, ignore=ignore)
    for library in (prefix / "lib").glob("libpython*"):
        shutil.copy2(library, folder / "lib", follow_symlinks=False)
    (folder / "bin").mkdir()
    for link in ("python", "python3"):
        (folder / "bin" / link).symlink_to(name)
    content = program.read_bytes()
    # The loader is told to look beside the program, in as many bytes as before.
    old, new = os.fsencode(prefix / "lib"), b"$ORIGIN/../lib"
    assert len(new) <= len(old)
    (folder / "bin" / name).write_bytes(content.replace(old + b"\0", new + b"\0" * (len(old) - len(new) + 1)))
    (folder / "bin" / name).chmod(0o755)
    header = folder / "include" / name / "patchlevel.h"
    header.parent.mkdir(parents=True)
    shutil.copy2(prefix / "include" / name / "patchlevel.h", header)
    return folder


def make_static(folder: Path) -> Path:
    """Link an interpreter that asks for no library at all of Debian's Python, and give it its standard library."""
    install("gcc", "libc6-dev", "libpython3-dev", "libexpat1-dev", "zlib1g-dev")
    archives = [path for path in Path("/usr/lib").glob("python3.*/config-*/libpython3.*.a") if "pic" not in path.name]
    archive = max(archives, key=lambda path: int(re.findall(r"3\.(\d+)\.a", path.name)[0]))
    standard = archive.parents[1]
    name = standard.name
    (folder / "bin").mkdir(parents=True)
    source = folder.with_name("main.c")
    source.write_text("#include <Python.h>\nint main(int count, char **words) { return Py_BytesMain(count, words); }\n")
    command = ["gcc", "-static", "-o", folder / "bin" / name, source, f"-I/usr/include/{name}", archive]
    done = subprocess.run([*command, "-lexpat", "-lz", "-lm"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (folder / "bin/python3").symlink_to(name)
    shutil.copytree(standard, folder / "lib" / name, ignore=shutil.ignore_patterns("__pycache__", "config-*", "*.so"))
    return folder


def bare(folder: Path, interpreter: Path) -> Path:
    """Make a root file system with the C library, a home, and nothing else: no shell, no Python."""
    program = next(path for path in (interpreter / "bin").iterdir() if not path.is_symlink())
    for name, path in needs(program).items():
        if path and LIBC.fullmatch(name):
            target = folder / path.relative_to("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path.resolve(), target)
    (folder / "proc").mkdir()
    (folder / "root").mkdir(mode=0o700)
    return folder


def start(folder: Path, *command, check=True, **variables) -> subprocess.CompletedProcess:
    """Start a command with `folder` as its root file system, in namespaces of its own; /proc is there if it has a folder."""
    spaces = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount", "--pid", "--fork"]
    script = '[ ! -d "$1/proc" ] || mount -t proc proc "$1/proc" && exec "$0" "$@"'
    chroot = shutil.which("chroot", path="/usr/sbin:/usr/bin:/sbin:/bin")
    done = subprocess.run(
        ["/usr/bin/env", "unshare", *spaces, "/bin/sh", "-c", script, chroot, str(folder), *command],
        env={"HOME": "/root", **{name: str(value) for name, value in variables.items()}},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if check and done.returncode:
        raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done
