"""The other examples: a workspace, poetry, data science; for this platform and another, with and without Bazel."""

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
    base = Path(clone.bazel("monorepo", "info", "output_base").stdout.strip())
    fetched = [path.name for path in (base / "external").iterdir() if "pypi__" in path.name and path.is_dir()]
    assert any("aarch64" in name for name in fetched)
    assert not [name for name in fetched if re.search("macosx|win_amd64|musllinux", name)]


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
