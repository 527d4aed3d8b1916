"""Fifty generated applications, each assembled again under everything that must not matter: the bytes are the same."""

import hashlib
import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from runtime.files import TOOL, Wheel

APPLICATIONS = 50


class Application:
    """A generated application: sources, data, wheels and their facts in a folder, and the lines of its manifest."""

    def __init__(self, seed: int, wheels: list[str]) -> None:
        chance = random.Random(seed)
        self.files: dict[str, bytes] = {"svc/main.py": f"print({seed})\n".encode()}
        for number in range(chance.randrange(1, 40)):
            depth = [chance.choice(["a", "b", "é", "with space", "Z"]) for _ in range(chance.randrange(4))]
            content = chance.choice(
                [b"", b"#!/bin/sh\necho\n", b"\x7fELF" + chance.randbytes(90), chance.randbytes(3000)]
            )
            self.files["/".join(["svc", *depth, f"f{number}.{chance.choice(['py', 'txt', 'bin'])}"])] = content
        self.wheels = chance.sample(wheels, chance.randrange(len(wheels)))
        self.lines = [
            {
                "kind": "application",
                "version": 1,
                "origin": f"//svc:app{seed}",
                "main": "_main/svc/main.py",
                "env": {name: str(seed) for name in chance.sample(["A", "B", "C", "ZZ"], 3)},
                "python_version": chance.choice(["3.11", "3.12"]),
            },
            {"kind": "import", "path": "_main"},
            *({"kind": "file", "path": name, "dest": f"_main/{name}", "origin": "//svc:lib"} for name in self.files),
            *(
                {"kind": "wheel", "path": f"wheels/{name}", "facts": f"facts/{name}.json", "origin": f"@pypi//{name}"}
                for name in self.wheels
            ),
        ]


class Variation:
    """One way in which a build differs from another; `None` everywhere is the plain build."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.environment = {
            "PATH": "/nowhere",
            "LC_ALL": self.chance.choice(["C", "tr_TR.UTF-8", "de_DE@euro", "ja_JP.SJIS"]),
            "TZ": self.chance.choice(["UTC", "Pacific/Kiritimati", "America/St_Johns"]),
            "HOME": f"/home/{seed}",
            "SOURCE_DATE_EPOCH": str(self.chance.randrange(2**31)),
            "USER": f"user{seed}",
            "RAYON_NUM_THREADS": str(self.chance.randrange(1, 9)),
        }
        self.umask = self.chance.choice([0o000, 0o022, 0o027, 0o077])
        self.processors = self.chance.choice([{min(os.sched_getaffinity(0))}, os.sched_getaffinity(0)])

    def lay_out(self, application: Application, folder: Path, made: Path) -> None:
        """Lay the inputs out in another order, with other times and modes, as files or links."""
        entries = [(made / application_file(application, name), name) for name in application.files]
        entries += [(made / "wheels" / name, f"wheels/{name}") for name in application.wheels]
        entries += [(made / "facts" / f"{name}.json", f"facts/{name}.json") for name in application.wheels]
        self.chance.shuffle(entries)
        for source, name in entries:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            how = self.chance.randrange(3)
            if how == 0:
                target.symlink_to(source)
            elif how == 1:
                shutil.copyfile(source, target)
                target.chmod(self.chance.choice([0o400, 0o644, 0o755, 0o777]))
                stamp = self.chance.randrange(2**31)
                os.utime(target, (stamp, stamp))
            else:
                os.link(source, target)

    def assemble(self, application: Application, folder: Path) -> str:
        """Assemble with the lines permuted and partly moved into further manifests; give the hash."""
        first, *lines = application.lines
        imports = [line for line in lines if line["kind"] == "import"]
        others = [line for line in lines if line["kind"] != "import"]
        self.chance.shuffle(others)
        cut = self.chance.randrange(len(others) + 1)
        listed, rest = others[:cut], others[cut:]
        write(folder / "further.jsonl", listed)
        main = [first, *imports, *rest, {"kind": "list", "path": "further.jsonl"}]
        self.chance.shuffle(main)
        write(folder / "manifest.jsonl", main)
        return assemble(
            folder,
            env=self.environment,
            umask=self.umask,
            preexec_fn=lambda: os.sched_setaffinity(0, self.processors),
        )


def application_file(application: Application, name: str) -> str:
    return f"files/{hashlib.sha256(application.files[name]).hexdigest()}"


def write(path: Path, lines: list[dict]) -> None:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def assemble(folder: Path, **options) -> str:
    command = [TOOL, "assemble", "--manifest", "manifest.jsonl", "--output", "app"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stderr
    file = folder / "app"
    assert os.access(file, os.X_OK)
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with wheels and what `monowheel facts` says of them."""
    folder = tmp_path_factory.mktemp("made")
    chance = random.Random(0)
    for name in ("wheels", "facts", "files"):
        (folder / name).mkdir()
    for number in range(8):
        name = f"project{number}"
        files = {
            f"{name}/m{index}.py": chance.randbytes(chance.randrange(5000)) for index in range(chance.randrange(1, 30))
        }
        wheel = Wheel(name, files, scripts={name: f"{name}.m0:main"}).write(folder / "wheels")
        output = folder / "facts" / f"{wheel.name}.json"
        subprocess.run([TOOL, "facts", "--wheel", wheel, "--output", output], check=True)
    return folder


def applications(made: Path) -> Iterator[Application]:
    wheels = sorted(path.name for path in (made / "wheels").iterdir())
    for seed in range(APPLICATIONS):
        application = Application(seed, wheels)
        for name, content in application.files.items():
            (made / application_file(application, name)).write_bytes(content)
        yield application


def test_fifty_applications_under_stress(made: Path, tmp_path: Path):
    hashes = set()
    for seed, application in enumerate(applications(made)):
        plain = tmp_path / f"{seed}"
        for name in application.files:
            (plain / name).parent.mkdir(parents=True, exist_ok=True)
            (plain / name).write_bytes(application.files[name])
        for name in ("wheels", "facts"):
            (plain / name).symlink_to(made / name)
        write(plain / "manifest.jsonl", application.lines)
        expected = assemble(plain)
        hashes.add(expected)
        for number in range(4):
            variation = Variation(1000 * seed + number)
            folder = tmp_path / f"{seed} anderswo é {number}"
            variation.lay_out(application, folder, made)
            assert variation.assemble(application, folder) == expected, f"application {seed}, variation {number}"
            shutil.rmtree(folder)
    assert len(hashes) == APPLICATIONS, "different applications with the same bytes"
