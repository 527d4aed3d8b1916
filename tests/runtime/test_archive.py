"""What the writer writes, others read the same: Python's zipfile, unzip, and the tool's own strict reader."""

import os
import random
import subprocess
import zipfile
from pathlib import Path

import files
import pytest
from debian import program

ALPHABET = "abcXYZ019 -_+.()[]{}'\"$&;#~^=!@%,éßñЖ漢字\u0301😀"
BEGINNINGS = (b"", b"#!/bin/sh\n", b"PK\3\4", b"PK\5\6", b"\x7fELF", b"\0\0", "é".encode())
SIZES = (0, 1, 57, 65_535, 65_536, 300_000)


def tree(chance: random.Random) -> "dict[str, bytes]":
    """Make up a tree: names of every kind, contents that look like parts of an archive, or like programs."""
    made: dict[str, bytes] = {}
    for _ in range(chance.randrange(1, 30)):
        parts = ["".join(chance.choices(ALPHABET, k=chance.randrange(1, 20))) for _ in range(chance.randrange(1, 4))]
        # In a folder of its own, since a name may be neither file and folder nor a module that something hides.
        name = f"resources/{len(made)}/" + "/".join(f"{part.strip(' .')}_" for part in parts)
        made[name] = chance.choice(BEGINNINGS) + chance.randbytes(chance.choice(SIZES))
    return made


def mode(content: bytes) -> int:
    return 0o755 if content.startswith(b"#!") else 0o644


@pytest.mark.parametrize("seed", range(12))
def test_readers_agree(tmp_path: Path, seed: int):
    made = {"main.py": b"", **tree(random.Random(seed))}
    file = files.assemble(tmp_path / "app", made, main="_main/main.py")
    expected = {f"_main/{name}": content for name, content in made.items()}

    with zipfile.ZipFile(file) as outer:
        assert outer.testzip() is None
        outer.extract("monowheel/code.zip", tmp_path)
    nested = tmp_path / "monowheel/code.zip"
    with zipfile.ZipFile(nested) as code:
        assert code.testzip() is None
        assert code.namelist() == sorted(code.namelist(), key=str.encode)
        found = {info.filename: info for info in code.infolist() if not info.is_dir()}
        assert {name: code.read(name) for name in found} == expected
        for name, info in found.items():
            assert (info.external_attr >> 16, info.date_time) == (
                0o100000 | mode(expected[name]),
                (1980, 1, 1, 0, 0, 0),
            )
            assert (info.compress_type, info.extra, info.create_system) == (zipfile.ZIP_STORED, b"", 3)

    unzip = program("unzip", "unzip")
    # What it thinks of names depends on the locale.
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    subprocess.run([unzip, "-tqq", file], check=True, env=environment)
    subprocess.run([unzip, "-qq", nested, "-d", tmp_path / "out"], check=True, env=environment)
    out = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert {path.relative_to(tmp_path / "out").as_posix(): path.read_bytes() for path in out} == expected
    assert {oct(path.stat().st_mode & 0o777) for path in out} <= {oct(mode(content)) for content in expected.values()}

    subprocess.run([files.TOOL, "verify", file], check=True, capture_output=True)
