"""The short way: an environment that is there is found and handed over; anything else is left to ``fill``."""

import posix
import sys
from time import perf_counter

from monowheel_boot import system

BEGIN = perf_counter()
# Answers that do not change while this process lives.
REAL, BOOT = [], []


class Failure(Exception):
    """What keeps the application from starting: one clear sentence, perhaps with a hint."""


class Refusal(Exception):
    """Why this interpreter does not fit; another one may."""


class Replaced(Failure):
    """Another file has taken this one's place since the head was read."""


class File:
    """The file: its path as it was started, and the descriptor of what is being read."""

    def __init__(self, path, fd):
        """Take both."""
        self.path, self.fd = path, fd


def trace(step):
    """Print a step and the time since the bootstrap began, where ``MONOWHEEL_TRACE`` asks for it."""
    if system.variable("MONOWHEEL_TRACE"):
        sys.stderr.write(f"monowheel: {(perf_counter() - BEGIN) * 1000:7.1f} ms  {step}\n")


def sha256(data):
    """Hash without ``hashlib``, whose import loads OpenSSL and takes longer than the hash."""
    try:
        if sys.version_info >= (3, 12):
            from _sha2 import sha256 as function
        else:
            from _sha256 import sha256 as function
    except ImportError:
        from hashlib import sha256 as function
    return function(data).hexdigest()


def real_interpreter():
    """Path of the interpreter itself, behind links and virtual environments."""
    if not REAL:
        path = getattr(sys, "_base_executable", None) or sys.executable
        if not path:
            raise Refusal("it does not know its own path")
        REAL.append(system.realpath(path))
    return REAL[0]


def boot_id():
    """Name of the time since the machine came up, or None where the system has no such thing."""
    if not BOOT:
        BOOT.append(system.read("/proc/sys/kernel/random/boot_id"))
    return BOOT[0]


def trusted(path):
    """Whether a folder belongs to us (or to root, who may do anything) and nobody else may write to it."""
    try:
        found = posix.stat(path)
    except OSError:
        return False
    return found.st_uid in (posix.geteuid(), 0) and not found.st_mode & 0o022


def ready(root, name):
    """Whether the environment ``name`` is there and whole: what the head asks as well, and that the path is safe."""
    app = f"{root}/apps/{name}"
    if not (trusted(root) and trusted(app)):
        return False
    try:
        posix.close(posix.open(f"{app}/used", posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC, 0o644))
    except OSError:
        pass
    # The answer of a pruning process to that, so the looks keep this order.
    boot = system.read(f"{app}/boot")
    if boot is not None and boot != boot_id():
        return False
    parts = system.isdir(f"{app}/deps") and system.isdir(f"{app}/code")
    if not (parts and posix.access(f"{app}/bin/python", posix.X_OK)):
        return False
    try:
        if posix.stat(f"{app}/until").st_mtime < posix.stat("/proc/self").st_mtime:
            return False
    except OSError:
        pass
    return True


def find(roots, digest, asked):
    """Give the environment for this interpreter below one of the roots, or None.

    An interpreter that somebody asked for has an environment of its own, unless the first one is made of it.
    """
    name, real = digest[:32], real_interpreter()
    for root in roots:
        for candidate in (name, f"{name}-{sha256(system.fsencode(real))[:12]}") if asked else (name,):
            app = f"{root}/apps/{candidate}"
            if (not asked or system.link(f"{app}/bin/python") == real) and ready(root, candidate):
                return app
    return None


def obtain(file, digest, asked):
    """Give an environment for the application, made now if need be."""
    if not system.variable("MONOWHEEL_VERIFY"):
        from monowheel_boot import roots

        app = find(roots.existing(), digest, asked)
        if app:
            trace(f"environment found: {app}")
            return app
    from monowheel_boot import fill

    return fill.fill(file, digest, asked)


def control(file, digest):
    """Do what a control variable asks for instead of starting: give the text to print, or None."""
    if system.variable("MONOWHEEL_VENV") or system.variable("MONOWHEEL_CACHE"):
        from monowheel_boot import control

        return control.run(file, digest)
    return None


def sentence(error, path):
    """Put an error of the system into words."""
    if isinstance(error, Failure):
        return str(error)
    if error.errno in (28, 122):  # ENOSPC, EDQUOT
        hint = "hint: free some, or name another folder: MONOWHEEL_ROOT=/path"
        return f"{path} cannot start: no space left for the cache\n{hint}"
    place = f": {system.fsdecode(error.filename)}" if error.filename else ""
    return f"{path} cannot start: {error.strerror or error}{place}"


def from_head(path, digest, fd):
    """Answer the head, on standard output, in one line: see head.sh."""
    posix.dup2(3, 2)
    file = File(path, fd)
    status = 0
    try:
        text = control(file, digest)
        if text is None:
            asked = bool(system.variable("MONOWHEEL_PYTHON"))
            app = obtain(file, digest, asked)
            if asked:
                from monowheel_boot.asked import remember

                remember(app)
            reply = "ok " + app
        else:
            reply = "end " + text
    except Refusal as refusal:
        reply, status = f"no {refusal}", 1
    except Replaced:
        reply, status = "again ", 1
    except (Failure, OSError) as error:
        sys.stderr.write(f"monowheel: {sentence(error, path)}\n")
        reply, status = "end ", 1
    data = system.fsencode(reply + ".")
    while data:
        data = data[posix.write(1, data) :]
    # No clean-up at exit: there is nothing to clean, and it takes time.
    sys.stderr.flush()
    posix._exit(status)
