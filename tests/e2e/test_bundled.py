"""A service that brings its interpreter, built by a real Bazel and started where there is nothing but a C library."""

import json
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from conftest import TOP, Clone

sys.path.append(str(TOP / "tests/runtime"))

import bundles

MODULE = """\
module(name = "bundled")
bazel_dep(name = "monowheel", version = "0.1.0")
bazel_dep(name = "rules_python", version = "1.0.0")
local_path_override(module_name = "monowheel", path = "../..")
register_toolchains("//:toolchain")
"""
BUILD = """\
load("@monowheel//rules:defs.bzl", "python_binary")
load("@rules_python//python:defs.bzl", "py_runtime", "py_runtime_pair")

py_runtime(
    name = "runtime",
    files = glob(["python/**"]),
    interpreter = "python/bin/python3",
    python_version = "PY3",
)

py_runtime_pair(name = "pair", py3_runtime = ":runtime")

toolchain(
    name = "toolchain",
    toolchain = ":pair",
    toolchain_type = "@bazel_tools//tools/python:toolchain_type",
)

python_binary(name = "of_toolchain", main = "main.py", interpreter = "bundled")

python_binary(name = "of_archive", main = "main.py", interpreter = "python.tar.gz")

python_binary(name = "of_the_wrong_version", main = "main.py", interpreter = "bundled", requires_python = ">=3.{next}")
"""
SOURCE = "import json, sys\nprint(json.dumps([sys.base_prefix, sys.argv[1:]]))\n"


@pytest.fixture(scope="module")
def bundling(scratch: Path):
    """Give a clone with a module that has an interpreter in it."""
    clone = Clone(scratch / "bundling")
    folder = clone.project / "examples/bundled"
    folder.mkdir()
    interpreter = bundles.make(folder / "python")
    minor = int((interpreter / "bin/python").readlink().name.partition(".")[2])
    (folder / "MODULE.bazel").write_text(MODULE)
    (folder / "BUILD.bazel").write_text(BUILD.format(next=minor + 1))
    (folder / "main.py").write_text(SOURCE)
    with tarfile.open(folder / "python.tar.gz", "w:gz", compresslevel=1) as archive:
        archive.add(interpreter, "python")
    yield clone
    clone.close()


def inside(file: Path) -> dict:
    """Give what the manifest inside says of the interpreter."""
    with zipfile.ZipFile(file) as archive:
        return json.loads(archive.read("monowheel/manifest.json"))["interpreter"]


def test_a_toolchain_and_an_archive_give_the_same_interpreter(bundling, tmp_path):
    found = []
    for name in ("of_toolchain", "of_archive"):
        built = bundling.build("bundled", f"//:{name}")
        found.append(inside(built)["sha256"])
        bare = tmp_path / name
        bundles.bare(bare, bundling.project / "examples/bundled/python")
        shutil.copy(built, bare / "app")
        for _ in range(2):
            said = json.loads(bundles.start(bare, "/app", "a b").stdout)
            assert said == [f"/root/.cache/monowheel/interpreters/{found[-1]}", ["a b"]]
    # Bazel shows actions copies in place of links; they become links again.
    assert found[0] == found[1]


def test_an_interpreter_of_the_wrong_version(bundling):
    done = bundling.bazel("bundled", "build", "//:of_the_wrong_version", check=False)
    assert done.returncode != 0
    assert "//:of_the_wrong_version: the interpreter cannot be bundled" in done.stderr
    assert "but the application needs 3." in done.stderr
