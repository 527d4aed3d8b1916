"""A stamped file is the same application: it starts as before, from the same cache, and can read its stamp."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import files
import pytest
from conftest import start

PAGE = (files.TOP / "docs/stamping.md").read_text()
# What the page tells users to write.
SNIPPET = next(block for block in re.findall(r"```python\n(.*?)```", PAGE, re.S) if "zipfile" in block)


def stamped(file: Path, output: Path, **status: str) -> Path:
    """Stamp a file as the rules do."""
    text = output.with_suffix(".status")
    text.write_text("".join(f"{key} {value}\n" for key, value in status.items()))
    subprocess.run([files.TOOL, "stamp", "--file", file, "--status", text, "--output", output], check=True)
    return output


@pytest.fixture(params=files.HEADS)
def file(request, tmp_path) -> Path:
    """Give an application with each head that prints its stamp."""
    source = f"{SNIPPET}\nimport greet\nprint(json.dumps(stamp()))\n"
    wheel = files.Wheel("greet", {"greet/__init__.py": ""})
    return files.assemble(
        tmp_path / "plain", {"main.py": source}, [wheel], main="_main/main.py", **files.HEADS[request.param]
    )


def tree(root: Path) -> dict[str, int]:
    """Give the inode of everything in a cache."""
    return {str(path): path.lstat().st_ino for path in root.rglob("*")}


def test_a_new_stamp_starts_warm(file, root, tmp_path):
    one = stamped(file, tmp_path / "one", STABLE_COMMIT="0123abc", STABLE_TITLE="größe")
    two = stamped(file, tmp_path / "two", STABLE_COMMIT="4567def")
    assert json.loads(start(file, root).stdout) == {}
    filled = tree(root)
    assert len(list((root / "apps").iterdir())) == 1
    # Without an interpreter on PATH, only a filled cache starts anything.
    nothing = {"PATH": "/nowhere"}
    assert json.loads(start(one, root, env=nothing).stdout) == {"STABLE_COMMIT": "0123abc", "STABLE_TITLE": "größe"}
    assert json.loads(start(two, root, env=nothing).stdout) == {"STABLE_COMMIT": "4567def"}
    assert json.loads(start("./two", root, env=nothing, cwd=tmp_path).stdout) == {"STABLE_COMMIT": "4567def"}
    assert tree(root) == filled


def test_a_stamped_file_fills_the_cache(file, root, tmp_path):
    one = stamped(file, tmp_path / "one", STABLE_COMMIT="0123abc")
    assert json.loads(start(one, root).stdout) == {"STABLE_COMMIT": "0123abc"}
    filled = tree(root)
    assert json.loads(start(file, root, env={"PATH": "/nowhere"}).stdout) == {}
    assert tree(root) == filled
    # A look at every file, which reads the archive.
    assert json.loads(start(one, root, env={"MONOWHEEL_VERIFY": "1"}).stdout) == {"STABLE_COMMIT": "0123abc"}


def test_others_read_it(file, root, tmp_path):
    one = stamped(file, tmp_path / "one", STABLE_COMMIT="0123abc")
    assert json.loads(start([sys.executable, one], root).stdout) == {"STABLE_COMMIT": "0123abc"}
    listed = subprocess.run(["unzip", "-l", one], check=True, capture_output=True, text=True)
    assert "monowheel/stamp.json" in listed.stdout and not listed.stderr
    tested = subprocess.run(["unzip", "-tq", one], check=True, capture_output=True, text=True)
    assert tested.stdout.startswith("No errors detected")
    with zipfile.ZipFile(one) as archive, zipfile.ZipFile(file) as plain:
        assert archive.testzip() is None
        assert archive.namelist() == [*plain.namelist(), "monowheel/stamp.json"]
        assert [info.header_offset for info in archive.infolist()][:-1] == [
            info.header_offset for info in plain.infolist()
        ]
