"""Files that bring their interpreter: where there is no Python, beside other Pythons, and what the cache holds of it."""

import json
import os
import shutil
import stat
import subprocess
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bundles
import files
import pytest
from conftest import start

SOURCE = """import json, os, subprocess, sys
import greet
child = subprocess.run([sys.executable, "-c", "import greet, sys; print(sys.prefix)"], capture_output=True, text=True)
print(json.dumps({
    "version": list(sys.version_info[:3]), "prefix": sys.prefix, "base": sys.base_prefix, "real": os.path.realpath(sys.executable),
    "child": child.stdout.strip(), "argv": sys.argv[1:], "greet": os.path.dirname(greet.__file__),
}))
"""
NATIVE = files.HEADS["native"]


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory) -> Path:
    """Give an interpreter's folder."""
    return bundles.make(tmp_path_factory.mktemp("interpreter") / "python")


def assemble(output: Path, **line) -> Path:
    wheel = files.Wheel("greet", {"greet/__init__.py": "", "greet/data.txt": "data\n"})
    lines = [{"kind": "interpreter", "origin": "//test:interpreter", **line}]
    return files.assemble(output, {"main.py": SOURCE}, [wheel], main="_main/main.py", lines=lines, **NATIVE)


@pytest.fixture(scope="module")
def file(interpreter, tmp_path_factory) -> Path:
    """Give an application with that interpreter in it."""
    return assemble(tmp_path_factory.mktemp("file") / "app", path=str(interpreter))


@pytest.fixture(scope="module")
def static_file(tmp_path_factory) -> Path:
    """Give an application with an interpreter that asks for no library."""
    interpreter = bundles.make_static(tmp_path_factory.mktemp("static") / "python")
    assert set(bundles.needs(interpreter / "bin/python3")) <= {"statically", "not"}, "it is linked with libraries"
    return assemble(tmp_path_factory.mktemp("file") / "static", path=str(interpreter))


def told(done: subprocess.CompletedProcess) -> dict:
    return json.loads(done.stdout)


def members(file: Path) -> dict[str, zipfile.ZipInfo]:
    with zipfile.ZipFile(file) as archive, archive.open("monowheel/interpreter.zip") as nested:
        return {info.filename: info for info in zipfile.ZipFile(nested).infolist()}


def test_it_starts_where_there_is_nothing_but_libc(file, interpreter, tmp_path):
    root = bundles.bare(tmp_path / "root", interpreter)
    shutil.copy(file, root / "app")
    assert bundles.start(root, "/bin/sh", check=False).returncode == 127
    first = told(bundles.start(root, "/app", "a", "b c"))
    kept = f"/root/.cache/monowheel/interpreters/{files.manifest(file)['interpreter']['sha256']}"
    assert first["argv"] == ["a", "b c"]
    assert first["base"] == kept
    assert first["real"].startswith(f"{kept}/bin/python3.")
    assert first["prefix"].startswith("/root/.cache/monowheel/apps/")
    assert first["child"] == first["prefix"]
    assert first["greet"] == f"{first['prefix']}/lib/{Path(first['real']).name}/site-packages/greet"
    warm = bundles.start(root, "/app", "a", "b c", MONOWHEEL_TRACE=1)
    assert told(warm) == first
    assert "environment found" in warm.stderr
    assert "unpack" not in warm.stderr


@pytest.mark.parametrize("folders", [(), ("proc", "dev", "tmp")], ids=["nothing", "folders"])
def test_a_static_one_starts_where_there_is_nothing_at_all(tmp_path, static_file, folders):
    """No loader, no C library, no shell; neither /proc nor /dev, unless the folders are there."""
    root = tmp_path / "root"
    root.mkdir(mode=0o755)
    shutil.copy(static_file, root / "app")
    for name in folders:
        (root / name).mkdir()
    first = told(bundles.start(root, "/app", "a", "b c"))
    kept = f"/root/.cache/monowheel/interpreters/{files.manifest(static_file)['interpreter']['sha256']}"
    assert (first["argv"], first["base"]) == (["a", "b c"], kept)
    assert first["real"].startswith(f"{kept}/bin/python3.")
    assert first["prefix"].startswith("/root/.cache/monowheel/apps/")
    assert first["greet"].startswith(first["prefix"])
    assert first["child"] == first["prefix"]
    warm = bundles.start(root, "/app", "a", "b c", MONOWHEEL_TRACE=1)
    assert told(warm) == first
    assert "environment found" in warm.stderr
    verified = bundles.start(root, "/app", "a", "b c", MONOWHEEL_VERIFY=1)
    assert told(verified) == first


def test_what_goes_in(file, interpreter):
    found = members(file)
    name = Path(files.manifest(file)["interpreter"]["executable"]).name
    mode = {path: info.external_attr >> 16 for path, info in found.items()}
    assert (mode["bin/python3"], mode[f"bin/{name}"]) == (stat.S_IFLNK | 0o777, stat.S_IFREG | 0o755)
    assert mode[f"lib/{name}/os.py"] == stat.S_IFREG | 0o644
    assert {info.compress_type for info in found.values()} == {zipfile.ZIP_STORED}
    assert list(found) == sorted(found)
    for path in (f"lib/{name}/test", f"lib/{name}/tkinter", f"lib/{name}/site-packages", "include"):
        assert (interpreter / path).exists()
        assert not [member for member in found if member.startswith(f"{path}/")]
    assert not [member for member in found if "__pycache__" in member or member.endswith(".a")]
    version = subprocess.run([interpreter / "bin/python3", "-V"], capture_output=True, text=True, check=True).stdout
    assert f"Python {files.manifest(file)['interpreter']['version']}\n" == version


