#!/usr/bin/env python3
"""Build and start a file with the interpreter of rules_python's own toolchain, and keep what was seen in `results/`.

Arguments are flags for Bazel: where the registry is out of reach, `--override_module=rules_python=DIR` and the like. The
archive that the toolchain unpacks is made of a CPython of this machine, in the shape of an `install_only` one, since those
are to be had from one host alone; all else is what a user of `python.toolchain(...)` has: rules_python's extension, its
repository rule, its toolchain, whose interpreter compiles the wheels as well.
The suites do the same with a toolchain written down by hand.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

sys.path += [str(Path(__file__).resolve().parents[1] / part) for part in ("", "runtime")]
import bundles
from conftest import CACHE, Clone, free_port, get, keep, remove, serving

RULES_PYTHON = "2.3.2"
# Of the wheels that examples/fastapi is built for.
MINOR = 11
MODULE = """
bazel_dep(name = "rules_python", version = "{rules_python}")
python = use_extension("@rules_python//python/extensions:python.bzl", "python")
python.defaults(python_version = "{version}")
python.toolchain(python_version = "{version}")
python.single_version_platform_override(
    platform = "x86_64-unknown-linux-gnu",
    python_version = "{version}",
    sha256 = "{sha256}",
    strip_prefix = "python",
    urls = ["file://{archive}"],
)
"""
BUILD = """
python_binary(
    name = "hermetic",
    bytecode = "unchecked-hash",
    interpreter = "bundled",
    script = "uvicorn",
    deps = [
        ":main",
        "@pypi//uvicorn:uvicorn[standard]",
    ],
)
"""
LOOK = "import sys; print(sys.version.split()[0], sys.base_prefix)"


def archive(folder: Path) -> tuple[Path, str]:
    """Make the archive, and give it with the version of Python; rules_python reads a date out of its address."""
    interpreter = bundles.make(folder / "python", range(MINOR, MINOR + 1))
    told = subprocess.run([interpreter / "bin/python3", "-V"], capture_output=True, text=True, check=True).stdout
    version = told.split()[1]
    path = folder / f"20250808/cpython-{version}+20250808-x86_64-unknown-linux-gnu-install_only.tar.gz"
    path.parent.mkdir()
    with tarfile.open(path, "w:gz", compresslevel=1) as packed:
        packed.add(interpreter, "python")
    return path, version


def look(folder: Path, file: Path, interpreter: Path) -> str:
    """Start the interpreter where there is nothing but a C library, and give its version."""
    root = bundles.bare(folder / "bare", interpreter)
    shutil.copy(file, root / "service")
    version, prefix = bundles.start(root, "/service", "-c", LOOK, MONOWHEEL_INTERPRETER=1).stdout.split()
    assert "/.cache/monowheel/interpreters/" in prefix, prefix
    return version


def compiled(file: Path, environment: dict[str, str]) -> list[str]:
    """Import what the service is made of, and give the modules of wheels that Python had to compile for it."""
    command = [file, "-v", "-c", "import fastapi, uvicorn"]
    environment = {**environment, "MONOWHEEL_INTERPRETER": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    lines = done.stderr.splitlines()
    assert any("/site-packages/fastapi/" in line for line in lines)
    return [line for line in lines if "# code object from /" in line and "/site-packages/" in line]


def main() -> None:
    """Build, look, request, write it down."""
    scratch = CACHE / "e2e-hermetic"
    remove(scratch)
    scratch.mkdir(parents=True)
    path, version = archive(scratch)
    clone = Clone(scratch / "clone")
    example = clone.project / "examples/fastapi"
    values = {"rules_python": RULES_PYTHON, "version": version, "archive": path}
    values["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    for name, text in (("MODULE.bazel", MODULE.format(**values)), ("svc/BUILD.bazel", BUILD)):
        (example / name).write_text((example / name).read_text() + text)
    file = Path(shutil.copy(clone.build("fastapi", "//svc:hermetic", *sys.argv[1:]), scratch / "service"))
    assert look(scratch, file, scratch / "python") == version
    environment = {"PATH": "/nonexistent", "MONOWHEEL_ROOT": str(scratch / "root")}
    assert not compiled(file, environment)
    port = free_port()
    with serving([str(file), "main:app", "--port", str(port)], port, cwd=scratch, env=environment):
        status, body = get(port)
    assert (status, json.loads(body)) == (200, {"message": "Hello World"}), (status, body)
    clone.close()
    lines = [
        f"Bundled, {file.stat().st_size >> 20} MB. The interpreter starts where there is nothing but a C library. With no Python on PATH",
        f"importing FastAPI and uvicorn compiles no module of a wheel, and `GET /` gives {status} and `{body}`.",
    ]
    what = f"examples/fastapi, rules_python {RULES_PYTHON}, an archive of CPython {version} made on this machine"
    keep("hermetic", "A file with the interpreter of rules_python's toolchain", what, lines)


if __name__ == "__main__":
    main()
