"""Where the cache may be: the folder that the user names, the usual one, or a private one among temporary files.

A cache runs as code, so it lies only in folders that nobody else can write to: ours, 0700, and not behind a link that
somebody planted. A folder that is shared on purpose (a volume of mode 0777, say) is used through a private folder in
it. Head and launcher look in the same places.
"""

import posix
import sys

from monowheel_boot import system


def named():
    """Give the folder that ``MONOWHEEL_ROOT`` names, absolute, or None."""
    root = system.variable("MONOWHEEL_ROOT")
    return system.absolute(root) if root else None


def usual():
    """Give the user's cache folder, or None for a user without a home."""
    cache, home = system.variable("XDG_CACHE_HOME", ""), system.variable("HOME", "")
    if cache.startswith("/"):
        return f"{cache}/monowheel"
    if home.startswith("/"):
        return f"{home}/Library/Caches/monowheel" if sys.platform == "darwin" else f"{home}/.cache/monowheel"
    return None


def temporary():
    """Give folders for temporary files, each once."""
    bases = [system.variable(name, "") for name in ("XDG_RUNTIME_DIR", "TMPDIR")] + ["/tmp", "/var/tmp"]
    return list(dict.fromkeys(base for base in bases if base.startswith("/") and system.isdir(base)))


def private(base):
    """Give private folders of ours within a folder that others can write to, as they are now."""
    uid = posix.geteuid()
    plain = f"{base}/monowheel-{uid}"
    try:
        names = posix.listdir(base)
    except OSError:
        names = []
    return [plain, *sorted(f"{base}/{name}" for name in names if name.startswith(f"monowheel-{uid}-"))]


def is_private(path):
    """Whether a folder is ours alone and is no link."""
    try:
        found = posix.lstat(path)
    except OSError:
        return False
    return system.is_folder(found) and found.st_uid == posix.geteuid() and not found.st_mode & 0o077


def existing():
    """Give every folder that may hold a cache already, the first choice first; the others are sought only when they are asked for."""
    root = named()
    first = root or usual()
    if first:
        yield first
    for base in [root] if root else temporary():
        yield from filter(is_private, private(base))
