"""Bills of materials, held against the official schemas by the libraries of the two projects."""

import json
from pathlib import Path

import pytest
from conftest import tool
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_tools.spdx.model import RelationshipType
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document


def cyclonedx(application: Path, *arguments: str) -> str:
    return tool("sbom", *arguments, "--format", "cyclonedx", cwd=application.parent)


@pytest.mark.parametrize("source", [["service"], ["--manifest", "manifest.jsonl"]])
def test_cyclonedx_is_valid(application: Path, source: list[str]) -> None:
    text = cyclonedx(application, *source)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bom = Bom.from_json(json.loads(text))
    bom.validate()
    report = json.loads(tool("inspect", "service", "--json", cwd=application.parent))
    assert len(bom.components) == len(report["packages"])
    hashes = {str(component.purl): component.hashes[0].content for component in bom.components}
    for package in report["packages"]:
        assert hashes[f"pkg:pypi/{package['name']}@{package['version']}"] == package["sha256"]


def test_spdx_is_valid(application: Path) -> None:
    path = application.parent / "service.spdx.json"
    tool("sbom", "service", "--format", "spdx", "--output", path, cwd=application.parent)
    document = parse_file(str(path))
    assert validate_full_spdx_document(document) == []
    related = {
        (one.spdx_element_id, one.related_spdx_element_id)
        for one in document.relationships
        if one.relationship_type is RelationshipType.DEPENDS_ON
    }
    assert ("SPDXRef-package-jsonschema", "SPDXRef-package-referencing") in related
    assert ("SPDXRef-application", "SPDXRef-package-pytest") in related


def test_the_bytes_depend_on_the_application_alone(application: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / "service"
    copy.parent.mkdir()
    copy.write_bytes(application.read_bytes())
    for form in ("cyclonedx", "spdx"):
        first, second = (
            tool("sbom", "service", "--format", form, cwd=folder) for folder in (application.parent, copy.parent)
        )
        assert first == second
        assert str(tmp_path) not in second


@pytest.fixture
def bundling(tmp_path: Path) -> Path:
    """An application that brings its interpreter: as much of one as the assembler looks at."""
    program = b"\x7fELF\2\1\1".ljust(16, b"\0") + b"\2"
    parts = {
        "main.py": b"",
        "launcher": b"monowheel-launcher-configuration" + bytes(96),
        "python/bin/python3.11": program,
        "python/lib/python3.11/os.py": b"",
        "python/include/python3.11/patchlevel.h": b'#define PY_VERSION "3.11.7"\n',
    }
    for name, content in parts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    lines = [
        {"kind": "application", "version": 1, "origin": "//:service", "main": "_main/main.py", "launcher": "launcher"},
        {"kind": "file", "path": "main.py", "dest": "_main/main.py", "origin": "//:main"},
        {"kind": "interpreter", "path": "python", "executable": "bin/python3.11"},
    ]
    (tmp_path / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    tool("assemble", "--manifest", "manifest.jsonl", "--output", "service", cwd=tmp_path)
    return tmp_path / "service"


@pytest.mark.parametrize("source", [["service"], ["--manifest", "manifest.jsonl"]])
def test_an_interpreter_inside_is_a_component(bundling: Path, source: list[str]) -> None:
    text = cyclonedx(bundling, *source)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bom = Bom.from_json(json.loads(text))
    bom.validate()
    assert [str(component.purl) for component in bom.components] == ["pkg:generic/cpython@3.11.7"]
    path = bundling.parent / "service.spdx.json"
    tool("sbom", *source, "--format", "spdx", "--output", path, cwd=bundling.parent)
    document = parse_file(str(path))
    assert validate_full_spdx_document(document) == []
    assert [(package.name, package.version) for package in document.packages][1:] == [("cpython", "3.11.7")]
