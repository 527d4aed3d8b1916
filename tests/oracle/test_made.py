"""Wheels with what the specification allows, and few have, become the trees that uv and pip make of them."""

from pathlib import Path

import pytest
from made import archives, every_scheme, names, namespaces, old_archives
from trees import TOOL, assemble, compare, interpreter, run

# What README.md of this folder tells of, in the order of the comparison: who does it otherwise, where, and how.
DOCUMENTED = [
    # Programs are executable, in whichever folder of the wheel they lie, for uv only those of `scripts`, for pip none.
    ("uv", "bin/every-data", "x", "-"),
    # uv takes the mode of the link for the file that it writes in its place.
    ("uv", "lib/python3.11/site-packages/every_thing/link.so", "-", "x"),
    *(("pip", f"bin/every-{name}", "x", "-") for name in ("crlf", "data", "empty", "env", "flags", "python")),
    # pip names this folder as the file name has it, uv by the normalized name.
    ("pip", "include/site/python3.11/Every-Thing/every.h", "nothing", "-"),
    ("pip", "include/site/python3.11/Every-Thing/sub/more.h", "nothing", "-"),
    ("pip", "include/site/python3.11/every-thing/every.h", "-", "nothing"),
    ("pip", "include/site/python3.11/every-thing/sub/more.h", "-", "nothing"),
]


def told(difference: str) -> "tuple[str, str, str, str]":
    """Take apart what the comparison says, as `DOCUMENTED` has it."""
    path, _, rest = difference.partition(": monowheel ")
    ours, _, theirs = rest.partition(", ")
    who, kind, *content = theirs.split()
    # Whatever the mode, the content is the same.
    assert not content or not ours.split()[1:] or ours.split()[1:] == content, difference
    return who, path, ours.split()[0], kind


def test_trees_are_those_of_uv_and_pip(tmp_path: Path) -> None:
    wheels = [every_scheme(), *names(), *archives(), *namespaces()]
    files, differences = compare([wheel.write(tmp_path) for wheel in wheels], interpreter())
    assert [told(difference) for difference in differences] == DOCUMENTED
    assert files == 143


def test_trees_of_old_archives_are_those_of_pip(tmp_path: Path) -> None:
    """By methods that uv does not read, and with names that have no flag for UTF-8."""
    wheels = [wheel.write(tmp_path) for wheel in old_archives()]
    files, differences = compare(wheels, interpreter(), ("monowheel", "pip"))
    assert differences == []
    assert files == 9
    for wheel in wheels:
        with pytest.raises(RuntimeError):
            compare([wheel], interpreter(), ("uv",))


def test_what_is_left_of_them_are_wheels(tmp_path: Path) -> None:
    """Without one file each: written anew, whatever the archive was like."""
    wheels = [wheel.write(tmp_path) for wheel in (*archives(), *old_archives())]
    application = assemble(wheels, tmp_path / "parts", exclude=["**/drop.me"])
    run(TOOL, "verify", application)
    run(TOOL, "extract", application, "--all", "--output", tmp_path / "out")
    rewritten = [tmp_path / "out" / wheel.name for wheel in wheels]
    files, differences = compare(rewritten, interpreter(), ("monowheel", "pip"))
    assert differences == []
    assert files == compare(wheels, interpreter(), ("monowheel",))[0] - len(wheels)
