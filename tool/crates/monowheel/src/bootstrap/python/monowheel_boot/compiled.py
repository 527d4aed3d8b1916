"""The bootstrap's own code, kept in the cache once for all applications: to compile it takes longer than to make an environment.

It is of one text and one build of Python, and carries its checksum: ``marshal`` must not be given what a disk has lost or altered.
"""

import marshal
import os
import sys

from monowheel_boot import roots
from monowheel_boot.start import sha256, trace, trusted

DIGEST = 64
# What every start compiles to come here.
BEFORE = ("monowheel_boot", "monowheel_boot.compiled", "monowheel_boot.roots", "monowheel_boot.start")


class Compiled:
    """What this start finds compiled and what it leaves so for the next."""

    def __init__(self):
        """Take the code from a cache, if one has it."""
        main = sys.modules["__main__"]
        # Run from a folder of modules, Python keeps their bytecode itself.
        self.code = main.COMPILED if main.SOURCES else None
        self.name = f"known/{key(main.SOURCES)}"
        self.found = self.code is not None and any(self.take(root) for root in roots.existing() if trusted(root))

    def take(self, root):
        """Take it from the cache below ``root``: false where there is none that is whole."""
        try:
            with open(f"{root}/{self.name}", "rb") as file:
                text = file.read()
        except OSError:
            return False
        if sha256(text[DIGEST:]).encode() != text[:DIGEST]:
            return False
        self.code.update(marshal.loads(text[DIGEST:]))
        trace("bootstrap taken as it was compiled before")
        return True

    def keep(self, store):
        """Write it into a cache. Where that does not work, it would have saved some milliseconds."""
        if self.found or self.code is None:
            return
        from monowheel_boot.cache import make, write

        data = marshal.dumps({name: code for name, code in self.code.items() if name not in BEFORE})
        try:
            staged = f"{store.stage()}/compiled"
            make(f"{store.root}/known")
            write(staged, sha256(data).encode() + data)
            os.rename(staged, f"{store.root}/{self.name}")
        except OSError:
            pass


def key(sources):
    """Name what the code depends on: the text, the build of Python, and whether it leaves out assertions."""
    text = "\0".join([sys.version, str(sys.flags.optimize), *sources.values()])
    return sha256(text.encode())[:32]
