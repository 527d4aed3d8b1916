"""The bootstrap's own code, kept in the cache once for all applications: to compile it takes longer than to make an environment.

``recall`` in ``__main__`` takes it from there, for the head before anything else is read or compiled. It is of one text
and one build of Python, and carries its checksum: ``marshal`` must not be given what a disk has lost or altered.
"""

import marshal
import posix
import sys
import zlib

from monowheel_boot.cache import make, write
from monowheel_boot.start import trace


def keep(store, application):
    """Write into the cache what this start had to compile. Where that fails, it would have saved some milliseconds."""
    main = sys.modules["__main__"]
    if main.Sources.recalled:
        trace("bootstrap taken as it was compiled before")
        return
    # The head has the text; where Python itself has read the file, it is not to be had from it.
    page = main.read()[0] if hasattr(main, "read") else application.main().partition(b"\nSOURCES.update(")[0]
    page = compile(page, "__main__.py", "exec", 0, True, 2)
    code = marshal.dumps((page, main.COMPILED, {name: main.source(name) for name in main.WRITTEN}))
    try:
        staged = f"{store.stage()}/compiled"
        make(f"{store.root}/known")
        write(staged, zlib.crc32(code).to_bytes(4, "little") + code)
        posix.rename(staged, f"{store.root}/{main.kept()}")
    except OSError:
        pass
