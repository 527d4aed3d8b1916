"""Runs the page of ``__main__.py``, as an earlier start has compiled it or as it stands in the file.

The head gives this to ``python -c``. Its arguments: the file, where ``__main__.py`` begins in it, how long it is, the digest,
the interpreter's name, the cache where the code may be.
"""

import sys

sys.path[:] = [path for path in sys.path if path]
from __main__ import recall  # noqa: E402 (in the head, its definition stands here)

# Without a buffer, which would read more than it is asked for.
FILE = open(sys.argv[1], "rb", 0)
TEXT = []


def read():
    """Give the page, and what is below the mark; read once."""
    if TEXT:
        return TEXT
    FILE.seek(int(sys.argv[2]))
    text = FILE.read(int(sys.argv[3]))
    # The file may have been replaced since the shell began to read it.
    if not (text[3:].startswith(b"Starts the") and text.endswith(b"main()\n")):
        sys.stdout.write("again .")
        sys.exit(1)
    place = text.index(b"\nSOURCES.update(")
    TEXT[:] = text[:place], text[place:]
    return TEXT


KNOWN = recall(sys.argv[6])
exec(KNOWN[0] if KNOWN else compile(read()[0], "__main__.py", "exec"))
main(KNOWN)  # noqa: F821 (the page's)
