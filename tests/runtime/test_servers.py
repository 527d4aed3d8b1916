"""Servers and workers that start themselves again or start children: real ones, on every Python, by both heads in turn."""

import json
import os
import signal
from pathlib import Path

import files
import pytest
from conftest import PYTHONS, start
from locked import ask, build, running, until

SERVICE = """
import json, os, sys
ME = {"pid": os.getpid(), "parent": os.getppid(), "argv": sys.argv, "prefix": sys.prefix, "version": list(sys.version_info[:2])}
TEXT = json.dumps(ME).encode()
def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(TEXT)))])
    return [TEXT]
async def asgi(scope, receive, send):
    assert scope["type"] == "http"
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(TEXT)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": TEXT})
"""
TASKS = """
import os, sys
from celery import Celery
BOX = os.environ["BOX"]
app = Celery("tasks", broker="filesystem://", backend=f"file://{BOX}/results")
app.conf.broker_transport_options = {"data_folder_in": f"{BOX}/in", "data_folder_out": f"{BOX}/in", "control_folder": BOX}
@app.task
def where(number):
    return [number + 1, os.getpid(), os.getppid(), sys.prefix]
"""

# Neighbours begin with different heads, so that each Python meets both.
TURNS = ["test_gunicorn", "test_uvicorn_with_workers", "test_uvicorn_that_reloads", "test_celery", "test_pkg_resources"]


@pytest.fixture(params=list(files.HEADS) if os.environ.get("MONOWHEEL_TEST_ALL") else ["in turn"])
def head(request, python) -> str:
    """Give each head, or, to save minutes, one of them in turn: a test has every Python, and half of them with each head."""
    if request.param in files.HEADS:
        return request.param
    turn = list(PYTHONS.values()).index(python) + TURNS.index(request.function.__name__)
    return list(files.HEADS)[turn % len(files.HEADS)]


@pytest.fixture
def asked(python) -> dict:
    """Give the setting that names the interpreter."""
    return {"MONOWHEEL_PYTHON": python}


@pytest.fixture
def service(tmp_path, python, head):
    """Give what builds the service with a script that runs it."""
    return lambda *options: build(
        tmp_path, "servers", {"service.py": SERVICE, "tasks.py": TASKS}, python, head, *options
    )


def environment_of(root: Path) -> str:
    """Give the one environment in a cache: an application that starts itself again must not make another."""
    (app,) = (root / "apps").iterdir()
    return str(app)


def same_python(answer: dict, python: Path, root: Path) -> bool:
    return answer["version"] == [3, int(python.name.split(".")[1])] and answer["prefix"] == environment_of(root)


def end(process, number=signal.SIGTERM) -> int:
    process.send_signal(number)
    return process.wait(timeout=120)


def test_gunicorn(root, tmp_path, python, asked, service):
    file = service("--script", "gunicorn", "--arg", "service:wsgi")
    place, note = tmp_path / "socket", tmp_path / "pid"
    options = ["--bind", f"unix:{place}", "--workers", "2", "--pid", str(note)]
    with running([file, *options], root, tmp_path / "log", **asked) as process:
        first = until(lambda: ask(place), "gunicorn")
        assert same_python(first, python, root)
        assert (first["parent"], first["argv"]) == (process.pid, [str(file), "service:wsgi", *options])
        # It replaces itself while it serves: the new one runs `sys.executable` with `sys.argv`.
        process.send_signal(signal.SIGUSR2)
        note = until(lambda: (note := tmp_path / "pid.2").exists() and note.read_text().strip() and note, "the new one")
        new = int(note.read_text())
        try:
            second = until(lambda: (found := ask(place)) and found["parent"] == new and found, "its workers")
            assert same_python(second, python, root)
            assert second["argv"] == first["argv"]
            assert end(process) == 0
            assert until(lambda: ask(place), "the new one alone")["parent"] == new
        finally:
            os.kill(new, signal.SIGTERM)


