#!/usr/bin/env python3
"""Serve a request from a file for musl, with a CPython that is linked with musl, and keep what was seen in `results/`.

Nobody gives away such a CPython that a test could fetch, so it is built from Debian's source packages, with OpenSSL, which uvicorn imports:
some four minutes of one processor, once. That is why no suite does it. The wheels are the real ones, musllinux where they have machine
code. MONOWHEEL_TOOL names the tool; its own build is that of `tests/run`.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
from conftest import TOP, free_port, get, keep, serving
from debian import CACHE, MissingError, lock, program

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
PYTHON = "3.11"
PLATFORM = "x86_64-unknown-linux-musl"
PARTS = [f"python{PYTHON}", "openssl", "zlib"]
# Parts of OpenSSL that the interpreter goes without: less to build.
_LEFT_OUT = """
    aria async bf camellia cast cmp ct des dsa dso engine gost idea legacy mdc2 ocb psk rc2 rc4 rmd160 secure-memory seed siphash sm2 sm3 sm4
    srp tests ts whirlpool
"""
OPENSSL = ["no-shared", "no-asm", *(f"no-{part}" for part in _LEFT_OUT.split())]


def run(folder: Path, *command: object) -> str:
    """Run a command in `folder` and give what it printed; what it said is in the error."""
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout


def sources(folder: Path) -> None:
    """Download the source packages; apt checks their signatures. The machine's own list of packages stays as it is."""
    fields = "$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)"
    told = run(folder, "apt-get", "indextargets", "--format", fields, "Created-By: Packages").splitlines()
    # The release itself, not its updates: what they have of sources is soon replaced.
    parts = {tuple(line.split()[1:]) for line in told if line.startswith("Debian ")}
    archives = sorted(part for part in parts if "-" not in part[1])
    if not archives:
        raise MissingError("the sources of Python are wanted, and apt-get knows no archive of Debian")
    (folder / "lists/partial").mkdir(parents=True)
    lines = [f"deb-src [signed-by={KEYRING}] {' '.join(archive)}\n" for archive in archives]
    (folder / "sources.list").write_text("".join(lines))
    options = [
        f"Dir::Etc::sourcelist={folder}/sources.list",
        "Dir::Etc::sourceparts=-",
        f"Dir::State::lists={folder}/lists",
    ]
    apt = ["apt-get", "-qq", *(part for option in options for part in ("-o", option))]
    run(folder, *apt, "update")
    run(folder, *apt, "source", "--download-only", *PARTS)
    for name in PARTS:
        (folder / name).mkdir()
        # One archive, and maybe a signature beside it.
        (archive,) = (path for path in folder.glob(f"{name}_*.orig.tar.*") if path.suffix != ".asc")
        run(folder, "tar", "--extract", "--file", archive, "--strip-components=1", "--directory", name)


def python() -> Path:
    """Give the interpreter. It is built without optimizing, which is quicker than any test needs it."""
    program("musl-gcc", "musl-tools")
    place = CACHE / "musl-python"
    with lock(place):
        if not (place / "complete").exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            sources(place)
            # It is asked what it calls this system, and answers for the gcc that it wraps.
            compiler = place / "cc"
            compiler.write_text(
                '#!/bin/sh\ncase "$*" in *-print-multiarch) echo x86_64-linux-musl ;; *) exec musl-gcc "$@" ;; esac\n'
            )
            compiler.chmod(0o755)
            zlib = ["env", f"CC={compiler}", "CFLAGS=-O1 -fPIC", "./configure", "--static", f"--prefix={place}/usr"]
            run(place / "zlib", *zlib)
            run(place / "zlib", "make", "--silent", "install")
            openssl = place / "openssl"
            target = ["linux-x86_64", f"--prefix={place}/usr", "--libdir=lib", *OPENSSL, "-O0"]
            run(openssl, "env", f"CC={compiler}", "./Configure", *target)
            run(openssl, "make", "--silent", f"-j{os.cpu_count()}", "build_libs")
            run(openssl, "make", "--silent", "install_dev")
            flags = [f"CC={compiler}", f"CPPFLAGS=-I{place}/usr/include", f"LDFLAGS=-L{place}/usr/lib"]
            options = [
                f"--prefix={place}/usr",
                "--disable-test-modules",
                "--without-ensurepip",
                f"--with-openssl={place}/usr",
            ]
            source = place / f"python{PYTHON}"
            run(source, "./configure", "--quiet", *flags, *options)
            run(source, "make", "--silent", f"-j{os.cpu_count()}", "OPT=-O0 -DNDEBUG -w")
            run(source, "make", "--silent", "install", "OPT=-O0 -DNDEBUG -w")
            (place / "complete").touch()
    return place / f"usr/bin/python{PYTHON}"


def main() -> None:
    """Build, start, request, look what is loaded, write it down."""
    interpreter = python()
    tool = os.environ.get("MONOWHEEL_TOOL", str(TOP / "tool/target/debug/monowheel"))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        service = folder / "service"
        options = ["--script", "uvicorn", "--source", "svc", "--platform", PLATFORM, "--python", PYTHON]
        run(TOP / "examples/fastapi", tool, "build", *options, "--cache-dir", folder / "downloads", "--output", service)
        port = free_port()
        environment = {
            "PATH": "/usr/bin:/bin",
            "MONOWHEEL_ROOT": str(folder / "root"),
            "MONOWHEEL_PYTHON": str(interpreter),
        }
        with serving([str(service), "main:app", "--port", str(port)], port, cwd=folder, env=environment) as process:
            status, body = get(port)
            maps = Path(f"/proc/{process.pid}/maps").read_text().splitlines()
    assert (status, json.loads(body)) == (200, {"message": "Hello World"}), (status, body)
    # The C library is the loader itself, and the only one.
    mapped = sorted({line.split(maxsplit=5)[5].rsplit("/", 1)[-1] for line in maps if "/" in line and ".so" in line})
    assert f"_pydantic_core.cpython-{PYTHON.replace('.', '')}-x86_64-linux-musl.so" in mapped, mapped
    assert not [name for name in mapped if name.startswith(("ld-linux", "libc.so.6", "libc-"))], mapped
    version = run(Path(), interpreter, "-VV").strip()
    own = [f"- `{name}`" for name in mapped if not name.startswith("_") or "pydantic" in name or "rust" in name]
    seen = f"`GET /` gave {status} and `{body}`. No glibc in the process; mapped besides Python's own modules:"
    what = f"examples/fastapi for {PLATFORM}, {version}"
    keep("musl", "A file for musl, served with a musl Python", what, [seen, "", *own])


if __name__ == "__main__":
    main()
