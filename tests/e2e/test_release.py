"""A release made here, served from a folder, and used by a project that has no compiler."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import TOP, Clone
from machines import PLATFORM, VERSION, Machine, launcher, released_fetcher, released_tool


def make(output: Path, tool: Path) -> None:
    url = f"file://{output}/files"
    binaries = ["--binary", f"{PLATFORM}={tool}", "--launcher", f"{PLATFORM}={launcher()}"]
    binaries += ["--fetcher", f"{PLATFORM}={released_fetcher()}"]
    line = [TOP / "tool/release", VERSION, "--output", output, "--url", url, *binaries]
    done = subprocess.run(line, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def tool() -> Path:
    return released_tool()


@pytest.fixture(scope="module")
def release(scratch: Path, tool: Path) -> Path:
    folder = scratch / "release"
    make(folder, tool)
    return folder


def test_it_holds_what_a_release_needs(release: Path):
    files = {path.name for path in (release / "files").iterdir()}
    binaries = [f"{name}-{VERSION}-{PLATFORM}" for name in ("monowheel", "monowheel-launcher", "monowheel-fetcher")]
    module = f"monowheel-{VERSION}.tar"
    assert files == {*binaries, module, "SHA256SUMS", "provenance.json"}
    check = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=release / "files")
    assert check.returncode == 0
    statement = json.loads((release / "files/provenance.json").read_text())
    assert [subject["name"] for subject in statement["subject"]] == sorted([*binaries, module])
    entry = release / "registry/modules/monowheel"
    assert json.loads((entry / "metadata.json").read_text())["versions"] == [VERSION]
    assert json.loads((entry / VERSION / "source.json").read_text())["integrity"].startswith("sha256-")


def test_it_is_the_same_again(release: Path, scratch: Path, tool: Path):
    again = scratch / "release again"
    make(again, tool)
    # The address is part of the integrity file, and with it of the module.
    binary = f"files/monowheel-{VERSION}-{PLATFORM}"
    assert (again / binary).read_bytes() == (release / binary).read_bytes()
    before = (release / f"files/monowheel-{VERSION}.tar").read_bytes()
    shutil.rmtree(release)
    make(release, tool)
    assert (release / f"files/monowheel-{VERSION}.tar").read_bytes() == before


def test_a_project_takes_the_released_binary(release: Path, tool: Path, scratch: Path):
    """The example outside of this repository, by the registry entry, on a machine where cargo fails."""
    user = Clone(scratch / "user")
    try:
        module = user.project / "examples/fastapi/MODULE.bazel"
        text = module.read_text()
        start = text.index("local_path_override(")
        released = (
            f'single_version_override(\n    module_name = "monowheel",\n    registry = "file://{release}/registry",\n)'
        )
        module.write_text(text[:start] + released + text[text.index(")", start) + 1 :])
        fakes = scratch / "fakes"
        fakes.mkdir()
        for name in ("cargo", "rustc"):
            (fakes / name).write_text("#!/bin/sh\nexit 1\n")
            (fakes / name).chmod(0o755)
        user.environment["PATH"] = f"{fakes}:{os.environ['PATH']}"
        found = user.build("fastapi", "//svc:bin")
        assert user.build("fastapi", "//svc:native").read_bytes().startswith(launcher().read_bytes()[:4])
        module.write_text(module.read_text().replace("wheels.lock(", 'wheels.lock(\n    fetch = "action",'))
        assert [action["mnemonic"] for action in user.actions("fastapi", "@pypi//idna")] == ["MonowheelFetch"]
        checkout = Machine(scratch / "checkout", tool)
        try:
            assert found.read_bytes() == checkout.build("fastapi", "//svc:bin").read_bytes()
        finally:
            checkout.close()
    finally:
        user.close()
