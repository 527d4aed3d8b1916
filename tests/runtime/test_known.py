"""What a first start leaves for those of other applications: what an interpreter has answered, the bootstrap compiled."""

import shutil
from pathlib import Path

import files
import pytest
from conftest import BOOTSTRAP, PYTHONS, start

AGAIN = {"portable": "bootstrap taken as it was compiled before", "native": "as it said before"}
SOURCE = "import sys; print(sys.version_info[1])\n"


IMPORTING = """import importlib, sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    importlib.import_module("monowheel_boot." + name)
print(*sys.modules)
"""


@pytest.fixture(params=files.HEADS)
def head(request) -> str:
    """Name each head."""
    return request.param


def application(path: Path, head: str, number: int = 0) -> Path:
    """Give one of several applications."""
    return files.assemble(path, {"main.py": f"{SOURCE}# {number}\n"}, main="_main/main.py", **files.HEADS[head])


def minor(python: Path) -> str:
    """Give what the application prints under this interpreter."""
    return python.name.removeprefix("python3.") + "\n"


def knows(file: Path, root: Path, head: str, output: str, **env) -> bool:
    """Start an application for the first time: did it know what an earlier one has found out?"""
    done = start(file, root, env={"MONOWHEEL_TRACE": 1, **env})
    assert done.stdout == output and "environment written" in done.stderr
    return AGAIN[head] in done.stderr


def imported(python: Path, root: Path, *modules: str) -> set[str]:
    """Import modules of the bootstrap as the head starts an interpreter, and give all that it has imported then."""
    return set(start([python, "-B", "-E", "-S", "-s", "-c", IMPORTING, BOOTSTRAP, *modules], root).stdout.split())


def test_modules_are_whole_and_import_little(root, python):
    """What a first start takes of the standard library is written in C: a module of Python takes a good part of a millisecond."""
    found = imported(python, root, "fill", "asked", "verify")
    own = {name for name in found if name.partition(".")[0] == "monowheel_boot"}
    before = imported(python, root)
    assert {name for name in found - before - own if not name.startswith("_")} <= {
        "fcntl",
        "gc",
        "posix",
        "time",
        "zlib",
    }
    # One becomes part of the environment and runs there.
    every = {path.stem for path in (BOOTSTRAP / "monowheel_boot").glob("*.py")} - {"__init__", "rare"}
    assert own < imported(python, root, *every)


def test_another_application_need_not_find_out_again(root, tmp_path, head, python):
    seen = [
        knows(application(tmp_path / "a", head, number), root, head, minor(python), MONOWHEEL_PYTHON=python)
        for number in range(3)
    ]
    assert seen == [False, True, True]


def test_what_is_known_is_of_one_interpreter(root, tmp_path, head):
    first, second = list(PYTHONS.values())[-2:]
    for number, (python, known) in enumerate([(first, False), (second, False), (first, True), (second, True)]):
        file = application(tmp_path / "a", head, number)
        assert knows(file, root, head, minor(python), MONOWHEEL_PYTHON=python) is known


def test_who_starts_first_does_not_matter(root, tmp_path, any_python):
    """An interpreter that was given the file comes another way to the same code, and takes it the same way."""
    listing = "import marshal, sys; print(*marshal.loads(open(sys.argv[1], 'rb').read()[4:])[1])"
    seen = []
    for command, other in (([], [any_python]), ([any_python], [])):
        shutil.rmtree(root, ignore_errors=True)
        start([*command, application(tmp_path / "a", "portable")], root)
        (path,) = (root / "known").iterdir()
        seen.append(set(start([any_python, "-c", listing, path], root).stdout.split()))
        done = start([*other, application(tmp_path / "a", "portable", 1)], root, env={"MONOWHEEL_TRACE": 1})
        assert AGAIN["portable"] in done.stderr
    assert "monowheel_boot.archive" in seen[0] and "monowheel_boot.verify" not in seen[0]
    assert seen[1] - seen[0] == {"monowheel_boot.direct"}


