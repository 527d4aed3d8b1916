"""``MONOWHEEL_CACHE=info`` and ``prune``: what the cache holds, and taking out what nobody uses.

An environment is in use when a process of this user has it in its command line, its environment or its memory, or was
started within the last minute. Dependency trees and first-party trees go when no environment needs them any more.
"""

import os
import re

from monowheel_boot import roots
from monowheel_boot.cache import Cache, remove, write
from monowheel_boot.start import Failure
from monowheel_boot.system import link

DAYS = 30
DAY = 86400
# A start that is under way may not show in the list of processes yet.
JUST_STARTED = 60
KEYS = rb"/(?:apps|deps|code|interpreters)/([0-9a-f-]+)"
UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


class Kept:
    """An environment in the cache."""

    def __init__(self, root, name):
        """Look at it."""
        self.name, self.path = name, f"{root}/apps/{name}"
        self.deps, self.code = (os.path.basename(link(f"{self.path}/{part}") or "") for part in ("deps", "code"))
        # One that came with a file, if it did.
        self.interpreters = (link(f"{self.path}/bin/python") or "").partition("/interpreters/")[2].partition("/")[0]
        self.noted = noted(self.path)
        # When it was started last.
        self.used = mtime(self.path) or 0 if self.noted is None else self.noted


def mtime(path):
    """Time of a file, or None."""
    try:
        return os.stat(path).st_mtime
    except OSError:
        return None


def noted(path):
    """When an environment was started last, as whoever starts notes it; or None."""
    return mtime(f"{path}/used")


