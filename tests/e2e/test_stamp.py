"""Stamping in a real Bazel: another commit stamps anew and assembles nothing; without `--stamp` nothing is different."""

import json
import subprocess
import zipfile
from pathlib import Path

import pytest
from conftest import Clone
from test_fastapi import environment

TARGETS = """
python_binary(
    name = "{name}",
    script = "uvicorn",
    stamp = {stamp},
    {keys}
    deps = [
        ":main",
        "@pypi//uvicorn:uvicorn[standard]",
    ],
)
"""
TIMED = 'stamp_keys = ["STABLE_*", "BUILD_TIMESTAMP", "NUMBER"],'


class Stamping:
    """The service as targets that are stamped, and a status that a test sets."""

    def __init__(self, clone: Clone) -> None:
        self.clone = clone
        self.status = clone.root / "status.txt"
        self.command = clone.root / "status.sh"
        self.command.write_text(f'#!/bin/sh\ncat "{self.status}"\n')
        self.command.chmod(0o755)

    def build(self, name: str, *flags: str, **status: str) -> tuple[Path, list[dict]]:
        """Build a target where the status is `status`; give its file and what was run."""
        self.status.write_text("".join(f"{key} {value}\n" for key, value in status.items()))
        target = f"//svc:{name}"
        run = self.clone.actions("fastapi", target, f"--workspace_status_command={self.command}", *flags)
        return self.clone.project / "examples/fastapi/bazel-bin/svc" / name, run


def mnemonics(run: list[dict]) -> set[str]:
    """Give the kinds of actions that were run."""
    return {action["mnemonic"] for action in run}


def stamp(file: Path) -> dict | None:
    """Read the stamp as anybody can."""
    with zipfile.ZipFile(file) as archive:
        if "monowheel/stamp.json" in archive.namelist():
            return json.loads(archive.read("monowheel/stamp.json"))
    return None


@pytest.fixture
def stamping(clone: Clone):
    """Give the example with targets that are stamped."""
    build = clone.project / "examples/fastapi/svc/BUILD.bazel"
    text = build.read_text()
    asked = TARGETS.format(name="asked", stamp=-1, keys="")
    build.write_text(text + asked + TARGETS.format(name="timed", stamp=1, keys=TIMED))
    yield Stamping(clone)
    build.write_text(text)


def test_another_commit_assembles_nothing(stamping: Stamping, fastapi_bin: Path, runtime_root: Path):
    plain = fastapi_bin.read_bytes()
    file, run = stamping.build("asked", STABLE_COMMIT="1")
    assert mnemonics(run) == {"MonowheelAssemble"}
    assert file.read_bytes() == plain, "nobody has asked for a stamp"
    assert not file.with_name("asked.unstamped").exists()

    file, run = stamping.build("asked", "--stamp", "--embed_label=v1", STABLE_COMMIT="1")
    assert mnemonics(run) == {"MonowheelAssemble", "MonowheelStamp"}
    assert file.with_name("asked.unstamped").read_bytes() == plain
    assert stamp(file) == {"BUILD_EMBED_LABEL": "v1", "STABLE_COMMIT": "1"}

    # No action reads a wheel, or runs the assembler.
    first = file.read_bytes()
    file, run = stamping.build("asked", "--stamp", "--embed_label=v1", STABLE_COMMIT="2")
    assert mnemonics(run) == {"MonowheelStamp"}
    inputs = {entry["path"].rpartition("/")[2] for entry in run[0]["inputs"]}
    assert inputs - {"monowheel"} == {"stable-status.txt", "asked.unstamped"}
    assert stamp(file) == {"BUILD_EMBED_LABEL": "v1", "STABLE_COMMIT": "2"}
    done = subprocess.run(
        [file, "--version"], env=environment(runtime_root), capture_output=True, text=True, check=True
    )
    assert "uvicorn" in done.stdout

    # The same status, though the clock has gone on: the same bytes, once they are written anew.
    stamping.build("asked", "--stamp", "--embed_label=v1", STABLE_COMMIT="1")
    assert file.read_bytes() == first

    # Back again, and nothing is left of it.
    file, run = stamping.build("asked", STABLE_COMMIT="3")
    assert "MonowheelStamp" not in mnemonics(run)
    assert file.read_bytes() == plain


def test_a_volatile_change_runs_nothing(stamping: Stamping):
    # Stamped always, also where the command line does not say so.
    file, run = stamping.build("timed", STABLE_COMMIT="1", NUMBER="1")
    assert mnemonics(run) == {"MonowheelAssemble", "MonowheelStamp"}
    first = stamp(file)
    assert first == {"STABLE_COMMIT": "1", "NUMBER": "1", "BUILD_TIMESTAMP": first["BUILD_TIMESTAMP"]}
    assert first["BUILD_TIMESTAMP"].isdigit()
    file, run = stamping.build("timed", STABLE_COMMIT="1", NUMBER="2")
    assert (run, stamp(file)) == ([], first)
    file, run = stamping.build("timed", STABLE_COMMIT="2", NUMBER="3")
    assert mnemonics(run) == {"MonowheelStamp"}
    assert stamp(file)["NUMBER"] == "3"


@pytest.mark.parametrize("name", ["asked", "timed"])
def test_it_stands_beside_mapped_paths(stamping: Stamping, name: str):
    flags = ["--stamp", "--experimental_output_paths=strip"]
    file, run = stamping.build(name, *flags, STABLE_COMMIT="mapped", NUMBER="1")
    words = {action["mnemonic"]: " ".join(action["commandArgs"]) for action in run}
    assert "-fastbuild/" not in words["MonowheelAssemble"] and "-fastbuild/" in words["MonowheelStamp"]
    assert stamp(file)["STABLE_COMMIT"] == "mapped"


def test_a_key_that_nobody_states_fails(stamping: Stamping):
    stamping.status.write_text("STABLE_COMMIT 1\n")
    flags = [f"--workspace_status_command={stamping.command}"]
    done = stamping.clone.bazel("fastapi", "build", *flags, "//svc:timed", check=False)
    assert done.returncode == 1
    assert "No status file has the key: `NUMBER`" in done.stderr
