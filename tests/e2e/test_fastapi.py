"""The model case: a FastAPI service as one file, copied anywhere."""

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Clone, free_port, get, serving

HELLO = {"message": "Hello World"}


def environment(root: Path) -> dict[str, str]:
    return {**os.environ, "MONOWHEEL_ROOT": str(root)}


def serve(command: list[str], root: Path, cwd: Path) -> tuple[int, str]:
    """Serve one request and stop with SIGTERM: exit status and what was logged."""
    port = free_port()
    with serving([*command, "main:app", "--port", str(port)], port, cwd=cwd, env=environment(root)) as process:
        status, body = get(port)
        assert (status, json.loads(body)) == (200, HELLO)
        process.send_signal(signal.SIGTERM)
        log = process.stdout.read()
        return process.wait(timeout=30), log


def test_serves_from_anywhere_with_workspace_and_outputs_out_of_reach(fastapi_bin, clone, runtime_root, tmp_path):
    hidden = clone.root.with_name("hidden")
    clone.root.rename(hidden)
    try:
        status, log = serve([str(fastapi_bin)], runtime_root, tmp_path)
    finally:
        hidden.rename(clone.root)
    assert "Application shutdown complete" in log
    assert status in (0, -signal.SIGTERM)


def test_ends_as_uvicorn_itself_does(fastapi_bin, clone, runtime_root, tmp_path):
    plain = tmp_path / "plain"
    project = clone.project / "examples" / "fastapi"
    subprocess.run(
        ["uv", "sync", "--quiet", "--frozen", "--no-install-project", "--python", sys.executable],
        cwd=project,
        env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(plain), "VIRTUAL_ENV": ""},
        check=True,
    )
    expected, _ = serve([str(plain / "bin" / "uvicorn")], runtime_root, project / "svc")
    found, _ = serve([str(fastapi_bin)], runtime_root, tmp_path)
    assert found == expected


def test_the_native_launcher_serves_from_anywhere(clone: Clone, runtime_root, tmp_path):
    built = clone.build("fastapi", "//svc:native")
    away = Path(shutil.copy(built, tmp_path / "service"))
    told = subprocess.run(
        [os.environ["MONOWHEEL_TOOL"], "inspect", "--json", away], capture_output=True, text=True, check=True
    )
    assert json.loads(told.stdout)["head"]["kind"] == "native"
    # No shell and nothing else is there to be found by name, but the interpreter.
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "python3").symlink_to(sys.executable)
    port = free_port()
    command = [str(away), "main:app", "--port", str(port)]
    with serving(command, port, cwd=tmp_path, env={"PATH": str(programs), "MONOWHEEL_ROOT": str(runtime_root)}):
        assert json.loads(get(port)[1]) == HELLO


def test_a_portable_file_neither_fetches_nor_builds_a_launcher(scratch: Path):
    fresh = Clone(scratch / "portable")
    try:
        fresh.build("fastapi", "//svc:bin")
        external = Path(fresh.bazel("fastapi", "info", "output_base").stdout.strip()) / "external"
        names = [path.name for path in external.iterdir() if path.is_dir()]
        assert any("monowheel_toolchains" in name for name in names), names
        assert not any("monowheel_launcher" in name for name in names), names
    finally:
        fresh.close()


def test_a_platform_without_a_launcher_is_refused(clone: Clone):
    other = f"{'x86_64' if platform.machine() == 'aarch64' else 'aarch64'}-unknown-linux-musl"
    flag = f"--platforms=@monowheel//rules/platforms:{other}"
    done = clone.bazel("fastapi", "build", "--nobuild", flag, "//svc:native", check=False)
    assert done.returncode != 0
    assert f"there is no native launcher for the platform that is built for, {other}" in done.stderr
    assert 'hint: `launcher = "portable"`' in done.stderr


def test_bills_of_materials_are_made_when_asked_for(clone: Clone):
    built = clone.build("fastapi", "//svc:bin")
    extensions = {"cyclonedx": "cdx.json", "spdx": "spdx.json"}
    assert not any(built.with_name(f"bin.{extension}").exists() for extension in extensions.values())
    for form, extension in extensions.items():
        clone.build("fastapi", "//svc:bin", f"--output_groups={form}")
        told = subprocess.run(
            [os.environ["MONOWHEEL_TOOL"], "sbom", built, "--format", form], capture_output=True, check=True
        )
        assert built.with_name(f"bin.{extension}").read_bytes() == told.stdout


def test_python_runs_the_file_as_a_zipapp(fastapi_bin, runtime_root, tmp_path):
    serve([sys.executable, str(fastapi_bin)], runtime_root, tmp_path)


@pytest.mark.parametrize("name", ["with spaces", "größe-日本", "quo'te\"s $HOME `x`", "new\nline"])
def test_any_name_does(fastapi_bin, runtime_root, tmp_path, name):
    shutil.copy(fastapi_bin, tmp_path / name)
    serve([str(tmp_path / name)], runtime_root, tmp_path)
    serve([f"./{name}"], runtime_root, tmp_path)


def test_a_symbolic_link_does(fastapi_bin, runtime_root, tmp_path):
    (tmp_path / "link").symlink_to(fastapi_bin)
    serve(["./link"], runtime_root, tmp_path)
    serve([sys.executable, "link"], runtime_root, tmp_path)


def test_found_on_path(fastapi_bin, runtime_root, tmp_path):
    found = subprocess.run(
        ["bin", "--version"],
        env={**environment(runtime_root), "PATH": f"{fastapi_bin.parent}:{os.environ['PATH']}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "uvicorn" in found.stdout


def test_bazel_run_passes_arguments(clone: Clone):
    assert "uvicorn" in clone.bazel("fastapi", "run", "//svc:bin", "--", "--version").stdout


def test_bazel_test_runs_pytest(clone: Clone):
    done = clone.bazel("fastapi", "test", "//...", "--test_output=all", "--cache_test_results=no")
    assert "passed" in done.stdout, done.stdout
    assert "PASSED" in done.stdout + done.stderr


def test_query_knows_the_targets(clone: Clone):
    assert "//svc:bin" in clone.bazel("fastapi", "query", "//svc:all").stdout.split()
    assert 'mnemonic: "MonowheelAssemble"' not in clone.bazel("fastapi", "query", "//svc:bin").stdout
    assert "Mnemonic: MonowheelAssemble" in clone.bazel("fastapi", "aquery", "//svc:bin").stdout
