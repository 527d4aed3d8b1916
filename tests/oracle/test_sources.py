"""Locks of packages that come from elsewhere than an index: git, an address, a wheel, a folder, a page of links, a flat index.

uv makes each lock here, and what Monowheel builds of it runs; a poetry.lock is kept as text, as poetry wrote it.
"""

import hashlib
import http.server
import re
import subprocess
import sys
import threading
import zipfile
from functools import partial
from pathlib import Path

import pytest
from common import HERE, TOOL
from runtime.files import Wheel

SAYS = (
    "def main():\n    import {modules}\n    for module in ({modules},):\n        print(module.__name__, module.NAME)\n"
)
# A build backend without requirements, for packages of source alone.
BACKEND = """\
import pathlib, sys
sys.path.insert(0, {tests!r})
from runtime.files import Wheel
def build_wheel(folder, config_settings=None, metadata_directory=None):
    return Wheel({name!r}, {{"{name}.py": "NAME = 'built'\\n"}}).write(pathlib.Path(folder)).name
build_editable = build_wheel
"""
TESTS = str(Path(__file__).resolve().parents[1])


def made(name: str, folder: Path) -> Path:
    """Make a wheel of one module in a folder: the same bytes whatever zlib there is."""
    folder.mkdir(parents=True, exist_ok=True)
    return Wheel(name, {f"{name}.py": f"NAME = 'a wheel in {folder.name}'\n"}, compression=zipfile.ZIP_STORED).write(
        folder
    )


def source(name: str, folder: Path, dependencies: str = "") -> Path:
    """Write a package of source that can be built with nothing from an index."""
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "{name}"\nversion = "1.0"\nrequires-python = ">=3.9"\ndependencies = [{dependencies}]\n'
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (folder / "backend.py").write_text(BACKEND.format(tests=TESTS, name=name))
    (folder / "src" / name).mkdir(parents=True)
    (folder / "src" / name / "__init__.py").write_text(f"NAME = 'the folder {folder.name}'\n")
    return folder


def run(*line: object, cwd: Path) -> str:
    done = subprocess.run([str(part) for part in line], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(map(str, line))}\n{done.stdout}{done.stderr}"
    return done.stdout


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def page(folder: Path, *wheels: Path, fragment: bool = True) -> None:
    """Write a page of links, with hashes as indexes have them."""
    links = [
        f'<a href="{wheel.name}{f"#sha256={digest(wheel)}" if fragment else ""}">{wheel.name}</a>' for wheel in wheels
    ]
    (folder / "index.html").write_text(f"<html><body>{''.join(links)}</body></html>")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serve files and listings of folders."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(tmp_path: Path):
    """Give a folder that is served, and its address."""
    folder = tmp_path / "site"
    folder.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Give a git repository of a package of source."""
    folder = source("hosted", tmp_path / "hosted")
    who = ["-c", "user.name=test", "-c", "user.email=test@example.invalid"]
    run("git", "init", "--quiet", "--initial-branch=main", cwd=folder)
    run("git", "add", ".", cwd=folder)
    run("git", *who, "commit", "--quiet", "--message=first", cwd=folder)
    return folder


@pytest.fixture
def project(tmp_path: Path, site: tuple[Path, str], repository: Path) -> Path:
    """Give a project that takes a package from each kind of place but an index of its own, locked by uv."""
    served, address = site
    folder = tmp_path / "project"
    made("remote", served / "files")
    page(served / "page", made("paged", served / "page"))
    made("disk", folder / "vendor")
    made("flat", folder / "flat")
    source("library", folder / "library", '"disk"')
    (folder / "src/shop").mkdir(parents=True)
    (folder / "src/shop/__init__.py").write_text(SAYS.format(modules="disk, flat, hosted, library, paged, remote"))
    (folder / "pyproject.toml").write_text(f"""\
[project]
name = "shop"
version = "1.0"
requires-python = ">=3.9"
dependencies = ["disk", "flat", "hosted", "library", "paged", "remote"]

[project.scripts]
shop = "shop:main"

[tool.uv.sources]
disk = {{ path = "vendor/disk-1.0-py3-none-any.whl" }}
flat = {{ index = "flat" }}
hosted = {{ git = "file://{repository}", rev = "main" }}
library = {{ path = "library", editable = true }}
paged = {{ index = "paged" }}
remote = {{ url = "{address}/files/remote-1.0-py3-none-any.whl" }}

[[tool.uv.index]]
name = "flat"
url = "flat"
format = "flat"
explicit = true

[[tool.uv.index]]
name = "paged"
url = "{address}/page/"
format = "flat"
explicit = true

""")
    uv(folder, "lock")
    return folder


def uv(project: Path, *arguments: object) -> str:
    """Run uv with no configuration of the machine's, on the Python that runs the tests."""
    uv = Path(sys.executable).with_name("uv")
    return run(uv, *arguments, "--no-cache", "--quiet", "--python", sys.executable, cwd=project)


def build(project: Path, *arguments: object, ok: bool = True) -> str:
    """Build the project; give what the file prints, or, where it must fail, what the tool said."""
    (project / "shop.bin").unlink(missing_ok=True)
    line = [TOOL, "build", "--script", "shop", "-o", "shop.bin", "--cache-dir", project / "cache", *arguments]
    done = subprocess.run([str(part) for part in line], cwd=project, capture_output=True, text=True)
    if not ok:
        assert done.returncode == 1, done.stderr
        assert not (project / "shop.bin").exists()
        return done.stderr
    assert done.returncode == 0, done.stderr
    return run("./shop.bin", cwd=project)


WANTED = """\
disk a wheel in vendor
flat a wheel in flat
hosted a wheel in ours
library the folder library
paged a wheel in page
remote a wheel in files
"""


