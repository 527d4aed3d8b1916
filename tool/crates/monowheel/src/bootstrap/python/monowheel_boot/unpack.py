"""Unpacking wheels and the first-party tree, on all processors.

Work is cut into units (a wheel, or a part of a large one) that wait in a pipe; each worker process takes the next one
when it is free. Processes rather than threads: half of the time goes into Python code around small system calls, which
threads would take turns at. Wheels are written into the dependency tree itself: a folder for each wheel, and links
from there, was twice as much to do for the file system. A later tree takes links from the first one.
"""

import posix

from monowheel_boot import system
from monowheel_boot.archive import runs
from monowheel_boot.cache import folders, write_all
from monowheel_boot.start import Failure, sentence, trace

# A part of a large wheel: large enough to outweigh parsing the directory again, small enough to keep all workers busy.
PART = 1 << 20
MOST_WORKERS = 8
# What fits into a pipe that nobody reads yet.
MOST_UNITS = 8192
SITE_PACKAGES = "lib/python/site-packages"
# Likewise without a version, which the environment puts in: ``include/site/python3.11``, as pip has it.
HEADERS = "include/site/python"


class Unit:
    """Files of one archive: the ``part``-th of ``parts``."""

    def __init__(self, source, part, parts):
        """Take the source and the place in it."""
        self.source, self.part, self.parts = source, part, parts


class Wheel:
    """A wheel to be unpacked into a dependency tree, or to be linked from another tree that has it.

    Bytecode is unpacked whatever the interpreter: a tree is a function of its key, and may be asked for by another one later.
    """

    def __init__(self, archive, facts, tree, source):
        """Take the archive, the manifest's words on it, where it goes and where it may come from."""
        self.archive, self.tree, self.source = archive, tree, source
        # Of bytecode, all is installed, below `site-packages`.
        self.drop = frozenset(facts.get("drop", ()))
        data = facts.get("data")
        self.data = f"{data}/" if data else None
        self.size = facts["size"]
        self.headers = f"{HEADERS}/{facts.get('name')}"
        self._entries = None

    def entries(self, low, high):
        """Give the members that begin from ``low`` on and before ``high``, in the order of their bytes.

        All are kept, since a worker often does several parts of a wheel, and found by bisection: a wheel of many files has many parts.
        """
        if self._entries is None:
            entries = self.archive.entries()
            if high - low == self.size:
                return entries
            self._entries = entries, [entry.offset for entry in entries]
        # Loaded by large wheels only.
        from _bisect import bisect_left

        entries, offsets = self._entries
        return entries[bisect_left(offsets, low) : bisect_left(offsets, high)]

    def forget(self):
        """Let go of what was read, so that memory does not grow with the number of archives."""
        self._entries = None
        self.archive.forget()

    def place(self, name):
        """Where a member is installed, relative to the environment (as in the wheel's facts)."""
        if self.data and name.startswith(self.data):
            scheme, _, rest = name[len(self.data) :].partition("/")
            if scheme in ("purelib", "platlib"):
                return f"site-packages/{rest}"
            if scheme == "scripts":
                return f"bin/{rest}"
            if scheme == "headers":
                return f"{self.headers}/{rest}"
            return rest
        return f"site-packages/{name}"

    def unpack(self, entry):
        """Write one file, or link it."""
        place = self.place(entry.name)
        if place not in self.drop:
            path = in_tree(place)
            target = f"{self.tree}/{path}"
            if not (self.source and linked(f"{self.source}/{path}", target, entry)):
                create(target, self.archive, entry)


class Code:
    """The first-party tree."""

    def __init__(self, archive, folder):
        """Take the archive and where it goes."""
        self.archive, self.folder, self.size = archive, folder, archive.size
        self._entries = None

    entries, forget = Wheel.entries, Wheel.forget

    def unpack(self, entry):
        """Write one file."""
        create(f"{self.folder}/{entry.name}", self.archive, entry)


class Interpreter(Code):
    """The interpreter that travels in the file."""

    def unpack(self, entry):
        """Write one file, or make the link that it is."""
        if not entry.link:
            super().unpack(entry)
            return
        path = f"{self.folder}/{entry.name}"
        folders(system.dirname(path))
        posix.symlink(self.archive.content(entry), system.fsencode(path))


def in_tree(place):
    """Where an installed path lies in a dependency tree: as deep as in an environment, for ``$ORIGIN/../..``."""
    return f"lib/python/{place}" if place.startswith("site-packages/") else place


