"""Child processes that never outlive us: each in a group of its own, stopped with everything it started."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path


class ServerError(Exception):
    """A server cannot be had or does not run; one sentence, then what the server itself said."""


def free_port() -> int:
    """Give a port on loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def listens(port: int) -> Callable[[], bool]:
    """Give the question whether something accepts connections on `port`."""

    def ready() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    return ready


def _die_with_parent() -> None:
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


@contextlib.contextmanager
def running(
    name: str,
    command: list[str],
    log: Path,
    ready: Callable[[], bool],
    *,
    seconds: float = 60,
    stop: int = signal.SIGTERM,
    **options,
) -> Iterator[subprocess.Popen]:
    """Start a server, wait until it is ready, and stop it and its whole group at the end."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # For the case that we are killed: nothing may keep a port and a processor then.
            preexec_fn=_die_with_parent,
            **options,
        )
    try:
        deadline = time.monotonic() + seconds
        while not ready():
            if process.poll() is not None:
                raise ServerError(f"{name} ended with {process.returncode} before it was ready\n{tail(log)}")
            if time.monotonic() > deadline:
                raise ServerError(f"{name} was not ready after {seconds:.0f} s\n{tail(log)}")
            time.sleep(0.02)
        yield process
    finally:
        end(process, stop)


def end(process: subprocess.Popen, stop: int = signal.SIGTERM) -> None:
    """Ask the process to end, and kill what is left of its group."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(stop)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def tail(log: Path, lines: int = 30) -> str:
    """Give the last lines of a server's log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
