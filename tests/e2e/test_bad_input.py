"""What a user gets for a mistake: one clear error that names the target, the file and the way out, and no output."""

import hashlib
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from conftest import Clone


@pytest.fixture(scope="module")
def broken(scratch: Path):
    """Give a clone whose example is broken in ever other ways, on the servers of one workspace."""
    clone = Clone(scratch / "broken")
    yield clone
    clone.close()


@pytest.fixture
def example(broken: Clone):
    """Give the example's folder, restored after each test."""
    folder = broken.project / "examples" / "fastapi"
    kept = broken.root / "kept"
    shutil.copytree(folder, kept, symlinks=True, ignore=shutil.ignore_patterns("bazel-*"))
    yield folder
    for path in folder.iterdir():
        if not path.name.startswith("bazel-"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(kept, folder, symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(kept)


def refused(clone: Clone, target: str = "//svc:bin", *arguments: str) -> str:
    """Build what must fail; give the words."""
    done = clone.bazel("fastapi", "build", *arguments, target, check=False)
    assert done.returncode != 0, done.stderr
    output = clone.project / "examples/fastapi/bazel-bin" / target.removeprefix("//").replace(":", "/")
    assert not output.exists()
    assert "Traceback" not in done.stderr.replace("Traceback (most recent call last)", "")
    assert "panicked" not in done.stderr
    return done.stderr


def binary(example: Path, name: str, **attributes: object) -> str:
    """Declare one more binary."""
    lines = "".join(f"    {key} = {value!r},\n" for key, value in attributes.items()).replace("'", '"')
    build = example / "svc" / "BUILD.bazel"
    build.write_text(build.read_text() + f'\npython_binary(\n    name = "{name}",\n{lines})\n')
    return f"//svc:{name}"


def replace_wheel(example: Path, project: str, change) -> Path:
    """Point the lock at a changed copy of the universal wheel of `project`, with the hash of the copy."""
    lock = example / "uv.lock"
    text = lock.read_text()
    found = re.search(rf'url = "([^"]*/({project}-[^"/]*-py3-none-any\.whl))", hash = "sha256:([0-9a-f]+)"', text)
    assert found, f"no wheel of {project} in the lock"
    url, name, digest = found.groups()
    cached = list((Path.home() / ".cache").rglob(f"content_addressable/sha256/{digest}/file"))
    assert cached, "the wheel is in the repository cache, since the example was built before"
    folder = example / "wheels"
    folder.mkdir(exist_ok=True)
    path = folder / name
    shutil.copy(cached[0], path)
    path.chmod(0o644)
    change(path)
    text = text.replace(url, path.as_uri()).replace(digest, hashlib.sha256(path.read_bytes()).hexdigest())
    # The size in the lock is that of the old file.
    lock.write_text(re.sub(rf'({re.escape(name)}"[^}}]*), size = \d+', r"\1", text))
    return path


def truncate(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def alter_a_module(path: Path) -> None:
    """Change one module and leave RECORD as it is."""
    with zipfile.ZipFile(path) as old:
        members = [(info, old.read(info)) for info in old.infolist()]
    with zipfile.ZipFile(path, "w") as new:
        for info, content in members:
            altered = content + b"# altered\n" if info.filename.endswith("__init__.py") else content
            new.writestr(info, altered)


def test_a_wheel_that_is_not_the_locked_one(clone, fastapi_bin, broken, example):
    path = replace_wheel(example, "click", alter_a_module)
    lock = example / "uv.lock"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    # The lock speaks of one file, the place that it names has another.
    lock.write_text(lock.read_text().replace(digest, "0" * 64))
    words = refused(broken)
    assert path.name in words and "0" * 64 in words and digest in words, words


def test_a_truncated_wheel(clone, fastapi_bin, broken, example):
    path = replace_wheel(example, "click", truncate)
    words = refused(broken)
    assert "Failed to read wheel" in words and path.name in words, words
    assert "hint:" in words


def test_a_wheel_whose_record_disagrees(clone, fastapi_bin, broken, example):
    path = replace_wheel(example, "click", alter_a_module)
    words = refused(broken)
    assert "RECORD" in words and path.name in words and "__init__.py" in words, words


def test_a_script_that_does_not_exist(broken, example):
    words = refused(broken, binary(example, "typo", script="uvicon", deps=["@pypi//uvicorn"]))
    assert "//svc:typo" in words and "uvicon" in words and "`uvicorn`" in words, words


def test_an_entry_point_that_does_not_exist(broken, example):
    target = binary(example, "typo", entry_point="mian:app", srcs=["main.py"], imports=["."], deps=["@pypi//fastapi"])
    words = refused(broken, target)
    assert target in words and "no module `mian`" in words and "`main`" in words, words


def test_a_licence_that_the_target_does_not_admit(broken, example):
    policy = {"licenses_allow": ["BSD-*", "Apache-2.0"], "licenses_clarify": {"anyio": "LicenseRef-Ours"}}
    words = refused(broken, binary(example, "strict", script="uvicorn", deps=[":main", "@pypi//uvicorn"], **policy))
    assert re.search(r"//svc:strict: \d+ packages do not pass the licence policy", words), words
    assert re.search(r"fastapi [\d.]+ from @pypi//fastapi: MIT \(\S+\): `licenses_allow` has no MIT", words), words
    assert re.search(r"anyio .*: LicenseRef-Ours \(licenses_clarify\)", words), words
    assert not re.search(r"  (click|uvicorn|starlette) ", words), words
    assert "hint: leave the package out" in words, words


def test_a_module_in_two_places(broken, example):
    for folder in ("one", "two"):
        (example / folder).mkdir()
        (example / folder / "util.py").write_text(f"{folder} = 1\n")
        (example / folder / "BUILD.bazel").write_text(
            'load("@monowheel//rules:defs.bzl", "python_library")\n'
            'python_library(name = "util", srcs = ["util.py"], imports = ["."], visibility = ["//visibility:public"])\n'
        )
    words = refused(
        broken, binary(example, "twice", main="main.py", srcs=["main.py"], deps=["//one:util", "//two:util"])
    )
    assert "//svc:twice" in words and "util.py" in words and "//one:util" in words and "//two:util" in words, words


def test_a_lock_without_a_wheel_for_this_platform(broken, example):
    lock = example / "uv.lock"
    kept = [line for line in lock.read_text().splitlines(True) if not re.search(r"/uvloop-[^/]*linux[^/]*\.whl", line)]
    lock.write_text("".join(kept))
    words = refused(broken)
    assert "uvloop" in words and "wheels.override" in words, words
    # What does not need the package is built as before.
    broken.build("fastapi", binary(example, "other", main="main.py", srcs=["main.py"], deps=["@pypi//fastapi"]))


def test_a_dependency_that_is_not_in_the_lock(broken, example):
    words = refused(broken, binary(example, "missing", main="main.py", srcs=["main.py"], deps=["@pypi//fastapy"]))
    assert "fastapy" in words and "fastapi" in words, words
