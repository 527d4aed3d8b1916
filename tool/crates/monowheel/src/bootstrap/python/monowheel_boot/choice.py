"""Choosing the folder for a cache that is to be written, and making it."""

import os
import stat

from monowheel_boot.roots import is_private, named, private, temporary, usual
from monowheel_boot.start import Failure


def choose(native):
    """Give the folder for a cache that is to be written, made if it was not there.

    Where the application has native libraries, a file system that does not let them run is passed over.
    """
    refused = []
    for candidate in candidates():
        try:
            root = candidate()
        except (OSError, Unsafe) as error:
            refused.append(describe(error))
            continue
        if native and os.statvfs(root).f_flag & getattr(os, "ST_NOEXEC", 0):
            refused.append(f"{root}: mounted noexec, and the application has native libraries")
            continue
        return root
    raise Failure(
        "no folder for the cache:\n  "
        + "\n  ".join(refused)
        + "\nhint: name one that is yours alone: MONOWHEEL_ROOT=/path"
    )


class Unsafe(Exception):
    """A folder that somebody else could write to or planted."""


def describe(error):
    """Say in a line what is wrong with a folder."""
    if isinstance(error, OSError):
        return f"{os.fsdecode(error.filename or '')}: {error.strerror}"
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
    while not os.path.lexists(parent):
        parent = os.path.dirname(parent)
    found = os.stat(parent)
    uid = os.geteuid()
    if not stat.S_ISDIR(found.st_mode):
        raise Unsafe(f"{parent}: not a folder")
    if found.st_uid not in (uid, 0) or os.lstat(parent).st_uid not in (uid, 0):
        raise Unsafe(f"{parent}: belongs to another user")
    if parent != path:
        os.makedirs(path, 0o700, exist_ok=True)
        return own(path)
    if found.st_mode & 0o022:
        return within(path)
    if found.st_uid != uid or not os.access(path, os.W_OK | os.X_OK):
        raise PermissionError(13, "no permission to write", path)
    check_writable(path)
    return path


def within(base):
    """Make or take a private folder within a folder that others can write to."""
    for path in private(base):
        try:
            os.mkdir(path, 0o700)
        except FileExistsError:
            pass
        if is_private(path):
            check_writable(path)
            return path
    # Somebody else has the name: take one that cannot be known beforehand.
    path = f"{base}/monowheel-{os.geteuid()}-{os.urandom(8).hex()}"
    os.mkdir(path, 0o700)
    return path


def check_writable(path):
    """Raise where the file system is read-only or full of files."""
    probe = f"{path}/.probe-{os.getpid()}"
    os.mkdir(probe, 0o700)
    os.rmdir(probe)
