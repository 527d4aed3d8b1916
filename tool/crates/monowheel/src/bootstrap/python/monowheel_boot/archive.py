"""Reading the file: a zip archive whose members are STORED, and the wheels in it, which are zip archives of their own.

``zipfile`` would cost more to import than most applications have to unpack. Only what wheels use is read: STORED and
DEFLATED (bzip2, LZMA and Zstandard by their modules, which are imported when they are met), ZIP64, UTF-8 names. Everything is read
with ``pread``: a mapped file would kill the process when somebody writes over it, and several processes may share the
descriptor. Nothing is read twice but the end of an archive that has a comment.
"""

import posix
import zlib
from _struct import Struct, unpack_from

from monowheel_boot.start import Failure, sha256

# ``struct`` is these, and a file more to look for.
END = Struct("<4s4H2LH")
END64_LOCATOR = Struct("<4sLQL")
END64 = Struct("<4sQ2H2L4Q")
# Without what is of no use here: versions, times, disks.
CENTRAL = Struct("<4s4x2H4x3L3H4x2L")
LINK, KIND = 0o120000 << 16, 0o170000 << 16
LOCAL_SIZE = 30
CENTRAL_SIZE = 46
COMMENT = (1 << 16) - 1
WINDOW = 1 << 20
# Larger members are not held in memory whole; they are read and given in pieces of that size.
LARGE = 1 << 20
PIECE = 1 << 18
STORED, DEFLATED, BZIP2, LZMA, ZSTD = 0, 8, 12, 14, 93


class Entry:
    """A member: its name, how it is stored, and where."""

    __slots__ = ("compressed", "crc", "executable", "link", "method", "name", "offset", "size")

    def __init__(self, name, method, crc, compressed, size, executable, link, offset):
        """Take the fields of the central directory."""
        self.name, self.method, self.crc, self.compressed, self.size = name, method, crc, compressed, size
        self.executable, self.link, self.offset = executable, link, offset

    def large(self):
        """Whether it is read in pieces."""
        return self.size > LARGE or self.compressed > LARGE

    def end(self):
        """Where it ends in the archive, or somewhat further on: the header that stands before it may have another extra field."""
        return self.offset + LOCAL_SIZE + len(self.name) + self.compressed