def safe(name):
    """Refuse names that lead out of the folder; the build has refused them already."""
    if name.startswith("/") or ".." in name.split("/"):
        raise Failure(f"a member of the file would be written elsewhere: {name}")


def size(path):
    """Size of a file, or None where there is none."""
    try:
        return posix.lstat(path).st_size
    except OSError:
        return None


def create(path, archive, entry):
    """Write a member to a new file."""
    try:
        fd = opened(path, 0o755 if entry.executable else 0o644)
    except FileExistsError:
        # Two wheels may bring one file, if it is the same: the build has compared.
        return
    try:
        for content in archive.chunks(entry):
            write_all(fd, content)
    finally:
        posix.close(fd)


def linked(source, target, entry):
    """Link a file from another tree; false where it is not what it should be, or links are not to be had."""
    if size(source) != entry.size:
        # Lost when the machine went down, or swept away.
        return False
    try:
        posix.link(source, target)
    except FileNotFoundError:
        folders(system.dirname(target))
        return linked(source, target, entry)
    except FileExistsError:
        pass
    except OSError:
        return False
    return True


def opened(path, mode):
    """Open a new file; its folders are made when they turn out to be missing."""
    flags = posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL | posix.O_CLOEXEC
    try:
        return posix.open(path, flags, mode)
    except FileNotFoundError:
        folders(system.dirname(path))
        return posix.open(path, flags, mode)


def replace(path, archive, entry):
    """Put a fresh copy in the place of a file."""
    beside = f"{path}.{posix.getpid()}.new"
    create(beside, archive, entry)
    posix.rename(beside, path)


def units(sources):
    """Cut the work, the largest pieces first."""
    part = max(PART, sum(source.size for source in sources) // (MOST_UNITS // 2))
    found = []
    for source in sorted(sources, key=lambda source: -source.size):
        parts = max(1, source.size // part)
        if parts > 1:
            # Here, where workers inherit it: each of them would have to read it.
            source.archive.directory()
        found += [Unit(source, index, parts) for index in range(parts)]
    return found


def do(unit):
    """Unpack the files of a unit: those whose members begin in its share of the archive's bytes."""
    size, parts = unit.source.size, unit.parts
    low, high = size * unit.part // parts, size * (unit.part + 1) // parts
    for run in runs(unit.source.entries(low, high)):
        unit.source.archive.until = run[-1].end()
        for entry in run:
            safe(entry.name)
            unit.source.unpack(entry)


def run(sources):
    """Do all of the work in several processes; raises what went wrong first."""
    work = units(sources)
    count = min(processors(), len(work), MOST_WORKERS)
    trace(f"unpacking {len(sources)} archives in {len(work)} units with {count} processes")
    if count < 2:
        drain(range(len(work)), work)
        return
    take, give = posix.pipe()
    posix.write(give, b"".join(index.to_bytes(4, "little") for index in range(len(work))))
    posix.close(give)
    errors, report = posix.pipe()
    children = []
    try:
        for _ in range(count - 1):
            child = posix.fork()
            if not child:
                worker(take, work, report)
            children.append(child)
        drain(waiting(take), work)
    finally:
        # What is left in the pipe is not to be begun any more.
        while posix.read(take, 1 << 16):
            pass
        posix.close(take)
        posix.close(report)
        with open(errors, "rb") as file:
            told = system.fsdecode(file.read())
        statuses = [posix.waitpid(child, 0)[1] for child in children]
    if told:
        raise Failure(told.splitlines()[0] if "\0" not in told else told.split("\0")[0])
    if any(statuses):
        raise Failure("a worker process was killed while it unpacked")


def waiting(take):
    """Give the numbers of units out of the pipe until none is left."""
    while True:
        index = posix.read(take, 4)
        if not index:
            return
        yield int.from_bytes(index, "little")


def drain(indexes, work):
    """Do units; those of one archive follow one another."""
    source = None
    for index in indexes:
        unit = work[index]
        if source and source is not unit.source:
            source.forget()
        source = unit.source
        do(unit)


def worker(take, work, report):
    """Be a worker process; tells an error in words, and never returns."""
    status = 1
    try:
        drain(waiting(take), work)
        status = 0
    except (Failure, OSError) as error:
        posix.write(report, system.fsencode(sentence(error, "the application") + "\0"))
        while posix.read(take, 1 << 16):
            pass
    finally:
        posix._exit(status)


def processors():
    """How many processors this process may use."""
    try:
        return len(posix.sched_getaffinity(0))
    except (AttributeError, OSError):
        return posix.cpu_count() or 1
