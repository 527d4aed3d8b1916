"""Both heads make the same of the same archive: trees, arguments, environment, messages."""

import hashlib
import json
import os
import shutil
import stat
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import files
import pytest
from conftest import PYTHONS, start
from oracle import made

SOURCE = """import json, os, sys
print(json.dumps([sys.argv, os.environ.get("A"), sys.flags.utf8_mode, os.getcwd() in sys.path]))
print(oct(os.umask(0)))
sys.exit(int(os.environ.get("EXIT", 0)))
"""
SCHEMES = {
    "odd/__init__.py": "",
    "odd/tool*": "#!/bin/sh\n",
    "odd/größe.txt": "x",
    "odd-1.0.data/scripts/odd-run": "#!python -s\nprint('odd')\n",
    "odd-1.0.data/scripts/odd-sh": "#!/bin/sh\necho odd\n",
    "odd-1.0.data/data/share/odd/a.txt": "a",
    "odd-1.0.data/data/lib/libodd.so": "so",
    "odd-1.0.data/headers/odd.h": "h",
    "odd-1.0.data/data/include/plain.h": "h",
    "odd-1.0.data/data/include/site/plain.h": "h",
    "odd/link@": "__init__.py",
    "odd-1.0.data/purelib/more/__init__.py": "",
}
ARCHIVES = {
    "none": ([], {}),
    "schemes": ([files.Wheel("odd", SCHEMES, scripts={"odd": "odd:main", "odd-two": "odd:a.b [extra]"})], {}),
    "made on Windows": ([files.Wheel("dos", {"dos/__init__.py": "", "dos/run*": "#!/bin/sh\n"}, system=0)], {}),
    "large": (
        [
            files.Wheel("packed", {"packed/__init__.py": "", "packed/a.txt": "some data\n" * 500_000}),
            files.Wheel(
                "stored", {"stored/__init__.py": "", "stored/a": bytes(3 << 20)}, compression=zipfile.ZIP_STORED
            ),
        ],
        {"args": ["it's", "größe", '"', "\\\n"], "env": {"A": "b c"}, "interpreter_args": ["-Xutf8"]},
    ),
    "many": ([files.Wheel(f"w{n}", {f"w{n}/m{m}.py": f"{n}{m}\n" for m in range(90)}) for n in range(30)], {}),
    "rewritten": (
        [
            files.Wheel(
                "cut",
                {"cut/__init__.py": "x = 1\n" * 99, "cut/größe*": "#!/bin/sh\n", "cut/tests/a.py": "", "cut/a.pyi": ""},
            ),
            files.Wheel("cutbz", {"cutbz/__init__.py": "x = 1\n", "cutbz/a.pyi": ""}, compression=zipfile.ZIP_BZIP2),
            files.Wheel("cutlz", {"cutlz/__init__.py": "x = 1\n", "cutlz/a.pyi": ""}, compression=zipfile.ZIP_LZMA),
        ],
        {
            "lines": [
                {"kind": "exclude", "project": "*", "paths": ["**/*.pyi"]},
                {"kind": "exclude", "project": "cut", "paths": ["**/tests/**"]},
            ]
        },
    ),
    "all that wheels may be": (
        [made.every_scheme(), *made.names(), *made.archives(), *made.old_archives(), *made.namespaces()],
        {},
    ),
    "odd compression": ([files.Wheel("bz", {"bz/__init__.py": "x = 1\n"}, compression=zipfile.ZIP_BZIP2)], {}),
}


@pytest.fixture(params=["portable", "native"])
def head(request) -> dict:
    """Give what makes the assembler take each head."""
    return files.HEADS[request.param]


@pytest.fixture
def file(head, tmp_path) -> Path:
    """Give a small application with each head."""
    return files.assemble(tmp_path / "app", {"main.py": SOURCE}, main="_main/main.py", env={"A": "1"}, **head)


