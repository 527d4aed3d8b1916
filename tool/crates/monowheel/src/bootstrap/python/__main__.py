"""Starts the application that this file carries.

Two ways lead here: the head runs the page above the mark (see ``head.py``), or somebody runs ``python3 FILE``, all of it.
The page must parse on every Python there is, if only to say that it is too old.
"""

import sys

# SHA-256 of this text, modules included.
KEY = ""


def kept():
    """Name the file in a cache that has the bootstrap's code for this build of Python."""
    from _frozen_importlib_external import MAGIC_NUMBER

    parts = KEY, sys.implementation.cache_tag, sys.hexversion, MAGIC_NUMBER[:2].hex()
    return "known/" + "-".join(map(str, parts))


def recall(root):
    """Give what ``compiled`` has kept in a cache, if it is whole and nobody else can have written it: page, modules, texts."""
    try:
        import marshal
        import posix
        import zlib

        found = posix.stat(root)
        with open(root + "/" + kept(), "rb", 0) as file:
            checksum, code = int.from_bytes(file.read(4), "little"), file.read()
    except (OSError, ImportError):
        return None
    ours = found.st_uid in (posix.geteuid(), 0) and not found.st_mode & 0o022
    return marshal.loads(code) if ours and code and zlib.crc32(code) == checksum else None


# The texts of the modules of ``monowheel_boot`` by name, as far as they are needed: they stand below the mark.
SOURCES = {}
# Their code, as far as it has been compiled, by this start or by an earlier one.
COMPILED = {}
# Texts that every start needs which makes an environment: they become part of it.
WRITTEN = ("monowheel_boot.run", "monowheel_boot.rare")


def source(name):
    """Give the text of a module; those below the mark are read when the first one is asked for, since that takes a millisecond."""
    if name not in SOURCES:
        exec(compile(globals()["read"]()[1], "__main__.py", "exec"), {"SOURCES": SOURCES})
    return SOURCES[name]


def learn(known):
    """Take what ``recall`` has given."""
    COMPILED.update(known[1])
    SOURCES.update(known[2])
    Sources.recalled = True


class Sources(object):  # noqa: UP004 (Python 2)
    """Finds and loads the modules of ``monowheel_boot``."""

    # Whether their code came out of a cache.
    recalled = False

    @staticmethod
    def find_spec(name, path=None, target=None):
        """Answer the import system: ours, or not ours."""
        if name.partition(".")[0] != "monowheel_boot":
            return None
        return type(sys.__spec__)(name, Sources, origin="monowheel", is_package="." not in name)

    @staticmethod
    def create_module(spec):
        """Let the import system make the module."""

    @staticmethod
    def exec_module(module):
        """Run the module's text."""
        name = module.__name__
        if name not in COMPILED:
            COMPILED[name] = compile(source(name), name, "exec", 0, True, 2)
        exec(COMPILED[name], module.__dict__)


def unfit():
    """Say why this interpreter cannot even run the bootstrap, or nothing."""
    name = getattr(getattr(sys, "implementation", None), "name", "cpython")
    version = ".".join(map(str, sys.version_info[:3]))
    if name != "cpython":
        return "this is " + name + " " + version + ", not CPython"
    if tuple(sys.version_info[:2]) < (3, 9):
        return "this is Python " + version + ", and 3.9 is the oldest that can run it"
    return None


def main(known=None):
    """Refuse, or start; the head gives what it has recalled."""
    headed = sys.argv[0] == "-c"
    reason = unfit()
    if reason and headed:
        sys.stdout.write("no " + reason + ".")
        sys.exit(1)
    if reason:
        sys.exit("monowheel: " + sys.argv[0] + " needs another Python: " + reason)
    sys.meta_path.insert(0, Sources)
    # It would look again and again through what is in use until the end.
    import gc

    gc.disable()
    if headed:
        if known:
            learn(known)
        from monowheel_boot import start

        # The file that the head has opened: another one may have taken its place by now.
        start.from_head(sys.argv[1], sys.argv[4], globals()["FILE"].fileno())
    else:
        from monowheel_boot import direct

        direct.from_python(sys.argv[0], sys.argv[1:])


# The mark: what is below, the head leaves alone until it is asked for.
SOURCES.update({})

if __name__ == "__main__":
    main()
