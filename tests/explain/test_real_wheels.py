"""Real wheels: what went in is what `verify` sees and `extract` gives back."""

import json
from pathlib import Path

from conftest import tool


def test_every_wheel_comes_back(application: Path, wheels: Path, tmp_path: Path) -> None:
    tool("extract", application, "--all", "--output", "out", cwd=tmp_path)
    found = sorted((tmp_path / "out").iterdir())
    assert [path.name for path in found] == sorted(path.name for path in wheels.glob("*.whl"))
    for path in found:
        assert path.read_bytes() == (wheels / path.name).read_bytes()


def test_the_lock_is_the_one_it_was_built_of(application: Path) -> None:
    lock = Path(__file__).parents[1] / "requirements.txt"
    checks = json.loads(tool("verify", application, "--lock", lock, "--json", cwd=application.parent))
    assert [check["what"] for check in checks if check["outcome"] != "ok"] == []
    assert [check["what"] for check in checks][-1] == "lock"
