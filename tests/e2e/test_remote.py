"""One cache for every machine, on real servers: nginx, BuildGrid, and a worker of BuildGrid's."""

import shutil
import subprocess
from pathlib import Path

import pytest
import servers
from machines import EXAMPLES, Machine, OtherMachine, misses, outputs, released_tool
from test_stamp import TARGETS

# What an example has besides (genrules, tests' own actions) may want a shell; ours must all go to the worker.
OURS = ["MonowheelAssemble", "MonowheelFacts", "MonowheelStamp"]
REMOTE = [*(f"--strategy={mnemonic}=remote" for mnemonic in OURS), "--noremote_accept_cached"]


@pytest.fixture(scope="module")
def released() -> Path:
    return released_tool()


@pytest.fixture(scope="module")
def first(scratch: Path, released: Path):
    """Give a machine."""
    machine = Machine(scratch / "first", released)
    yield machine
    machine.close()


@pytest.fixture(scope="module")
def second(released: Path):
    """Give a machine that has nothing in common with the first but the commit."""
    machine = OtherMachine(released)
    yield machine
    machine.close()
    shutil.rmtree(machine.root, ignore_errors=True)


@pytest.fixture(scope="module")
def buildgrid():
    with servers.buildgrid() as server:
        yield server


@pytest.fixture(scope="module")
def nginx():
    with servers.nginx() as server:
        yield server


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("kind", ["grpc", "http"])
def test_a_second_machine_executes_nothing(
    example: str, kind: str, first: Machine, second: Machine, request: pytest.FixtureRequest
):
    server = request.getfixturevalue({"grpc": "buildgrid", "http": "nginx"}[kind])
    first.clean(example)
    filled = first.ours(example, *server.cache_flags)
    # Facts of a wheel may be there: examples that have it in common share the action.
    applications = [
        f"MonowheelAssemble {action['targetLabel']}" for action in filled if "Assemble" in action["mnemonic"]
    ]
    assert applications and set(applications) <= set(misses(filled)), "the cache had this application before"
    second.clean(example)
    found = second.ours(example, *server.cache_flags)
    assert misses(found) == []
    assert outputs(found) == outputs(filled)


@pytest.fixture(scope="module")
def executing(first: Machine):
    """Give a BuildGrid of its own with a worker."""
    with servers.buildgrid() as server, servers.worker(server):
        yield server


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_worker_with_an_empty_root_executes_everything(example: str, first: Machine, executing):
    first.clean(example)
    local = first.ours(example)
    first.clean(example)
    remote = first.ours(example, *executing.execution_flags, *REMOTE)
    assert {action["runner"] for action in remote} == {"remote"}
    assert sorted(outputs(remote).items()) == sorted(outputs(local).items())


def test_a_worker_puts_a_stamp_on(first: Machine, executing):
    build = first.project / "examples/fastapi/svc/BUILD.bazel"
    text = build.read_text()
    try:
        build.write_text(text + TARGETS.format(name="stamped", stamp=-1, keys=""))
        made = []
        for flags in ([], [*executing.execution_flags, *REMOTE]):
            first.clean("fastapi")
            made.append(first.ours("fastapi", *flags, "--stamp", "--embed_label=v1", target="//svc:stamped"))
    finally:
        build.write_text(text)
    local, remote = made
    assert "MonowheelStamp" in {action["mnemonic"] for action in remote}
    assert {action["runner"] for action in remote} == {"remote"}
    assert sorted(outputs(remote).items()) == sorted(outputs(local).items())


def built(machine: Machine, example: str, target: str) -> Path:
    return machine.project / "examples" / example / "bazel-bin" / target.removeprefix("//").replace(":", "/")