def content(path):
    """Content of a small file, or None."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def replace(path, text, staged):
    """Put a file in the place of another at once."""
    write(staged, text)
    os.rename(staged, path)


def found():
    """Give the caches that are there."""
    return [root for root in roots.existing() if os.path.isdir(f"{root}/apps")]


def environments(root):
    """Give the environments of a cache, the one that was started last at the end."""
    return sorted((Kept(root, name) for name in os.listdir(f"{root}/apps")), key=lambda kept: kept.used)


def weigh(path, seen):
    """Bytes that a tree takes on the disk, files that were counted before left out."""
    total = 0
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                state = entry.stat(follow_symlinks=False)
                if state.st_ino not in seen:
                    seen.add(state.st_ino)
                    total += state.st_blocks * 512
                if entry.is_dir(follow_symlinks=False):
                    total += weigh(entry.path, seen)
    except OSError:
        pass
    return total


def shown(size):
    """Write a size for people."""
    return f"{size / (1 << 20):.1f} MB"


def info():
    """Describe every cache."""
    lines = []
    for root in found():
        lines.append(f"{root}: {shown(weigh(root, set()))}")
        now = clock(root)
        seen = set()
        for kept in reversed(environments(root)):
            size = sum(weigh(f"{root}/{kind}/{key}", seen) for kind, key in (("deps", kept.deps), ("code", kept.code)))
            days = max(0, now - kept.used) / DAY
            lines.append(f"  apps/{kept.name}  last start {days:.1f} days ago, {shown(size)} more")
    return "\n".join(lines) + "\n" if lines else "no cache\n"


def clock(root):
    """Give the time by the clock of the file system that has the cache: ours may be wrong."""
    probe = f"{root}/.probe-{os.getpid()}"
    try:
        os.mkdir(probe, 0o700)
        now = os.stat(probe).st_mtime
        os.rmdir(probe)
        return now
    except OSError:
        return max((kept.used for kept in environments(root)), default=0)


def limits(text):
    """Read ``30d,2G``: an age in seconds and a size in bytes, either may be None."""
    age = size = None
    for part in filter(None, text.split(",")):
        matched = re.fullmatch(r"(\d+)([dhKMGT])", part)
        if not matched:
            raise Failure(
                f"MONOWHEEL_CACHE=prune:{text}: not known\nhint: an age (30d, 12h), a size (500M, 2G), or both: 30d,2G"
            )
        number, unit = int(matched[1]), matched[2]
        if unit in UNITS:
            size = number * UNITS[unit]
        else:
            age = number * (DAY if unit == "d" else 3600)
    return (DAYS * DAY, None) if age is None and size is None else (age, size)


def prune(text):
    """Take out what is older than the limit, then what was started longest ago until the rest fits."""
    age, size = limits(text)
    lines = []
    for root in found():
        before = weigh(root, set())
        with Cache(root, alone=True) as store:
            count = Pruning(store).run(age, size)
        freed = before - weigh(root, set())
        lines.append(f"{root}: {count} environments removed, {shown(freed)} freed\n")
    return "".join(lines) or "no cache\n"


class Pruning:
    """One pass over a cache, while nobody fills it."""

    def __init__(self, store):
        """Look at what is there and what runs."""
        self.store, self.root = store, store.root
        self.now = clock(self.root)
        self.running = running(self.root)

    def run(self, age, size):
        """Remove environments, then what they leave behind; give their number."""
        store, count = self.store, 0
        store.sweep()
        for kept in environments(self.root):
            old = age is not None and self.now - kept.used > age
            if (old or (size is not None and weigh(self.root, set()) > size)) and self.drop(kept):
                count += 1
                self.orphans()
        self.orphans()
        self.tidy()
        return count

    def drop(self, kept):
        """Remove an environment that is not in use: true where it is gone."""
        if self.now - kept.used < JUST_STARTED or {kept.name, kept.deps, kept.code} & self.running:
            return False
        # Whoever starts notes it first, and asks last whether the environment is of this boot of the machine. It is of none
        # from here on: who does not see that has noted the start before, and it is seen below.
        boot, away = f"{kept.path}/boot", f"{self.store.stage()}/{kept.name}"
        former = content(boot)
        replace(boot, b"leaving\n", f"{away}.boot")
        if noted(kept.path) != kept.noted:
            if former is None:
                os.unlink(boot)
            else:
                replace(boot, former, f"{away}.boot")
            return False
        os.rename(kept.path, away)
        remove(away)
        return True

    def orphans(self):
        """Remove trees that no environment needs."""
        left = environments(self.root)
        for kind in ("deps", "code", "interpreters"):
            if not os.path.isdir(f"{self.root}/{kind}"):
                continue
            needed = {getattr(kept, kind) for kept in left} | self.running
            for name in os.listdir(f"{self.root}/{kind}"):
                key = name[:-5] if name.endswith(".boot") else name
                if key not in needed:
                    path = f"{self.root}/{kind}/{name}"
                    if name.endswith(".boot"):
                        os.unlink(path)
                    else:
                        away = f"{self.store.stage()}/{name}"
                        os.rename(path, away)
                        remove(away)

    def tidy(self):
        """Remove pointers to trees that are gone, what is known of interpreters, and locks that nobody holds."""
        for name in os.listdir(f"{self.root}/wheels"):
            path = f"{self.root}/wheels/{name}"
            if not os.path.exists(path):
                os.unlink(path)
        names = {kept.name[:32] for kept in environments(self.root)}
        for name in os.listdir(f"{self.root}/asked"):
            if name not in names:
                remove(f"{self.root}/asked/{name}")
        # Found out again in some milliseconds.
        remove(f"{self.root}/known")
        for name in os.listdir(f"{self.root}/locks"):
            if name != "cache.lock":
                os.unlink(f"{self.root}/locks/{name}")


def running(root):
    """Give the names below the cache that processes mention: environments, dependency trees, first-party trees."""
    pattern = re.compile(re.escape(os.fsencode(os.path.realpath(root))) + KEYS)
    other = re.compile(re.escape(os.fsencode(root)) + KEYS)
    names = set()
    for text in texts():
        names.update(match.decode() for match in pattern.findall(text) + other.findall(text))
    return names


def texts():
    """Give what the system tells of each process: command line, environment, mapped files."""
    try:
        pids = [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
    except OSError:
        pids = []
        with os.popen("ps -axww -o command=") as listing:
            yield listing.read().encode("utf-8", "surrogateescape")
    for pid in pids:
        for name in ("cmdline", "environ", "maps"):
            try:
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    yield file.read()
            except OSError:
                pass
