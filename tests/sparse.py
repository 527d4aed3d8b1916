"""Wheels that are large without taking room: most of their bytes are zeros that nobody writes down (holes of a sparse file)."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Union

ZEROS = bytes(1 << 20)


class Zeros(NamedTuple):
    """The content of a large file: so many zeros, then `end`."""

    count: int
    end: bytes = b""

    def pieces(self) -> Iterator[bytes]:
        """Give it in pieces; a piece that is `ZEROS` itself becomes a hole."""
        for _ in range(self.count // len(ZEROS)):
            yield ZEROS
        yield ZEROS[: self.count % len(ZEROS)] + self.end


class _Sparse(io.FileIO):
    """A file in which `ZEROS` become holes."""

    def write(self, data) -> int:
        if data is not ZEROS:
            return super().write(data)
        self.seek(len(data), io.SEEK_CUR)
        return len(data)


def wheel(
    folder: Path,
    name: str,
    files: "Iterable[tuple[str, Union[bytes, Zeros]]]",
    compression: int = zipfile.ZIP_STORED,
    file_name: str = "{name}-1.0-py3-none-any.whl",
) -> Path:
    """Write a wheel as Python's own `zipfile` writes it, ZIP64 where it must; what is stored may be sparse."""
    path = folder / file_name.format(name=name)
    info = f"{name}-1.0.dist-info"
    record = []

    def add(member: str, content: "Union[bytes, Zeros]") -> None:
        header = zipfile.ZipInfo(member, (2020, 1, 1, 0, 0, 0))
        header.external_attr = 0o100644 << 16
        header.compress_type = compression
        size, digest = 0, hashlib.sha256()
        large = isinstance(content, Zeros)
        with archive.open(header, "w", force_zip64=large) as file:
            for piece in content.pieces() if large else [content]:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
        text = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
        record.append(f"{member},sha256={text},{size}\n")

    with _Sparse(path, "w") as sink, zipfile.ZipFile(sink, "w") as archive:
        for member, content in files:
            add(member, content)
        add(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode())
        add(f"{info}/WHEEL", b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        listed = "".join([*record, f"{info}/RECORD,,\n"])
        add(f"{info}/RECORD", listed.encode())
    return path
