"""BuildGrid: action cache, content-addressable storage and remote execution in one server, over gRPC."""

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .parts import bgd
from .postgres import postgres
from .process import ServerError, free_port, listens, running

INSTANCE = "main"

CONFIGURATION = """
server:
  - !channel
    address: 127.0.0.1:{port}
    insecure-mode: true
connections:
  - !sql-connection &sql
    connection-string: {database}
storages:
  - !disk-storage &storage
    path: {folder}/cas
caches:
  - !lru-action-cache &cache
    storage: *storage
    max-cached-refs: 100000
    allow-updates: true
    cache-failed-actions: false
schedulers:
  - !sql-scheduler &scheduler
    sql: *sql
    action-cache: *cache
    storage: *storage
    property-set: !dynamic-property-set
      match-property-keys: [OSFamily, ISA]
      wildcard-property-keys: []
    assigners:
      - !priority-age-assigner
        count: 2
        interval: 0.1
        priority-assignment-percentage: 100
instances:
  - name: {instance}
    services:
      - !action-cache
        cache: *cache
      - !execution
        scheduler: *scheduler
      - !cas
        storage: *storage
      - !bytestream
        storage: *storage
thread-pool-size: 100
"""


@dataclass(frozen=True)
class BuildGrid:
    """A running BuildGrid."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        """Where clients and workers find it."""
        return f"grpc://127.0.0.1:{self.port}"

    @property
    def storage(self) -> Path:
        """The folder with every blob, the action results included."""
        return self.folder / "cas"

    @property
    def cache_flags(self) -> list[str]:
        """Bazel's flags to use it as a cache."""
        return [f"--remote_cache={self.url}", f"--remote_instance_name={INSTANCE}"]

    @property
    def execution_flags(self) -> list[str]:
        """Bazel's flags to have actions executed by its workers."""
        return [
            f"--remote_executor={self.url}",
            f"--remote_instance_name={INSTANCE}",
            "--remote_default_exec_properties=OSFamily=linux",
        ]


@contextlib.contextmanager
def buildgrid() -> Iterator[BuildGrid]:
    """Start a BuildGrid with an empty cache and without workers."""
    command = bgd()
    with tempfile.TemporaryDirectory(prefix="monowheel-buildgrid-") as name, postgres() as database:
        folder, port = Path(name), free_port()
        (folder / "cas").mkdir()
        configuration = folder / "buildgrid.yml"
        configuration.write_text(
            CONFIGURATION.format(port=port, database=database, folder=folder, instance=INSTANCE), encoding="utf-8"
        )
        # Its own `HOME`: it keeps nothing of a user's.
        options = {"cwd": folder, "env": {"PATH": os.defpath, "HOME": name, "LC_ALL": "C.UTF-8"}}
        made = subprocess.run([command, "migrate", "apply", database], capture_output=True, text=True, **options)
        if made.returncode:
            raise ServerError(f"BuildGrid cannot set up its database\n{made.stdout}{made.stderr}")
        line = [str(command), "server", "start", str(configuration)]
        with running("BuildGrid", line, folder / "log", listens(port), stop=signal.SIGINT, **options):
            yield BuildGrid(port, folder)
