"""Wheels made in code, with what the specification allows and real wheels seldom have, all in a few files."""

import base64
import contextlib
import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Optional
from unittest import mock

MIT = "License-Expression: MIT\nLicense-File: LICENSE\n"


class Member(zipfile.ZipInfo):
    """A member: a file of mode 0644 unless something else is said; a folder where the name ends with a slash."""

    def __init__(self, name: str, content: "str | bytes" = b"", mode: int = 0o100644, method: int = 8, system: int = 3):
        """Take the fields of the header, and the content."""
        super().__init__(name, (2020, 1, 1, 0, 0, 0))
        self.content = content.encode() if isinstance(content, str) else content
        self.external_attr, self.compress_type, self.create_system = mode << 16, method, system


class LegacyMember(Member):
    """A member whose name is in code page 437, as programs wrote it before the flag for UTF-8."""

    def _encodeFilenameFlags(self) -> "tuple[bytes, int]":  # noqa: N802
        return self.filename.encode("cp437"), self.flag_bits


class Stream(io.RawIOBase):
    """What cannot be sought in, as a pipe: `zipfile` puts the numbers behind each member then."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.data = b""

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, data: bytes) -> int:
        """Add what is written."""
        self.data += bytes(data)
        return len(data)


@contextlib.contextmanager
def limits(wide: bool) -> Iterator[None]:
    """Have `zipfile` write the ZIP64 form of the end record, whatever the number of members."""
    with mock.patch.object(zipfile, "ZIP_FILECOUNT_LIMIT", 0) if wide else contextlib.nullcontext():
        yield


class Made:
    """A wheel: its file name, and all members but METADATA, WHEEL and RECORD."""

    def __init__(
        self,
        file: str,
        members: Sequence[Member] = (),
        *,
        stem: Optional[str] = None,
        metadata: str = "2.1",
        more: str = "",
        wheel: str = "",
        purelib: bool = True,
        record: str = "",
        streamed: bool = False,
        wide: bool = False,
        comment: bytes = b"",
    ):
        """Take the name, the members, and what is unusual: `stem` in the place of the file name's name and version."""
        self.file, self.streamed, self.wide, self.record = file, streamed, wide, record
        self.comment = comment
        parts = file.removesuffix(".whl").split("-")
        stem = stem or "-".join(parts[:2])
        name, _, version = stem.partition("-")
        self.info = f"{stem}.dist-info"
        tags = [
            f"{p}-{a}-{m}" for p in parts[-3].split(".") for a in parts[-2].split(".") for m in parts[-1].split(".")
        ]
        about = f"Wheel-Version: 1.0\nGenerator: made (1.0)\nRoot-Is-Purelib: {str(purelib).lower()}\n{wheel}"
        self.members = [
            *members,
            Member(f"{self.info}/METADATA", f"Metadata-Version: {metadata}\nName: {name}\nVersion: {version}\n{more}"),
            Member(f"{self.info}/WHEEL", about + "".join(f"Tag: {tag}\n" for tag in tags)),
        ]

    def write(self, folder: Path) -> Path:
        """Write it, with RECORD at the end as the specification advises."""
        stream = Stream()
        lines = self.record
        with limits(self.wide), zipfile.ZipFile(stream if self.streamed else io.BytesIO(), "w") as archive:
            for member in self.members:
                with archive.open(member, "w", force_zip64=self.wide and not member.is_dir()) as file:
                    file.write(member.content)
                digest = base64.urlsafe_b64encode(hashlib.sha256(member.content).digest()).rstrip(b"=").decode()
                if not member.is_dir() and not member.filename.startswith(f"{self.info}/RECORD."):
                    lines += f'"{member.filename}",sha256={digest},{len(member.content)}\n'
            archive.writestr(Member(f"{self.info}/RECORD"), lines + f"{self.info}/RECORD,,\n")
            target, archive.comment = archive.fp, self.comment
            archive.close()
            data = stream.data if self.streamed else target.getvalue()
        (folder / self.file).write_bytes(data)
        return folder / self.file


