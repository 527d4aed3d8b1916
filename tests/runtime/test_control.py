"""Control variables: the interpreter, another entry, an exported environment, the cache. Which interpreter is taken."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import files
import pytest
from conftest import PYTHONS, environment, start
from debian import program


@pytest.fixture(scope="module")
def tool(tmp_path_factory) -> Path:
    """Give an application with scripts of all kinds and data beside them."""
    wheel = files.Wheel(
        "tool",
        {
            "tool/__init__.py": "import sys\ndef main():\n    print('tool', sys.argv[1:])\n",
            "tool-1.0.data/scripts/raw*": "#!python\nimport sys, tool\nprint('raw', sys.argv[1:])\n",
            "tool-1.0.data/scripts/shell*": "#!/bin/sh\necho shell\n",
            "tool-1.0.data/data/share/tool/data.txt": "data\n",
            "tool-1.0.data/data/lib/libtool.txt": "lib\n",
            "tool-1.0.data/headers/tool.h": "h\n",
        },
        scripts={"tool": "tool:main", "nested": "tool:main"},
    )
    source = "import first, sys, tool\nprint('main', sys.argv[1:])\n"
    return files.assemble(
        tmp_path_factory.mktemp("tool") / "tool",
        {"svc/main.py": source, "first.py": ""},
        [wheel],
        main="_main/svc/main.py",
        args=["--injected"],
        env={"KIND": "it's"},
    )


def test_interpreter(tool, root):
    code = "import first, sys, tool; print(sys.argv[1:])"
    for command in ([tool], [tool], [sys.executable, tool]):
        assert start(command, root, "-c", code, "x", env={"MONOWHEEL_INTERPRETER": 1}).stdout == "['x']\n"
    done = start(tool, root, env={"MONOWHEEL_INTERPRETER": 1}, input="import tool; print('repl')\n")
    assert done.stdout == "repl\n"


def test_interpreter_does_not_leak(tool, root):
    code = f"import subprocess; print(subprocess.run([{str(tool)!r}], capture_output=True, text=True).stdout)"
    done = start(tool, root, "-c", code, env={"MONOWHEEL_INTERPRETER": 1})
    assert "main ['--injected']" in done.stdout


def test_other_entry(tool, root):
    for command in ([tool], [tool], [sys.executable, tool]):
        for entry, words in (("tool:main", "tool"), ("tool", "tool"), ("raw", "raw"), ("shell", "shell")):
            done = start(command, root, "x", env={"MONOWHEEL_ENTRY_POINT": entry})
            assert done.stdout == ("shell\n" if words == "shell" else f"{words} ['x']\n")
    done = start(tool, root, env={"MONOWHEEL_ENTRY_POINT": "tol"}, check=False)
    assert done.returncode == 1 and "nearest names are tool" in done.stderr


def test_scripts_are_on_the_path_of_children(root, tmp_path, tool):
    code = "import subprocess; print(subprocess.run(['raw', 'x'], capture_output=True, text=True).stdout)"
    assert "raw ['x']" in start(tool, root, "-c", code, env={"MONOWHEEL_INTERPRETER": 1}).stdout


@pytest.mark.parametrize("name", ["short", "with spaces", "x" * 180, "quo'te\n"])
def test_scripts_of_any_cache_run(tool, root, name):
    root = root.with_name(name)
    start(tool, root)
    app = next((root / "apps").iterdir())
    for script in ("tool", "nested", "raw"):
        assert subprocess.run([app / "bin" / script, "x"], capture_output=True, text=True).stdout.endswith("['x']\n")


def test_data_lies_where_the_prefix_says(tool, root):
    code = """
import os, sys
version = "%d.%d" % sys.version_info[:2]
for name in ("share/tool/data.txt", "lib/libtool.txt", f"include/site/python{version}/tool/tool.h"):
    print(open(os.path.join(sys.prefix, name)).read(), end="")
