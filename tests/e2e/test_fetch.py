"""Wheels that actions fetch: a machine that finds its results in a cache downloads none."""

import re
import shutil
import urllib.parse
from pathlib import Path

import pytest
import servers
from machines import Machine, OtherMachine, misses, outputs, released_fetcher, released_tool

TARGET = "//svc:bin"
REMOTE = ["--strategy=MonowheelAssemble=remote", "--strategy=MonowheelFacts=remote"]


@pytest.fixture(scope="module")
def first(scratch: Path):
    """Give a machine whose wheels are fetched by actions."""
    machine = Machine(scratch / "fetching", released_tool())
    machine.fetch_in_actions("fastapi")
    yield machine
    machine.close()


@pytest.fixture(scope="module")
def second():
    """Give a machine that has nothing in common with the first but the commit."""
    machine = OtherMachine(released_tool())
    machine.fetch_in_actions("fastapi")
    yield machine
    machine.close()
    shutil.rmtree(machine.root, ignore_errors=True)


@pytest.fixture(scope="module")
def executing(first: Machine):
    with servers.buildgrid() as server, servers.worker(server):
        yield server


def wheels_below(folder: Path) -> set[str]:
    """Give the names of all wheels in a folder of Bazel's, its outputs included."""
    return {path.name for path in folder.rglob("*.whl")}


def built(machine: Machine) -> Path:
    return machine.project / "examples/fastapi/bazel-bin/svc/bin"


def application(actions: list[dict]) -> str:
    """Give the hash of the application."""
    [digest] = [digest for path, digest in outputs(actions).items() if path.endswith("/svc/bin")]
    return digest


@pytest.fixture(scope="module")
def shared(first: Machine, executing) -> list[dict]:
    """Give the actions of the first build, which fills the cache: workers do everything but fetching."""
    return first.ours("fastapi", *executing.execution_flags, *REMOTE, "--remote_download_all", target=TARGET)


def test_this_machine_fetches_and_workers_do_the_rest(shared: list[dict], first: Machine):
    runners = {action["mnemonic"]: action["runner"] for action in shared}
    assert runners == {"MonowheelFetch": "linux-sandbox", "MonowheelFacts": "remote", "MonowheelAssemble": "remote"}
    fetched = [name for action in shared if action["mnemonic"] == "MonowheelFetch" for name in action["listedOutputs"]]
    # Each once, and no wheel of another platform.
    assert len(set(fetched)) == len(fetched) == sum(action["mnemonic"] == "MonowheelFacts" for action in shared)
    assert wheels_below(first.root / "bazel") == {Path(name).name for name in fetched}
    base = Path(first.bazel("fastapi", "info", "output_base").stdout.strip())
    assert wheels_below(base / "external") == set(), "no wheel is in a repository"


def test_a_second_machine_downloads_no_wheel(shared: list[dict], first: Machine, second: Machine, executing):
    # Execution properties are a part of the key.
    flags = [*executing.cache_flags, "--remote_default_exec_properties=OSFamily=linux", "--remote_download_toplevel"]
    found = second.ours("fastapi", *flags, target=TARGET)
    assert misses(found) == []
    assert sorted(outputs(found).items()) == sorted(outputs(shared).items())
    assert built(second).read_bytes() == built(first).read_bytes()
    assert wheels_below(second.root / "bazel") == wheels_below(second.repositories) == set()

    # What is executed there takes wheels from the cache.
    main = second.project / "examples/fastapi/svc/main.py"
    main.write_text(f"{main.read_text()}# edited\n")
    edited = second.ours("fastapi", *flags, target=TARGET)
    assert misses(edited) == [f"MonowheelAssemble {TARGET}"]


def test_it_is_fetched_once_whatever_is_built_for(shared: list[dict], first: Machine, executing):
    # A wheel for every platform, for another one and in another mode.
    for flags in (["--platforms=@monowheel//rules/platforms:aarch64-unknown-linux-gnu"], ["-c", "opt"]):
        found = first.ours("fastapi", *executing.execution_flags, *REMOTE, *flags, target="@pypi//idna")
        assert [action["mnemonic"] for action in found if not action["cacheHit"]] == []


def test_it_has_the_bytes_of_the_other_way(shared: list[dict], first: Machine):
    module = first.project / "examples/fastapi/MODULE.bazel"
    text = module.read_text()
    try:
        module.write_text(text.replace('fetch = "action"', 'fetch = "repository"'))
        found = first.ours("fastapi", target=TARGET)
        assert {action["mnemonic"] for action in found} == {"MonowheelFacts", "MonowheelAssemble"}
        assert application(found) == application(shared)
    finally:
        module.write_text(text)


def test_the_fetcher_is_static_and_small():
    content = released_fetcher().read_bytes()
    assert len(content) < 4_000_000
    assert b"/lib64/ld-linux" not in content


def refused(machine: Machine, wrong: tuple[str, str]) -> str:
    """Build one wheel after a substitution in its line of the lock file, and give what Bazel says."""
    lock = machine.project / "examples/fastapi/uv.lock"
    text = lock.read_text()
    [line] = re.findall(r".*/idna-[^/]*\.whl.*", text)
    edited = re.sub(*wrong, line)
    assert edited != line
    try:
        lock.write_text(text.replace(line, edited))
        done = machine.bazel("fastapi", "build", "@pypi//idna", check=False)
    finally:
        lock.write_text(text)
    assert done.returncode != 0
    assert "Failed to get a wheel of `@pypi//idna`" in done.stderr, done.stderr
    return done.stderr


def test_another_file_than_the_locked_one(first: Machine):
    words = refused(first, (r"sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}"))
    assert re.search(r"Failed to fetch `idna-[^`]*\.whl`: the file at https://\S+ has sha256 [0-9a-f]{64}", words), (
        words
    )
    assert f"but the lock says {'0' * 64}\nhint: " in words, words


def test_an_address_that_does_not_answer(first: Machine):
    port = servers.free_port()
    words = refused(first, (r"https://[^/]*/", f"http://127.0.0.1:{port}/"))
    tried = re.search(rf"Failed to fetch `(idna-[^`]*\.whl)`\n  http://127\.0\.0\.1:{port}/\S*/(\S+): ", words)
    assert tried and tried.group(1) == urllib.parse.unquote(tried.group(2)), words
    assert "hint: check the network" in words and '`fetch = "repository"`' in words, words
