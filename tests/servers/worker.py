"""buildbox-worker: executes actions in a root file system that holds their declared inputs and nothing else."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .buildgrid import INSTANCE, BuildGrid
from .parts import HERE
from .process import running


@contextlib.contextmanager
def worker(server: BuildGrid, *, runner: str = "bubblewrap", jobs: int = 2) -> Iterator[Path]:
    """Start a worker and give the file that it logs to; `runner` is `bubblewrap` (empty root) or `hosttools`."""
    url = f"http://127.0.0.1:{server.port}"
    with tempfile.TemporaryDirectory(prefix="monowheel-worker-") as name:
        log = Path(name) / "log"
        line = [
            str(HERE.parents[1] / "bazelw"),
            "--in-root",
            "buildbox-worker",
            f"--instance={INSTANCE}",
            f"--bots-remote={url}",
            f"--bots-instance={INSTANCE}",
            f"--cas-remote={url}",
            f"--cas-instance={INSTANCE}",
            f"--buildbox-run=/usr/bin/buildbox-run-{runner}",
            "--runner-arg=--disable-localcas",
            f"--runner-arg=--workspace-path={name}",
            "--platform",
            "OSFamily=linux",
            f"--concurrent-jobs={jobs}",
            "worker",
        ]

        def ready() -> bool:
            return b"Starting buildbox-worker" in log.read_bytes()

        with running("buildbox-worker", line, log, ready, seconds=240, cwd=name):
            yield log
