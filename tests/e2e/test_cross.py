"""Building for another processor than this machine's, shown by running the file on it, emulated."""

import json
import shutil
import subprocess

import foreign
from conftest import Clone, free_port, get, serving

FLAGS = ["--platforms=@monowheel//rules/platforms:aarch64-unknown-linux-gnu"]


def test_a_service_for_aarch64_serves_there(clone: Clone):
    """Built here, without an emulator; started by an arm64 Python under qemu-user, in a root of arm64."""
    assert subprocess.run(["uname", "-m"], capture_output=True, text=True, check=True).stdout.strip() == "x86_64"
    root = foreign.arm64()
    built = clone.build("fastapi", "//svc:bin", *FLAGS)
    shutil.copy(built, root / "srv/service")
    shutil.rmtree(root / "root/.cache", ignore_errors=True)
    port = free_port()
    command = ["chroot", str(root), "/srv/service", "main:app", "--port", str(port)]
    environment = {"PATH": "/usr/sbin:/usr/bin:/bin", "HOME": "/root"}
    with serving(command, port, env=environment):
        status, body = get(port)
        assert (status, json.loads(body)) == (200, {"message": "Hello World"})
    libraries = list((root / "root/.cache/monowheel/deps").rglob("_pydantic_core*.so"))
    assert [library.name for library in libraries] == ["_pydantic_core.cpython-311-aarch64-linux-gnu.so"]
