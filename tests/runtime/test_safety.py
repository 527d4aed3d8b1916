"""Safety: whatever happens during a first start, an application starts right or says in a sentence why not.

What needs another user, a mount or a namespace asks for root, and fails without.
"""

import concurrent.futures
import os
import random
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import files
import pytest
from conftest import PYTHONS, environment, start
from debian import program

needs_root = pytest.mark.usefixtures("as_root")
STRANGER = 12345


@pytest.fixture
def as_root():
    """Fail where other users and mounts cannot be had."""
    assert os.geteuid() == 0, "run as root: this test takes other users, mounts and namespaces"


@pytest.fixture(scope="module", params=files.HEADS)
def application(request, tmp_path_factory) -> Path:
    """Give an application whose first start takes a while: it checks that every module of its wheels is there."""
    wheels = []
    for index in range(6):
        modules = {f"w{index}/m{number}.py": f"X = {number}\n" + "# filler\n" * 200 for number in range(60)}
        modules[f"w{index}/big.bin"] = random.Random(index).randbytes(1 << 20)
        wheels.append(files.Wheel(f"w{index}", {f"w{index}/__init__.py": "", **modules}))
    source = """
import importlib, os
total = 0
for index in range(6):
    for number in range(60):
        total += importlib.import_module(f"w{index}.m{number}").X
    package = importlib.import_module(f"w{index}")
    total += os.path.getsize(os.path.join(package.__path__[0], "big.bin"))
print(total)
"""
    place, head = tmp_path_factory.mktemp("safety") / "app", files.HEADS[request.param]
    return files.assemble(place, {"main.py": source}, wheels, main="_main/main.py", **head)


RIGHT = f"{6 * (sum(range(60)) + (1 << 20))}\n"


def right(application, root, **options):
    """Start the application and see that all of it is there."""
    done = start(application, root, **options)
    assert done.stdout == RIGHT, done
    return done


def one_sentence(done, *words):
    """See that a start failed with one clear sentence, perhaps with a list and a hint, and nothing else."""
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert done.stderr.startswith("monowheel: "), done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def as_stranger(*command):
    """Give a command that runs as a user whom nobody knows."""
    return ["setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups", *command]


def unshared(script):
    """Give a shell script that runs in a mount namespace of its own."""
    return ["unshare", "-m", "--propagation", "private", "sh", "-ec", script]


@pytest.fixture
def open_folder(tmp_path_factory):
    """Give a folder that strangers reach."""
    folder = Path(f"/var/tmp/monowheel-test-{os.getpid()}-{random.randrange(1 << 30)}")
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def strangers(application, open_folder):
    """Give a copy of the application, and an interpreter, that strangers reach."""
    copied = Path(shutil.copy(application, open_folder / "app"))
    python = next((path for path in map(Path, ("/usr/bin/python3", "/usr/local/bin/python3")) if path.exists()), None)
    assert python and not subprocess.run(as_stranger(python, "-c", "")).returncode, "no Python that any user may run"
    return copied


def count(root, kind):
    """How many folders there are of a kind."""
    return len([path for path in (root / kind).iterdir() if path.is_dir() and not path.is_symlink()])


# Many at once.


@pytest.mark.parametrize("number", [50, 200])
def test_many_cold_starts_at_once(application, root, number):
    started = [
        subprocess.Popen([application], env=environment(root), stdout=-1, stderr=-1, text=True) for _ in range(number)
    ]
    for process in started:
        out, error = process.communicate(timeout=300)
        assert (process.returncode, out, error) == (0, RIGHT, "")
    assert [count(root, kind) for kind in ("apps", "deps", "code")] == [1, 1, 1]
    assert not list((root / "tmp").iterdir())


