"""Machines for the tests of sharing: clones that have nothing in common but the commit and the servers."""

import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from conftest import CACHE, TOP, Clone, spawns
from released import PLATFORM, release

VERSION = "0.1.0"
EXAMPLES = sorted(path.parent.name for path in (Path(__file__).parents[2] / "examples").glob("*/MODULE.bazel"))
OTHER_USER = 65534


def released_tool() -> Path:
    """Give the tool as a release has it; `$MONOWHEEL_RELEASED_TOOL` names one that was built before."""
    given = os.environ.get("MONOWHEEL_RELEASED_TOOL")
    return Path(given) if given else build_release(TOP, CACHE / "machines/release", CACHE / "machines/cargo")


@functools.cache
def released_fetcher() -> Path:
    """Give the fetcher as a release has it; `$MONOWHEEL_RELEASED_FETCHER` names one that was built before."""
    given = os.environ.get("MONOWHEEL_RELEASED_FETCHER")
    work, program = CACHE / "machines/cargo", "monowheel-fetcher"
    return Path(given) if given else build_release(TOP, CACHE / "machines/fetcher", work, program=program)


@functools.cache
def launcher() -> Path:
    """Build the launcher, as it is shipped."""
    done = subprocess.run([TOP / "tool/crates/launcher/build"], check=True, capture_output=True, text=True)
    return Path(done.stdout.strip())


def build_release(
    project: Path, output: Path, work: Path, prefix: tuple[str, ...] = (), program: str = "monowheel", **options
) -> Path:
    """Build a program from the sources in `project` by the release script, and give the file."""
    shutil.rmtree(output, ignore_errors=True)
    host = next(
        line.removeprefix("host: ")
        for line in subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout.splitlines()
        if line.startswith("host: ")
    )
    line = [*prefix, str(project / "tool/release"), VERSION, "--output", str(output), "--work", str(work)]
    line += ["--build", f"{PLATFORM}={host}", "--only", program]
    done = subprocess.run(line, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return output / f"files/{program}-{VERSION}-{PLATFORM}"


class Machine(Clone):
    """A clone that gives the log of our actions for every target of an example; its binaries are released ones."""

    def __init__(self, root: Path, tool: Path, **environment: str) -> None:
        super().__init__(root, **environment)
        self.release("monowheel", tool)
        self.release("monowheel-launcher", launcher())

    def release(self, program: str, binary: Path) -> None:
        """Have the rules take a copy of a program as a released one."""
        release(self.project, program, Path(shutil.copyfile(binary, self.root / program)))

    def fetch_in_actions(self, example: str) -> None:
        """Have actions fetch the wheels of an example."""
        self.release("monowheel-fetcher", released_fetcher())
        module = self.project / "examples" / example / "MODULE.bazel"
        lock = '    lock = "//:uv.lock",\n'
        assert module.read_text().count(lock) == 1
        module.write_text(module.read_text().replace(lock, f'    fetch = "action",\n{lock}'))

    def ours(self, example: str, *flags: str, target: str = "//...") -> list[dict]:
        """Build `target` and give Bazel's log of our actions, from whatever cache or none."""
        log = self.writable / "execution.json"
        log.unlink(missing_ok=True)
        self.bazel(example, "build", "--build_tag_filters=-manual", f"--execution_log_json_file={log}", *flags, target)
        return [spawn for spawn in spawns(log) if spawn["mnemonic"].startswith("Monowheel")]

    @property
    def writable(self) -> Path:
        """A folder that Bazel's user can write."""
        folder = self.root / "writable"
        folder.mkdir(mode=0o777, exist_ok=True)
        folder.chmod(0o777)
        return folder

    def clean(self, example: str) -> None:
        """Forget everything that was built, not what was fetched."""
        self.bazel(example, "clean")


class OtherMachine(Machine):
    """A machine with another path, home, user, umask, locale, time zone, and cold caches."""

    def __init__(self, tool: Path) -> None:
        root = Path(tempfile.mkdtemp(prefix="monowheel other machine ", dir="/var/tmp"))
        home = root / "home"
        home.mkdir()
        self.repositories = root / "repositories"
        environment = {
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "MONOWHEEL_BAZEL_CACHE": os.environ.get("MONOWHEEL_BAZEL_CACHE")
            or str(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "monowheel-bazel"),
            "TZ": "Pacific/Kiritimati",
            "LANG": "tr_TR.UTF-8",
            "LC_ALL": "C",
            "SOURCE_DATE_EPOCH": "1700000000",
            "PYTHONHASHSEED": "7",
            "TMPDIR": "/var/tmp",
            "SECRET_OF_THE_MACHINE": "x",
        }
        super().__init__(root, tool, **environment)
        self.umask = 0o027
        if os.geteuid() == 0:
            # A self-made Bazel changes to this user; with one on PATH it stays the same user.
            self.environment["MONOWHEEL_BAZEL_USER"] = f"{OTHER_USER}:{OTHER_USER}"
            root.chmod(0o755)
            subprocess.run(["chown", "-R", f"{OTHER_USER}:{OTHER_USER}", str(root)], check=True)
        for path in self.project.rglob("*"):
            os.utime(path, (1_000_000_000, 1_000_000_000))

    def bazel(self, example: str, command: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run Bazel with a repository cache of this machine's own."""
        # A flag that a machine's owner might well have set; it must reach no action of ours.
        own = [f"--repository_cache={self.repositories}", "--action_env=SECRET_OF_THE_MACHINE"]
        return super().bazel(example, command, *(own if command == "build" else []), *arguments, check=check)


def outputs(actions: list[dict]) -> dict[str, str]:
    """Give path and hash of each output of the actions."""
    return {output["path"]: output["digest"]["hash"] for action in actions for output in action["actualOutputs"]}


def misses(actions: list[dict]) -> list[str]:
    """Give the actions that were executed and not found in a cache."""
    return [f"{action['mnemonic']} {action['targetLabel']}" for action in actions if not action["cacheHit"]]