def tree(root: Path) -> dict:
    """Give type, mode and content of everything in a cache, but for bytecode, which carries times."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if "__pycache__" in name or name.startswith(("locks/", "asked/", "known/")):
            continue
        mode = path.lstat().st_mode
        content = str(path.readlink()) if stat.S_ISLNK(mode) else ""
        if stat.S_ISREG(mode):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        found[name] = oct(mode), content
    return found


@pytest.mark.parametrize("umask", [0o022, 0o077, 0])
@pytest.mark.parametrize("name", ARCHIVES)
def test_trees_are_the_same(root, tmp_path, name, umask, any_python):
    wheels, application = ARCHIVES[name]
    seen = []
    for asked in ({}, {"MONOWHEEL_PYTHON": any_python}):
        for head in files.HEADS.values():
            shutil.rmtree(root, ignore_errors=True)
            path = tmp_path / "app"
            files.assemble(path, {"main.py": SOURCE}, wheels, main="_main/main.py", **application, **head)
            start(path, root, env=asked, preexec_fn=lambda: os.umask(umask))
            seen.append(tree(root))
    assert seen[0] == seen[1]
    assert seen[2] == seen[3]
    assert len(seen[0]) > 20


ZSTANDARD = """import sys, zipfile
source, target = sys.argv[1:]
with zipfile.ZipFile(source) as read, zipfile.ZipFile(target, "w") as written:
    for info in read.infolist():
        content, info.compress_type = read.read(info), zipfile.ZIP_ZSTANDARD
        written.writestr(info, content)
"""


def test_zstandard_is_unpacked_by_the_python_that_can(root, tmp_path):
    """Since 3.14 the standard library reads it; so a wheel with such members is bound to that and newer."""
    assert "3.14" in PYTHONS, (
        "this test needs CPython 3.14, which `bazelw --in-root python3.14` has where it makes a root"
    )
    members = {
        "z/__init__.py": "X = 1\n",
        "z/big.bin": bytes(range(256)) * (9 << 10),
        "z/zero.bin": bytes(40 << 20),
        "z/no": "",
    }
    (tmp_path / "deflated").mkdir()
    deflated = files.Wheel("z", members).write(tmp_path / "deflated")
    packed = tmp_path / deflated.name
    start([PYTHONS["3.14"], "-c", ZSTANDARD, deflated, packed], root)
    source = {"main.py": "import sys, z\nprint(z.X, sys.version_info[:2])\n"}
    seen = []
    for head in files.HEADS.values():
        shutil.rmtree(root, ignore_errors=True)
        path = files.assemble(tmp_path / "app", source, [packed], main="_main/main.py", **head)
        for _ in range(2):
            assert start(path, root).stdout == "1 (3, 14)\n"
        seen.append(tree(root))
        site = next((root / "deps").glob("*/lib/python/site-packages"))
        assert [(site / name).read_bytes() for name in members] == [
            content.encode() if isinstance(content, str) else content for content in members.values()
        ]
        done = start(path, root, env={"MONOWHEEL_PYTHON": PYTHONS["3.12"]}, check=False)
        assert done.returncode == 1 and "is not among the accepted versions" in done.stderr
    assert seen[0] == seen[1]


def test_what_is_left_out_is_not_there(root, tmp_path, head):
    wheels, application = ARCHIVES["rewritten"]
    source = """import importlib.metadata
for name in ("cut", "cutbz", "cutlz"):
    found = importlib.metadata.files(name)
    print(sorted(str(path) for path in found if "dist-info" not in str(path)), all(path.locate().exists() for path in found))
"""
    path = files.assemble(tmp_path / "app", {"main.py": source}, wheels, main="_main/main.py", **application, **head)
    assert start(path, root, env={"PYTHONUTF8": 1}).stdout.splitlines() == [
        "['cut/__init__.py', 'cut/größe'] True",
        "['cutbz/__init__.py'] True",
        "['cutlz/__init__.py'] True",
    ]


def test_both_share_one_cache(root, tmp_path):
    for head in files.HEADS.values():
        path = files.assemble(tmp_path / "app", {"main.py": SOURCE}, main="_main/main.py", **head)
        start(path, root)
    assert len(list((root / "apps").iterdir())) == 1


def test_the_application_gets_what_the_caller_gave(file, root, tmp_path):
    def told(**options):
        done = start(file, root, "a", "b c", "", check=False, **options)
        first, second = done.stdout.splitlines()
        return done.returncode, json.loads(first), second

    for _ in range(2):
        assert told()[:2] == (0, [[str(file), "a", "b c", ""], "1", 0, False])
        assert told(env={"EXIT": 7, "A": "mine", "PYTHONPATH": "/x"})[:2] == (
            7,
            [[str(file), "a", "b c", ""], "mine", 0, False],
        )
        assert told(preexec_fn=lambda: os.umask(0o027))[2] == "0o27"


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 2>&-", "0<&- 1>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-"])
def test_closed_streams_do_no_harm(root, tmp_path, head, closed):
    source = """import os