def every_scheme() -> Made:
    """Give a wheel with all schemes, all kinds of scripts, every mode, build tag, local version, and names in three spellings."""
    stem = "Every_Thing-1.0+local.1"
    data, info = f"{stem}.data", f"{stem}.dist-info"
    points = """# a comment
[console_scripts]
every = every_thing.cli:main
every-extra = every_thing.cli:main [fast, slow]
every.nested=every_thing.cli:group.run

[gui_scripts]
every-gui = every_thing.gui:main
[other.group]
some name = every_thing.cli
"""
    return Made(
        "Every_Thing-1.0+local.1-2build-py2.py3-none-any.whl",
        [
            Member("every_thing/", mode=0o040755),
            Member("empty/", mode=0o040755),
            Member("every_thing/__init__.py", "VALUE = 1\n"),
            Member(
                "every_thing/cli.py",
                "def main():\n    print('main')\n\nclass group:\n    def run():\n        print('run')\n",
            ),
            Member("every_thing/gui.py", "def main():\n    print('gui')\n"),
            Member("every_thing/größe \u6f22, \u0301.txt", "names in UTF-8"),
            Member("every_thing/link.so", "__init__.py", mode=0o120777),
            Member("every_thing/run.sh", "#!/bin/sh\n", mode=0o100755),
            Member("every_thing/one-bit", "x for the group alone", mode=0o100654),
            Member("every_thing/setuid", "", mode=0o104755),
            Member("every_thing/private", "", mode=0o100600),
            Member("every_thing/read-only", "", mode=0o100444),
            Member("every_thing/no-mode", "", mode=0),
            Member("every_thing/dos", "", mode=0o100755, system=0),
            Member("every_thing/drop.me"),
            Member("every_thing.pth", "every_more\nimport sys; sys.every_thing = True\n"),
            Member(f"{data}/purelib/every_pure/__init__.py", "VALUE = 2\n"),
            Member(f"{data}/platlib/every_plat/__init__.py", "VALUE = 3\n"),
            Member(f"{data}/platlib/every_thing/beside.py", "VALUE = 4\n"),
            Member(f"{data}/scripts/every-python", "#!python\nprint('python')\n"),
            Member(f"{data}/scripts/every-pythonw", "#!pythonw\nprint('pythonw')\n", mode=0o100755),
            Member(f"{data}/scripts/every-flags", "#!python -s\nprint('flags')\n"),
            Member(f"{data}/scripts/every-env", "#!/usr/bin/env bash\necho env\n"),
            Member(f"{data}/scripts/every-crlf", "#!python\r\nprint('crlf')\r\n"),
            Member(f"{data}/scripts/every-binary", b"\x7fELF\0#!python\n", mode=0o100755),
            Member(f"{data}/scripts/every-empty", ""),
            Member(f"{data}/data/share/every/data.txt", "data"),
            Member(f"{data}/data/etc/every.conf", "conf", mode=0o100755),
            Member(f"{data}/data/bin/every-data", "#!python\nprint('no script')\n"),
            Member(f"{data}/headers/every.h", "#define EVERY\n"),
            Member(f"{data}/headers/sub/more.h", "#define MORE\n"),
            Member(f"{info}/entry_points.txt", points),
            Member(f"{info}/licenses/LICENSE", "MIT"),
            Member(f"{info}/sboms/every.cdx.json", "{}"),
            Member(f"{info}/RECORD.jws", '{"payload": ""}'),
        ],
        stem=stem,
        metadata="2.4",
        more=MIT,
        wheel="Build: 2build\n",
        purelib=False,
        # Folders have entries in some, which end with a slash.
        record="every_thing/,,\r\nempty/,,\r\n",
    )


def namespaces() -> "list[Made]":
    """Give two wheels for each kind of namespace package: native, by `pkgutil`, by `pkg_resources` with its .pth file."""
    pkgutil = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
    resources = "__import__('pkg_resources').declare_namespace(__name__)\n"
    pth = (
        "import sys, types, os;p = os.path.join(sys._getframe(1).f_locals['sitedir'], *('old_space',));"
        "m = sys.modules.setdefault('old_space', types.ModuleType('old_space'));"
        "mp = m.__dict__.setdefault('__path__',[]);(p not in mp) and mp.append(p)\n"
    )
    made = []
    for part in ("one", "two"):
        made += [
            Made(f"new_{part}-1.0-py3-none-any.whl", [Member(f"new_space/{part}.py", f"X = 'new {part}'\n")]),
            Made(
                f"mid_{part}-1.0-py3-none-any.whl",
                [
                    Member("mid_space/__init__.py", pkgutil),
                    Member(f"mid_space/{part}/__init__.py", f"X = 'mid {part}'\n"),
                ],
            ),
            Made(
                f"old.{part}-1.0-py3-none-any.whl",
                [
                    Member("old_declared/__init__.py", resources),
                    Member(f"old.{part}-1.0-nspkg.pth", pth),
                    Member(f"old_space/{part}.py", f"X = 'old {part}'\n"),
                    Member(f"old.{part}-1.0.dist-info/namespace_packages.txt", "old_space\n"),
                ],
            ),
        ]
    return made


