"""Make an application of many wheels: what grows with the number of wheels and files shows here and nowhere else."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

WHEELS = 300
MODULES = 82  # beside `__init__.py` and three files of metadata: about 25,000 files in all
IMPORTED = 20


def name(number: int) -> str:
    """Name the wheel of that number."""
    return f"part{number:03d}"


def main() -> str:
    """Give a program that imports a few of the wheels, as programs do."""
    return "import " + ", ".join(f"{name(number)}.m000" for number in range(IMPORTED)) + "\n"


def requirements() -> list[str]:
    """Name all of the wheels."""
    return [name(number) for number in range(WHEELS)]


def make(folder: Path) -> None:
    """Write the wheels; each module has a few functions, so that there is something to compile."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(WHEELS):
        part = name(number)
        files = {f"{part}/__init__.py": ""}
        for module in range(MODULES):
            body = "".join(f"def f{n}(a, b={n}):\n    return a * {module} + b\n\n\n" for n in range(10))
            files[f"{part}/m{module:03d}.py"] = f'"""Module {module} of {part}."""\n\n{body}'
        info = f"{part}-1.0.dist-info"
        files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {part}\nVersion: 1.0\n"
        files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        rows = "".join(f"{path},sha256={_hash(text)},{len(text)}\n" for path, text in files.items())
        files[f"{info}/RECORD"] = f"{rows}{info}/RECORD,,\n"
        with zipfile.ZipFile(folder / f"{part}-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as archive:
            for path, text in files.items():
                archive.writestr(zipfile.ZipInfo(path), text, zipfile.ZIP_DEFLATED)


def _hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
