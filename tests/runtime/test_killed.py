"""Killed while it starts for the first time, at any instant: the next start is right."""

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import files
import pytest
from conftest import BOOTSTRAP, environment, start

# With each head.
KILLS = int(os.environ.get("MONOWHEEL_TEST_KILLS", "150"))
WHEELS, MODULES, BIG = 3, 12, 1 << 18
RIGHT = f"{WHEELS * (sum(range(MODULES)) + BIG)}\n"


@pytest.fixture(params=files.HEADS)
def application(request, tmp_path) -> Path:
    """Give an application that sees whether all of its wheels is there; small, as it starts some hundred times."""
    wheels = []
    for index in range(WHEELS):
        members = {f"w{index}/m{number}.py": f"X = {number}\n" for number in range(MODULES)}
        members |= {f"w{index}/__init__.py": "", f"w{index}/big.bin": random.Random(index).randbytes(BIG)}
        wheels.append(files.Wheel(f"w{index}", members))
    source = f"""import importlib, os
total = 0
for index in range({WHEELS}):
    for number in range({MODULES}):
        total += importlib.import_module(f"w{{index}}.m{{number}}").X
    package = importlib.import_module(f"w{{index}}")
    total += os.path.getsize(os.path.join(package.__path__[0], "big.bin"))
print(total)
"""
    return files.assemble(
        tmp_path / "app", {"main.py": source}, wheels, main="_main/main.py", **files.HEADS[request.param]
    )


def right(application, root, **options):
    """Start the application and see that all of it is there."""
    done = start(application, root, **options)
    assert (done.stdout, done.stderr) == (RIGHT, ""), done


def test_killed_at_random_instants(application, root):
    """The whole group is killed, then a start must be right; every third time only the leader is killed."""
    chance = random.Random(7)
    begin = time.monotonic()
    right(application, root)
    span = time.monotonic() - begin
    for index in range(KILLS):
        if index % 10 == 0:
            shutil.rmtree(root)
        else:
            shutil.rmtree(root / chance.choice(["apps", "deps", "code", "wheels"]), ignore_errors=True)
        with subprocess.Popen(
            [application], env=environment(root), stdout=-1, stderr=-1, start_new_session=True
        ) as process:
            time.sleep(chance.uniform(0, span))
            if index % 3:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        right(application, root)
    right(application, root, env={"MONOWHEEL_VERIFY": 1})
    assert not list((root / "tmp").iterdir()), "what was killed is swept away"


@pytest.mark.parametrize("head", files.HEADS)
def test_interrupted_without_a_traceback(root, tmp_path, head):
    wheel = files.Wheel("large", {f"large/{n}": random.Random(n).randbytes(1 << 20) for n in range(40)})
    source = {"main.py": "print('right')"}
    file = files.assemble(tmp_path / "app", source, [wheel], main="_main/main.py", **files.HEADS[head])
    with subprocess.Popen(
        [file], env=environment(root), stdout=-1, stderr=-1, text=True, start_new_session=True
    ) as process:
        while not list(root.glob("tmp/*")):
            time.sleep(0.001)
        os.killpg(process.pid, signal.SIGINT)
        _, error = process.communicate(timeout=20)
        assert process.returncode in (-signal.SIGINT, 130)
        assert error == ""
    assert start(file, root).stdout == "right\n"


SWEEPING = """import posix, sys, types
sys.path.insert(0, sys.argv[1])
from monowheel_boot import cache
with cache.Cache(sys.argv[2]) as store:
    cache.posix = types.SimpleNamespace(**{**vars(posix), "listdir": lambda path: ["gone"]})
    store.sweep()
"""


def test_what_goes_while_it_is_swept_does_not_come_back(root, any_python):
    root.mkdir()
    start([any_python, "-B", "-c", SWEEPING, BOOTSTRAP, root], root)
    assert not list((root / "tmp").iterdir())
