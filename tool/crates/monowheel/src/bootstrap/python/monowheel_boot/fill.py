"""The long way: what is missing in the cache is made, once, whoever else starts at the same time."""

import posix
import sys

from monowheel_boot import choice, compiled, environment, interpreter, roots, system, unpack
from monowheel_boot.archive import Application
from monowheel_boot.cache import folders, write
from monowheel_boot.start import Replaced, find, real_interpreter, sha256, trace

# Cleaners of /tmp and /var/tmp take files that nobody has touched for ten days and longer.
DAYS_AMONG_TEMPORARY_FILES = 5
QUIET_SECONDS = 1


def fill(file, digest, asked):
    """Give an environment for the application in ``file``."""
    quick_interrupt()
    posix.umask(0o022)
    application = Application(file)
    trace(f"file read: {len(application.manifest['wheels'])} wheels")
    if application.digest != digest:
        raise Replaced(f"{file.path} was replaced while it started\nhint: start it again")
    interpreter.check(application.manifest)
    # First the line of progress: the cache may have to be waited for.
    with Progress(application), choice.choose(interpreter.native(application.manifest)) as store:
        trace(f"cache: {store.root}")
        app = Filling(store, application, asked).run()
        compiled.keep(store, application)
        return app


class Filling:
    """One first start."""

    def __init__(self, store, application, asked):
        """Take the cache and the file."""
        self.store, self.application, self.manifest, self.asked = store, application, application.manifest, asked
        self.tree, self.code = self.manifest["dependencies"], self.manifest["code"]["sha256"][:32]
        self.name = application.digest[:32]
        # Whether the cache lies where cleaners walk.
        self.is_temporary = system.dirname(store.root) in roots.temporary()
        if asked:
            # The first environment, where it is of the same interpreter, is as good as one of its own.
            real = real_interpreter()
            if environment.interpreter_of(f"{store.root}/apps/{self.name}") != real:
                self.name += "-" + sha256(system.fsencode(real))[:12]

    def run(self):
        """Make what is missing, and give the environment."""
        store = self.store
        store.lock(self.name)
        verify = bool(system.variable("MONOWHEEL_VERIFY"))
        if not verify:
            app = find([store.root], self.application.digest, self.asked)
            if app:
                trace(f"another start has made it: {app}")
                return app
        store.lock(self.tree)
        store.sweep()
        self.check(verify)
        self.unpack()
        self.application.unchanged()
        # Without locks another start may have been faster: its environment runs already, and must not be taken away.
        app = None if verify else find([store.root], self.application.digest, self.asked)
        if app:
            return app
        days = DAYS_AMONG_TEMPORARY_FILES if self.is_temporary else 0
        return environment.make(store, self.name, self.manifest, days)

    def check(self, verify):
        """Mend what is there already where there is reason to doubt it."""
        doubtful = [
            (kind, key)
            for kind, key in (("deps", self.tree), ("code", self.code))
            if verify or self.is_temporary or not self.store.kept(kind, key)
        ]
        if doubtful:
            from monowheel_boot import verify as verification

            verification.check(self.store, self.application, doubtful, thorough=verify)

    def unpack(self):
        """Unpack what has no name in the cache yet, then name it."""
        root, sources, finish = self.store.root, [], {}
        if not system.isdir(f"{root}/code/{self.code}"):
            staged = f"{self.store.stage()}/code"
            posix.mkdir(staged, 0o700)
            sources.append(unpack.Code(self.application.code(), staged))
            finish["code"] = staged, self.code
        if not system.isdir(f"{root}/deps/{self.tree}"):
            staged = f"{self.store.stage()}/deps"
            sources += self.dependencies(staged)
            finish["deps"] = staged, self.tree
        if not finish:
            return
        unpack.run(sources)
        trace("unpacked")
        self.application.unchanged()
        # Before there is a tree: one that got its name by a start that is killed then would never be found by its wheels.
        if "deps" in finish:
            self.point()
        for kind, (staged, key) in finish.items():
            self.note_unsynced(kind, key)
            self.store.publish(staged, kind, key)
        trace("published")

    def point(self):
        """Note for each wheel which tree has it, so that the next tree takes links from there."""
        for wheel, _ in self.application.packed():
            path = f"{self.store.root}/wheels/{wheel['sha256']}"
            # Where another wheel has won a place, the tree has not all of this one.
            if not wheel.get("drop") and not system.isdir(path):
                beside = f"{self.store.stage()}/{wheel['sha256']}"
                posix.symlink(f"../deps/{self.tree}", beside)
                posix.rename(beside, path)

    def note_unsynced(self, kind, key):
        """Note that a tree is younger than the last sync of the disk."""
        path = f"{self.store.root}/{kind}/{key}.boot"
        try:
            posix.unlink(path)
        except FileNotFoundError:
            pass
        try:
            self.store.note_unsynced(path)
        except FileExistsError:
            pass

    def dependencies(self, tree):
        """Begin a dependency tree: give the wheels to be unpacked into it or linked."""
        site = f"{tree}/{unpack.SITE_PACKAGES}"
        folders(site)
        write(f"{site}/monowheel.pth", environment.import_roots(self.manifest))
        sources = []
        for wheel, member in self.application.packed():
            other = f"{self.store.root}/wheels/{wheel['sha256']}"
            source = other if system.isdir(other) else None
            sources.append(unpack.Wheel(self.application.nested(member), wheel, tree, source))
        return sources


class Progress:
    """One line on a terminal when a first start takes more than a second, gone when it is done."""

    def __init__(self, application):
        """Take the file, whose name and size the line has."""
        self.application, self.shown = application, False

    def __enter__(self):
        """Set a timer where there is a terminal; ``signal`` itself would import ``enum``."""
        self.timer = None
        if sys.stderr.isatty():
            import _signal

            self.timer = _signal
            self.handler = _signal.signal(_signal.SIGALRM, self._show)
            _signal.setitimer(_signal.ITIMER_REAL, QUIET_SECONDS)
        return self

    def _show(self, *signal):
        self.shown = True
        size = self.application.state[2] >> 20
        sys.stderr.write(f"first start of {system.basename(self.application.path)}: unpacking {size} MB ...")
        sys.stderr.flush()

    def __exit__(self, *error):
        """Take the line away."""
        if self.timer:
            self.timer.setitimer(self.timer.ITIMER_REAL, 0)
            self.timer.signal(self.timer.SIGALRM, self.handler)
        if self.shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def quick_interrupt():
    """Let Ctrl-C end a first start at once and without a traceback."""
    import _signal

    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