"""
    assert start(tool, root, "-c", code, env={"MONOWHEEL_INTERPRETER": 1}).stdout == "data\nlib\nh\n"


@pytest.mark.parametrize("way", ["head", "python"])
def test_venv(tool, root, tmp_path, way):
    python = next(iter(PYTHONS.values()))
    command = [tool] if way == "head" else [python, tool]
    first = tmp_path / "new env"
    start(command, root, env={"MONOWHEEL_VENV": first, "MONOWHEEL_PYTHON": python}, umask=0o077)
    assert not root.exists(), "an exported environment needs no cache"
    moved = tmp_path / "moved"
    first.rename(moved)
    assert not list(tmp_path.glob("*.new"))
    plain = environment(root)
    for command, words in (
        ([moved / "run", "x"], "main ['--injected', 'x']"),
        ([moved / "bin/tool", "x"], "tool ['x']"),
        ([moved / "bin/raw"], "raw []"),
        ([moved / "bin/shell"], "shell"),
        ([moved / "bin/python", "-c", "import first, tool; print(1)"], "1"),
    ):
        done = subprocess.run(command, env=plain, capture_output=True, text=True)
        assert done.stdout == f"{words}\n", done
    modes = {oct(path.lstat().st_mode & 0o777) for path in moved.rglob("*") if not path.is_symlink()}
    assert modes == {"0o755", "0o644"}
    link = tmp_path / "link"
    link.symlink_to(moved / "run")
    assert subprocess.run([link], env=plain, capture_output=True, text=True).stdout == "main ['--injected']\n"
    done = start(tool, root, env={"MONOWHEEL_VENV": moved}, check=False)
    assert done.returncode == 1 and "there is something already" in done.stderr


def test_trace_names_the_steps(hello, root):
    first = start(hello, root, env={"MONOWHEEL_TRACE": 1}).stderr
    assert "unpacking 2 archives" in first and "environment written" in first and " ms " in first
    assert "environment found" in start(hello, root, env={"MONOWHEEL_TRACE": 1}).stderr


@pytest.mark.parametrize("head", files.HEADS)
def test_progress_on_a_terminal(root, tmp_path, head):
    """A first start that takes more than a second, or waits for another one so long, says so once and takes the line away."""
    wheel = files.Wheel("slow", {f"slow/{number}.py": f"{number}\n" for number in range(16)})
    file = files.assemble(
        tmp_path / "app", {"main.py": "print('up')"}, [wheel], main="_main/main.py", **files.HEADS[head]
    )
    # Every file takes a quarter of a second to write.
    slow = f"{program('strace', 'strace')} -f -qq -o {tmp_path}/log -e trace=write -e inject=write:delay_enter=250000 {file}"
    said = [start(["script", "-qec", slow, "/dev/null"], root).stdout]
    shutil.rmtree(root / "apps")
    name = next((root / "locks").glob("[0-9a-f]*.lock"))
    with subprocess.Popen(["flock", name, "sleep", "2"]):
        time.sleep(0.3)
        said.append(start(["script", "-qec", str(file), "/dev/null"], root).stdout)
    for text in said:
        assert text.count("first start of app: unpacking") == 1, text
        assert text.endswith("\x1b[Kup\n"), text
    shutil.rmtree(root / "apps")
    assert "first start" not in start(["script", "-qec", str(file), "/dev/null"], root).stdout
    with subprocess.Popen(["flock", name, "sleep", "2"]):
        time.sleep(0.3)
        shutil.rmtree(root / "apps")
        done = start(file, root)
    assert (done.stdout, done.stderr) == ("up\n", ""), "no terminal, no line"


# The cache.


def test_info_and_prune(hello, tool, root):
    start(hello, root)
    start(tool, root)
    done = start(hello, root, env={"MONOWHEEL_CACHE": "info"})
    assert done.stdout.count("apps/") == 2 and "MB" in done.stdout
    assert "0 environments removed" in start(hello, root, env={"MONOWHEEL_CACHE": "prune"}).stdout
    apps = list((root / "apps").iterdir())
    long_ago = time.time() - 40 * 86400
    os.utime(apps[0] / "used", (long_ago, long_ago))
    assert "1 environments removed" in start(hello, root, env={"MONOWHEEL_CACHE": "prune"}).stdout
    assert [path.name for path in (root / "apps").iterdir()] == [apps[1].name]
    assert len([path for path in (root / "deps").iterdir() if path.is_dir()]) == 1
    assert all(path.exists() for path in (root / "wheels").iterdir())
    for file in (hello, tool):
        start(file, root)
    for path in (root / "apps").iterdir():
        os.utime(path / "used", (long_ago, long_ago))
    assert "2 environments removed" in start(hello, root, env={"MONOWHEEL_CACHE": "prune:0K"}).stdout
    assert [list((root / kind).iterdir()) for kind in ("apps", "deps", "code", "wheels", "tmp")] == [[]] * 5
    start(hello, root)


def test_prune_spares_what_runs(root, tmp_path):
    source = "import sys, time\nprint('up', flush=True)\ntime.sleep(60)\n"
    file = files.assemble(tmp_path / "f", {"main.py": source}, main="_main/main.py")
    with subprocess.Popen([file], env=environment(root), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "up\n"
        app = next((root / "apps").iterdir())
        os.utime(app / "used", (0, 0))
        assert "0 environments removed" in start(file, root, env={"MONOWHEEL_CACHE": "prune:0K"}).stdout
        process.kill()
    os.utime(app / "used", (0, 0))
    assert "1 environments removed" in start(file, root, env={"MONOWHEEL_CACHE": "prune:1d"}).stdout


def test_fill(hello, root):
    assert start(hello, root, env={"MONOWHEEL_CACHE": "fill"}).stdout == f"{root}\n"
    assert not list(root.glob("*/*.boot")) and not list(root.glob("apps/*/boot"))
    assert start(hello, root).stdout.startswith("hello")


def test_unknown_commands_are_told(hello, root):
    for command, words in (("clean", "not known"), ("prune:7", "not known"), ("prune:1x", "not known")):
        start(hello, root)
        done = start(hello, root, env={"MONOWHEEL_CACHE": command}, check=False)
        assert done.returncode == 1 and words in done.stderr and "hint:" in done.stderr and not done.stdout


# The interpreter.


def where(file, root, **env) -> str:
    code = "import sys, os; print(os.path.realpath(sys.executable))"
    return start(file, root, "-c", code, env={"MONOWHEEL_INTERPRETER": 1, **env}).stdout.strip()


def test_asked_for(hello, root, tmp_path):
    for path in PYTHONS.values():
        for _ in range(2):
            assert where(hello, root, MONOWHEEL_PYTHON=path) == str(path)
    link = tmp_path / "my python"
    for path in PYTHONS.values():
        link.unlink(missing_ok=True)
        link.symlink_to(path)
        assert where(hello, root, MONOWHEEL_PYTHON=link) == str(path)
    name = path.name
    assert where(hello, root, MONOWHEEL_PYTHON=name, PATH=f"{path.parent}:/usr/bin:/bin") == str(path)
    done = start(hello, root, env={"MONOWHEEL_PYTHON": "/nowhere/python3"}, check=False)
    assert done.returncode == 1 and "found none" in done.stderr


def test_default_comes_first_then_the_newest(root, tmp_path):
    names = list(PYTHONS)
    file = files.assemble(tmp_path / "a", {"main.py": ""}, main="_main/main.py", python_version=names[0])
    assert where(file, root) == str(PYTHONS[names[0]])
    file = files.assemble(tmp_path / "b", {"main.py": ""}, main="_main/main.py")
    assert where(file, root) == str(PYTHONS[names[-1]])
    file = files.assemble(tmp_path / "c", {"main.py": ""}, main="_main/main.py", requires_python=f"<={names[-2]}.99")
    assert where(file, root) == str(PYTHONS[names[-2]])


def test_what_was_refused_is_told(hello, root, tmp_path):
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for name, text in (
        ("python3.14", "#!/bin/sh\necho 'pyenv: python3.14: command not found' >&2\nexit 127\n"),
        ("python3", "#!/bin/sh\necho 'Python 3'\n"),
    ):
        (bin_folder / name).write_text(text)
        (bin_folder / name).chmod(0o755)
    done = start(hello, root, env={"PATH": f"{bin_folder}"}, check=False)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0].endswith("needs CPython 3.9 or newer, and found none:")
    assert [line.split(":")[0].split("/")[-1] for line in lines[1:3]] == ["python3.14", "python3"]
    assert lines[3].startswith("hint:")
    done = start(hello, root, env={"PATH": f"{tmp_path / 'nothing'}"}, check=False)
    assert done.stderr.splitlines()[0].endswith("found none")


def test_wrong_version_is_told(root, tmp_path):
    names = list(PYTHONS)
    file = files.assemble(tmp_path / "a", {"main.py": ""}, main="_main/main.py", requires_python=f"=={names[0]}.*")
    other = PYTHONS[names[-1]]
    for command, env in (([other, file], {}), ([file], {"MONOWHEEL_PYTHON": other})):
        done = start(command, root, env=env, check=False)
        assert done.returncode == 1 and "is not among the accepted versions" in done.stderr


def test_wrong_platform_is_told(root, tmp_path):
    file = files.assemble(tmp_path / "a", {"main.py": ""}, main="_main/main.py", platform="aarch64-apple-darwin")
    for command in ([file], [sys.executable, file]):
        done = start(command, root, check=False)
        assert done.returncode == 1 and "was built for aarch64-apple-darwin, but this machine is" in done.stderr
        assert len(done.stderr.splitlines()) == 1


def copied(python, folder):
    """Give a folder an interpreter of its own, of hard links where that can be."""

    def link(source, target):
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError:
            shutil.copy2(source, target, follow_symlinks=False)

    ignored = shutil.ignore_patterns("test", "*.a", "__pycache__")
    shutil.copytree(python.parent.parent, folder, symlinks=True, ignore=ignored, copy_function=link)


@pytest.mark.parametrize("head", files.HEADS)
def test_a_removed_interpreter_is_noticed(root, tmp_path, head):
    first, second = (tmp_path / name for name in ("first", "second"))
    for folder, path in zip((first, second), list(PYTHONS.values())[-2:]):
        copied(path, folder)
    env = {"PATH": f"{first}/bin:{second}/bin:/usr/bin:/bin"}
    source = {"main.py": "import sys; print(sys.version_info[:2])"}
    file = files.assemble(tmp_path / "f", source, main="_main/main.py", **files.HEADS[head])
    before = start(file, root, env=env).stdout
    used = (next((root / "apps").iterdir()) / "bin/python").resolve().parent.parent
    shutil.rmtree(used)
    for _ in range(2):
        assert start(file, root, env=env).stdout != before


@pytest.mark.parametrize("head", files.HEADS)
def test_an_upgraded_interpreter_is_noticed(root, tmp_path, head):
    """The same path, another minor version: as when an image moves on below a cache that is kept."""
    source = "import greet, sys; print(sys.version_info[:2], sys.argv[1:])"
    wheel = files.Wheel("greet", {"greet.py": ""})
    file = files.assemble(tmp_path / "f", {"main.py": source}, [wheel], main="_main/main.py", **files.HEADS[head])
    folder = tmp_path / "python"
    names = list(PYTHONS)[-2:]
    for way in ("head", "python"):
        for name in names:
            shutil.rmtree(folder, ignore_errors=True)
            copied(PYTHONS[name], folder)
            shutil.move(folder / "bin" / f"python{name}", folder / "bin/python")
            command = [file] if way == "head" else [folder / "bin/python", file]
            for _ in range(2):
                done = start(command, root, "x", env={"PATH": f"{folder}/bin"}, check=False)
                version = tuple(map(int, name.split(".")))
                assert done.stdout == f"{version} ['x']\n", done


def test_manifest_in_the_file_is_the_one_that_runs(hello):
    with subprocess.Popen(["unzip", "-p", hello, "monowheel/manifest.json"], stdout=subprocess.PIPE) as process:
        assert json.load(process.stdout)["version"] == 1
