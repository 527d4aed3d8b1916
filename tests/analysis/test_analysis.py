"""Runs the analysis tests in a real Bazel, and tests what shows before any target is analysed."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import reference

TOP = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
CACHE = Path(
    os.environ.get("MONOWHEEL_TEST_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "monowheel-tests"
)
ROOT = CACHE / "analysis"


def bazel(folder: Path, *arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess:
    """Run Bazel in a module; `check` fails the test with Bazel's own words."""
    done = subprocess.run(
        [TOP / "bazelw", f"--output_user_root={ROOT}/bazel", *arguments],
        cwd=folder,
        env={**os.environ, "MONOWHEEL_CARGO_TARGET_DIR": str(CACHE / "cargo"), **environment},
        capture_output=True,
        text=True,
    )
    if check and done.returncode:
        pytest.fail(f"bazel {' '.join(arguments)}\n{done.stdout}\n{done.stderr}")
    return done


@pytest.fixture(scope="module", autouse=True)
def servers():
    """Stop the servers at the end; begin anew where the last run was of another checkout.

    The module below stands at one path whatever checkout it uses. Bazel remembers which folders a repository rule watched,
    and ends with an error where one of them, as those of a removed checkout, is no longer there.
    """
    checkout = ROOT / "checkout"
    if not checkout.exists() or checkout.read_text() != str(TOP):
        subprocess.run(["chmod", "-R", "u+w", str(ROOT)], check=False, capture_output=True)
        shutil.rmtree(ROOT, ignore_errors=True)
        ROOT.mkdir(parents=True)
        checkout.write_text(str(TOP))
    yield
    for folder in [HERE, ROOT / "module"]:
        if folder.exists():
            bazel(folder, "shutdown", check=False)


@pytest.fixture
def module() -> Path:
    """Give a module as a user begins one, with the lock file of the cases."""
    folder = ROOT / "module"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / "locks", folder)
    (folder / "MODULE.bazel").write_text(f'''\
bazel_dep(name = "monowheel", version = "0.1.0")
local_path_override(module_name = "monowheel", path = "{TOP}")
wheels = use_extension("@monowheel//rules:extensions.bzl", "wheels")
wheels.lock(name = "locked", lock = "//:uv.lock")
use_repo(wheels, "locked")
''')
    (folder / ".bazelrc").write_text("common --platforms=@monowheel//rules/platforms:x86_64-unknown-linux-gnu\n")
    return folder


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def refused(module: Path, *arguments: str) -> str:
    done = bazel(module, *arguments, check=False)
    assert done.returncode != 0, done.stderr
    return done.stderr