def test_many_cold_starts_at_once_without_locks(application, root):
    """As on a file system that has none: each does the work, the first to rename wins."""
    refused = ["-e", "trace=flock", "-e", "inject=flock:error=ENOLCK"]
    command = [
        program("strace", "strace"),
        "--seccomp-bpf",
        "-f",
        "-qq",
        "-o",
        root.parent / "calls",
        *refused,
        application,
    ]
    started = [subprocess.Popen(command, env=environment(root), stdout=-1, stderr=-1, text=True) for _ in range(12)]
    for process in started:
        out, error = process.communicate(timeout=300)
        assert (process.returncode, out, error) == (0, RIGHT, "")
    assert "ENOLCK" in (root.parent / "calls").read_text()
    assert [count(root, kind) for kind in ("apps", "deps", "code")] == [1, 1, 1]
    right(application, root)


@needs_root
def test_two_users_at_once(strangers, open_folder):
    """Each has a cache of its own, though the temporary folder is one."""
    (open_folder / "tmp").mkdir()
    (open_folder / "tmp").chmod(0o1777)
    env = {k: v for k, v in environment(open_folder).items() if k not in ("MONOWHEEL_ROOT", "HOME")}
    env |= {"TMPDIR": str(open_folder / "tmp"), "PATH": "/usr/local/bin:/usr/bin:/bin"}
    commands = [[str(strangers)], as_stranger(str(strangers))] * 10
    started = [subprocess.Popen(command, env=env, stdout=-1, stderr=-1, text=True) for command in commands]
    for process in started:
        out, error = process.communicate(timeout=300)
        assert (process.returncode, out, error) == (0, RIGHT, "")
    folders = sorted((open_folder / "tmp").iterdir(), key=lambda path: path.name)
    assert [path.name for path in folders] == ["monowheel-0", f"monowheel-{STRANGER}"]
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}


# Folders that are not as one wishes.


@needs_root
def test_full_disk(application, root):
    script = f"""
mkdir -p {root}; mount -t tmpfs -o size=3m,mode=700 tmpfs {root}
set +e; {application}; echo "status $?"; ls -A {root}/tmp
mount -o remount,size=100m {root}; {application}
"""
    done = subprocess.run(unshared(script), env=environment(root), capture_output=True, text=True, check=False)
    assert done.stdout == f"status 1\n{RIGHT}", done
    assert "no space left for the cache" in done.stderr and "hint:" in done.stderr
    assert len(done.stderr.splitlines()) == 2


@needs_root
def test_full_of_files(application, root):
    script = f"""
mkdir -p {root}; mount -t tmpfs -o nr_inodes=100,mode=700 tmpfs {root}
set +e; {application}; echo "status $?"
"""
    done = subprocess.run(unshared(script), env=environment(root), capture_output=True, text=True, check=False)
    assert done.stdout == "status 1\n" and "no space left" in done.stderr, done


@needs_root
def test_read_only_home(application, root, home, tmp_path):
    (tmp_path / "tmp").mkdir()
    script = f"""
mount --bind {home} {home}; mount -o remount,bind,ro {home}
unset MONOWHEEL_ROOT XDG_CACHE_HOME XDG_RUNTIME_DIR
export HOME={home} TMPDIR={tmp_path}/tmp
{application}; {application}; {sys.executable} {application}
MONOWHEEL_ROOT={home}/root {application} || echo "status $?"
"""
    done = subprocess.run(unshared(script), env=environment(root), capture_output=True, text=True, check=False)
    assert done.stdout == RIGHT * 3 + "status 1\n", done
    assert "Read-only file system" in done.stderr
    assert [path.name for path in (tmp_path / "tmp").iterdir()] == ["monowheel-0"]


@pytest.mark.parametrize("home", ["unset", "", "relative"])
def test_no_home(application, root, tmp_path, home):
    (tmp_path / "tmp").mkdir()
    env = {k: v for k, v in environment(root).items() if k not in ("MONOWHEEL_ROOT", "HOME")}
    env["TMPDIR"] = str(tmp_path / "tmp")
    if home != "unset":
        env["HOME"] = home
    for command in ([application], [application], [sys.executable, application]):
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert (done.stdout, done.stderr) == (RIGHT, ""), done
    assert [path.name for path in (tmp_path / "tmp").iterdir()] == [f"monowheel-{os.geteuid()}"]