class Archive:
    """A zip archive that stands at ``start`` in an open file and has ``size`` bytes."""

    def __init__(self, fd, start, size, label):
        """Take the place; nothing is read yet."""
        self.fd, self.start, self.size, self.label = fd, start, size, label
        # Up to where members are read ahead of being asked for.
        self.until = 0
        self._window = (0, b"")
        self._directory = None

    def damaged(self, what):
        """Give the error for an archive that is not what it was."""
        return Failure(f"{self.label} is damaged: {what}\nhint: copy the file anew")

    def pread(self, offset, count):
        """Read exactly ``count`` bytes at ``offset`` of the archive."""
        if not 0 <= offset <= self.size - count:
            raise self.damaged("it is cut short")
        data = posix.pread(self.fd, count, self.start + offset)
        while len(data) < count:
            more = posix.pread(self.fd, count - len(data), self.start + offset + len(data))
            if not more:
                raise self.damaged("it is cut short")
            data += more
        return data

    def directory(self):
        """Give the bytes of the central directory and what to add to its offsets; read once, until it is forgotten."""
        if self._directory is None:
            self._directory = self._read_directory()
        return self._directory

    def _read_directory(self):
        first, tail = self._last(END64_LOCATOR.size + END.size)
        at = len(tail) - END.size
        if not (tail[at : at + 4] == b"PK\x05\x06" and tail.endswith(b"\0\0")):
            # There is a comment, which has at most 65,535 bytes.
            first, tail = self._last(END64_LOCATOR.size + END.size + COMMENT)
            at = tail.rfind(b"PK\x05\x06", 0, len(tail) - END.size + 4)
        if at < 0:
            raise self.damaged("it has no end")
        _, _, _, _, _, size, offset, _ = END.unpack_from(tail, at)
        end = first + at
        if at >= END64_LOCATOR.size and tail[at - END64_LOCATOR.size :][:4] == b"PK\x06\x07":
            _, _, where, _ = END64_LOCATOR.unpack_from(tail, at - END64_LOCATOR.size)
            fields = END64.unpack(self.pread(where, END64.size))
            size, offset, end = fields[8], fields[9], where
        begin = end - size
        if begin < 0:
            raise self.damaged("its directory does not fit")
        before = self.pread(begin, max(0, min(end, first) - begin))
        return before + tail[max(0, begin - first) : max(0, end - first)], begin - offset

    def _last(self, count):
        """Give the last bytes, and where they begin."""
        count = min(count, self.size)
        return self.size - count, self.pread(self.size - count, count)

    def entries(self):
        """Give the members that are files, in the order of their bytes."""
        data, shift = self.directory()
        found, at, unpack = [], 0, CENTRAL.unpack_from
        while at < len(data):
            fields = unpack(data, at)
            signature, flags, method, crc, compressed, size, names, extras, comments, mode, offset = fields
            if signature != b"PK\x01\x02":
                raise self.damaged("its directory has a wrong entry")
            at += CENTRAL_SIZE
            raw = data[at : at + names]
            if extras and 0xFFFFFFFF in (compressed, size, offset):
                compressed, size, offset = wide(data[at + names : at + names + extras], compressed, size, offset)
            at += names + extras + comments
            if raw[-1:] != b"/":
                name = raw.decode("utf-8" if flags & 0x800 or raw.isascii() else "cp437")
                # Any x bit, whatever system the archive was made on, as for pip; a link is installed as a file with its target.
                is_link = mode & KIND == LINK
                executable = mode & 0o111 << 16 != 0 and not is_link
                found.append(Entry(name, method, crc, compressed, size, executable, is_link, offset + shift))
        found.sort(key=lambda entry: entry.offset)
        return found

    def raw(self, entry):
        """Give the stored bytes of a member; members that follow one another are read at once."""
        begin, window = self._window
        at = entry.offset - begin
        if at < 0 or at + LOCAL_SIZE > len(window) or at + span(window, at) + entry.compressed > len(window):
            window, at = self._ahead(entry), 0
        if window[at : at + 4] != b"PK\x03\x04":
            raise self.damaged(f"{entry.name} is not where it should be")
        at += span(window, at)
        data = memoryview(window)[at : at + entry.compressed]
        if len(data) != entry.compressed:
            raise self.damaged(f"{entry.name} is cut short")
        return data

    def _ahead(self, entry):
        """Give the window that begins with a member and has all of it."""
        window = self._window_to(max(entry.end(), min(self.until, entry.offset + WINDOW)), entry)
        if len(window) < LOCAL_SIZE:
            raise self.damaged("it is cut short")
        # The extra field of its own header may be longer than the directory's.
        return self._window_to(entry.offset + span(window, 0) + entry.compressed, entry)

    def _window_to(self, last, entry):
        """Have all from a member on to ``last`` in the window, as far as there is so much; what is in it already is not read again."""
        begin, window = self._window
        window = window[entry.offset - begin :] if entry.offset >= begin else b""
        at, last = entry.offset + len(window), min(last, self.size)
        if at < last:
            window += self.pread(at, last - at)
        self._window = entry.offset, window
        return window

    def place(self, entry):
        """Where in the file the stored bytes of a member begin."""
        return self.start + entry.offset + span(self.pread(entry.offset, LOCAL_SIZE), 0)

    def chunks(self, entry):
        """Give the content of a member, in one piece where it is small; checked at the end."""
        if not entry.large():
            yield self.content(entry)
            return
        decompress, crc, size = decompressor(entry.method), 0, 0
        at, rest = self.place(entry) - self.start, entry.compressed
        while rest:
            piece = self.pread(at, min(rest, PIECE))
            at, rest = at + len(piece), rest - len(piece)
            for content in self.decompressed(entry, decompress, piece):
                crc, size = zlib.crc32(content, crc), size + len(content)
                if size > entry.size:
                    self.check(entry, crc, size)
                yield content
        self.check(entry, crc, size)

    def forget(self):
        """Let go of what was read."""
        self._window, self._directory = (0, b""), None

    def content(self, entry):
        """Give the content of a small member, checked."""
        data = self.raw(entry)
        if entry.method == DEFLATED:
            try:
                # One byte more than it says is enough to know that it lies.
                data = zlib.decompressobj(-15).decompress(data, entry.size + 1)
            except zlib.error as error:
                raise self.damaged(f"{entry.name}: {error}") from None
        elif entry.method != STORED:
            content = bytearray()
            for piece in self.decompressed(entry, decompressor(entry.method), bytes(data)):
                content += piece
                if len(content) > entry.size:
                    break
            data = bytes(content)
        self.check(entry, zlib.crc32(data), len(data))
        return data

    def decompressed(self, entry, decompress, piece):
        """Give what a piece of a member stands for; each compression has errors of its own kind."""
        try:
            yield from decompress(piece)
        except MemoryError:
            raise
        except Exception as error:
            raise self.damaged(f"{entry.name}: {error}") from None

    def check(self, entry, crc, size):
        """Compare what came out with what the directory says."""
        if crc != entry.crc or size != entry.size:
            raise self.damaged(f"{entry.name} has not the content that it was packed with")


def runs(entries):
    """Cut members in the order of their bytes into those that are read ahead together; a large one is by itself."""
    run = []
    for entry in entries:
        if entry.large():
            if run:
                yield run
            yield [entry]
            run = []
        else:
            run.append(entry)
    if run:
        yield run


def span(data, at):
    """Length of the local header at ``at``, name and extra field included."""
    return LOCAL_SIZE + data[at + 26] + (data[at + 27] << 8) + data[at + 28] + (data[at + 29] << 8)


