"""Compile the modules of a wheel: `compile_wheel.py WHEEL OUTPUT` writes an archive of unchecked-hash pycs (PEP 552).

The one program of a build action that is Python, since only an interpreter knows its own bytecode. Standard library only,
CPython 3.9 and newer. Members are named from `site-packages` on, `pkg/__pycache__/module.cpython-311.pyc`; the archive follows
the rules of every archive of ours. What does not compile (templates, tests of syntax errors, Python 2) is left out, as
installers leave it out. `co_filename` is the path from `site-packages` on: the import system puts the real one in its place.

What `marshal` writes is not a function of the code: it marks an object as shared when something else happens to hold it,
and orders sets by their hashes. So the bytes are parsed and written again in one canonical form.
"""

import importlib.util
import marshal
import os
import re
import sys
import types
import warnings
import zipfile

# PEP 552: the pyc is checked by hash, and not at all.
UNCHECKED_HASH = (1).to_bytes(4, "little")
# Bytecode that is newer than this may be written in another way.
NEWEST = (3, 14)
FLAG_REF = 0x80
REF_SIZE = 5
# Types by what follows their byte.
SINGLE = frozenset(b"0NFTS.")
FIXED = {ord("i"): 4, ord("g"): 8, ord("y"): 16}
LONG_SIZE = frozenset(b"sutaA")
SHORT_SIZE = frozenset(b"zZ")
# Code objects: numbers of 4 bytes and objects, in the order in which they stand.
CODE = "LLLLLOOOOOOOOLOO" if sys.version_info >= (3, 11) else "LLLLLLOOOOOOOOLO"


class Node:
    """A marshalled value: bytes and further values, and all of them together, without references, as its identity."""

    __slots__ = ("key", "parts")

    def __init__(self, parts):
        """Take the parts; the first one begins with the byte of the type."""
        self.parts = parts
        self.key = b"".join([part if type(part) is bytes else part.key for part in parts])


class Reader:
    """Parses what `marshal.dumps` wrote."""

    def __init__(self, data):
        """Take the bytes."""
        self.data, self.at, self.known = data, 0, []

    def take(self, count):
        """Give the next bytes."""
        begin = self.at
        self.at = begin + count
        return self.data[begin : self.at]

    def number(self):
        """Give the next number of 4 bytes."""
        return int.from_bytes(self.take(4), "little", signed=True)

    def value(self):
        """Give the next value."""
        first = self.data[self.at]
        self.at += 1
        kind = first & ~FLAG_REF
        if kind == ord("r"):
            return self.known[self.number()]
        place = len(self.known)
        if first & FLAG_REF:
            self.known.append(None)
        node = Node(self.parts(kind))
        if first & FLAG_REF:
            self.known[place] = node
        return node

    def parts(self, kind):
        """Give what a value of this kind is made of."""
        start, letter = bytes([kind]), chr(kind)
        if kind in SINGLE:
            return [start]
        if kind in FIXED:
            return [start + self.take(FIXED[kind])]
        if kind in SHORT_SIZE:
            return [start + self.take(1 + self.data[self.at])]
        if kind in LONG_SIZE:
            size = self.take(4)
            return [start + size + self.take(int.from_bytes(size, "little"))]
        if letter == "l":
            size = self.number()
            self.at -= 4
            return [start + self.take(4 + 2 * abs(size))]
        if letter == ")":
            count = self.take(1)
            return [start + count, *[self.value() for _ in range(count[0])]]
        if letter in "(>":
            count = self.take(4)
            values = [self.value() for _ in range(int.from_bytes(count, "little"))]
            return [start + count, *(sorted(values, key=lambda value: value.key) if letter == ">" else values)]
        if letter == ":":
            return [start, self.value(), self.value(), self.value()]
        if letter == "c":
            return [start, *[self.take(4) if field == "L" else self.value() for field in CODE]]
        raise ValueError(f"marshal has a type that is not known here: {letter!r}")


