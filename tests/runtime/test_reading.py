"""A first start reads no byte of the file twice, as the kernel sees it."""

import os
import random
import re
import zipfile
from pathlib import Path

import files
import pytest
from conftest import start
from debian import program

# What asks for bytes of a file, and what says where `read` does. A shell reads its script from the beginning, without a word on that.
CALLS = ("lseek", "read", "pread64", "readv", "preadv", "preadv2", "mmap", "sendfile", "copy_file_range", "splice")
CALL = re.compile(rb"^(\w+)\((.*)\) += (\d+)$")


def calls(folder: Path, file: Path) -> list:
    """Give what was read of a file: the call, where (if it or the call before tells), and how many bytes."""
    found = []
    for log in folder.iterdir():
        place = None
        for match in filter(None, map(CALL.match, log.read_bytes().splitlines())):
            if b"<" + os.fsencode(file) + b">" not in match[2]:
                continue
            last = match[2].rpartition(b", ")[2]
            if match[1] == b"lseek":
                place = int(match[3]) if last == b"SEEK_SET" else None
            else:
                where = int(last) if match[1] == b"pread64" else place if match[1] == b"read" else None
                found.append((match[1].decode(), where, int(match[3])))
                place = None
    return found


def read_twice(reads: list) -> list:
    """Give the ranges that overlap others before them."""
    overlapping, end = [], 0
    for begin, size in sorted(reads):
        if begin < end:
            overlapping.append((begin, min(end, begin + size)))
        end = max(end, begin + size)
    return overlapping


@pytest.fixture(scope="module")
def file_of_all_kinds(tmp_path_factory):
    """Give a function that assembles wheels with one part and with many, of small members, large ones, and both in turn."""
    folder = tmp_path_factory.mktemp("wheels")
    noise = random.Random(1).randbytes(3 << 20)
    stored, deflated = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
    mixed = {f"mixed/{n}.bin": noise[: (2 << 20) + n if n % 3 == 0 else 40_000 * n] for n in range(12)}
    made = [
        files.Wheel("small", {f"small/{n}.py": f"N = {n}\n" for n in range(50)}),
        files.Wheel("many", {f"many/{n}.bin": noise[n : n + 30_000] for n in range(300)}, compression=stored),
        files.Wheel("mixed", mixed, compression=deflated),
        files.Wheel("one", {"one/a.bin": noise}, compression=stored),
        files.Wheel("long", {f"long/{'ä' * 60}/{n}.bin": noise[:n] for n in range(1000)}, compression=deflated),
    ]
    made += [files.Wheel(f"w{n}", {f"w{n}/{m}.py": "#" * m for m in range(9)}) for n in range(20)]
    wheels = [wheel.write(folder) for wheel in made]
    code = {"main.py": "print('started')", **{f"resources/{n}": str(n) * 5000 for n in range(300)}}
    return lambda path, **options: files.assemble(path, code, wheels, main="_main/main.py", **options)


@pytest.mark.parametrize("head", files.HEADS)
def test_no_byte_is_read_twice(root, tmp_path, file_of_all_kinds, python, head):
    file = file_of_all_kinds(tmp_path / "app", **files.HEADS[head])
    logs = tmp_path / "logs"
    logs.mkdir()
    # A log for each thread, where no call is torn in two by another one's.
    trace = [program("strace", "strace"), "-ff", "-qq", "-y", "-s", "0", "-o", logs / "of"]
    started = start([*trace, "-e", f"trace={','.join(CALLS)}", file], root, env={"MONOWHEEL_PYTHON": python})
    assert started.stdout == "started\n"
    found = calls(logs, file)
    ours = [(where, size) for _, where, size in found if where is not None]
    # All that is in the file but what is skipped: headers' ends, folders, and the head itself.
    assert sum(size for _, size in ours) > file.stat().st_size * 0.9
    assert read_twice(ours) == []
    # The shell's own: the head, in blocks.
    others = {call for call, where, _ in found if where is None}
    assert others == ({"read"} if head == "portable" else set()), others
    assert sum(size for _, where, size in found if where is None) < 32 << 10
