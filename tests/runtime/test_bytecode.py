"""Bytecode that travels in a file: made the same everywhere, found by the first import, gone where its module is gone."""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import files
import pytest
from conftest import PYTHONS, start

MODULES = {
    "kit/__init__.py": "from kit import deep, sets\n",
    "kit/deep/__init__.py": "def fail():\n    raise ValueError('deep')\n",
    "kit/sets.py": "def known(word):\n    return word in {'a', 'b', 'c', 1, 2.5, None, b'x', (1, 'y')}\n",
    "kit/template.py": "class {{ name }}:\n    pass\n",
    "single.py": "import kit\nname = 'single'\n",
    "kit-1.0.data/purelib/moved.py": "value = 1\n",
    "kit-1.0.data/scripts/kit-run": "#!python\nprint('run')\n",
}
SOURCE = """import json, moved, single, sys, kit
try:
    kit.deep.fail()
except ValueError as error:
    frame = error.__traceback__.tb_next.tb_frame
    print(json.dumps([frame.f_code.co_filename == kit.deep.__file__, kit.sets.known((1, 'y')), kit.__cached__]))
"""
KIT = files.Wheel("kit", MODULES)
# What importlib says with -v: code out of a pyc, code that it has compiled, a pyc that it has written.
FOUND, COMPILED, WRITTEN = "# code object from '", "# code object from /", "# created '"


@pytest.fixture(params=files.HEADS)
def head(request) -> dict:
    """Give what makes the assembler take each head."""
    return files.HEADS[request.param]


def application(folder: Path, python, name="app", wheels=(KIT,), **more) -> Path:
    return files.assemble(folder / name, {"main.py": SOURCE}, wheels, main="_main/main.py", bytecode=python, **more)


def tag(python: Path) -> str:
    return "cpython-" + python.name.removeprefix("python").replace(".", "")


def pycs(root: Path) -> dict[str, bytes]:
    """Give the bytecode in all dependency trees."""
    trees = root / "deps"
    return {path.relative_to(trees).as_posix(): path.read_bytes() for path in sorted(trees.rglob("*.pyc"))}


def test_the_first_import_compiles_nothing(root, tmp_path, head, python):
    app = application(tmp_path, python, interpreter_args=["-v"], **head)
    done = start(app, root, env={"MONOWHEEL_PYTHON": python})
    lines = [line for line in done.stderr.splitlines() if "/site-packages/" in line]
    assert not [line for line in lines if COMPILED in line or WRITTEN in line]
    found = {line.rpartition("/site-packages/")[2].strip("'") for line in lines if FOUND in line}
    suffix = f"{tag(python)}.pyc"
    assert found == {
        f"kit/__pycache__/__init__.{suffix}",
        f"kit/deep/__pycache__/__init__.{suffix}",
        f"kit/__pycache__/sets.{suffix}",
        f"__pycache__/single.{suffix}",
        f"__pycache__/moved.{suffix}",
    }
    in_place, known, cached = json.loads(done.stdout)
    assert in_place and known and cached.endswith(suffix)


def test_without_it_the_first_import_compiles(root, tmp_path, head, python):
    done = start(application(tmp_path, None, interpreter_args=["-v"], **head), root, env={"MONOWHEEL_PYTHON": python})
    for word in (COMPILED, WRITTEN):
        assert [line for line in done.stderr.splitlines() if word in line and "/site-packages/" in line]


def test_another_version_does_without_it(root, tmp_path, head):
    one, other = list(PYTHONS.values())[-2:]
    app = application(tmp_path, one, interpreter_args=["-v"], **head)
    done = start(app, root, env={"MONOWHEEL_PYTHON": other})
    assert json.loads(done.stdout)[2].endswith(f"{tag(other)}.pyc")
    assert [line for line in done.stderr.splitlines() if WRITTEN in line and tag(other) in line]
    # The tree is there already when the version comes that it was made for.
    done = start(app, root, env={"MONOWHEEL_PYTHON": one})
    assert not [line for line in done.stderr.splitlines() if COMPILED in line and "/site-packages/" in line]


def test_both_heads_make_the_same_tree(root, tmp_path, any_python):
    trees = []
    for head in files.HEADS.values():
        shutil.rmtree(root, ignore_errors=True)
        app = application(tmp_path, any_python, **head)
        start(app, root, env={"MONOWHEEL_PYTHON": any_python, "PYTHONDONTWRITEBYTECODE": 1})
        trees.append(
            {
                path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
                for path in (root / "deps").rglob("*")
                if path.is_file() and path.suffix != ".boot"
            }
        )
    assert trees[0] == trees[1]
    assert len([name for name in trees[0] if name.endswith(".pyc")]) == 5


def test_applications_with_and_without_do_not_meet(root, tmp_path, head, any_python):
    environment = {"MONOWHEEL_PYTHON": any_python, "PYTHONDONTWRITEBYTECODE": 1}
    start(application(tmp_path, None, "plain", **head), root, env=environment)
    assert pycs(root) == {}
    start(application(tmp_path, any_python, "first", **head), root, env=environment)
    first = pycs(root)
    assert len(first) == 5
    # Another set of wheels takes links to what is there.
    more = files.Wheel("more", {"more.py": ""})
    start(application(tmp_path, any_python, "second", [KIT, more], **head), root, env=environment)
    linked = [path.stat().st_nlink for path in (root / "deps").rglob("*.pyc") if path.name.startswith("sets.")]
    assert linked == [2, 2]


