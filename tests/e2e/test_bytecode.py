"""Bytecode of wheels by a real Bazel: one action a wheel, the same bytes, and nothing left to compile."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from conftest import Clone

PYTHON = Path(sys.executable).resolve()
VERSION = "{}.{}".format(*sys.version_info[:2])
# Toolchains as projects register them: with an interpreter that is a file of the build, and with one of the machine.
RULE = """\
def _python_impl(ctx):
    return [platform_common.ToolchainInfo(py3_runtime = struct(
        files = depset(ctx.files.interpreter) if ctx.files.interpreter else None,
        interpreter = ctx.file.interpreter,
        interpreter_path = ctx.attr.interpreter_path,
        interpreter_version_info = struct(major = {major}, minor = {minor}, micro = 0),
    ))]

python = rule(
    implementation = _python_impl,
    attrs = {{"interpreter": attr.label(allow_single_file = True), "interpreter_path": attr.string()}},
)
"""
TOOLCHAINS = """\
load("@monowheel//rules:defs.bzl", "python_binary")
load(":python.bzl", "python")

python(name = "file_impl", interpreter = "python3")
toolchain(name = "file", toolchain = ":file_impl", toolchain_type = "@bazel_tools//tools/python:toolchain_type")
python(name = "path_impl", interpreter_path = "{python}")
toolchain(name = "path", toolchain = ":path_impl", toolchain_type = "@bazel_tools//tools/python:toolchain_type")

# Shares wheels with the service.
python_binary(
    name = "second",
    bytecode = "unchecked-hash",
    entry_point = "fastapi:FastAPI",
    deps = ["@pypi//fastapi"],
)
"""
FLAGS = ["--extra_toolchains=//toolchain:file", f"--@monowheel//rules:python_version={VERSION}"]


def toolchain(clone: Clone) -> None:
    folder = clone.project / "examples/fastapi/toolchain"
    folder.mkdir()
    (folder / "python.bzl").write_text(RULE.format(major=sys.version_info.major, minor=sys.version_info.minor))
    (folder / "BUILD.bazel").write_text(TOOLCHAINS.format(python=PYTHON))
    (folder / "python3").write_text(f'#!/bin/sh\nexec "{PYTHON}" "$@"\n')
    (folder / "python3").chmod(0o755)


@pytest.fixture(scope="module")
def one(scratch: Path):
    """Give a clone with a Python toolchain."""
    clone = Clone(scratch / "compiling")
    toolchain(clone)
    yield clone
    clone.close()


@pytest.fixture(scope="module")
def other(scratch: Path):
    """Give a clone that differs in all that must not matter."""
    clone = Clone(scratch / "compiling at another place", LC_ALL="C", TZ="Pacific/Kiritimati", PYTHONHASHSEED="7")
    toolchain(clone)
    yield clone
    clone.close()


def test_one_action_a_wheel_and_the_same_bytes_everywhere(one: Clone, other: Clone):
    actions = one.actions("fastapi", "//svc:compiled", *FLAGS, "//toolchain:second")
    wheels = Counter(action["targetLabel"] for action in actions if action["mnemonic"] == "MonowheelBytecode")
    assert len(wheels) > 10 and set(wheels.values()) == {1}
    # One fact, one archive of bytecode for each wheel, and two applications.
    kinds = Counter(action["mnemonic"] for action in actions)
    assert kinds == {"MonowheelFacts": len(wheels), "MonowheelBytecode": len(wheels), "MonowheelAssemble": 2}
    assert all(not action.get("environmentVariables") for action in actions)

    first = one.project / "examples/fastapi/bazel-bin/svc/compiled"
    bytes_of_first = first.read_bytes()
    flags = ["--extra_toolchains=//toolchain:path", *FLAGS[1:], "-c", "opt"]
    assert other.build("fastapi", "//svc:compiled", *flags).read_bytes() == bytes_of_first

    main = one.project / "examples/fastapi/svc/main.py"
    main.write_text(main.read_text() + "# edited\n")
    edited = one.actions("fastapi", "//svc:compiled", *FLAGS)
    assert [action["mnemonic"] for action in edited] == ["MonowheelAssemble"]


def test_those_who_do_not_ask_have_no_such_action(one: Clone):
    graph = one.bazel("fastapi", "aquery", "deps(//svc:bin)").stdout
    assert "Mnemonic: MonowheelFacts" in graph and "Mnemonic: MonowheelBytecode" not in graph


def test_the_first_import_compiles_no_wheel(one: Clone, runtime_root: Path):
    built = one.build("fastapi", "//svc:compiled", *FLAGS)
    tool = os.environ["MONOWHEEL_TOOL"]
    report = json.loads(subprocess.run([tool, "inspect", "--json", built], check=True, capture_output=True).stdout)
    tag = f"cpython-{VERSION.replace('.', '')}"
    assert {package["bytecode"]["tag"] for package in report["packages"]} == {tag}
    assert sum(package["bytecode"]["size"] for package in report["packages"]) > 1_000_000

    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MONOWHEEL_"))}
    environment = {**kept, "MONOWHEEL_ROOT": str(runtime_root), "MONOWHEEL_PYTHON": str(PYTHON)}
    environment["MONOWHEEL_INTERPRETER"] = "1"
    done = subprocess.run(
        [built, "-v", "-c", "import main"], env=environment, capture_output=True, text=True, check=True
    )
    lines = [line for line in done.stderr.splitlines() if "/site-packages/" in line]
    assert len([line for line in lines if "# code object from '" in line]) > 100
    assert not [line for line in lines if "# code object from /" in line or "# created '" in line]
