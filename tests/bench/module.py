"""Modules as a user of Bazel begins them, with this checkout of Monowheel and a tool that was built before."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import common

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from released import release


def monowheel(folder: Path, tool: Path | None) -> Path:
    """Give the folder of Monowheel: this checkout, or, with a tool, a copy of its rules that has that tool as a release has."""
    if not tool:
        return common.TOP
    shutil.copytree(common.TOP / "rules", folder / "rules")
    for name in ("MODULE.bazel", "BUILD.bazel"):
        shutil.copy(common.TOP / name, folder / name)
    release(folder, "monowheel", tool)
    return folder


def write(folder: Path, monowheel: Path, lock: str | None) -> None:
    """Write MODULE.bazel with Monowheel from its folder, and the lock file as `@pypi`, where there is one."""
    wheels = f"""
wheels = use_extension("@monowheel//rules:extensions.bzl", "wheels")
wheels.lock(
    name = "pypi",
    lock = "//:{lock}",
)
use_repo(wheels, "pypi")
"""
    (folder / "MODULE.bazel").write_text(
        f"""module(name = "bench")

bazel_dep(name = "monowheel", version = "0.1.0")
local_path_override(
    module_name = "monowheel",
    path = "{monowheel}",
)
{wheels if lock else ""}"""
    )
