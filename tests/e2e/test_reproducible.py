"""Same inputs, same bytes; and no action that is not owed."""

import hashlib
import os
from pathlib import Path

import pytest
from conftest import Clone


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def other(scratch: Path):
    """Give a clone that differs in everything that must not matter."""
    clone = Clone(
        scratch / "another-folder-with-a-longer-name",
        TZ="Pacific/Kiritimati",
        LANG="tr_TR.UTF-8",
        LC_ALL="C",
        USER="somebody",
        LOGNAME="somebody",
        SOURCE_DATE_EPOCH="1700000000",
        PYTHONHASHSEED="7",
    )
    clone.umask = 0o077
    for path in clone.project.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    yield clone
    clone.close()


def test_two_clones_make_the_same_bytes(clone: Clone, other: Clone):
    first = sha256(clone.build("fastapi", "//svc:bin"))
    assert sha256(other.build("fastapi", "//svc:bin", "-c", "opt")) == first
    assert sha256(clone.build("fastapi", "//svc:bin", "-c", "opt")) == first


def test_outputs_are_executable(clone: Clone):
    assert os.access(clone.build("fastapi", "//svc:bin"), os.X_OK)


def test_an_edit_runs_one_action_and_a_touch_none(clone: Clone):
    clone.build("fastapi", "//svc:bin")
    main = clone.project / "examples/fastapi/svc/main.py"
    os.utime(main)
    assert clone.actions("fastapi", "//svc:bin") == []
    text = main.read_text()
    try:
        main.write_text(text + "# edited\n")
        assert [action["mnemonic"] for action in clone.actions("fastapi", "//svc:bin")] == ["MonowheelAssemble"]
    finally:
        main.write_text(text)


def test_a_second_checkout_with_the_same_disk_cache_runs_nothing(clone: Clone, other: Clone, scratch: Path):
    cache = f"--disk_cache={scratch}/disk cache"
    clone.bazel("fastapi", "clean")
    filled = clone.actions("fastapi", "//svc:bin", cache)
    assert filled and not any(action["cacheHit"] for action in filled)
    other.bazel("fastapi", "clean")
    found = other.actions("fastapi", "//svc:bin", cache)
    assert len(found) == len(filled)
    assert [action["targetLabel"] for action in found if not action["cacheHit"]] == []