def wide(extra, compressed, size, offset):
    """Take the fields that did not fit into 32 bits from the ZIP64 extra field (APPNOTE 4.5.3)."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = unpack_from("<HH", extra, at)
        if kind == 1:
            values = iter(unpack_from(f"<{length // 8}Q", extra, at + 4))
            size = next(values) if size == 0xFFFFFFFF else size
            compressed = next(values) if compressed == 0xFFFFFFFF else compressed
            offset = next(values) if offset == 0xFFFFFFFF else offset
        at += 4 + length
    return compressed, size, offset


def decompressor(method):
    """Give a function from a piece to pieces of its content: a few bytes may stand for a thousand times as many."""
    if method == STORED:
        return lambda piece: (piece,)
    if method == DEFLATED:
        return inflated()
    if method == BZIP2:
        from bz2 import BZ2Decompressor

        return bounded(BZ2Decompressor())
    if method == LZMA:
        return lzma()
    if method == ZSTD:
        # In the standard library since 3.14: the build has asked for no older Python.
        from compression.zstd import ZstdDecompressor

        return bounded(ZstdDecompressor())
    raise Failure(f"zip compression method {method} is not known")


def inflated():
    """Give that function for DEFLATE."""
    stream = zlib.decompressobj(-15)

    def decompress(piece):
        full = True
        while piece or full:
            content = stream.decompress(piece, PIECE)
            piece, full = stream.unconsumed_tail, len(content) == PIECE
            yield content

    return decompress


def bounded(stream):
    """Give that function for the decompressors that have one interface."""

    def decompress(piece):
        yield stream.decompress(piece, PIECE)
        while not (stream.needs_input or stream.eof):
            yield stream.decompress(b"", PIECE)

    return decompress


def lzma():
    """Give that function for LZMA as zip stores it: a header of nine bytes with the properties (APPNOTE 5.8.8)."""
    from _lzma import FORMAT_RAW, LZMADecompressor, _decode_filter_properties

    head, rest = b"", None

    def decompress(piece):
        nonlocal head, rest
        if rest is None:
            head += piece
            if len(head) < 9:
                return ()
            properties = _decode_filter_properties(0x4000000000000001, head[4:9])
            rest = bounded(LZMADecompressor(FORMAT_RAW, filters=[properties]))
            piece = head[9:]
        return rest(piece)

    return decompress


class Application:
    """The file itself: its manifest, its first-party archive, its wheels."""

    def __init__(self, file):
        """Read the directory and the manifest of the file."""
        path = self.path = file.path
        self.fd = file.fd
        self.state = self._state()
        outer = Archive(self.fd, 0, self.state[2], path)
        self._members = {entry.name: entry for entry in outer.entries()}
        self._outer = outer
        data = bytes(outer.content(self._member("monowheel/manifest.json")))
        self.digest = sha256(data)
        self.manifest = parse(data)

    def _state(self):
        found = posix.fstat(self.fd)
        return found.st_ino, found.st_mtime_ns, found.st_size

    def unchanged(self):
        """Raise where somebody has written over the open file; a file put in its place does no harm."""
        if self._state() != self.state:
            hint = "hint: put the new file in place with mv, and start again"
            raise Failure(f"{self.path} was written over while it started\n{hint}")

    def _member(self, name):
        try:
            return self._members[name]
        except KeyError:
            raise self._outer.damaged(f"{name} is missing") from None

    def nested(self, name):
        """Give the archive in a member."""
        entry = self._member(name)
        return Archive(self.fd, self._outer.place(entry), entry.size, f"{self.path} ({name.rpartition('/')[2]})")

    def main(self):
        """Give the text that starts."""
        return bytes(self._outer.content(self._member("__main__.py")))

    def code(self):
        """Give the archive of the first-party tree."""
        return self.nested("monowheel/code.zip")

    def interpreter(self):
        """Give the archive of the interpreter that travels in the file."""
        return self.nested("monowheel/interpreter.zip")

    def packed(self):
        """Give what a dependency tree is made of: the manifest's words on each wheel and on its bytecode, with their members."""
        for wheel in self.manifest["wheels"]:
            yield wheel, f"monowheel/wheels/{wheel['file']}"
            if "bytecode" in wheel:
                yield wheel["bytecode"], f"monowheel/bytecode/{wheel['bytecode']['file']}"


class _Scanner:
    """What the C scanner of ``json`` asks for; importing ``json`` itself means importing ``re``."""

    strict, memo = True, {}
    object_hook = object_pairs_hook = parse_constant = array_hook = None
    parse_float, parse_int = float, int


def parse(data):
    """Read JSON."""
    text = data.decode()
    try:
        from _json import make_scanner

        return make_scanner(_Scanner)(text, 0)[0]
    except (ImportError, AttributeError, TypeError):
        from json import loads

        return loads(text)
