"""Comparing trees in the cache with the file, and mending them.

Quickly: is every file there with its size? That is what gets lost when a machine goes down, or where a cleaner walks.
Thoroughly (``MONOWHEEL_VERIFY``): the checksum of every file as well. A file that differs is written anew and takes the
old one's place, so a running application does not notice.
"""

import posix
import zlib

from monowheel_boot import system, unpack
from monowheel_boot.start import trace


def check(store, application, doubtful, thorough):
    """Mend the trees of ``doubtful`` and take their notes away."""
    for kind, key in doubtful:
        folder = f"{store.root}/{kind}/{key}"
        if system.isdir(folder):
            mended = sum(mend(*item, thorough) for item in items(application, kind, folder))
            trace(f"{kind}/{key} checked, {mended} files mended")
    for kind, key in doubtful:
        try:
            posix.unlink(f"{store.root}/{kind}/{key}.boot")
        except OSError:
            pass


def items(application, kind, folder):
    """Give every file of a tree: its path, its archive and its member."""
    if kind == "code":
        archive = application.code()
        for entry in archive.entries():
            yield f"{folder}/{entry.name}", archive, entry
        return
    for facts, member in application.packed():
        wheel = unpack.Wheel(application.nested(member), facts, folder, None)
        for entry in wheel.archive.entries():
            place = wheel.place(entry.name)
            if place not in wheel.drop:
                yield f"{folder}/{unpack.in_tree(place)}", wheel.archive, entry


def mend(path, archive, entry, thorough):
    """Compare a file; true where it had to be written anew."""
    if sound(path, entry, thorough):
        return False
    unpack.replace(path, archive, entry)
    return True


def sound(path, entry, thorough):
    """Whether a file is there as it was packed."""
    if unpack.size(path) != entry.size:
        return False
    if not thorough:
        return True
    crc = 0
    with open(path, "rb", buffering=0) as file:
        while True:
            piece = file.read(1 << 20)
            if not piece:
                return crc == entry.crc and bool(posix.lstat(path).st_mode & 0o100) == entry.executable
            crc = zlib.crc32(piece, crc)
