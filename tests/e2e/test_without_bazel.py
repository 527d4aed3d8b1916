"""`monowheel build` over a network: an index that wants a password, breaks, is far behind a proxy or has a certificate of its own."""

import os
import pty
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from registry import PASSWORD, USER, Registry, running

POETRY = """\
[[package]]
name = "web"
version = "1.0"
description = ""
optional = false
python-versions = ">=3.9"
groups = ["main"]
files = [
    {{file = "web-1.0-py3-none-any.whl", hash = "sha256:{digest}"}},
]

[metadata]
lock-version = "2.1"
python-versions = ">=3.9"
content-hash = ""
"""
PYPROJECT = '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["web"]\n'


@pytest.fixture
def registry():
    """Give an index with one wheel."""
    with running("web") as registry:
        yield registry


@pytest.fixture
def project(tmp_path: Path, registry: Registry) -> Path:
    """Give a project whose poetry.lock has hashes and no addresses."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "poetry.lock").write_text(POETRY.format(digest=registry.digest("web")))
    return folder


def line(project: Path, *arguments: object) -> list[str]:
    tool = os.environ["MONOWHEEL_TOOL"]
    options = ["--script", "web", "--cache-dir", project / "cache", "-o", project / "out", *arguments]
    return [tool, "build", *map(str, options)]


def environment(project: Path, **more: object) -> dict[str, str]:
    """Give an environment with no proxy, no certificates and no home of the caller's."""
    kept = {"PATH": os.environ["PATH"], "HOME": str(project), "LANG": "C.UTF-8"}
    return kept | {name: str(value) for name, value in more.items()}


def build(project: Path, *arguments: object, **more: object) -> str:
    """Build, run what was built, and give what the build said."""
    done = subprocess.run(line(project, *arguments), cwd=project, env=environment(project, **more), capture_output=True)
    said = done.stderr.decode()
    assert done.returncode == 0, said
    assert done.stdout == b""
    started = subprocess.run(
        [project / "out"],
        env=environment(project, MONOWHEEL_ROOT=project / "root"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert started.stdout == "web runs\n"
    return said


def refused(project: Path, *arguments: object, **more: object) -> str:
    done = subprocess.run(
        line(project, *arguments), cwd=project, env=environment(project, **more), capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    assert not (project / "out").exists()
    return done.stderr


def test_an_index_is_asked_once_and_quietly(registry: Registry, project: Path) -> None:
    said = build(project, "--index-url", registry.url("/simple"))
    assert registry.asked == ["/simple/web/", "/files/web-1.0-py3-none-any.whl"]
    assert said.count("\n") == 1 and "\x1b" not in said and "out: 1 wheels" in said, said


def test_a_page_of_links_comes_before_the_index(registry: Registry, project: Path) -> None:
    build(project, "--find-links", registry.url("/links/"), "--index-url", "http://127.0.0.1:9/simple")
    assert registry.asked == ["/links/", "/files/web-1.0-py3-none-any.whl"]


def test_credentials_come_from_netrc(registry: Registry, project: Path) -> None:
    registry.password = True
    index = ["--index-url", registry.url("/simple")]
    words = refused(project, *index)
    assert "HTTP 401: not allowed; put the credentials into ~/.netrc" in words, words
    (project / ".netrc").write_text(f"machine 127.0.0.1 login {USER} password {PASSWORD}\n")
    build(project, *index)


def test_credentials_of_an_index_are_for_its_files_and_for_nobody_to_see(registry: Registry, project: Path) -> None:
    registry.password = True
    index = registry.url("/simple", f"{USER}:{PASSWORD}@")
    assert PASSWORD not in build(project, "--index-url", index)
    assert PASSWORD.encode() not in (project / "out").read_bytes()
    (project / "out").unlink()
    shutil.rmtree(project / "cache")
    registry.wheels.clear()
    words = refused(project, "--index-url", index)
    assert PASSWORD not in words and "***@127.0.0.1" in words, words


def test_faults_that_pass_are_tried_again(registry: Registry, project: Path) -> None:
    registry.faults = [503, "broken", 429]
    build(project, "--index-url", registry.url("/simple"))
    assert len(registry.asked) == 5


def test_a_fault_that_stays_is_told(registry: Registry, project: Path) -> None:
    registry.faults = [404]
    words = refused(project, "--index-url", registry.url("/simple"))
    assert "Failed to fetch `web-1.0-py3-none-any.whl`" in words and "HTTP 404: not there" in words, words
    assert "hint: check the network, the proxy settings and --index-url" in words, words


def test_proxies_are_those_of_the_environment(registry: Registry, project: Path) -> None:
    index = ["--index-url", registry.url("/simple", host="index.invalid")]
    assert "index.invalid" in refused(project, *index)
    # The page names 127.0.0.1, which the proxy is not asked for.
    build(project, *index, http_proxy=registry.url(""), no_proxy="127.0.0.1")
    assert len(registry.tunnels) == 1 and "index.invalid" in registry.tunnels[0], registry.tunnels


def test_certificates_are_those_of_the_system(registry: Registry, project: Path, tmp_path: Path) -> None:
    authority = registry.encrypt(tmp_path)
    index = ["--index-url", registry.url("/simple")]
    words = refused(project, *index)
    assert "certificate" in words, words
    build(project, *index, SSL_CERT_FILE=authority)


def test_a_terminal_sees_a_bar(registry: Registry, project: Path) -> None:
    terminal, end = pty.openpty()
    shown = []

    def read() -> None:
        while chunk := read_or_nothing(terminal):
            shown.append(chunk)

    reader = threading.Thread(target=read)
    reader.start()
    command = line(project, "--index-url", registry.url("/simple"))
    subprocess.run(command, cwd=project, env=environment(project, TERM="xterm"), stderr=end, check=True)
    os.close(end)
    reader.join()
    os.close(terminal)
    assert "/1 wheels" in b"".join(shown).decode(), shown


def read_or_nothing(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        # The other end is closed.
        return b""
