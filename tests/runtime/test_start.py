"""Starting: the head in every shell, odd paths, arguments, environment, isolation."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import files
import pytest
from conftest import environment, start
from debian import program

SHELLS = [
    pytest.param(command, id=" ".join(command))
    for command in (["dash"], ["bash", "--posix"], ["busybox", "sh"], ["zsh", "--emulate", "sh"], ["mksh"], ["ksh"])
]


def printed(done) -> list:
    """Give `sys.argv` as the hello application prints it."""
    lines = done.stdout.splitlines()
    assert lines[0] == "hello", done
    return json.loads(lines[1])


def test_first_and_later_starts(hello, root):
    for _ in range(3):
        assert printed(start(hello, root, "a", "b c")) == [str(hello), "a", "b c"]
    assert len(list((root / "apps").iterdir())) == 1
    assert not list((root / "tmp").iterdir())


def test_every_python(hello, root, python):
    done = start(hello, root, env={"MONOWHEEL_PYTHON": python, "MONOWHEEL_TRACE": 1})
    assert printed(done) == [str(hello)]
    assert printed(start([python, hello], root, "x")) == [str(hello), "x"]
    assert len(list((root / "apps").iterdir())) == 1, "both ways are one environment"


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell(hello, root, shell, tmp_path):
    program(shell[0], shell[0])
    odd = shutil.copy(hello, tmp_path / 'o\'d d "$HOME" `x`\n größe')
    for _ in range(2):
        assert printed(start([*shell, odd], root, "", "a*", "b\n")) == [str(odd), "", "a*", "b\n"]


@pytest.mark.parametrize(
    "name", ["with spaces", "größe-日本", "quo'te\"s $HOME `x`", "new\nline\n", "-dash", "a\\nb", "*", "%s"]
)
def test_any_name_does(hello, root, tmp_path, name):
    path = shutil.copy(hello, tmp_path / name)
    for _ in range(2):
        assert printed(start(path, root)) == [str(path)]
        assert printed(start(f"./{name}", root, cwd=tmp_path)) == [f"./{name}"]
        assert printed(start([sys.executable, f"./{name}"], root, cwd=tmp_path)) == [f"./{name}"]


def test_long_paths(hello, root, tmp_path):
    folder = tmp_path
    while len(str(folder)) < 3800:
        folder /= "x" * 200
    subprocess.run(["mkdir", "-p", folder], check=True)
    subprocess.run(["cp", hello, folder / "f"], check=True)
    assert printed(start(folder / "f", root)) == [str(folder / "f")]
    assert printed(start("./f", root, cwd=folder)) == ["./f"]


@pytest.mark.parametrize("name", ["with spaces", "quo'te\"s $HOME `x`", "new\nline\n", "größe", "x" * 200])
def test_any_cache_does(hello, root, name):
    root = root.with_name(name)
    for _ in range(2):
        assert printed(start(hello, root))[0] == str(hello)


def test_relative_cache(hello, root, home):
    for _ in range(2):
        start(hello, root, env={"MONOWHEEL_ROOT": "rel"}, cwd=home)
    assert (home / "rel/apps").is_dir()


def test_symbolic_link_and_path_lookup(hello, root, tmp_path):
    (tmp_path / "link").symlink_to(hello)
    for _ in range(2):
        assert printed(start("./link", root, cwd=tmp_path)) == ["./link"]
        path = f"{hello.parent}:{environment(root)['PATH']}"
        assert printed(start(["env", "hello"], root, env={"PATH": path}, cwd=tmp_path)) == [str(hello)]
        assert printed(start(["bash", "hello"], root, env={"PATH": path}, cwd=tmp_path))[0] in ("hello", str(hello))


def test_usual_places(hello, home):
    base = {name: value for name, value in environment(home / "x").items() if name != "MONOWHEEL_ROOT"}
    for more, place in (
        ({"HOME": home}, home / ".cache/monowheel"),
        ({"XDG_CACHE_HOME": home / "xdg"}, home / "xdg/monowheel"),
        ({"XDG_CACHE_HOME": "relative", "HOME": home}, home / ".cache/monowheel"),
    ):
        env = base | {name: str(value) for name, value in more.items()}
        for _ in range(2):
            subprocess.run([hello], env=env, check=True, capture_output=True, cwd=home)
        assert (place / "apps").is_dir()
    assert not (home / "relative").exists()


def test_arguments_environment_and_flags(root, tmp_path):
    source = """
