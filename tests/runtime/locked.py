"""Applications of real packages: `monowheel build` downloads the wheels by the hashes in `locks/` and makes the file."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import files
from conftest import environment
from debian import CACHE

LOCKS = Path(__file__).resolve().parent / "locks"
# A machine with other work to do takes long; what has not happened by then does not happen.
PATIENCE_SECONDS = 120


def build(folder: Path, lock: str, sources: dict, python: Path, head: str, *options: str) -> Path:
    """Build `sources` and the wheels of a lock, for one Python and with one head."""
    project = folder / "project"
    project.mkdir()
    shutil.copy(LOCKS / f"{lock}.txt", project / "requirements.txt")
    for name, text in sources.items():
        (project / name).write_text(text)
    launcher = ["--launcher", files.LAUNCHER] if head == "native" else []
    place = ["--cache-dir", CACHE / "wheels", "--output", folder / "app"]
    version = ["--python", python.name.removeprefix("python")]
    done = subprocess.run(
        [files.TOOL, "build", *place, *version, *launcher, *options], cwd=project, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return folder / "app"


def until(condition, what: str):
    """Wait for a condition, and give what it gave."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


@contextmanager
def running(command, root: Path, log: Path, **variables):
    """Run a server, and end it; its words are in `log`."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment(root, variables), stdout=output, stderr=output)
    try:
        yield process
    except AssertionError as error:
        raise AssertionError(f"{error}\n{log.read_text()}") from error
    finally:
        process.kill()
        process.wait()


def ask(path: Path):
    """Ask a server at a socket for JSON, or give None where none answers yet."""
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(PATIENCE_SECONDS)
    try:
        connection.sock.connect(os.fsencode(path))
        connection.request("GET", "/")
        return json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
