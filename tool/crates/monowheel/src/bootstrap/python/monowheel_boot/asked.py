"""Noting which environment the interpreter in ``MONOWHEEL_PYTHON`` has, so that the head finds it by itself."""

import posix

from monowheel_boot import system
from monowheel_boot.cache import folders, write


def remember(app):
    """Write the note under the interpreter's path as it is written in the variable."""
    path = system.variable("MONOWHEEL_PYTHON")
    root, _, name = app.rpartition("/apps/")
    note = f"{root}/asked/{name[:32]}{path}"
    if not path.startswith("/") or ".." in path.split("/"):
        return
    beside = f"{note}.{posix.getpid()}.new"
    try:
        folders(system.dirname(note))
        write(beside, name.encode() + b"\n")
        posix.rename(beside, note)
    except OSError:
        # It would have saved a few milliseconds.
        pass