def is_open(number):
    try:
        os.fstat(number)
        return True
    except OSError:
        return False
state = str([number for number in range(3) if is_open(number)])
open(os.environ["NOTE"], "w").write(state)
"""
    path = files.assemble(tmp_path / "app", {"main.py": source}, main="_main/main.py", **head)
    note = tmp_path / "note"
    wanted = str([number for number in range(3) if f"{number}>" not in closed and f"{number}<" not in closed])
    for _ in range(2):
        start(["bash", "-c", f'exec "{path}" {closed}'], root, env={"NOTE": note})
        # A file that it opens gets the first free number, so no stream may be left open for it.
        assert note.read_text() == wanted
        note.unlink()


def test_every_python(file, root, python):
    for _ in range(2):
        start(file, root, env={"MONOWHEEL_PYTHON": python})
    version = python.name.removeprefix("python")
    assert (
        start(
            file,
            root,
            "-c",
            "import sys; print('%d.%d' % sys.version_info[:2])",
            env={"MONOWHEEL_PYTHON": python, "MONOWHEEL_INTERPRETER": 1},
        ).stdout
        == f"{version}\n"
    )


def test_messages_are_the_same(root, tmp_path):
    fake = tmp_path / "bin"
    fake.mkdir()
    for name, text in {"python3": "#!/bin/sh\nexit 3\n", "python": "#!/bin/sh\necho no\n"}.items():
        (fake / name).write_text(text)
        (fake / name).chmod(0o755)
    said = []
    for head in files.HEADS.values():
        path = files.assemble(
            tmp_path / "app", {"main.py": SOURCE}, main="_main/main.py", requires_python=">=3.9,<3.20", **head
        )
        odd = [
            start(path, root, env={"PATH": fake}, check=False),
            start(path, root, env={"PATH": "/none"}, check=False),
        ]
        blocked = root.parent / "file"
        blocked.write_text("")
        odd.append(start(path, blocked / "x", check=False))
        said.append([(done.returncode, done.stderr) for done in odd])
    assert said[0] == said[1]
    assert all(code == 1 and "hint:" in text for code, text in said[0])


def test_control_variables_work_with_both(file, root, tmp_path):
    start(file, root)
    assert "apps/" in start(file, root, env={"MONOWHEEL_CACHE": "info"}).stdout
    start(file, root, env={"MONOWHEEL_VENV": tmp_path / "venv"})
    assert (tmp_path / "venv/bin/python").exists()
    victim = next(root.glob("code/*/_main/main.py"))
    victim.write_text("broken(")
    start(file, root, env={"MONOWHEEL_VERIFY": 1})
    assert victim.read_text() == SOURCE
    assert "environment found" in start(file, root, env={"MONOWHEEL_TRACE": 1}).stderr


def test_many_first_starts_at_once(head, root, tmp_path):
    wheels, application = ARCHIVES["many"]
    path = files.assemble(tmp_path / "app", {"main.py": SOURCE}, wheels, main="_main/main.py", **application, **head)
    with ThreadPoolExecutor(24) as pool:
        list(pool.map(lambda _: start(path, root), range(24)))
    assert len(list((root / "apps").iterdir())) == 1
    assert not list((root / "tmp").iterdir())


def test_a_native_file_that_lost_its_end_says_so(root, tmp_path):
    path = files.assemble(tmp_path / "app", {"main.py": SOURCE}, main="_main/main.py", **files.HEADS["native"])
    whole = path.read_bytes()
    for size in (len(whole) - 1, len(whole) - 30_000):
        path.write_bytes(whole[:size])
        done = start(path, root, check=False)
        assert done.returncode == 1
        assert "is damaged" in done.stderr
        assert "copy the file anew" in done.stderr
    bare = files.HEADS["native"]["launcher"]
    assert "is a launcher without an application" in start(bare, root, check=False).stderr


def test_the_machine_has_interpreters():
    assert PYTHONS


def test_the_launcher_is_small():
    """It travels in every file that it starts."""
    assert Path(files.LAUNCHER).stat().st_size < 1_000_000
