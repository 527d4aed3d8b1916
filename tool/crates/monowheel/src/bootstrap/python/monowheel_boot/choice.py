"""Choosing the folder for a cache that is to be written, and making the cache in it."""

import posix

from monowheel_boot import system
from monowheel_boot.cache import Cache, folders
from monowheel_boot.roots import is_private, named, private, temporary, usual
from monowheel_boot.start import Failure


def choose(native):
    """Give the cache that is to be written, made if it was not there, with a folder to write into.

    A file system that is read-only or full is passed over, and one that lets no native libraries run where the application has some.
    """
    refused = []
    for candidate in candidates():
        try:
            root = candidate()
            if native and posix.statvfs(root).f_flag & getattr(posix, "ST_NOEXEC", 0):
                raise Unusable(f"{root}: mounted noexec, and the application has native libraries")
            return staged(Cache(root))
        except (OSError, Unusable) as error:
            refused.append(describe(error))
    raise Failure(
        "no folder for the cache:\n  "
        + "\n  ".join(refused)
        + "\nhint: name one that is yours alone: MONOWHEEL_ROOT=/path"
    )


class Unusable(Exception):
    """A folder that somebody else could write to or planted, or that is of no use."""


def staged(cache):
    """Make the folder to write into, which shows whether anything can be written."""
    try:
        cache.stage()
    except OSError:
        cache.close()
        raise
    return cache


def describe(error):
    """Say in a line what is wrong with a folder."""
    if isinstance(error, OSError):
        return f"{system.fsdecode(error.filename or '')}: {error.strerror}"
    return str(error)


def candidates():
    """Give functions that make the folders, the first choice first."""
    root = named()
    if root:
        return [lambda: own(root)]
    functions = []
    if usual():
        functions.append(lambda: own(usual()))
    for base in temporary():
        functions.append(lambda base=base: within(base))
    return functions


def own(path):
    """Make or take ``path``; a private folder within it where others can write to it."""
    parent = path
    while not system.lexists(parent):
        parent = system.dirname(parent)
    found = posix.stat(parent)
    uid = posix.geteuid()
    if not system.is_folder(found):
        raise Unusable(f"{parent}: not a folder")
    if found.st_uid not in (uid, 0) or posix.lstat(parent).st_uid not in (uid, 0):
        raise Unusable(f"{parent}: belongs to another user")
    if parent != path:
        folders(path)
        return own(path)
    if found.st_mode & 0o022:
        return within(path)
    if found.st_uid != uid or not posix.access(path, posix.W_OK | posix.X_OK):
        raise PermissionError(13, "no permission to write", path)
    return path


def within(base):
    """Make or take a private folder within a folder that others can write to."""
    for path in private(base):
        try:
            posix.mkdir(path, 0o700)
        except FileExistsError:
            pass
        if is_private(path):
            return path
    # Somebody else has the name: take one that cannot be known beforehand.
    path = f"{base}/monowheel-{posix.geteuid()}-{posix.urandom(8).hex()}"
    posix.mkdir(path, 0o700)
    return path