def test_uvicorn_with_workers(root, tmp_path, python, asked, service):
    file = service("--script", "uvicorn")
    place = tmp_path / "socket"
    with running([file, "service:asgi", "--uds", place, "--workers", "2"], root, tmp_path / "log", **asked) as process:
        seen = {}

        def both():
            answer = ask(place)
            if answer:
                seen[answer["pid"]] = answer
            return len(seen) == 2

        until(both, "two workers")
        for answer in seen.values():
            assert answer["parent"] == process.pid
            assert same_python(answer, python, root)
        assert end(process) in (0, -signal.SIGTERM)


def test_uvicorn_that_reloads(root, tmp_path, python, asked, service):
    file = service("--script", "uvicorn")
    place, watched = tmp_path / "socket", tmp_path / "watched/x.py"
    watched.parent.mkdir()
    watched.write_text("")
    command = [file, "service:asgi", "--uds", place, "--reload", "--reload-dir", watched.parent]
    with running(command, root, tmp_path / "log", **asked) as process:
        first = until(lambda: ask(place), "uvicorn")
        assert same_python(first, python, root)
        assert first["parent"] == process.pid

        def another():
            # Until it has looked once, it cannot see a change.
            os.utime(watched, (watched.stat().st_mtime + 1,) * 2)
            answer = ask(place)
            return answer and answer["pid"] != first["pid"] and answer

        assert same_python(until(another, "the next one"), python, root)
        assert end(process) in (0, -signal.SIGTERM)


def test_celery(root, tmp_path, python, asked, service):
    file = service("--script", "celery", "--arg=-A", "--arg=tasks")
    for name in ("in", "results"):
        (tmp_path / "box" / name).mkdir(parents=True)
    box = {"BOX": tmp_path / "box", **asked}
    command = [file, "worker", "--concurrency", "1", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    with running(command, root, tmp_path / "log", C_FORCE_ROOT=1, **box) as process:
        code = "import json, tasks; print(json.dumps(tasks.where.delay(41).get(timeout=120)))"
        done = start(file, root, "-c", code, env={"MONOWHEEL_INTERPRETER": 1, **box})
        number, pid, parent, prefix = json.loads(done.stdout)
        assert (number, parent, prefix) == (42, process.pid, environment_of(root))
        assert pid != parent
        assert end(process) == 0, (tmp_path / "log").read_text()


def test_pkg_resources(root, tmp_path, python, asked, head):
    source = """
import json, pkg_resources, service
found = pkg_resources.get_distribution("celery")
scripts = sorted(point.name for point in pkg_resources.iter_entry_points("console_scripts") if point.dist.key == "uvicorn")
pkg_resources.require("celery>=5", "kombu")
texts = [pkg_resources.resource_string(name, name + ".py") for name in ("six", "service")]
print(json.dumps([found.version.split(".")[0], scripts, [len(text) > 10 for text in texts]]))
"""
    sources = {"main.py": source, "service.py": SERVICE}
    file = build(tmp_path, "servers", sources, python, head, "--main", "main.py")
    for _ in range(2):
        done = start(file, root, env={"PYTHONWARNINGS": "ignore", **asked})
        assert json.loads(done.stdout) == ["5", ["uvicorn"], [True, True]]


def test_numpy_and_scipy(root, tmp_path, python, asked):
    """Machine code of two wheels that calls each other's; the tree that one head has made, the other head runs."""
    source = """
import numpy, scipy.linalg, scipy.sparse
matrix = numpy.array([[4.0, 1.0], [1.0, 3.0]])
print(numpy.allclose(scipy.linalg.inv(matrix) @ matrix, numpy.eye(2)), scipy.sparse.eye(3).sum())
"""
    heads = list(files.HEADS)
    for head in heads if list(PYTHONS.values()).index(python) % 2 else reversed(heads):
        folder = tmp_path / head
        folder.mkdir()
        file = build(folder, "science", {"main.py": source}, python, head, "--main", "main.py")
        assert start(file, root, env=asked).stdout == "True 3.0\n"
