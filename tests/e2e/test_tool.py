"""The tool is an input of every action, so it is the same file wherever and whenever it is built."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from conftest import CACHE, TOP, Clone
from machines import OTHER_USER, build_release, released_tool


def test_bazel_builds_what_a_release_has(clone: Clone):
    [action, *_] = clone.actions("fastapi", "//svc:bin", "--disk_cache=")
    execroot = Path(clone.bazel("fastapi", "info", "execution_root").stdout.strip())
    # A static program has the C library of where it is linked: for a self-made Bazel that is Bazel's own root.
    inside = (str(TOP / "bazelw"), "--in-root")
    released = build_release(TOP, CACHE / "machines/inside", CACHE / "machines/cargo-inside", inside)
    assert (execroot / action["commandArgs"][0]).read_bytes() == released.read_bytes()


def test_another_user_builds_the_same_in_another_folder(clone: Clone):
    """From nothing: other path, user, home, registry folder, locale, time zone, umask; and later."""
    if os.geteuid() != 0:
        pytest.fail("run as root: this test changes to another user")
    expected = released_tool().read_bytes()
    root = Path(tempfile.mkdtemp(prefix="monowheel other mächine ", dir="/var/tmp"))
    try:
        shutil.copytree(clone.project, root / "source", ignore=shutil.ignore_patterns("bazel-*"))
        # The script asks for the commit.
        for line in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "x"]):
            identity = ["-c", "user.name=x", "-c", "user.email=x@localhost"]
            subprocess.run(["git", *identity, *line], cwd=root / "source", check=True)
        rust = toolchain(root / "rust")
        (root / "home").mkdir()
        root.chmod(0o755)
        subprocess.run(["chown", "-R", f"{OTHER_USER}:{OTHER_USER}", str(root)], check=True)
        environment = {
            "PATH": f"{rust}/bin:/usr/bin:/bin",
            "HOME": str(root / "home"),
            "TZ": "Pacific/Kiritimati",
            "LC_ALL": "tr_TR.UTF-8",
            "SOURCE_DATE_EPOCH": "1700000000",
            **{name: value for name, value in os.environ.items() if name.startswith("SSL_") or name.endswith("_PROXY")},
        }
        options = {"user": OTHER_USER, "group": OTHER_USER, "extra_groups": [], "umask": 0o077, "env": environment}
        found = build_release(root / "source", root / "out", root / "a target", cwd=root, **options).read_bytes()
    finally:
        shutil.rmtree(root, ignore_errors=True)
    assert found == expected


def toolchain(folder: Path) -> Path:
    """Make the toolchain visible to another user, whom a home folder may be closed to; hard links cost nothing."""
    done = subprocess.run(["rustc", "--print", "sysroot"], check=True, capture_output=True, text=True)
    sysroot = Path(done.stdout.strip())
    shutil.copytree(sysroot, folder, symlinks=True, copy_function=link, ignore=shutil.ignore_patterns("doc", "share"))
    return folder


def link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
