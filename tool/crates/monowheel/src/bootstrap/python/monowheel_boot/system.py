"""What ``os`` adds to ``posix``, as far as a first start needs it, by the names that it has there.

To import ``os`` takes a millisecond (two before Python 3.11), which is more than making an environment does.
"""

import posix
import sys

# As many links as Linux follows in one path.
MOST_LINKS = 40


def variable(name, default=None):
    """Give a variable of the environment, as ``os.environ.get`` does."""
    value = posix.environ.get(fsencode(name))
    return default if value is None else fsdecode(value)


def fsencode(text):
    """Give the bytes of a path."""
    return text.encode(sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())


def fsdecode(path):
    """Give a path as text; the system has some of them as bytes."""
    if isinstance(path, str):
        return path
    return path.decode(sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())


def isdir(path):
    """Whether there is a folder, perhaps behind a link."""
    try:
        return is_folder(posix.stat(path))
    except OSError:
        return False


def is_folder(found):
    """Whether what ``stat`` has found is a folder."""
    return found.st_mode & 0o170000 == 0o040000


def lexists(path):
    """Whether there is anything, a link that leads nowhere included."""
    try:
        posix.lstat(path)
    except OSError:
        return False
    return True


def dirname(path):
    """Give the folder that a path lies in."""
    head = path.rpartition("/")
    return head[0].rstrip("/") or head[1]


def basename(path):
    """Give the last part of a path."""
    return path.rpartition("/")[2]


def absolute(path):
    """Give a path that does not depend on the current folder."""
    return path if path.startswith("/") else f"{posix.getcwd()}/{path}"


def realpath(path):
    """Give the path behind all links, as far as there is one."""
    rest, found, links = absolute(path).split("/")[::-1], "", 0
    while rest:
        part = rest.pop()
        if part == "..":
            found = found.rpartition("/")[0]
        elif part not in ("", "."):
            target = link(f"{found}/{part}") if links < MOST_LINKS else None
            if target is None:
                found = f"{found}/{part}"
            else:
                links += 1
                found = "" if target.startswith("/") else found
                rest += target.split("/")[::-1]
    return found or "/"


def link(path):
    """Where a symbolic link points to, or None."""
    try:
        return posix.readlink(path)
    except OSError:
        return None


def read(path):
    """Give the content of a small file as text, without the white space around it, or None where it cannot be read."""
    try:
        fd = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return None
    try:
        return fsdecode(posix.read(fd, 4096)).strip()
    except OSError:
        return None
    finally:
        posix.close(fd)