@pytest.mark.parametrize("mode", ["minimal", "toplevel"])
def test_builds_without_the_bytes(mode: str, first: Machine, second: Machine, buildgrid):
    target = "//svc:bin"
    first.clean("fastapi")
    first.ours("fastapi", *buildgrid.cache_flags, target=target)
    second.clean("fastapi")
    found = second.ours("fastapi", *buildgrid.cache_flags, f"--remote_download_{mode}", target=target)
    assert found and misses(found) == []
    file = built(second, "fastapi", target)
    assert file.exists() == (mode == "toplevel")
    facts = list((file.parents[1] / "external").rglob("*.facts.json"))
    assert facts == [], "facts of wheels are nobody's to download"
    if mode == "toplevel":
        assert file.read_bytes() == built(first, "fastapi", target).read_bytes()


def test_path_mapping_shares_actions_between_configurations(first: Machine, scratch: Path):
    cache = [f"--disk_cache={scratch}/mapped", "--experimental_output_paths=strip", "--spawn_strategy=linux-sandbox"]
    first.clean("fastapi")
    fastbuild = first.ours("fastapi", *cache, target="//svc:bin")
    assert fastbuild and len(misses(fastbuild)) == len(fastbuild)
    opt = first.ours("fastapi", *cache, "-c", "opt", target="//svc:bin")
    assert len(opt) == len(fastbuild)
    assert misses(opt) == []
    assert sorted(outputs(opt).values()) == sorted(outputs(fastbuild).values())


def test_no_wheel_is_fetched_that_no_action_needs(first: Machine, second: Machine, buildgrid):
    # Bazel hashes an action's inputs before it asks the cache: those it must have, and no others.
    second.clean("fastapi")
    found = second.ours("fastapi", *buildgrid.cache_flags, "--remote_download_minimal")
    needed = {Path(entry["path"]).name for action in found for entry in action["inputs"]}
    base = Path(second.bazel("fastapi", "info", "output_base").stdout.strip())
    fetched = {path.name for path in (base / "external").glob("*/*.whl")}
    locked = (second.project / "examples/fastapi/uv.lock").read_text().count('.whl"')
    assert fetched == {name for name in needed if name.endswith(".whl")}
    assert 0 < len(fetched) < locked / 4


@pytest.mark.parametrize(
    "flags",
    [
        ["--spawn_strategy=linux-sandbox", "--jobs=1"],
        ["--spawn_strategy=processwrapper-sandbox", "--jobs=50"],
        ["--spawn_strategy=local", "--jobs=2"],
    ],
    ids=["linux-sandbox", "processwrapper-sandbox", "local"],
)
def test_every_strategy_makes_the_same_bytes(flags: list[str], first: Machine):
    made = []
    for options in ([], flags):
        first.clean("fastapi")
        made.append(sorted(outputs(first.ours("fastapi", *options, target="//svc:bin")).items()))
    assert made[0] == made[1]


def size(folder: Path) -> int:
    done = subprocess.run(["du", "--summarize", "--bytes", str(folder)], check=True, capture_output=True, text=True)
    return int(done.stdout.split()[0])


def test_an_edit_need_not_upload_the_application(first: Machine, nginx):
    target, main = "//svc:bin", first.project / "examples/fastapi/svc/main.py"
    first.clean("fastapi")
    first.ours("fastapi", *nginx.cache_flags, target=target)
    whole, text, at = built(first, "fastapi", target).stat().st_size, main.read_text(), size(nginx.storage)
    uploaded = []
    try:
        for flags in ([], ["--modify_execution_info=MonowheelAssemble=+no-remote-cache-upload"]):
            main.write_text(f"{text}# edited {len(uploaded)}\n")
            edited = first.ours("fastapi", *nginx.cache_flags, *flags, target=target)
            assert [action["mnemonic"] for action in edited] == ["MonowheelAssemble"]
            uploaded.append(size(nginx.storage) - at)
            at += uploaded[-1]
    finally:
        main.write_text(text)
    assert whole <= uploaded[0] < whole + 20_000
    assert uploaded[1] < 20_000
