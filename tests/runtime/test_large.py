"""A wheel of more than 4 GiB and 65,535 files: from its facts to the first start, in little memory."""

import json
import shutil
import subprocess
from pathlib import Path

import files
import pytest
import sparse
from conftest import PYTHONS, start
from memory import kilobytes, watched

SIZE = 4 << 30
FILES = 66_000
# Of the tool; a hundredth of what is read.
MOST_MEMORY = 128 << 20
WHEEL = "huge-1.0-py3-none-any.whl"
CODE = b"""
import pathlib

HERE = pathlib.Path(__file__).parent


def main():
    with open(HERE / "data.bin", "rb") as file:
        file.seek(-1, 2)
        print(file.tell() + 1, file.read(), sum(1 for _ in HERE.glob("many/*/*")))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Give a folder that is gone afterwards: what is made in it is large."""
    folder = tmp_path_factory.mktemp("large")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def wheel(folder: Path) -> Path:
    """Give the wheel: ZIP64 for a size, for the places behind it, for the number of members."""
    many = ((f"huge/many/{number // 1000}/{number}", b"%d" % number) for number in range(FILES))
    data = sparse.Zeros(SIZE, b"!")
    return sparse.wheel(folder, "huge", [("huge/__init__.py", CODE), ("huge/data.bin", data), *many])


def tool(folder: Path, *arguments: object) -> str:
    """Run the tool, which must succeed without taking much memory; give what it printed."""
    note = folder / "kilobytes"
    done = subprocess.run(watched(note, files.TOOL, *arguments), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert kilobytes(note) << 10 < MOST_MEMORY
    return done.stdout


def discard(cache: Path) -> None:
    """Have a cache removed without waiting: of so many files that takes minutes where a file system discards blocks."""
    trash = cache.rename(cache.parents[2] / f"{cache.parents[1].name}-trash")
    subprocess.Popen(["rm", "-rf", trash], start_new_session=True)


def assembled(folder: Path, wheel: Path, head: str) -> Path:
    """Assemble an application of the wheel."""
    facts = folder / "facts.json"
    if not facts.exists():
        tool(folder, "facts", "--wheel", wheel, "--output", facts)
    line = {"kind": "wheel", "path": str(wheel), "facts": str(facts), "origin": "huge"}
    main = {"main.py": "import huge\nhuge.main()\n"}
    return files.assemble(folder / "huge", main, lines=[line], main="_main/main.py", **files.HEADS[head])


@pytest.mark.parametrize("head", files.HEADS)
def test_a_wheel_over_4_gib(folder: Path, wheel: Path, root: Path, head: str):
    file = assembled(folder, wheel, head)
    assert file.stat().st_size > SIZE
    expected = f"{SIZE + 1} b'!' {FILES}\n"
    assert start(file, root, timeout=900).stdout == expected
    if head == "portable":
        assert json.loads(tool(folder, "inspect", "--json", file))["packages"][0]["files"] == FILES + 5
        tool(folder, "verify", file)
        tool(folder, "extract", file, "--wheel", "huge", "--output", folder / "out")
        subprocess.run(["cmp", folder / "out" / WHEEL, wheel], check=True)
        shutil.rmtree(folder / "out")
    for version, python in PYTHONS.items():
        done = start([python, file], root, check=False, timeout=900)
        if int(version.partition(".")[2]) >= 13:
            assert done.stdout == expected, done.stderr
        else:
            # The interpreter's own sentence: none before 3.13 reads ZIP64, so none of ours is run.
            assert (done.returncode, done.stdout) == (1, "")
            assert f"can't find '__main__' module in '{file}'" in done.stderr
    discard(root)
