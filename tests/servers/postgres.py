"""PostgreSQL on loopback with a data folder of its own; BuildGrid's scheduler keeps its jobs in it."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from debian import program

from .process import ServerError, free_port, listens, running, tail


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Give the URL of an empty database."""
    binaries = ("/usr/lib/postgresql/*/bin",)
    server = program("postgres", "postgresql", folders=binaries)
    initdb = program("initdb", "postgresql", folders=binaries)
    user: dict = {}
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root; the package made this user.
        entry = pwd.getpwnam("postgres")
        user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    folder = Path(tempfile.mkdtemp(prefix="monowheel-postgres-"))
    try:
        if user:
            os.chown(folder, user["user"], user["group"])
        data, log, port = folder / "data", folder / "log", free_port()
        options = {"cwd": folder, "env": {"PATH": os.defpath, "LC_ALL": "C", "HOME": str(folder)}, **user}
        made = subprocess.run(
            [str(initdb), "--auth=trust", "--username=bgd", "--no-sync", "--locale=C", "--encoding=UTF8", str(data)],
            capture_output=True,
            text=True,
            **options,
        )
        if made.returncode:
            raise ServerError(f"PostgreSQL's initdb failed\n{made.stderr}")
        settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
        command = [str(server), "-D", str(data), *(f"--{name}={value}" for name, value in settings.items())]
        ready = listens(port)

        def answers() -> bool:
            return ready() and "ready to accept connections" in tail(log)

        with running("PostgreSQL", command, log, answers, stop=signal.SIGINT, **options):
            # `bgd` is the superuser that initdb made; `postgres` is the database that is always there.
            yield f"postgresql+psycopg2://bgd@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
