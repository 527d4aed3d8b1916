"""Wheels become the trees that uv and pip make of them."""

from pathlib import Path

import pytest
from common import TOOL
from trees import Pinned, assemble, compare, fetch, interpreter, run

# Small ones of every kind, with no path in common: headers, scripts, data, extension modules, namespaces.
NAMES = """
    aiohappyeyeballs aiosignal annotated-types anyio arrow attrs cachetools certifi cffi charset-normalizer click defusedxml
    docutils fastapi frozenlist greenlet h11 httptools idna iniconfig ipykernel jinja2 jmespath jsonschema markupsafe multidict packaging
    pluggy propcache protobuf pydantic pygments pyjwt pytest pyyaml requests rpds-py six starlette tqdm typing-extensions urllib3 uvicorn
    uvloop watchfiles websockets yarl zope-interface
"""


@pytest.fixture(scope="module")
def python() -> str:
    return interpreter()


def test_trees_are_those_of_uv_and_pip(python: str) -> None:
    pinned = Pinned.all()
    wheels = [pinned[name] for name in NAMES.split()]
    fetch(wheels)
    files, differences = compare([wheel.path for wheel in wheels], python)
    assert differences == []
    assert files > 1000


def test_rewritten_wheels_are_wheels(python: str, tmp_path: Path) -> None:
    """What is left of a wheel installs like any other: pip and uv read RECORD and headers as we do."""
    pinned = [Pinned.all()[name] for name in ("anyio", "greenlet", "ipykernel", "pyyaml", "zope-interface")]
    fetch(pinned)
    wheels = [wheel.path for wheel in pinned]
    application = assemble(wheels, tmp_path / "parts", exclude=["**/tests/**", "**/*.h", "**/pytest_plugin.py"])
    run(TOOL, "extract", application, "--all", "--output", tmp_path / "out")
    rewritten = sorted((tmp_path / "out").glob("*.whl"))
    assert sum(path.stat().st_size for path in rewritten) < sum(path.stat().st_size for path in wheels)
    files, differences = compare(rewritten, python)
    assert differences == []
    assert files < compare(wheels, python)[0]