def test_cases():
    files = [path for path in (HERE / "cases").glob("*.bzl") if re.search(r"^def \w+_cases\(", path.read_text(), re.M)]
    assert files
    declared = bazel(HERE, "query", "tests(//cases/...)").stdout.split()
    for path in files:
        assert any(target.startswith(f"//cases:{path.stem}_") for target in declared), (
            f"no case of {path.name} is declared"
        )

    events = ROOT / "events.json"
    done = bazel(HERE, "test", "//cases/...", "--test_output=errors", f"--build_event_json_file={events}", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    passed = [line["id"]["testSummary"]["label"] for line in lines if "testSummary" in line]
    assert sorted(passed) == sorted(target for target in declared if target in passed)
    assert len(passed) > 30


def test_the_two_tables_of_platforms_are_in_step(module: Path):
    bazel(HERE, "build", "//cases:platforms", "@monowheel_tool//:monowheel")
    root = Path(bazel(HERE, "info", "execution_root").stdout.strip())
    table, tool = [
        root / bazel(HERE, "cquery", "--output=files", target).stdout.strip()
        for target in ["//cases:platforms", "@monowheel_tool//:monowheel"]
    ]
    rows = json.loads(table.read_text())
    unknown = subprocess.run(
        [tool, "resolve", "--lock", module / "uv.lock", "--platform", "none"], capture_output=True, text=True
    )
    names = re.search(r"the platforms are (.*)", unknown.stderr)
    assert names, unknown.stderr
    assert sorted(rows) == sorted(names.group(1).split(", "))

    options = [option for name in rows for option in ("--platform", name)]
    resolved = subprocess.run(
        [tool, "resolve", "--lock", module / "uv.lock", *options], capture_output=True, check=True
    )
    for name, platform in json.loads(resolved.stdout)["platforms"].items():
        row = rows[name]
        assert (row["os"], row["cpu"]) == (platform["os"], platform["cpu"]), name
        kind = {"gnu": "glibc", "musl": "musl"}.get(platform.get("libc"), platform["os"])
        minimum = [kind, *map(int, platform["minimum"].split("."))] if "minimum" in platform else None
        assert row["minimum"] == minimum, name


def test_paths_can_be_mapped():
    targets = "deps(//cases:actions_bin) + deps(//cases:fetched_wheel)"
    shown = bazel(HERE, "aquery", "--experimental_output_paths=strip", targets).stdout
    ours = [action for action in shown.split("\n\n") if "Mnemonic: Monowheel" in action]
    mnemonics = sorted(re.search(r"Mnemonic: (\w+)", action).group(1) for action in ours)
    assert mnemonics == [
        "MonowheelAssemble",
        *["MonowheelFacts"] * 3,
        "MonowheelFetch",
        *["MonowheelSbom"] * 2,
    ]
    for action in ours:
        assert ("requires-network" in action) == ("Mnemonic: MonowheelFetch" in action), action
        command = action[action.index("Command Line") :]
        assert "bazel-out/cfg/bin/" in command, command
        assert "k8-" not in command.split("# Configuration")[0], command


def test_only_the_wheels_at_hand_are_fetched(module: Path):
    bazel(module, "build", "--nobuild", "@locked//:project")
    external = Path(bazel(module, "info", "output_base").stdout.strip()) / "external"
    fetched = sorted(path.name for folder in external.glob("*locked__*") for path in folder.glob("*.whl"))
    assert fetched == [
        "alpha-1.0-py3-none-any.whl",
        "beta-2.0-py3-none-any.whl",
        "circle_a-1.0-py3-none-any.whl",
        "circle_b-1.0-py3-none-any.whl",
        "native-3.0-cp311-cp311-manylinux_2_17_x86_64.whl",
    ]


def test_two_hubs_of_one_name(module: Path):
    file = module / "MODULE.bazel"
    file.write_text(file.read_text() + 'wheels.lock(name = "locked", lock = "//:uv.lock")\n')
    words = refused(module, "build", "@locked//alpha")
    assert 'wheels.lock(name = "locked")' in words and "expected a name of its own" in words, words


def test_a_netrc_beside_fetching_in_actions(module: Path):
    file = module / "MODULE.bazel"
    lock = 'lock = "//:uv.lock"'
    file.write_text(file.read_text().replace(lock, f'{lock}, fetch = "action", netrc = "/home/me/.netrc"'))
    words = refused(module, "build", "@locked//alpha")
    assert 'wheels.lock(name = "locked")' in words and 'expected no `netrc` beside `fetch = "action"`' in words, words


def test_limits_of_a_package_that_is_not_there(module: Path):
    file = module / "MODULE.bazel"
    file.write_text(file.read_text() + 'wheels.limits(lock = "locked", package = "betta", max_gib = 64)\n')
    words = refused(module, "build", "@locked//alpha")
    assert "expected a package that the lock file //:uv.lock has wheels of, but got `betta`" in words, words


def test_limits_of_a_lock_that_is_not_there(module: Path):
    file = module / "MODULE.bazel"
    file.write_text(file.read_text() + 'wheels.limits(lock = "pypi", package = "alpha", max_gib = 64)\n')
    words = refused(module, "build", "@locked//alpha")
    assert 'wheels.limits(lock = "pypi"' in words and "expected the name of one of its `wheels.lock`: `locked`" in words


def test_a_lock_file_that_cannot_be_read(module: Path):
    (module / "uv.lock").write_text("version = 1\n[[package]\n")
    words = refused(module, "build", "@locked//alpha")
    assert 'wheels.lock(name = "locked")' in words and "uv.lock:2:" in words, words


def test_a_lock_file_that_is_not_there(module: Path):
    (module / "uv.lock").unlink()
    words = refused(module, "build", "@locked//alpha")
    assert "uv.lock" in words, words


def test_a_wheel_that_is_not_there(module: Path):
    (module / "wheels" / "beta-2.0-py3-none-any.whl").unlink()
    words = refused(module, "build", "--nobuild", "@locked//alpha")
    assert (
        "wheel `beta-2.0-py3-none-any.whl` of `@locked//beta`: expected the file that the lock file names" in words
    ), words


def test_an_edit_of_the_lock_file_is_seen(module: Path):
    assert "alpha[fast]" in bazel(module, "query", "@locked//alpha:all").stdout
    lock = module / "uv.lock"
    lock.write_text(lock.read_text().replace("\nfast = [", "\nquick = ["))
    assert "alpha[quick]" in bazel(module, "query", "@locked//alpha:all").stdout


def test_an_edit_of_what_a_lock_file_includes_is_seen(module: Path):
    """A file that another one includes, and a folder that it takes wheels from."""
    (module / "MODULE.bazel").write_text((module / "MODULE.bazel").read_text().replace("uv.lock", "requirements.txt"))
    (module / "BUILD.bazel").write_text('exports_files(["requirements.txt"])\n')
    (module / "requirements.txt").write_text("--no-index\n--find-links wheels\n-r base.txt\n")
    beta = module / "wheels/beta-2.0-py3-none-any.whl"
    alpha = module / "wheels/alpha-1.0-py3-none-any.whl"
    included = module / "base.txt"
    included.write_text(f"beta==2.0 --hash=sha256:{digest(beta)}\n")
    assert "@locked//beta:beta" in bazel(module, "query", "@locked//beta:all").stdout
    assert "no such package" in refused(module, "query", "@locked//alpha:all")
    included.write_text(included.read_text() + f"alpha==1.0 --hash=sha256:{digest(alpha)}\n")
    away = alpha.rename(module / alpha.name)
    assert "No wheel of alpha 1.0" in refused(module, "build", "--nobuild", "@locked//alpha")
    away.rename(alpha)
    bazel(module, "build", "--nobuild", "@locked//alpha")


def test_a_machine_without_cargo(module: Path):
    # A folder of its own, since its server must never have built the tool.
    bare = shutil.copytree(module, ROOT / "bare", dirs_exist_ok=True)
    programs = bare / "programs"
    shutil.rmtree(programs, ignore_errors=True)
    programs.mkdir()
    for folder in map(Path, ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]):
        for program in folder.iterdir():
            if program.name not in ("cargo", "rustc") and not (programs / program.name).is_symlink():
                (programs / program.name).symlink_to(program)
    try:
        done = bazel(bare, "build", "@locked//alpha", check=False, PATH=str(programs))
    finally:
        bazel(bare, "shutdown", check=False)
        shutil.rmtree(bare)
    assert done.returncode != 0
    assert "expected `cargo` on PATH" in done.stderr and "https://rustup.rs" in done.stderr, done.stderr


def test_reference_page():
    assert reference.PAGE.read_text() == reference.extracted(bazel), (
        "run tests/analysis/reference.py, and read what it changed"
    )
