"""Real servers on loopback for tests: remote caches and remote execution.

Each is a context manager that starts on a free port with nothing in it and leaves nothing behind.
`python3 -m servers` (from `tests/`) starts them by hand.
"""

from .buildgrid import BuildGrid, buildgrid
from .nginx import Nginx, nginx
from .process import ServerError, free_port, running
from .worker import worker

__all__ = ["BuildGrid", "Nginx", "ServerError", "buildgrid", "free_port", "nginx", "running", "worker"]