import json, os, sys
print(json.dumps([sys.argv[1:], os.environ["A"], os.environ["B"], sys.flags.utf8_mode, sys.warnoptions]))
"""
    file = files.assemble(
        tmp_path / "f",
        {"main.py": source},
        main="_main/main.py",
        args=["--one", "it's $HOME\n"],
        env={"A": "default 'a' $X\n\"", "B": "b"},
        interpreter_args=["-X", "utf8=1", "-Werror::UserWarning:it's"],
    )
    expected = [["--one", "it's $HOME\n", "user"], "default 'a' $X\n\"", "mine", 1, ["error::UserWarning:it's"]]
    for command in ([file], [file], [sys.executable, file]):
        assert json.loads(start(command, root, "user", env={"B": "mine"}).stdout) == expected
    assert json.loads(start(file, root, env={"B": ""}).stdout)[2] == "", "set but empty is set"


def test_isolation(root, tmp_path, home):
    source = """
import json, os, sys
print(json.dumps({
    "path": sys.path, "env": dict(os.environ), "unbuffered": sys.stdout.write_through, "prefix": sys.prefix,
    "file": __file__, "name": __name__, "names": sorted(globals()), "executable": sys.executable,
}))
"""
    file = files.assemble(tmp_path / "f", {"svc/main.py": source}, main="_main/svc/main.py", imports=["_main"])
    (home / "json.py").write_text("raise SystemExit('shadowed')")
    bent = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONPLATLIBDIR", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__")
    leaks = {**dict.fromkeys(bent, home), "PYTHONUNBUFFERED": 1, "app": "mine", "root": "mine", "IFS": ":"}
    for _ in range(2):
        found = json.loads(start(file, root, env=leaks, cwd=home).stdout)
        app = next((root / "apps").iterdir())
        assert found["prefix"] == str(app)
        assert found["executable"] == str(app / "bin/python")
        assert str(home) not in found["path"]
        assert found["path"][0] == str(app / "code/_main/svc")
        site = [path for path in found["path"] if path.startswith(str(app))][1:]
        assert [path.removeprefix(str(app)) for path in site[1:]] == ["/code/_main"]
        assert found["file"] == str(app / "code/_main/svc/main.py")
        assert found["name"] == "__main__"
        assert not [name for name in found["names"] if not name.startswith("__") and name not in ("json", "os", "sys")]
        assert found["unbuffered"]
        assert not set(found["env"]) & set(bent)
        assert (found["env"]["app"], found["env"]["root"]) == ("mine", "mine")
        assert not [name for name in found["env"] if name.startswith("_mw")]
        assert found["env"]["PATH"].startswith(f"{app}/bin:")


def test_python_file_is_isolated_too(root, hello, home):
    for module in ("struct", "zlib", "json", "stat"):
        (home / f"{module}.py").write_text("raise SystemExit('shadowed')")
    done = start([sys.executable, hello], root, env={"PYTHONPATH": home}, cwd=home)
    assert printed(done) == [str(hello)]


def test_entry_point_and_exit_status(root, tmp_path):
    source = """
import sys
class C:
    @staticmethod
    def run():
        return int(sys.argv[1])
def fail():
    raise KeyError("x")
