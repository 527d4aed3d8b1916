"""The cache as a whole: staging, publishing, locks.

What is written is written beside, in a folder of ``tmp/``, and then renamed: what has a name is whole. Locks only save
work. Where a file system has none, several first starts do the same, and the first to rename wins.
"""

import posix

from monowheel_boot import system
from monowheel_boot.start import boot_id, trace

try:
    from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
except ImportError:  # pragma: no cover (a Python without fcntl)
    flock, LOCK_EX, LOCK_NB, LOCK_SH = None, 0, 0, 0

FOLDERS = ("apps", "asked", "code", "deps", "locks", "tmp", "wheels")
# For us alone; an environment that is written elsewhere is for everyone.
_mode = [0o700]
# Without locks, what lies in tmp/ longer than this belongs to nobody any more.
ABANDONED = 24 * 3600


class Cache:
    """The cache below one root."""

    def __init__(self, root, alone=False):
        """Make the folders, and keep prune away while this object lives; all others where it is prune itself."""
        self.root = root
        for name in FOLDERS:
            make(f"{root}/{name}")
        self._held = []
        self.staging = None
        self.lock("cache", shared=not alone)

    def __enter__(self):
        """Hold the cache for the block."""
        return self

    def __exit__(self, *error):
        """Let go of it."""
        self.close()

    def close(self):
        """Remove what was staged and not published, and let go of the locks."""
        if self.staging:
            remove(self.staging)
        for fd in self._held:
            posix.close(fd)

    def lock(self, name, shared=False, wait=True):
        """Take a lock; true also where the file system has none. A lock that is not waited for may be refused."""
        path, kind = f"{self.root}/locks/{name}.lock", LOCK_SH if shared else LOCK_EX
        return hold(self._held, path, kind, wait, create=posix.O_CREAT)

    def stage(self):
        """Give a folder of our own to write into."""
        if self.staging is None:
            while True:
                path = f"{self.root}/tmp/{posix.getpid()}-{posix.urandom(4).hex()}"
                posix.mkdir(path, 0o700)
                # Locked, it is seen to be alive; whoever sweeps between mkdir and lock makes us take another.
                if hold(self._held, path, LOCK_EX, False) and system.isdir(path):
                    self.staging = path
                    break
        return self.staging

    def sweep(self):
        """Remove what processes left that were killed."""
        for name in posix.listdir(f"{self.root}/tmp"):
            path, held = f"{self.root}/tmp/{name}", []
            if path == self.staging:
                continue
            if hold(held, path, LOCK_EX, False, unsupported=False) or old(path):
                trace(f"removing what a killed start left: {name}")
                remove(path)
            for fd in held:
                posix.close(fd)

    def publish(self, staged, kind, key):
        """Give a staged folder its name; true unless another process has been faster."""
        try:
            posix.rename(staged, f"{self.root}/{kind}/{key}")
        except OSError:
            if not system.isdir(f"{self.root}/{kind}/{key}"):
                raise
            return False
        return True

    def withdraw(self, kind, key):
        """Take a folder out of use: its name is free at once."""
        try:
            posix.rename(f"{self.root}/{kind}/{key}", f"{self.stage()}/old-{kind}-{posix.urandom(4).hex()}")
        except FileNotFoundError:
            pass

    def note_unsynced(self, path):
        """Note in ``path`` that the disk may not hold yet what is being published.

        It does not matter until the machine has gone down, and then the note tells.
        """
        boot = boot_id()
        if boot:
            write(path, boot.encode() + b"\n")

    def kept(self, kind, key):
        """Whether a published folder is there and cannot have lost files when the machine went down."""
        boot = system.read(f"{self.root}/{kind}/{key}.boot")
        return boot is None or boot == boot_id()


def make(path):
    """Make a folder."""
    try:
        posix.mkdir(path, _mode[0])
    except FileExistsError:
        pass


def folder_mode(mode):
    """Set the mode of folders that are made from now on."""
    _mode[0] = mode


def folders(path):
    """Make a folder and those above it that are missing."""
    try:
        posix.mkdir(path, _mode[0])
    except FileExistsError:
        pass
    except FileNotFoundError:
        folders(system.dirname(path))
        make(path)


def hold(held, path, kind, wait, unsupported=True, create=0):
    """Lock ``path`` and note the descriptor in ``held``; false where another process has it.

    With ``create`` it is made: not a staging folder, which may be gone by now, and would be there again as a file.
    """
    if flock is None:
        return unsupported
    try:
        fd = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC | create, 0o644)
    except OSError:
        return False
    held.append(fd)
    try:
        flock(fd, kind | LOCK_NB)
    except BlockingIOError:
        if not wait:
            return False
        trace(f"waiting for another start ({system.basename(path)})")
        flock(fd, kind)
    except OSError:
        return unsupported
    return True


def old(path):
    """Whether nothing has happened in a folder for a day, by the file system's own clock."""
    try:
        now = posix.stat(system.dirname(path)).st_mtime
        return posix.lstat(path).st_mtime < now - ABANDONED
    except OSError:
        return False


def remove(path):
    """Remove a folder and all in it; what cannot be removed stays."""
    try:
        with posix.scandir(path) as found:
            entries = list(found)
    except OSError:
        entries = []
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                remove(entry.path)
            else:
                posix.unlink(entry.path)
        except OSError:
            pass
    try:
        posix.rmdir(path)
    except OSError:
        pass


def write(path, content, mode=0o644):
    """Write a new file."""
    fd = posix.open(path, posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL | posix.O_CLOEXEC, mode)
    try:
        write_all(fd, content)
    finally:
        posix.close(fd)


def write_all(fd, content):
    """Write everything, in as many calls as it takes."""
    count = posix.write(fd, content)
    if count < len(content):
        rest = memoryview(content)[count:]
        while rest:
            rest = rest[posix.write(fd, rest) :]