def test_what_is_left_out_has_no_bytecode(root, tmp_path, head, any_python):
    wheels = [files.Wheel(name, {"tests/__init__.py": f"name = {name!r}\n"}) for name in ("one", "two")]
    for winner, expected in (("one", "one\n"), ("two", "two\n")):
        lines = [{"kind": "conflict", "path": "site-packages/tests/**", "winner": winner}]
        app = files.assemble(
            tmp_path / "app",
            {"main.py": "import tests\nprint(tests.name)\n"},
            wheels,
            lines=lines,
            main="_main/main.py",
            bytecode=any_python,
            **head,
        )
        assert start(app, root, env={"MONOWHEEL_PYTHON": any_python}).stdout == expected
    # Compiled before it was left out.
    app = files.assemble(
        tmp_path / "app",
        {"main.py": "import kept\n"},
        [files.Wheel("kept", {"kept/__init__.py": "", "kept/tests/__init__.py": ""})],
        lines=[{"kind": "exclude", "project": "kept", "paths": ["kept/tests/**"]}],
        main="_main/main.py",
        bytecode=any_python,
        **head,
    )
    start(app, root, env={"MONOWHEEL_PYTHON": any_python})
    assert [name for name in pycs(root) if "kept/" in str(name) and "tests" in str(name)] == []
    assert [name for name in pycs(root) if "kept/" in str(name)] != []


def test_damage_is_mended(root, tmp_path, head, any_python):
    app = application(tmp_path, any_python, **head)
    start(app, root, env={"MONOWHEEL_PYTHON": any_python})
    whole = pycs(root)
    path = next((root / "deps").rglob("sets.*.pyc"))
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    start(app, root, env={"MONOWHEEL_PYTHON": any_python, "MONOWHEEL_VERIFY": 1})
    assert pycs(root) == whole


def test_an_exported_environment_has_it(root, tmp_path, head, any_python):
    app = application(tmp_path, any_python, **head)
    folder = tmp_path / "exported"
    start(app, root, env={"MONOWHEEL_PYTHON": any_python, "MONOWHEEL_VENV": folder})
    assert len(list(folder.rglob("*.pyc"))) == 5


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    """Give a wheel of some of the standard library: code of every kind."""
    sources = {}
    for package in ("asyncio", "email", "json", "importlib"):
        origin = Path(importlib.util.find_spec(package).origin).parent
        sources |= {f"lib_{package}/{path.name}": path.read_bytes() for path in sorted(origin.glob("*.py"))}
    odd = {
        "odd/latin.py": "# -*- coding: latin-1 -*-\nname = 'é'\n".encode("latin-1"),
        "odd/null.py": b"a = 1\0\n",
        "odd/not_utf8.py": b"name = '\xff'\n",
        "odd/numbers.py": b"values = 1 << 200, -1 << 200, 1e300, 2j, -0.0, 0.0, 1, True, 2**31, 2**63, 1e999 - 1e999\n",
        "odd/warns.py": b"pattern = '\\d'\nassert (1, 'always true')\n",
        "odd/gr\u00f6\u00dfe.py": "größe = 'ö'; 𐐀 = '😀'\n".encode(),
        "odd/slots.py": b"class A:\n    def f(self):\n        self.a = self.b = self.c = self.d = self.e = 1\n",
    }
    return files.Wheel("library", {**sources, **odd}).write(tmp_path_factory.mktemp("library"))


def test_the_compiler_depends_on_nothing_else(tmp_path, library, python):
    first = files.compiled(library, tmp_path / "first.zip", python).read_bytes()
    # Another folder, another order of the members, other hashes, other switches.
    folder = tmp_path / "another folder, with a longer name"
    folder.mkdir()
    turned = folder / library.name
    with zipfile.ZipFile(library) as source, zipfile.ZipFile(turned, "w", zipfile.ZIP_DEFLATED) as target:
        for info in reversed(source.infolist()):
            target.writestr(info.filename, source.read(info))
    for number, environment in enumerate(
        [
            {"PYTHONHASHSEED": "7"},
            {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "Asia/Tokyo"},
            {"PYTHONOPTIMIZE": "2", "PYTHONDEVMODE": "1"},
        ]
    ):
        other = files.compiled(turned, folder / f"{number}.zip", python, **environment)
        assert other.read_bytes() == first


def test_what_the_compiler_writes_is_what_python_compiles(tmp_path, library, python):
    archive = files.compiled(library, tmp_path / "library.zip", python)
    program = """if True:
        import importlib.util, marshal, sys, zipfile
        def same(one, other):
            # NaN is not equal to itself.
            return one == other or repr(one) == repr(other) or [c for c in one.co_consts if c != c] != []
        pycs, wheel = zipfile.ZipFile(sys.argv[1]), zipfile.ZipFile(sys.argv[2])
        for name in pycs.namelist():
            path = name.replace("__pycache__/", "").rsplit(".", 2)[0] + ".py"
            source, data = wheel.read(path), pycs.read(name)
            code = compile(source, path, "exec", dont_inherit=True, optimize=0)
            assert data[:4] == importlib.util.MAGIC_NUMBER, name
            assert data[4:16] == b"\\1\\0\\0\\0" + importlib.util.source_hash(source), name
            assert same(marshal.loads(data[16:]), code), name
        print(*pycs.namelist(), sep="\\n")
    """
    done = subprocess.run(
        [python, "-W", "ignore", "-c", program, archive, library],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    names = done.stdout.decode().splitlines()
    odd = {name.split("/")[-1].split(".")[0] for name in names if name.startswith("odd/")}
    assert odd == {"latin", "numbers", "warns", "größe", "slots"}
    assert len(names) > 50


def test_the_compiler_names_what_it_cannot_read(tmp_path, any_python):
    wheel = tmp_path / "bad-1.0-py3-none-any.whl"
    wheel.write_bytes(b"no archive")
    done = subprocess.run(
        [any_python, files.COMPILER, wheel, tmp_path / "out"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == f"compile_wheel.py: {wheel}: File is not a zip file\n"