"""
    file = files.assemble(tmp_path / "f", {"mod.py": source}, entry_point="mod:C.run")
    for status in (0, 3, 255):
        assert start(file, root, str(status), check=False).returncode == status
        assert start([sys.executable, file], root, str(status), check=False).returncode == status
    done = start(file, root, check=False, env={"MONOWHEEL_ENTRY_POINT": "mod:fail"})
    assert done.returncode == 1 and "KeyError" in done.stderr


def test_script(root, tmp_path):
    wheel = files.Wheel("tool", {"tool/cli.py": "def main():\n    print('cli')\n"}, scripts={"tool": "tool.cli:main"})
    file = files.assemble(tmp_path / "f", {}, [wheel], script="tool", imports=[])
    assert start(file, root).stdout == "cli\n"


def test_a_new_version_with_the_same_dependencies_unpacks_its_own_code_only(root, tmp_path):
    wheel = files.Wheel("greet", {"greet.py": "x = 1\n"})
    for index in range(2):
        folder = tmp_path / str(index)
        folder.mkdir()
        source = f"import greet; print({index})"
        file = files.assemble(folder / "f", {"main.py": source}, [wheel], main="_main/main.py")
        assert start(file, root).stdout == f"{index}\n"
    names = {
        kind: len([x for x in (root / kind).iterdir() if x.is_dir()]) for kind in ("apps", "code", "deps", "wheels")
    }
    assert names == {"apps": 2, "code": 2, "deps": 1, "wheels": 1}


def test_closed_streams(hello, root):
    for _ in range(2):
        for streams in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            start(["sh", "-c", f'"$0" {streams}', hello], root)
        shutil.rmtree(root)


def test_nothing_is_left_open_or_changed(root, tmp_path):
    source = """
import json, os, signal, sys
umask = os.umask(0)
files = sorted(int(name) for name in os.listdir("/proc/self/fd"))
handlers = [str(signal.getsignal(n)) for n in (signal.SIGINT, signal.SIGALRM, signal.SIGTERM, signal.SIGCHLD)]
print(json.dumps([umask, files[:-1], handlers, os.getcwd(), signal.getitimer(signal.ITIMER_REAL)]))
"""
    file = files.assemble(tmp_path / "f", {"main.py": source}, main="_main/main.py")
    app_python = None
    found = []
    for command in ([file], [file], [sys.executable, file]):
        found.append(json.loads(start(command, root, cwd=tmp_path, umask=0o027).stdout))
        app_python = next((root / "apps").iterdir()) / "bin/python"
    plain = start([app_python, next((root / "apps").iterdir()) / "code/_main/main.py"], root, cwd=tmp_path, umask=0o027)
    assert found == [json.loads(plain.stdout)] * 3


def test_descriptors_of_the_caller_arrive(root, tmp_path):
    source = "import os\nprint([os.read(fd, 9).decode() for fd in (3, 4)])\n"
    file = files.assemble(tmp_path / "f", {"main.py": source}, main="_main/main.py")
    for _ in range(2):
        done = start(["sh", "-c", 'printf three >3; printf four >4; exec "$0" 3<3 4<4', file], root, cwd=tmp_path)
        assert done.stdout == "['three', 'four']\n"


def test_old_pythons_are_told(hello, root, home):
    old = sorted(Path.home().glob(".pyenv/versions/[23].[678].*/bin/python"))
    assert old, "this test needs a CPython older than 3.9 under ~/.pyenv/versions"
    for python in old:
        done = start([python, hello], root, check=False)
        assert done.returncode == 1 and "3.9 is the oldest" in done.stderr, done
        assert len(done.stderr.splitlines()) == 1
        done = start(hello, root, check=False, env={"MONOWHEEL_PYTHON": python})
        assert done.returncode == 1 and f"{python}: this is Python" in done.stderr, done


def test_members_are_readable_by_others(hello):
    assert (
        subprocess.run([sys.executable, "-m", "zipfile", "-t", hello], check=False, capture_output=True).returncode == 0
    )
    assert os.access(hello, os.X_OK)
