"""Fixtures of the tests of what a file says of itself: an application of real wheels, and a real browser."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Browser

TOP = Path(__file__).resolve().parents[2]
CACHE = Path(
    os.environ.get("MONOWHEEL_TEST_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "monowheel-tests"
)
TOOL = os.environ.get("MONOWHEEL_TOOL", str(TOP / "tool/target/debug/monowheel"))


def tool(*arguments: object, cwd: Path) -> str:
    """Run the tool, which must succeed, and give its standard output."""
    line = [TOOL, *map(str, arguments)]
    return subprocess.run(line, cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout


@pytest.fixture(scope="session")
def wheels() -> Path:
    """Real wheels, native ones among them: those that the tests themselves need, by hash."""
    requirements = TOP / "tests/requirements.txt"
    folder = CACHE / "explain-wheels"
    stamp = folder / "requirements.txt"
    if not stamp.exists() or stamp.read_bytes() != requirements.read_bytes():
        shutil.rmtree(folder, ignore_errors=True)
        line = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        line += [
            "--require-hashes",
            "--only-binary",
            ":all:",
            "--dest",
            str(folder),
            "--requirement",
            str(requirements),
        ]
        subprocess.run(line, check=True)
        shutil.copy(requirements, stamp)
    return folder


@pytest.fixture(scope="session")
def application(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An assembled application of those wheels."""
    folder = tmp_path_factory.mktemp("application")
    lines: list[dict] = [
        {"kind": "application", "version": 1, "origin": "//svc:service", "main": "_main/svc/main.py"},
        {"kind": "import", "path": "_main"},
    ]
    for name in ("main.py", "views.py", "templates/index.html"):
        path = folder / "svc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n" * 40)
        lines.append({"kind": "file", "path": f"svc/{name}", "dest": f"_main/svc/{name}", "origin": "//svc:lib"})
    for wheel in sorted(wheels.glob("*.whl")):
        facts = folder / f"{wheel.name}.json"
        tool("facts", "--wheel", wheel, "--output", facts, cwd=folder)
        lines.append({"kind": "wheel", "path": str(wheel), "facts": str(facts), "origin": f"@pypi//{wheel.name}"})
    (folder / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    tool("assemble", "--manifest", "manifest.jsonl", "--output", "service", cwd=folder)
    return folder / "service"


@pytest.fixture(scope="session")
def page(application: Path) -> Path:
    tool("inspect", "service", "--html", "service.html", cwd=application.parent)
    return application.parent / "service.html"


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser
