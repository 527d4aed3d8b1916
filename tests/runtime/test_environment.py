"""The environment is a real one: what libraries and applications do with an environment works from the file."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import files
import pytest
from conftest import environment, start
from oracle import made


def run(tmp_path, root, source, wheels=(), python=None, **application):
    """Assemble a file of one module, start it with each head, and give the last line that it printed, as JSON."""
    sources = application.pop("sources", {})
    application.setdefault("main", "_main/main.py")
    env = {"MONOWHEEL_PYTHON": python} if python else {}
    printed = []
    # The one makes the environment, and the other finds it; that both make the same is tested by itself.
    for head in files.HEADS.values():
        file = files.assemble(tmp_path / "f", {"main.py": source, **sources}, wheels, **application, **head)
        printed.append(start(file, root, env=env).stdout.splitlines()[-1])
    assert printed[0] == printed[1]
    return json.loads(printed[0])


def test_multiprocessing(root, tmp_path, python):
    source = """
import json, multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
import helper
def square(x):
    return x * x + helper.ZERO
class Point:
    def __init__(self, x): self.x = x
def move(point):
    return Point(point.x + 1)
if __name__ == "__main__":
    found = []
    for method in ("spawn", "fork", "forkserver"):
        context = multiprocessing.get_context(method)
        with context.Pool(2) as pool:
            found.append(pool.map(square, range(3)) + [pool.apply(move, (Point(1),)).x])
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            found.append([pool.submit(square, 3).result()])
    print(json.dumps(found))
"""
    found = run(tmp_path, root, source, python=python, sources={"helper.py": "ZERO = 0\n"})
    assert found == [[0, 1, 4, 2], [9]] * 3


def test_multiprocessing_under_an_attribute(root, tmp_path, python):
    module = """
import json, multiprocessing
def square(x):
    return x * x
def main():
    found = []
    for method in ("spawn", "fork", "forkserver"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            found.append(pool.map(square, range(3)))
    print(json.dumps(found))
"""
    file = files.assemble(tmp_path / "f", {"mod.py": module}, entry_point="mod:main")
    done = start(file, root, env={"MONOWHEEL_PYTHON": python})
    assert json.loads(done.stdout) == [[0, 1, 4]] * 3


def test_subprocess_of_the_same_interpreter(root, tmp_path, python):
    source = """
import json, subprocess, sys
def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
print(json.dumps([
    run(sys.executable, "-m", "dep.tool", "x"),
    run(sys.executable, "-c", "import dep, helper, sys; print(sys.prefix)") == sys.prefix,
    run(sys.executable, "-m", "helper"),
    run("deptool", "y"),
    run("python", "-c", "import dep; print(1)"),
]))
"""
    wheel = files.Wheel(
        "dep",
        {
            "dep/__init__.py": "",
            "dep/tool.py": "import sys\ndef main():\n    print(sys.argv[1:])\n__name__ == '__main__' and main()\n",
        },
        scripts={"deptool": "dep.tool:main"},
    )
    sources = {"helper.py": "if __name__ == '__main__': print('helper')\n"}
    assert run(tmp_path, root, source, [wheel], python, sources=sources) == ["['x']", True, "helper", "['y']", "1"]


def test_metadata_and_resources(root, tmp_path, python):
    source = """
import importlib.metadata as metadata, json, sys
from importlib import resources
import dep, pkg
found = [metadata.version("dep"), sorted(d.metadata["Name"] for d in metadata.distributions())]
points = metadata.entry_points()
group = points.select(group="console_scripts") if hasattr(points, "select") else points["console_scripts"]
found.append([point.load().__name__ for point in group])
found.append(resources.files("dep").joinpath("data/x.txt").read_text())
found.append(resources.files("pkg").joinpath("own.txt").read_text())
found.append([str(file) for file in metadata.files("dep") if file.name == "x.txt" and file.locate().exists()])
print(json.dumps(found))
"""
    wheels = [
        files.Wheel("dep", {"dep/__init__.py": "def go(): pass\n", "dep/data/x.txt": "x"}, scripts={"go": "dep:go"}),
        files.Wheel("other", {"other.py": ""}),
    ]
    found = run(tmp_path, root, source, wheels, python, sources={"pkg/__init__.py": "", "pkg/own.txt": "own"})
    assert found == ["1.0", ["dep", "other"], ["go"], "x", "own", ["dep/data/x.txt"]]


def test_namespace_packages_and_pth_files(root, tmp_path, python):
    source = """
import json, sys
import space.one, space.two, space.own, hidden
print(json.dumps([space.one.X, space.two.X, space.own.X, hidden.X, sys.flagged]))
"""
    wheels = [
        files.Wheel("one", {"space/one.py": "X = 1\n", "extra.pth": "extra_folder\nimport sys; sys.flagged = 'yes'\n"}),
        files.Wheel("two", {"space/two.py": "X = 2\n", "extra_folder/hidden.py": "X = 4\n"}),
    ]
    found = run(tmp_path, root, source, wheels, python, sources={"space/own.py": "X = 3\n"})
    assert found == [1, 2, 3, 4, "yes"]


def test_namespace_packages_of_all_kinds(root, tmp_path, python):
    parts = [f"{age}_space.{part}" for age in ("new", "mid", "old") for part in ("one", "two")]
    source = f"import json, {', '.join(parts)}\nprint(json.dumps([{', '.join(f'{part}.X' for part in parts)}]))\n"
    found = run(tmp_path, root, source, made.namespaces(), python)
    assert found == ["new one", "new two", "mid one", "mid two", "old one", "old two"]


def test_scripts_of_all_kinds_run(root, tmp_path, python):
    source = """
import json, subprocess
names = "every every-extra every.nested every-gui every-python every-pythonw every-flags every-env every-crlf every-data".split()
print(json.dumps([subprocess.run([name], capture_output=True, text=True, check=True).stdout.strip() for name in names]))
"""
    expected = ["main", "main", "run", "gui", "python", "pythonw", "flags", "env", "crlf", "no script"]
    assert run(tmp_path, root, source, [made.every_scheme()], python) == expected


def test_several_import_roots(root, tmp_path):
    source = "import json, a_module, b_module\nprint(json.dumps([a_module.X, b_module.X]))\n"
    sources = {"a/a_module.py": "X = 1\n", "größe b/b_module.py": "X = 2\n"}
    imports = ["_main", "_main/a", "_main/größe b"]
    assert run(tmp_path, root, source, sources=sources, imports=imports) == [1, 2]


def test_same_file_in_two_wheels(root, tmp_path):
    wheels = [
        files.Wheel("one", {"shared/__init__.py": "", "shared/one.py": "X = 1\n"}),
        files.Wheel("two", {"shared/__init__.py": "", "shared/two.py": "X = 2\n"}),
    ]
    source = "import shared.one, shared.two\nprint(shared.one.X + shared.two.X)\n"
    assert run(tmp_path, root, source, wheels) == 3


def test_libraries_find_one_another(root, tmp_path):
    """A torch-like pair: a library of one wheel needs one of another, found by `$ORIGIN`; and one in `<prefix>/lib`."""
    build = tmp_path / "build"
    build.mkdir()

    def compiled(name, text, *flags):
        (build / f"{name}.c").write_text(text)
        command = ["cc", "-shared", "-fPIC", "-o", build / f"lib{name}.so", build / f"{name}.c", f"-L{build}", *flags]
        subprocess.run(command, check=True)
        return (build / f"lib{name}.so").read_bytes()

    base = compiled("base", "int base(void) { return 40; }\n")
    deep = compiled("deep", "int deep(void) { return 2; }\n")
    rpath = "-Wl,-rpath,$ORIGIN/../../nvidia/base/lib:$ORIGIN/../../../../../lib"
    top = compiled(
        "top", "int base(void); int deep(void); int top(void) { return base() + deep(); }\n", "-lbase", "-ldeep", rpath
    )
    tag = "py3-none-linux_x86_64"
    wheels = [
        files.Wheel("nvidia_base", {"nvidia/base/lib/libbase.so*": base}, tag=tag),
        files.Wheel("mkl", {"mkl-1.0.data/data/lib/libdeep.so": deep}, tag=tag),
        files.Wheel("torchlike", {"torchlike/__init__.py": "", "torchlike/lib/libtop.so": top}, tag=tag),
    ]
    source = """
import ctypes, os, torchlike
print(ctypes.CDLL(os.path.join(os.path.dirname(torchlike.__file__), "lib", "libtop.so")).top())
"""
    assert run(tmp_path, root, source, wheels) == 42


def test_first_party_data_and_programs(root, tmp_path):
    source = """
import json, os, subprocess
here = os.path.dirname(os.path.abspath(__file__))
text = open(os.path.join(here, "data", "größe.txt"), encoding="utf-8").read()
print(json.dumps([text, subprocess.run([os.path.join(here, "tool.sh")], capture_output=True, text=True).stdout]))
"""
    sources = {"data/größe.txt": "ü", "tool.sh": "#!/bin/sh\necho run\n"}
    assert run(tmp_path, root, source, sources=sources) == ["ü", "run\n"]


@pytest.mark.parametrize("compression", [0, 8, 12, 14], ids=["stored", "deflated", "bzip2", "lzma"])
def test_ways_to_compress(root, tmp_path, compression):
    big = bytes(range(256)) * (5 << 12)
    wheel = files.Wheel("dep", {"dep.py": "X = 1\n", "big.bin": big, "empty.txt": b""}, compression=compression)
    source = (
        "import dep, hashlib, os\nprint(len(open(os.path.join(os.path.dirname(dep.__file__), 'big.bin'), 'rb').read()))"
    )
    assert run(tmp_path, root, source, [wheel]) == len(big)
    site = next((root / "deps").glob("*/lib/python/site-packages"))
    assert (site / "big.bin").read_bytes() == big
    assert (site / "empty.txt").read_bytes() == b""


def test_no_links_are_not_needed(root, tmp_path):
    """Where hard links are not to be had, a second tree is written from the file."""
    dep = files.Wheel("dep", {"dep.py": "X = 1\n"})
    run(tmp_path, root, "import dep; print(1)", [dep])
    site = next((root / "deps").glob("*/lib/python/site-packages"))
    (site / "dep.py").write_text("broken: cut short")
    other = files.Wheel("other", {"other.py": ""})
    assert run(tmp_path, root, "import dep, other; print(dep.X)", [dep, other]) == 1


@pytest.mark.parametrize("heads", [("portable", "native"), ("native", "portable")])
def test_wheels_are_shared(root, tmp_path, heads):
    """A second application that has four of its five wheels from the first unpacks the fifth alone."""
    wheels = [files.Wheel(f"w{index}", {f"w{index}.py": f"X = {index}\n"}) for index in range(6)]
    for head, taken in zip(heads, (wheels[:5], wheels[1:])):
        file = files.assemble(tmp_path / head, {"main.py": ""}, taken, main="_main/main.py", **files.HEADS[head])
        start(file, root)
    links = {path.name: path.stat().st_nlink for path in (root / "deps").glob("*/lib/python/site-packages/w*.py")}
    assert links == {"w0.py": 1, "w1.py": 2, "w2.py": 2, "w3.py": 2, "w4.py": 2, "w5.py": 1}


@pytest.mark.parametrize("head", files.HEADS)
def test_wheels_have_their_places_before_the_tree_has_its_name(root, tmp_path, head):
    """Else a start that is killed in between leaves a tree that serves no other application: here it ends there."""
    file = files.assemble(
        tmp_path / "f", {"main.py": ""}, [files.Wheel("w", {"w.py": ""})], main="_main/main.py", **files.HEADS[head]
    )
    key = files.manifest(file)["dependencies"]
    root.mkdir(0o700)
    (root / "deps").mkdir(0o700)
    (root / "deps" / key).write_text("in the way")
    assert start(file, root, check=False).returncode
    (place,) = (root / "wheels").iterdir()
    assert place.readlink() == Path("../deps") / key and not place.is_dir()
    (root / "deps" / key).unlink()
    start(file, root)
    assert (place / "lib/python/site-packages/w.py").exists()


def test_nothing_is_imported_that_a_plain_environment_does_not_import(root, tmp_path, python):
    code = "import sys; print(*sorted(sys.modules))"
    subprocess.run([python, "-m", "venv", "--without-pip", tmp_path / "plain"], check=True)
    # To read a .pth file, `site` imports a codec from 3.13 on; in most environments there is one.
    next((tmp_path / "plain").glob("lib/*/site-packages")).joinpath("own.pth").write_text("own\n")
    (tmp_path / "main.py").write_text(code)
    plain = start([tmp_path / "plain/bin/python", tmp_path / "main.py"], root).stdout.split()
    for head in files.HEADS.values():
        file = files.assemble(tmp_path / "f", {"main.py": code}, main="_main/main.py", **head)
        for _ in range(2):
            found = start(file, root, env={"MONOWHEEL_PYTHON": python}).stdout.split()
            assert set(found) <= set(plain)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL, signal.SIGUSR1])
def test_signals_reach_the_application(root, tmp_path, number):
    source = """
import os, signal, sys, time
print(os.getpid(), flush=True)
# Naps, since a signal that comes just before one system call of sleep is not seen until that returns.
until = time.monotonic() + 60
while time.monotonic() < until:
    time.sleep(0.05)
"""
    file = files.assemble(tmp_path / "f", {"main.py": source}, main="_main/main.py")
    for command in ([file], [file], [sys.executable, file]):
        with subprocess.Popen(command, env=environment(root), stdout=-1, stderr=-1, text=True) as process:
            assert int(process.stdout.readline()) == process.pid, "exec, never a child"
            process.send_signal(number)
            assert process.wait(timeout=20) == -number


def test_standard_streams_and_terminal(root, tmp_path):
    source = "import os, sys; print(sys.stdin.read().upper(), os.isatty(1), os.isatty(2), os.getpgid(0), os.getsid(0))"
    file = files.assemble(tmp_path / "f", {"main.py": source}, main="_main/main.py")
    for _ in range(2):
        assert start(file, root, input="text").stdout.startswith("TEXT False False")
        done = start(["script", "-qec", f"echo text | {file}", "/dev/null"], root)
        assert done.stdout.startswith("TEXT\n True True")


def test_reloaders_start_the_file_again(root, tmp_path, python):
    """As gunicorn, Django and Werkzeug do: `sys.executable` with `sys.argv`."""
    source = """
import os, sys
if os.environ.get("AGAIN"):
    print("again", sys.argv[1:])
else:
    os.environ["AGAIN"] = "1"
    os.execv(sys.executable, [sys.executable, *sys.argv])
"""
    for number, args in enumerate([[], ["--injected", "1"]]):
        file = files.assemble(tmp_path / f"{number}", {"main.py": source}, main="_main/main.py", args=args)
        for user in (["x"], args, []):
            done = start(file, root, *user, env={"MONOWHEEL_PYTHON": python})
            assert done.stdout == f"again {[*args, *user]}\n", "injected once"
        shutil.rmtree(root / "apps") if number == 0 else None
    assert len(list((root / "apps").iterdir())) == 1


def test_modes_do_not_depend_on_the_umask(root, tmp_path, hello):
    trees = []
    for mask in (0o022, 0o077, 0o000):
        folder = root.with_name(oct(mask))
        start(hello, root, env={"MONOWHEEL_ROOT": folder}, umask=mask)
        trees.append({
            str(path.relative_to(folder)): oct(path.lstat().st_mode)
            for path in folder.rglob("*")
            if "__pycache__" not in path.parts and path.name != "used"
        })  # fmt: skip
        assert folder.stat().st_mode & 0o777 == 0o700
    assert trees[0] == trees[1] == trees[2]
    assert {mode[-3:] for mode in trees[0].values()} <= {"700", "755", "644", "777"}


def test_a_file_that_waits_for_its_input_does_not_hold_the_cache(root, tmp_path, hello):
    file = files.assemble(tmp_path / "f", {"main.py": "input()\n"}, main="_main/main.py")
    with subprocess.Popen([file], env=environment(root), stdin=-1) as process:
        for _ in range(50):
            time.sleep(0.1)
            if list(root.glob("apps/*/run.py")):
                break
        start(hello, root, timeout=20)
        process.communicate(b"\n")