def test_what_was_damaged_is_found_out_again(root, tmp_path, head, any_python):
    def damage(change):
        for path in (root / "known").iterdir():
            path.write_bytes(change(path.read_bytes()))

    changes = [lambda data: b"", lambda data: data[: len(data) // 2], lambda data: data[:70] + b"\xff" + data[71:]]
    knows(application(tmp_path / "a", head, 0), root, head, minor(any_python))
    for number, change in enumerate(changes):
        damage(change)
        assert not knows(application(tmp_path / "a", head, 2 * number + 1), root, head, minor(any_python))
        assert knows(application(tmp_path / "a", head, 2 * number + 2), root, head, minor(any_python))


def test_a_cache_that_cannot_keep_it_does_as_well(root, tmp_path, head, any_python):
    root.mkdir(0o700)
    (root / "known").write_text("no folder")
    for number in range(2):
        assert not knows(application(tmp_path / "a", head, number), root, head, minor(any_python))
    assert not list((root / "tmp").iterdir())


PUT = """import marshal, sys, zlib
page = compile("import sys; sys.stdout.write('end what was kept.'); sys.exit()", "page", "exec")
code = marshal.dumps((page, {}, {}))
open(sys.argv[1], "wb").write(zlib.crc32(code).to_bytes(4, "little") + code)
"""


def test_a_cache_within_a_folder_that_others_can_write_to_is_asked(root, tmp_path, any_python):
    root.mkdir()
    root.chmod(0o777)
    start(application(tmp_path / "a", "portable"), root)
    (kept,) = root.glob("monowheel-*/known/*")
    done = start([any_python, application(tmp_path / "a", "portable", 2)], root, env={"MONOWHEEL_TRACE": 1})
    assert AGAIN["portable"] in done.stderr
    start([any_python, "-c", PUT, kept], root)
    assert start(application(tmp_path / "a", "portable", 1), root).stdout == "what was kept"


def test_prune_forgets(root, tmp_path, head, any_python):
    file = application(tmp_path / "a", head)
    knows(file, root, head, minor(any_python))
    assert list((root / "known").iterdir())
    start(file, root, env={"MONOWHEEL_CACHE": "prune"})
    assert not (root / "known").exists()
    assert not knows(application(tmp_path / "a", head, 1), root, head, minor(any_python))


def test_an_interpreter_that_was_touched_or_replaced_is_asked_again(root, tmp_path):
    first, second = list(PYTHONS.values())[:2]
    copy = tmp_path / "python"

    def known(number: int, python: Path) -> bool:
        file = application(tmp_path / "a", "native", number)
        return knows(file, root, "native", minor(python), MONOWHEEL_PYTHON=copy)

    shutil.copy2(first, copy)
    assert [known(number, first) for number in range(2)] == [False, True]
    copy.touch()
    assert [known(number, first) for number in range(2, 4)] == [False, True]
    (tmp_path / "new").symlink_to(second)
    (tmp_path / "new").replace(copy)
    assert [known(number, second) for number in range(4, 6)] == [False, True]


def test_of_a_script_that_chooses_an_interpreter_nothing_is_kept(root, tmp_path):
    """Version managers choose by folder and by variables."""
    first, second = list(PYTHONS.values())[:2]
    shim = tmp_path / "bin/python3"
    shim.parent.mkdir()
    shim.write_text('#!/bin/sh\nexec "$CHOSEN" "$@"\n')
    shim.chmod(0o755)
    for number, python in enumerate([first, second, first]):
        file = application(tmp_path / "a", "native", number)
        assert not knows(file, root, "native", minor(python), PATH=shim.parent, CHOSEN=python)


def test_a_cache_that_others_can_write_to_is_not_asked(root, tmp_path, head, any_python):
    knows(application(tmp_path / "a", head), root, head, minor(any_python))
    root.chmod(0o777)
    assert not knows(application(tmp_path / "a", head, 1), root, head, minor(any_python))
