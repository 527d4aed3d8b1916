"""The other examples: a workspace, poetry, data science; for this platform and another, with and without Bazel."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import Clone
from test_fastapi import environment, serve

ARM = "--platforms=@monowheel//rules/platforms:aarch64-unknown-linux-gnu"


# What the worker of the workspace is built for, and what marks wheels of that platform.
PLATFORMS = {
    "x86_64-unknown-linux-gnu": "manylinux.*x86_64",
    "aarch64-unknown-linux-gnu": "manylinux.*aarch64",
    "x86_64-unknown-linux-musl": "musllinux.*x86_64",
    "aarch64-apple-darwin": "macosx.*(arm64|universal2)",
}


def wheels(file: Path) -> list[str]:
    """Names of the wheels inside."""
    return [Path(name).name for name in zipfile.ZipFile(file).namelist() if name.endswith(".whl")]


def has(file: Path, project: str) -> bool:
    return any(name.startswith(f"{project}-") for name in wheels(file))


def command_line(folder: Path, *arguments: object) -> None:
    """Run the tool as a user without Bazel does."""
    subprocess.run([os.environ["MONOWHEEL_TOOL"], "build", *map(str, arguments)], cwd=folder, check=True)


def test_services_of_a_workspace_have_closures_of_their_own(clone: Clone, runtime_root):
    api, worker = (clone.build("monorepo", f"//services/{name}") for name in ("api:api", "worker:worker"))
    assert has(api, "fastapi") and not has(api, "orjson")
    assert has(worker, "orjson") and not has(worker, "fastapi")
    order = '{"number": 7, "items": ["a", "b"]}'
    done = subprocess.run(
        [worker], input=order, env=environment(runtime_root), capture_output=True, text=True, check=True
    )
    assert done.stdout == '{"number":7,"items":2}\n'


def test_the_command_line_makes_the_same_bytes(clone: Clone, tmp_path):
    built = clone.build("monorepo", "//services/worker:worker").read_bytes()
    target = ["--platform", "x86_64-unknown-linux-gnu", "--cache-dir", tmp_path / "cache"]
    command_line(clone.project / "examples/monorepo", "--package", "worker", *target, "-o", tmp_path / "worker")
    assert (tmp_path / "worker").read_bytes() == built


def test_another_platform_is_built_and_nothing_else_is_fetched(clone: Clone):
    worker = clone.build("monorepo", "//services/worker:worker", ARM)
    native = [name for name in wheels(worker) if not name.endswith("-any.whl")]
    assert native and all("aarch64" in name for name in native), native
    names = fetched(clone, "monorepo")
    assert any("aarch64" in name for name in names)
    assert not [name for name in names if re.search("macosx|win_amd64|musllinux", name)]


@pytest.fixture(scope="module")
def fresh(scratch: Path):
    """Give a clone that has fetched nothing yet."""
    clone = Clone(scratch / "fresh")
    yield clone
    clone.close()


def fetched(clone: Clone, example: str) -> list[str]:
    """Repositories of wheels that are there."""
    base = Path(clone.bazel(example, "info", "output_base").stdout.strip())
    return [path.name for path in (base / "external").iterdir() if "pypi__" in path.name and path.is_dir()]


def test_one_platform_of_several_fetches_its_own_wheels_alone(fresh: Clone, tmp_path):
    fresh.build("monorepo", "//services/worker:worker-aarch64-unknown-linux-gnu", f"--repository_cache={tmp_path}")
    native = [name for name in fetched(fresh, "monorepo") if not name.endswith("_any")]
    assert native and all(re.search("manylinux.*aarch64", name) for name in native), native


def test_one_command_builds_for_four_platforms(fresh: Clone):
    targets = {platform: f"//services/worker:worker-{platform}" for platform in PLATFORMS}
    # Whatever the command line says.
    flags = ["--platforms=@monowheel//rules/platforms:x86_64-pc-windows-msvc"]
    fresh.bazel("monorepo", "build", *flags, *targets.values())
    root = Path(fresh.bazel("monorepo", "info", "execution_root").stdout.strip())
    for platform, target in targets.items():
        file = root / fresh.bazel("monorepo", "cquery", *flags, "--output=files", target).stdout.strip()
        told = subprocess.run(
            [os.environ["MONOWHEEL_TOOL"], "inspect", "--json", file], capture_output=True, text=True, check=True
        )
        inside = json.loads(told.stdout)
        assert inside["platform"] == platform
        native = [package["file"] for package in inside["packages"] if not package["file"].endswith("-any.whl")]
        assert native and all(re.search(PLATFORMS[platform], name) for name in native), native


def test_a_poetry_lock_serves(clone: Clone, runtime_root, tmp_path):
    serve([str(clone.build("poetry", "//svc:bin"))], runtime_root, tmp_path)


def test_a_poetry_project_without_bazel(clone: Clone, runtime_root, tmp_path):
    command_line(
        clone.project / "examples/poetry", "--script", "uvicorn", "--source", "svc", "-o", tmp_path / "service"
    )
    serve([str(tmp_path / "service")], runtime_root, tmp_path)


def test_data_science_draws_a_picture(clone: Clone, runtime_root, tmp_path):
    picture = tmp_path / "chart.png"
    subprocess.run([clone.build("datascience", "//:plot"), picture], env=environment(runtime_root), check=True)
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("wheel", ["cycler-0.12.1-py3-none-any.whl"])
def test_a_wheel_of_ones_own_takes_the_place_of_a_locked_one(clone: Clone, tmp_path, wheel):
    folder = clone.project / "examples/datascience"
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, "cycler==0.12.1"],
        check=True,
    )
    module, build = folder / "MODULE.bazel", folder / "BUILD.bazel"
    texts = module.read_text(), build.read_text()
    override = f'wheels.override(\n    lock = "pypi",\n    package = "cycler",\n    wheel = "//:{wheel}",\n)\nuse_repo('
    try:
        module.write_text(texts[0].replace("use_repo(", override))
        build.write_text(texts[1].replace('["uv.lock"]', f'["uv.lock", "{wheel}"]'))
        assert wheel in wheels(clone.build("datascience", "//:plot"))
        names = clone.bazel("datascience", "query", "deps(@pypi//cycler)").stdout
        assert "pypi__override_cycler" in names, names
    finally:
        module.write_text(texts[0])
        build.write_text(texts[1])