@needs_root
def test_unknown_user(strangers, open_folder):
    """No name, no home of its own, the root folder as home."""
    (open_folder / "tmp").mkdir()
    (open_folder / "tmp").chmod(0o1777)
    env = {"HOME": "/", "TMPDIR": str(open_folder / "tmp"), "PATH": "/usr/local/bin:/usr/bin:/bin"}
    for _ in range(2):
        done = subprocess.run(as_stranger(strangers), env=env, capture_output=True, text=True, check=False, cwd="/")
        assert (done.stdout, done.stderr) == (RIGHT, ""), done
    assert [path.name for path in (open_folder / "tmp").iterdir()] == [f"monowheel-{STRANGER}"]


@needs_root
def test_nowhere_to_write(strangers, open_folder):
    env = {"HOME": "/", "TMPDIR": str(open_folder), "PATH": "/usr/local/bin:/usr/bin:/bin"}
    script = f"""
mount -t tmpfs tmpfs /mnt; cp {strangers} /mnt/app
for folder in /tmp /run /var/tmp; do mount -t tmpfs -o ro tmpfs $folder; done
export TMPDIR=/nowhere; cd /; exec {" ".join(as_stranger("/mnt/app"))}
"""
    done = subprocess.run(unshared(script), env=env, capture_output=True, text=True, check=False, cwd="/")
    one_sentence(done, "no folder for the cache", "hint:")


@needs_root
def test_noexec(root, tmp_path):
    native = files.Wheel("native", {"native.py": ""}, tag="py3-none-linux_x86_64")
    pure = files.Wheel("pure", {"pure.py": ""})
    with_library = files.assemble(tmp_path / "native", {"main.py": "print('yes')"}, [native], main="_main/main.py")
    without = files.assemble(tmp_path / "pure", {"main.py": "print('yes')"}, [pure], main="_main/main.py")
    script = f"""
mkdir -p {root}; mount -t tmpfs -o noexec tmpfs {root}
set +e; {without}; {without}; {with_library}; echo "status $?"
unset MONOWHEEL_ROOT; export HOME=/nowhere/at/all TMPDIR={root}; mount -t tmpfs -o ro tmpfs /home
HOME={root} XDG_RUNTIME_DIR={root} {with_library}
"""
    done = subprocess.run(unshared(script), env=environment(root), capture_output=True, text=True, check=False)
    assert done.stdout == "yes\nyes\nstatus 1\nyes\n", done
    assert "mounted noexec" in done.stderr


@needs_root
@pytest.mark.parametrize("mode", [0o755, 0o777])
def test_cache_of_another_user(application, root, mode):
    """A folder that somebody else owns is not used, whatever is in it."""
    right(application, root)
    env = {"HOME": root.parent}
    os.chown(root, STRANGER, STRANGER)
    root.chmod(mode)
    done = start(application, root, check=False, env=env)
    one_sentence(done, "belongs to another user")


