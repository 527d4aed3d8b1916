"""nginx as an HTTP cache: GET and PUT of `ac/…` and `cas/…`, as Bazel's HTTP protocol wants."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from debian import program

from .process import free_port, listens, running

# The user directive is for the case that it is started as root: workers would run as nobody, who may not write here.
CONFIGURATION = """
daemon off;
worker_processes 2;
pid {folder}/pid;
error_log stderr warn;
{user}
events {{ worker_connections 512; }}
http {{
    log_format traffic '$request_method $uri $status $request_length $bytes_sent';
    access_log {folder}/access.log traffic;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/tmp;
    fastcgi_temp_path {folder}/tmp;
    uwsgi_temp_path {folder}/tmp;
    scgi_temp_path {folder}/tmp;
    default_type application/octet-stream;
    client_max_body_size 0;
    sendfile on;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/cache;
        location / {{
            dav_methods PUT;
            create_full_put_path on;
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Nginx:
    """A running nginx."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def storage(self) -> Path:
        """The folder with the files that were put."""
        return self.folder / "cache"

    @property
    def requests(self) -> Path:
        """The log: method, place, status, bytes that came and bytes that went, one request a line."""
        return self.folder / "access.log"

    @property
    def cache_flags(self) -> list[str]:
        """Bazel's flags to use it as a cache."""
        return [f"--remote_cache={self.url}"]


@contextlib.contextmanager
def nginx() -> Iterator[Nginx]:
    """Start an nginx with an empty cache."""
    command = program("nginx", "nginx", folders=("/usr/sbin",))
    with tempfile.TemporaryDirectory(prefix="monowheel-nginx-") as name:
        folder, port = Path(name), free_port()
        (folder / "cache").mkdir()
        configuration = folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        configuration.write_text(CONFIGURATION.format(folder=folder, port=port, user=user), encoding="utf-8")
        line = [str(command), "-e", "stderr", "-p", name, "-c", str(configuration)]
        with running("nginx", line, folder / "log", listens(port), cwd=folder):
            yield Nginx(port, folder)
