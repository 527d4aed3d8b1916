"""Comparing trees in the cache with the file, and mending them.

Quickly: is every file there with its size? That is what gets lost when a machine goes down, or where a cleaner walks.
Thoroughly (``MONOWHEEL_VERIFY``): the checksum of every file as well. A file that differs is written anew and takes the
old one's place, so a running application does not notice.
"""

import os
import zlib

from monowheel_boot import unpack
from monowheel_boot.start import trace


def check(store, application, doubtful, thorough):
    """Mend the trees of ``doubtful`` and take their notes away."""
    for kind, key in doubtful:
        if os.path.isdir(f"{store.root}/{kind}/{key}"):
            mended = sum(mend(*item, thorough) for item in items(store, application, kind, key))
            trace(f"{kind}/{key} checked, {mended} files mended")
    for kind, key in doubtful:
        try:
            os.unlink(f"{store.root}/{kind}/{key}.boot")
        except OSError:
            pass


def items(store, application, kind, key):
    """Give every file of a tree: its path, its copy in the unpacked wheel or None, its archive and its member."""
    if kind == "code":
        archive = application.code()
        for entry in archive.entries():
            yield f"{store.root}/code/{key}/{entry.name}", None, archive, entry
        return
    for facts in application.manifest["wheels"]:
        folder = f"{store.root}/wheels/{facts['sha256']}"
        wheel = unpack.Wheel(application.wheel(facts), facts, folder, False, None)
        for entry in wheel.entries():
            place = wheel.place(entry.name)
            source = f"{folder}/{place}" if os.path.isdir(folder) else None
            if place not in wheel.drop:
                yield f"{store.root}/deps/{key}/{unpack.in_tree(place)}", source, wheel.archive, entry


def mend(path, source, archive, entry, thorough):
    """Compare a file and its copy in the unpacked wheel; true where one had to be written anew."""
    good = sound(path, entry, thorough)
    if source is None:
        if not good:
            unpack.replace(path, archive, entry)
        return not good
    same = good and same_file(path, source)
    if same or (good and sound(source, entry, thorough)):
        return False
    if not sound(source, entry, thorough):
        unpack.replace(source, archive, entry)
    if not good:
        beside = f"{path}.{os.getpid()}.new"
        unpack.attach(source, beside, archive, entry)
        os.rename(beside, path)
    return True


def same_file(path, other):
    """Whether two paths lead to one file."""
    try:
        return os.path.samestat(os.lstat(path), os.lstat(other))
    except OSError:
        return False


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
                return crc == entry.crc and bool(os.lstat(path).st_mode & 0o100) == entry.executable
            crc = zlib.crc32(piece, crc)
