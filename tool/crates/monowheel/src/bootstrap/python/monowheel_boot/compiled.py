"""The bootstrap's own code, kept in the cache once for all applications: to compile it takes longer than to make an environment.

``recall`` in ``__main__`` takes it from there. It is of one text and one build of Python, and carries its checksum:
``marshal`` must not be given what a disk has lost or altered.
"""

import marshal
import os
import sys
import zlib

from monowheel_boot.cache import make, write
from monowheel_boot.start import trace


def keep(store):
    """Write into the cache what this start had to compile. Where that fails, it would have saved some milliseconds."""
    main = sys.modules["__main__"]
    # Run from a folder of modules, Python keeps their bytecode itself.
    if not main.SOURCES:
        return
    if main.Sources.recalled:
        trace("bootstrap taken as it was compiled before")
        return
    code = marshal.dumps(main.COMPILED)
    try:
        staged = f"{store.stage()}/compiled"
        make(f"{store.root}/known")
        write(staged, zlib.crc32(code).to_bytes(4, "little") + code)
        os.rename(staged, f"{store.root}/{main.kept()}")
    except OSError:
        pass
