"""Wheels become the trees that uv and pip make of them."""

import pytest
from trees import Pinned, compare, fetch, interpreter

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
