"""Starts the application that this file carries.

Two ways lead here: the head runs this text with ``python -c`` (its arguments: the file, where this text stands in it,
the digest, the interpreter's name, the folder where a cache is looked for first), or somebody runs ``python3 FILE``.
This page must parse on every Python there is, if only to say that it is too old.
"""

import sys

# The modules of ``monowheel_boot`` by name: their text stands here in the file, and is compiled when it is imported.
SOURCES = {}
# SHA-256 of these texts.
KEY = ""
# Their code, as far as it has been compiled, by this start or by an earlier one.
COMPILED = {}


class Sources(object):  # noqa: UP004 (Python 2)
    """Finds and loads the modules in ``SOURCES``."""

    # Whether their code came out of a cache.
    recalled = False

    @staticmethod
    def find_spec(name, path=None, target=None):
        """Answer the import system: ours, or not ours."""
        if name not in SOURCES:
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
            COMPILED[name] = compile(SOURCES[name], name, "exec")
        exec(COMPILED[name], module.__dict__)


def kept():
    """Name the file in a cache that has the modules' code for this build of Python."""
    from _frozen_importlib_external import MAGIC_NUMBER

    magic = int.from_bytes(MAGIC_NUMBER, "little")
    parts = [KEY[:32], sys.implementation.cache_tag, sys.hexversion, magic, sys.flags.optimize]
    return "known/" + "-".join(map(str, parts))


def recall(root):
    """Take the code that an earlier start has left in the cache, if it is whole and nobody else can have written it."""
    import marshal
    import posix
    import zlib

    try:
        found = posix.stat(root)
        with open(root + "/" + kept(), "rb") as file:
            checksum, code = int.from_bytes(file.read(4), "little"), file.read()
    except OSError:
        return
    if found.st_uid in (posix.geteuid(), 0) and not found.st_mode & 0o022 and code and zlib.crc32(code) == checksum:
        COMPILED.update(marshal.loads(code))
        Sources.recalled = True


def unfit():
    """Say why this interpreter cannot even run the bootstrap, or nothing."""
    name = getattr(getattr(sys, "implementation", None), "name", "cpython")
    version = ".".join(map(str, sys.version_info[:3]))
    if name != "cpython":
        return "this is " + name + " " + version + ", not CPython"
    if tuple(sys.version_info[:2]) < (3, 9):
        return "this is Python " + version + ", and 3.9 is the oldest that can run it"
    return None


def main():
    """Refuse, or start."""
    headed = sys.argv[0] == "-c"
    reason = unfit()
    if reason and headed:
        sys.stdout.write("no " + reason + ".")
        sys.exit(1)
    if reason:
        sys.exit("monowheel: " + sys.argv[0] + " needs another Python: " + reason)
    if SOURCES:
        sys.meta_path.insert(0, Sources)
    if headed:
        for root in sys.argv[6:]:
            recall(root)
        from monowheel_boot import start

        # The file that the head has opened: another one may have taken its place by now.
        start.from_head(sys.argv[1], sys.argv[4], globals()["FILE"].fileno())
    else:
        from monowheel_boot import direct

        direct.from_python(sys.argv[0], sys.argv[1:])


if __name__ == "__main__":
    main()
