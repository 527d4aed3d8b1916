"""Memory of a first start: bounded by what is read at once, not by the application, its wheels or its members."""

import zipfile
from pathlib import Path

import files
import pytest
from conftest import PYTHONS, start
from memory import kilobytes, watched

# The most that processes unpack with, or threads in the launcher; the machine of the test may have fewer processors.
MOST_PROCESSES = 8
BUDGET_KILOBYTES = 64 << 10


def peak(root, *command) -> int:
    """Give the most memory that any one process of a command held, in kilobytes; the command itself included."""
    note = root.parent / "kilobytes"
    start(watched(note, *command), root)
    return kilobytes(note)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory) -> list:
    """Give 250 MB of wheels: large members, members that shrink to a thousandth, many of medium size, and many wheels."""
    folder = tmp_path_factory.mktemp("wheels")
    megabyte = bytes(1 << 20)
    stored, deflated = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
    made = [
        files.Wheel("whole", {"whole/a.bin": megabyte * 64}, compression=stored),
        files.Wheel("shrunk", {"shrunk/a.bin": megabyte * 64, "shrunk/b.bin": megabyte}, compression=deflated),
        files.Wheel("medium", {f"medium/{n}.bin": megabyte * 3 + b"." for n in range(12)}, compression=stored),
    ]
    made += [
        files.Wheel(f"w{n}", {f"w{n}/{m}": megabyte[:60_000] for m in range(16)}, compression=stored) for n in range(90)
    ]
    return [wheel.write(folder) for wheel in made]


def python() -> Path:
    return PYTHONS["3.12"] if "3.12" in PYTHONS else list(PYTHONS.values())[-1]


@pytest.mark.parametrize("head", files.HEADS)
def test_a_first_start_takes_little_more_memory_than_the_interpreter(root, tmp_path, wheels, head):
    file = files.assemble(tmp_path / "app", {"main.py": ""}, wheels, main="_main/main.py", **files.HEADS[head])
    assert file.stat().st_size > 180 << 20
    interpreter = peak(root, python(), "-c", "pass")
    first = peak(root, "env", f"MONOWHEEL_PYTHON={python()}", file)
    assert len(list(root.glob("deps/*/lib/python/site-packages/w*"))) >= 90
    assert next(root.glob("deps/*/lib/python/site-packages/shrunk/a.bin")).stat().st_size == 64 << 20
    processes = MOST_PROCESSES if head == "portable" else 1
    assert (first - interpreter) * processes < BUDGET_KILOBYTES, (first, interpreter)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_others_take_what_they_must_hold_besides(root, tmp_path, method):
    """A block of bzip2, and of LZMA as far as its members refer back: 8 MB here."""
    odd = files.Wheel("odd", {"odd/a.bin": bytes(48 << 20)}, compression=method)
    file = files.assemble(tmp_path / "app", {"main.py": ""}, [odd], main="_main/main.py")
    interpreter = peak(root, python(), "-c", "pass")
    first = peak(root, "env", f"MONOWHEEL_PYTHON={python()}", file)
    assert first - interpreter < BUDGET_KILOBYTES // MOST_PROCESSES + (8 << 10), (first, interpreter)