@needs_root
def test_home_of_another_user(application, root, home, tmp_path):
    """As with sudo: root leaves nothing in the user's cache, and runs nothing from it."""
    (tmp_path / "tmp").mkdir()
    (home / ".cache").mkdir()
    for path in (home, home / ".cache"):
        os.chown(path, STRANGER, STRANGER)
    env = {k: v for k, v in environment(root).items() if k != "MONOWHEEL_ROOT"} | {"TMPDIR": str(tmp_path / "tmp")}
    done = subprocess.run([application], env=env, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (RIGHT, "")
    assert not list((home / ".cache").iterdir())
    assert [path.name for path in (tmp_path / "tmp").iterdir()] == ["monowheel-0"]


@needs_root
def test_planted_environment_is_not_run(hello, root):
    """Somebody who could write to the shared folder has put an environment of his own there."""
    start(hello, root)
    app = next((root / "apps").iterdir())
    (app / "run.py").write_text("print('stolen')")
    for path in [root, *root.rglob("*")]:
        os.chown(path, STRANGER, STRANGER, follow_symlinks=False)
    one_sentence(start(hello, root, check=False), "belongs to another user")


@pytest.mark.parametrize("mode", [0o770, 0o777, 0o1777])
def test_shared_folder_gets_a_private_one(application, root, mode):
    root.mkdir(parents=True)
    root.chmod(mode)
    for command in ([application], [application], [sys.executable, application]):
        right(command, root)
    assert [path.name for path in root.iterdir()] == [f"monowheel-{os.geteuid()}"]
    assert next(root.iterdir()).stat().st_mode & 0o777 == 0o700


@needs_root
@pytest.mark.parametrize("kind", ["link", "folder", "file"])
def test_planted_in_tmp(strangers, open_folder, kind):
    """The name that would be taken is taken: by a link, a folder or a file of somebody else."""
    shared = open_folder / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    trap = open_folder / "trap"
    trap.mkdir()
    trap.chmod(0o777)
    planted = shared / f"monowheel-{STRANGER}"
    if kind == "link":
        planted.symlink_to(trap)
    elif kind == "folder":
        planted.mkdir()
        planted.chmod(0o777)
    else:
        planted.write_text("")
    env = {"HOME": "/", "TMPDIR": str(shared), "PATH": "/usr/local/bin:/usr/bin:/bin"}
    for _ in range(2):
        done = subprocess.run(as_stranger(strangers), env=env, capture_output=True, text=True, check=False, cwd="/")
        assert (done.stdout, done.stderr) == (RIGHT, ""), done
    assert not list(trap.iterdir())
    assert kind != "folder" or not list(planted.iterdir())
    others = [path for path in shared.iterdir() if path != planted]
    assert len(others) == 1 and others[0].stat().st_uid == STRANGER, "one folder, used again"


def test_cache_is_a_link_of_our_own(application, root):
    (root.parent / "elsewhere").mkdir()
    root.symlink_to(root.parent / "elsewhere")
    for _ in range(2):
        right(application, root)


def test_cache_is_a_file(application, root):
    root.write_text("")
    one_sentence(start(application, root, check=False), "not a folder")


# Files that change.


def test_altered_files_are_mended(application, root):
    right(application, root)
    tree = next(path for path in (root / "deps").iterdir() if path.is_dir()) / "lib/python/site-packages"
    code = next((root / "code").glob("*/_main/main.py"))
    (tree / "w0/m1.py").write_text("X = 10\n")
    (tree / "w1/m1.py").unlink()
    (tree / "w2/big.bin").write_bytes(b"")
    code.write_text("print('altered')")
    assert start(application, root, check=False).stdout != RIGHT
    done = right(application, root, env={"MONOWHEEL_VERIFY": 1, "MONOWHEEL_TRACE": 1})
    assert "3 files mended" in done.stderr and "1 files mended" in done.stderr
    right(application, root)


def test_power_loss_after_the_rename(application, root):
    """Files of length zero, or gone, after the machine went down: found by the first start after it."""
    right(application, root)
    tree = next(path for path in (root / "deps").iterdir() if path.is_dir()) / "lib/python/site-packages"
    notes = [*root.glob("*/*.boot"), *root.glob("apps/*/boot")]
    assert len(notes) == 3
    for path in (tree / "w0/m1.py", tree / "w5/big.bin", next((root / "code").glob("*/_main/main.py"))):
        path.write_bytes(b"")
    (tree / "w3/m1.py").unlink()
    next((root / "apps").glob("*/run.py")).write_bytes(b"")
    for note in notes:
        note.write_text("another-boot\n")
    done = right(application, root, env={"MONOWHEEL_TRACE": 1})
    assert "mended" in done.stderr
    assert not list(root.glob("*/*.boot")), "checked once"
    right(application, root)


def test_power_loss_and_another_application(root, tmp_path):
    """A tree that lost files lends none of them to the next tree."""
    dep = files.Wheel("dep", {"dep.py": "X = 1\n"})
    first = files.assemble(tmp_path / "a", {"main.py": "import dep; print(dep.X)"}, [dep], main="_main/main.py")
    more = files.Wheel("more", {"more.py": ""})
    second = files.assemble(tmp_path / "b", {"main.py": "import dep; print(dep.X)"}, [dep, more], main="_main/main.py")
    assert start(first, root).stdout == "1\n"
    next((root / "deps").glob("*/lib/python/site-packages/dep.py")).write_text("")
    assert start(second, root).stdout == "1\n"


def test_cleaners_of_temporary_files(application, root, tmp_path):
    """Below a temporary folder, a look at the files is due from time to time."""
    (tmp_path / "tmp").mkdir()
    env = {k: v for k, v in environment(root).items() if k not in ("MONOWHEEL_ROOT", "HOME")}
    env["TMPDIR"] = str(tmp_path / "tmp")

    def again():
        done = subprocess.run([application], env=env, capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr) == (RIGHT, ""), done

    again()
    cache = tmp_path / "tmp" / f"monowheel-{os.geteuid()}"
    until = next((cache / "apps").glob("*/until"))
    assert until.stat().st_mtime > time.time() + 86400
    again()
    next((cache / "deps").glob("*/lib/python/site-packages/w3/m7.py")).unlink()
    os.utime(until, (0, 0))
    again()
    assert next((cache / "apps").glob("*/until")).stat().st_mtime > time.time() + 86400


def test_parts_that_vanish(application, root):
    right(application, root)
    for pattern in ("deps", "code", "wheels", "apps/*/bin", "apps/*/code", "locks", "tmp", "apps"):
        for path in root.glob(pattern):
            path.unlink() if path.is_symlink() else shutil.rmtree(path)
        right(application, root)


def test_damaged_files_are_told(application, root, tmp_path):
    data = application.read_bytes()
    middle = len(data) // 2
    for name, content, words in (
        ("cut", data[:middle], "damaged"),
        ("short", data[:-1], ""),
        ("altered", data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :], "damaged"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        path.chmod(0o755)
        done = start(path, root, check=False)
        if words:
            one_sentence(done, words, "hint: copy the file anew")
        assert not list(root.glob("deps/*")) or done.stdout == RIGHT
        shutil.rmtree(root, ignore_errors=True)


@pytest.mark.parametrize("compression", [8, 12, 14], ids=["deflated", "bzip2", "lzma"])
@pytest.mark.parametrize("head", files.HEADS)
def test_a_damaged_member_is_told(root, tmp_path, head, compression):
    """Whatever the decompressor says of it, and whether the member is read at once or in pieces."""
    chance = random.Random(compression)
    words = [chance.randbytes(9) for _ in range(99)]
    for size in (1 << 14, 1 << 19):
        content = b"".join(chance.choice(words) for _ in range(size))
        wheel = files.Wheel("dep", {"dep.py": "", "some.bin": content}, compression=compression)
        file = files.assemble(tmp_path / "f", {"main.py": ""}, [wheel], main="_main/main.py", **files.HEADS[head])
        data = bytearray(file.read_bytes())
        with zipfile.ZipFile(file) as archive:
            info = archive.getinfo("monowheel/wheels/dep-1.0-py3-none-any.whl")
        middle = info.header_offset + info.file_size // 2
        for at in range(middle, middle + 9):
            data[at] ^= 0x55
        file.write_bytes(data)
        one_sentence(start(file, root, check=False), "damaged", "some.bin", "hint: copy the file anew")


@pytest.mark.parametrize("head", files.HEADS)
def test_replaced_while_it_starts(root, tmp_path, head):
    """Two versions take turns at one path, by rename, while others start from it."""
    versions = []
    for index in range(2):
        (tmp_path / str(index)).mkdir()
        wheel = files.Wheel(
            "dep", {"dep.py": f"X = {index}\n", "filler.bin": os.urandom(1 << 18)}, version=f"{index}.0"
        )
        source = f"import dep; print({index}, dep.X)" + "#" * index * 1000
        application = {"main": "_main/main.py", "env": {"A": "x" * index * 100}, **files.HEADS[head]}
        versions.append(files.assemble(tmp_path / str(index) / "f", {"main.py": source}, [wheel], **application))
    path = tmp_path / "app"
    shutil.copy(versions[0], path)
    stop = threading.Event()

    def swap():
        for index in range(1 << 30):
            if stop.is_set():
                return
            shutil.copy(versions[index % 2], tmp_path / "next")
            (tmp_path / "next").rename(path)
            time.sleep(random.uniform(0, 0.03))

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        for index in range(40):
            if index % 4 == 0:
                shutil.rmtree(root, ignore_errors=True)
            assert start(path, root).stdout in ("0 0\n", "1 1\n")
    finally:
        stop.set()
        swapper.join()


def test_written_over_while_it_starts(root, tmp_path):
    """`cp` over the file while it starts: right or a sentence, and nothing wrong in the cache afterwards."""
    versions = []
    for index in range(2):
        (tmp_path / str(index)).mkdir()
        wheel = files.Wheel(
            "dep", {"dep.py": f"X = {index}\n", "filler.bin": os.urandom(1 << 18)}, version=f"{index}.0"
        )
        source = f"import dep; print({index}, dep.X)"
        versions.append(files.assemble(tmp_path / str(index) / "f", {"main.py": source}, [wheel], main="_main/main.py"))
    path = tmp_path / "app"
    for index in range(30):
        shutil.copy(versions[0], path)
        if index % 3 == 0:
            shutil.rmtree(root, ignore_errors=True)
        with subprocess.Popen([path], env=environment(root), stdout=-1, stderr=-1, text=True) as process:
            time.sleep(random.uniform(0, 0.06))
            path.write_bytes(versions[1].read_bytes())
            out, error = process.communicate(timeout=60)
        # `cp` empties the file first: a shell that opens it at that instant has an empty script, which is beyond the head's reach.
        emptied = (process.returncode, out, error) == (0, "", "")
        stopped = process.returncode and "Traceback" not in error
        assert out in ("0 0\n", "1 1\n") or stopped or emptied, (out, error)
        for version, words in zip(versions, ("0 0\n", "1 1\n")):
            assert start(version, root).stdout == words


# Clocks and pruning.


def test_clock_before_1980(application, root):
    """File times of 1970 and of 2100 make no difference."""
    right(application, root)
    for when in (0, 4102444800):
        for path in [root, *root.rglob("*")]:
            os.utime(path, (when, when), follow_symlinks=False)
        right(application, root)
        shutil.rmtree(root / "apps")
        right(application, root)


@needs_root
def test_clock_of_the_machine_before_1980(application, root):
    faketime = program("faketime", "faketime")
    for when in ("1971-01-01 00:00:00", "2100-01-01 00:00:00"):
        right([faketime, when, application], root)


def test_pruning_while_others_start(application, hello, root):
    stop = threading.Event()
    pruned = []

    def prune():
        while not stop.is_set():
            for path in root.glob("apps/*/used"):
                try:
                    # Days do not pass between the note of a start and its last look: half a second stands for them here.
                    if 0.5 < time.time() - path.stat().st_mtime < 3600:
                        os.utime(path, (0, 0))
                except OSError:
                    pass
            pruned.append(start(hello, root, env={"MONOWHEEL_CACHE": "prune:0K"}).stdout)

    def begin(_):
        time.sleep(random.uniform(0, 0.4))
        return start(application, root, check=False)

    pruner = threading.Thread(target=prune)
    pruner.start()
    try:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for done in pool.map(begin, range(60)):
                assert (done.stdout, done.stderr) == (RIGHT, ""), done
        # On a busy machine somebody was starting all the time; pauses let pruning have its way.
        while not any("1 environments removed" in text or "2 environments removed" in text for text in pruned):
            assert pruner.is_alive() and len(pruned) < 1000, "nothing is ever removed"
            time.sleep(1)
            right(application, root)
    finally:
        stop.set()
        pruner.join()


def test_interpreters_of_this_machine():
    assert PYTHONS, "the tests need a CPython 3.9 or newer"