TEXT = "some text, and more of it\n" * 5000


def archives() -> "list[Made]":
    """Give wheels that are zipped otherwise: stored, in a stream, with ZIP64, with a comment."""
    return [
        Made(
            "stored-1.0-py3-none-any.whl",
            [Member("stored/text.txt", TEXT, method=0), Member("stored/none.txt"), Member("stored/drop.me", TEXT)],
        ),
        Made(
            "streamed-1.0-py3-none-any.whl",
            [Member("streamed/text.txt", TEXT), Member("streamed/drop.me", TEXT)],
            streamed=True,
        ),
        Made("wide-1.0-py3-none-any.whl", [Member("wide/text.txt", TEXT), Member("wide/drop.me", TEXT)], wide=True),
        Made(
            "wide_streamed-1.0-py3-none-any.whl",
            [Member("wide_streamed/a.txt", TEXT), Member("wide_streamed/drop.me", TEXT)],
            wide=True,
            streamed=True,
        ),
        *(
            Made(
                f"noted{len(comment)}-1.0-py3-none-any.whl",
                [Member(f"noted{len(comment)}/text.txt", TEXT), Member(f"noted{len(comment)}/drop.me", TEXT)],
                wide=len(comment) == 2,
                comment=comment,
            )
            # Ends that look like those of an archive without one, and the longest that there is.
            for comment in (b"a", bytes(2), bytes(30), b"a comment".ljust(65_535, b"\0"))
        ),
    ]


def old_archives() -> "list[Made]":
    """Give wheels that are zipped as uv does not read them and pip does."""
    methods = {"bzip2": zipfile.ZIP_BZIP2, "lzma": zipfile.ZIP_LZMA}
    packed = [Member(f"packed/{name}.txt", TEXT, method=method) for name, method in methods.items()]
    return [
        Made("packed-1.0-py3-none-any.whl", [*packed, Member("packed/drop.me", TEXT, method=zipfile.ZIP_LZMA)]),
        Made(
            "legacy-1.0-py3-none-any.whl",
            [
                LegacyMember("legacy/gr\u00f6\u00dfe \u2591.txt", "code page 437"),
                LegacyMember("legacy/gr\u00f6\u00dfe/drop.me"),
            ],
        ),
    ]


def names() -> "list[Made]":
    """Give wheels whose names and headers are of every age and spelling."""
    made = [
        Made(
            f"age{version.replace('.', '')}-1.0-py3-none-any.whl",
            [Member(f"age{version[0]}{version[2]}.py")],
            metadata=version,
        )
        for version in ("1.0", "1.1", "1.2", "2.0", "2.1", "2.2", "2.3", "2.4", "2.5")
    ]
    platforms = "manylinux_2_17_x86_64.manylinux2014_x86_64.linux_x86_64"
    return [
        *made,
        Made("Upper.Dotted-1.0-py3-none-any.whl", [Member("upper_dotted.py")]),
        Made("lower_dashed-1.0-py3-none-any.whl", [Member("lower_dashed.py")], stem="Lower.Dashed-1.0"),
        Made("shorter-1.0-py3-none-any.whl", [Member("shorter.py")], stem="shorter-1.0.0"),
        Made("epoch-1!2.0.post1-py3-none-any.whl", [Member("epoch.py")]),
        Made(
            f"bound-1.0-3-cp310.cp311-abi3.cp311-{platforms}.whl",
            [
                Member("bound/fast.abi3.so", b"\x7fELF", mode=0o100755),
                Member("bound-1.0.data/purelib/bound/pure.py", "VALUE = 1\n"),
            ],
            purelib=False,
        ),
        Made(
            "pure_root-1.0-py3-none-any.whl",
            [Member("pure_root.py"), Member("pure_root-1.0.data/platlib/pure_root_plat.py", "VALUE = 1\n")],
        ),
    ]
