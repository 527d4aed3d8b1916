"""The most memory that any one process of a command holds, as the kernel counts it."""

import sys
from pathlib import Path

# A process of its own, and a small one: what a child held counts from the fork on, when it was still its parent.
_WATCH = """import resource, subprocess, sys
done = subprocess.run(sys.argv[2:])
with open(sys.argv[1], "w") as note:
    note.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(done.returncode)
"""


def watched(note: Path, *command: object) -> list:
    """Give the command line that runs `command` and writes kilobytes into `note`."""
    return [sys.executable, "-c", _WATCH, str(note), *map(str, command)]


def kilobytes(note: Path) -> int:
    """Read what was written."""
    return int(note.read_text())