class Writer:
    """Writes values anew: what occurs again is a reference, whoever held it when it was marshalled."""

    def __init__(self, root):
        """Take the value, and find out what in it occurs again."""
        self.out, self.places, self.again = [], {}, set()
        self.look(root, set())
        self.write(root)

    def look(self, node, seen):
        """Note what occurs again, without looking into what will be a reference."""
        if len(node.key) > REF_SIZE:
            if node.key in seen:
                self.again.add(node.key)
                return
            seen.add(node.key)
        for part in node.parts:
            if type(part) is Node:
                self.look(part, seen)

    def write(self, node):
        """Write one value."""
        place = self.places.get(node.key)
        if place is not None:
            self.out.append(b"r" + place.to_bytes(4, "little"))
            return
        parts = iter(node.parts)
        first = next(parts)
        if node.key in self.again:
            # Places count from where a value begins; a value is never part of itself.
            self.places[node.key] = len(self.places)
            first = bytes([first[0] | FLAG_REF]) + first[1:]
        self.out.append(first)
        for part in parts:
            if type(part) is Node:
                self.write(part)
            else:
                self.out.append(part)


def canonical(code):
    """Marshal a code object in the one way that depends on nothing but the code."""
    data = b"".join(Writer(Reader(marshal.dumps(code)).value()).out)
    if not isinstance(marshal.loads(data), types.CodeType):
        raise ValueError("marshal does not read what was written")
    return data


def compiled(source, path):
    """Give the pyc of a module, or None where it does not compile."""
    try:
        code = compile(source, path, "exec", dont_inherit=True, optimize=0)
        return importlib.util.MAGIC_NUMBER + UNCHECKED_HASH + importlib.util.source_hash(source) + canonical(code)
    except (SyntaxError, UnicodeError, OverflowError, RecursionError, MemoryError):
        return None
    except ValueError as error:
        if "null byte" in str(error):
            return None
        raise


def modules(names):
    """Give where modules are installed below `site-packages`, with their members' names."""
    infos = [name.partition("/")[0] for name in names if re.fullmatch(r"[^/]+\.dist-info/WHEEL", name)]
    data = "|".join(re.escape(info[: -len(".dist-info")]) for info in infos)
    inside, outside = re.compile(rf"(?:{data})\.data/(?:purelib|platlib)/"), re.compile(rf"(?:{data})\.data/")
    found = {}
    for name in names:
        match = inside.match(name)
        if name.endswith(".py") and (match or not outside.match(name)):
            found[name[match.end() :] if match else name] = name
    return found


def pycs(wheel):
    """Give the pycs of a wheel by their names."""
    members = {info.filename: info for info in wheel.infolist()}
    places = modules(members)
    brought = {*members, *places}
    found = {}
    for path, member in places.items():
        folder, _, name = path.rpartition("/")
        place = f"{folder}/__pycache__/" if folder else "__pycache__/"
        place += f"{name[: -len('.py')]}.{sys.implementation.cache_tag}.pyc"
        if place not in brought:
            content = compiled(wheel.read(members[member]), path)
            if content is not None:
                found[place] = content
    return found


def write(found, output):
    """Write the archive: STORED, sorted by the bytes of the names, nothing of this machine."""
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(found, key=str.encode):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            archive.writestr(info, found[name])


def main():
    """Compile the wheel that the command line names."""
    if sys.implementation.name != "cpython" or not (3, 9) <= sys.version_info[:2] <= NEWEST:
        version = ".".join(map(str, sys.version_info[:3]))
        sys.exit(
            f"compile_wheel.py: expected CPython 3.9 to {NEWEST[0]}.{NEWEST[1]}, but this is {sys.implementation.name} {version}\n"
            'hint: bytecode = "none" leaves compiling to the first start'
        )
    if sys.flags.hash_randomization:
        # Some compilers order attributes of a class by hash (CPython 3.13.0).
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        arguments = [sys.executable, "-s", "-S", "-B", *sys.argv]
        os.execve(sys.executable, arguments, {**kept, "PYTHONHASHSEED": "0"})
    if len(sys.argv) != 3:
        sys.exit("usage: compile_wheel.py WHEEL OUTPUT")
    warnings.simplefilter("ignore")
    try:
        with zipfile.ZipFile(sys.argv[1]) as wheel:
            found = pycs(wheel)
        write(found, sys.argv[2])
    except (OSError, zipfile.BadZipFile) as error:
        sys.exit(f"compile_wheel.py: {sys.argv[1]}: {error}")


if __name__ == "__main__":
    main()