def test_uv_lock(project: Path) -> None:
    said = build(project, ok=False)
    assert "hosted" in said and "git" in said and "--override" in said, said
    ours = made("hosted", project / "ours")
    assert build(project, "--override", f"hosted={ours}") == WANTED


def test_a_flat_index_may_have_no_hashes(project: Path, site: tuple[Path, str]) -> None:
    served, _ = site
    lock = project / "uv.lock"
    # What stands in a folder of the project is pinned by its bytes; a page has to say what it pins.
    assert '{ path = "flat-1.0-py3-none-any.whl" }' in lock.read_text()
    page(served / "page", served / "page/paged-1.0-py3-none-any.whl", fragment=False)
    lock.unlink()
    uv(project, "lock")
    ours = made("hosted", project / "ours")
    said = build(project, "--override", f"hosted={ours}", ok=False)
    assert "paged-1.0-py3-none-any.whl has no hash in the lock file, so it cannot be pinned" in said, said
    (project / "flat/flat-1.0-py3-none-any.whl").unlink()
    said = build(
        project,
        "--override",
        f"hosted={ours}",
        "--override",
        f"paged={served}/page/paged-1.0-py3-none-any.whl",
        ok=False,
    )
    assert "flat-1.0-py3-none-any.whl" in said, said


def test_requirements_that_uv_exports(project: Path) -> None:
    # What is of one folder's wheels alone is nothing that uv exports with a hash.
    for file in (project / "pyproject.toml", project / "src/shop/__init__.py"):
        file.write_text(file.read_text().replace('"disk", "flat", ', '"disk", ').replace("disk, flat,", "disk,"))
    uv(project, "lock")
    uv(project, "export", "--format", "requirements.txt", "--output-file", "requirements.txt")
    (project / "uv.lock").unlink()
    text = (project / "requirements.txt").read_text()
    assert "./vendor/disk-1.0-py3-none-any.whl" in text and "-e ./library" in text and "hosted @ git+file://" in text, (
        text
    )
    pages = ["--find-links", re.search(r'url = "(http.*/page/)"', (project / "pyproject.toml").read_text())[1]]
    assert "git+file://" in build(project, *pages, ok=False)
    ours = made("hosted", project / "ours")
    assert build(project, *pages, "--override", f"hosted={ours}") == WANTED.replace("flat a wheel in flat\n", "")


@pytest.mark.parametrize("nested", [False, True])
def test_requirements_that_uv_compiles(tmp_path: Path, site: tuple[Path, str], nested: bool) -> None:
    """Places that the file itself names: an index, a page of links, a folder; in a file that another one includes as well."""
    served, address = site
    folder = tmp_path / "project"
    locked = folder / "locks" if nested else folder
    page(served / "simple/indexed", made("indexed", served / "simple/indexed"))
    page(served / "page", made("paged", served / "page"))
    made("disk", locked / "vendor")
    made("remote", served / "files")
    (folder / "src/shop").mkdir(parents=True)
    (folder / "src/shop/__init__.py").write_text(SAYS.format(modules="disk, indexed, paged, remote"))
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.9"\n[project.scripts]\nshop = "shop:main"\n'
    )
    (locked / "wanted.in").write_text(f"disk\nindexed\npaged\nremote @ {address}/files/remote-1.0-py3-none-any.whl\n")
    places = ["--index-url", f"{address}/simple", "--find-links", f"{address}/page/", "--find-links", "vendor"]
    emitted = ["--generate-hashes", "--emit-index-url", "--emit-find-links", "--no-config"]
    uv(locked, "pip", "compile", "wanted.in", "--output-file", "requirements.txt", *places, *emitted)
    text = (locked / "requirements.txt").read_text()
    assert "\n--index-url" in text and text.count("\n--find-links") == 2, text
    # pip-compile writes one of a page of links as well.
    pinned = f"paged==1.0 --hash=sha256:{digest(served / 'page/paged-1.0-py3-none-any.whl')}\n"
    (locked / "requirements.txt").write_text(text.replace("paged==1.0\n", pinned))
    if nested:
        (folder / "requirements.txt").write_text("-r locks/requirements.txt\n")
    said = "disk a wheel in vendor\nindexed a wheel in indexed\npaged a wheel in page\nremote a wheel in files\n"
    assert build(folder) == said


def test_poetry_lock(project: Path, site: tuple[Path, str]) -> None:
    """As poetry 2.5 locked the same packages, `indexed` being of an index that has a name: but for the addresses, which are this run's."""
    served, address = site
    page(served / "simple/indexed", made("indexed", served / "simple/indexed"))
    lock = (HERE / "sources.poetry.lock").read_text().replace("@SITE@", address)
    (project / "uv.lock").unlink()
    (project / "poetry.lock").write_text(lock)
    module = project / "src/shop/__init__.py"
    module.write_text(SAYS.format(modules="disk, hosted, indexed, library, remote"))
    said = build(project, ok=False)
    assert "git ssh://git@host.invalid/hosted is a source distribution" in said, said
    ours = made("hosted", project / "ours")
    assert build(project, "--override", f"hosted={ours}").splitlines() == [
        "disk a wheel in vendor",
        "hosted a wheel in ours",
        "indexed a wheel in indexed",
        "library the folder library",
        "remote a wheel in files",
    ]


def test_pylock_that_uv_exports(project: Path) -> None:
    uv(project, "export", "--frozen", "--format", "pylock.toml", "--output-file", "pylock.toml")
    (project / "uv.lock").unlink()
    assert "git" in build(project, ok=False)
    ours = made("hosted", project / "ours")
    assert build(project, "--override", f"hosted={ours}") == WANTED