def test_the_cache_has_it_as_it_was_packed(file, interpreter, root):
    said = told(start(file, root))
    base = Path(said["base"])
    assert base.parent == root / "interpreters"
    for path, info in members(file).items():
        if path.endswith("/"):
            continue
        found, original = base / path, interpreter / path
        assert found.is_symlink() == original.is_symlink() == stat.S_ISLNK(info.external_attr >> 16), path
        if found.is_symlink():
            assert found.readlink() == original.readlink()
        else:
            assert found.read_bytes() == original.read_bytes(), path
            assert found.stat().st_mode & 0o777 == info.external_attr >> 16 & 0o777
    settings = (Path(said["prefix"]) / "pyvenv.cfg").read_text()
    assert f"home = {base}/bin\n" in settings


def test_archives_and_copies_give_the_same_bytes(file, interpreter, tmp_path):
    expected = file.read_bytes()
    for mode, options in (("w", {}), ("w:gz", {"compresslevel": 1})):
        path = tmp_path / f"python{mode.replace(':', '.')}"
        with tarfile.open(path, mode, **options) as archive:
            archive.add(interpreter, "python")
        assert assemble(tmp_path / "app", path=str(path)).read_bytes() == expected


def test_another_python_wins_where_it_is_asked_for(file, root, any_python):
    asked = told(start(file, root, env={"MONOWHEEL_PYTHON": any_python}))
    assert asked["real"] == str(any_python)
    assert told(start([any_python, file], root))["real"] == str(any_python)
    assert not (root / "interpreters").exists()
    assert told(start(file, root))["base"].startswith(f"{root}/interpreters/")


def test_it_is_unpacked_once(file, root, tmp_path, interpreter):
    other = assemble(tmp_path / "other", path=str(interpreter))
    assert files.manifest(other)["interpreter"] == files.manifest(file)["interpreter"]
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda path: told(start(path, root)), [file, other] * 8))
    assert len({each["base"] for each in said}) == 1
    assert len([path for path in (root / "interpreters").iterdir() if path.is_dir()]) == 1
    assert not list((root / "tmp").iterdir())


def test_what_is_lost_is_found_again(file, root):
    base = Path(told(start(file, root))["base"])
    name = Path(files.manifest(file)["interpreter"]["executable"]).name
    library = base / "lib" / name
    (library / "json/__init__.py").write_text("")
    (library / "subprocess.py").unlink()
    (base / "bin/python3").unlink()
    # The machine has been down since.
    for note in [*root.glob("*/*.boot"), *root.glob("apps/*/boot")]:
        note.write_text("another\n")
    done = start(file, root, env={"MONOWHEEL_TRACE": "1"})
    assert "interpreter checked, 3 files mended" in done.stderr
    assert (base / "bin/python3").readlink() == Path(name)
    text = (library / "json/__init__.py").read_text()
    (library / "json/__init__.py").write_text(text.replace("import", "impart", 1))
    done = start(file, root, env={"MONOWHEEL_TRACE": "1", "MONOWHEEL_VERIFY": "1"})
    assert "interpreter checked, 1 files mended" in done.stderr
    assert (library / "json/__init__.py").read_text() == text


def test_the_bootstrap_runs_with_it(file, root):
    nowhere = {"PATH": "/nonexistent"}
    assert start(file, root, env={"MONOWHEEL_CACHE": "info", **nowhere}).stdout.startswith(f"{root}: ")
    base = told(start(file, root, env=nowhere))["base"]
    assert "apps/" in start(file, root, env={"MONOWHEEL_CACHE": "info", **nowhere}).stdout
    assert told(start(file, root, env={"MONOWHEEL_VERIFY": "1", **nowhere}))["base"] == base


def test_pruning_takes_it_with_its_last_environment(file, root):
    base = Path(told(start(file, root))["base"])
    for path in root.glob("apps/*/used"):
        os.utime(path, (0, 0))
    start(file, root, env={"MONOWHEEL_CACHE": "prune:1d"})
    # Even though the pruning process itself runs with it.
    assert not base.exists()
    assert not list(root.glob("apps/*"))
    assert told(start(file, root))["base"] == str(base)


def test_an_exported_environment_has_it_and_can_be_moved(file, interpreter, root, tmp_path):
    start(file, root, env={"MONOWHEEL_VENV": tmp_path / "venv", "PATH": "/nonexistent"})
    shutil.rmtree(root)
    bare = bundles.bare(tmp_path / "root", interpreter)
    (tmp_path / "venv").rename(bare / "venv")
    said = told(bundles.start(bare, "/venv/bin/python", "/venv/run.py", "/venv/run", "a"))
    assert (said["prefix"], said["base"], said["child"], said["argv"]) == ("/venv", "/venv", "/venv", ["a"])
    assert said["greet"].startswith("/venv/lib/python3.")
    code = "import site, sys; print(site.ENABLE_USER_SITE, [path for path in sys.path if not path.startswith('/venv')])"
    assert bundles.start(bare, "/venv/bin/python3", "-c", code).stdout.startswith("False ['']")
    assert not list(bare.glob("venv/.*"))


def test_a_filled_cache_needs_no_look_after_the_machine_was_down(file, root):
    start(file, root, env={"MONOWHEEL_CACHE": "fill"})
    assert not list(root.glob("*/*.boot"))
    assert told(start(file, root, env={"PATH": "/nonexistent"}))["base"].startswith(str(root))
