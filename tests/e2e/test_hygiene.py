"""What our actions are made of: declared inputs, declared outputs, and nothing of the machine."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import Clone
from machines import EXAMPLES, Machine, released_tool

# What a machine's owner may have set, and what must not get into a key.
MACHINE = ["--action_env=SECRET_OF_THE_MACHINE=x", "--stamp", "--embed_label=release"]
MNEMONICS = {"MonowheelFacts", "MonowheelAssemble", "MonowheelSbom"}


class Graph:
    """Our actions of an example, as `aquery` prints them."""

    def __init__(self, machine: Clone, example: str) -> None:
        done = machine.bazel(
            example,
            "aquery",
            *MACHINE,
            "--output=jsonproto",
            "--include_param_files",
            "--include_commandline",
            'mnemonic("Monowheel.*", deps(//...))',
        )
        graph = json.loads(done.stdout)
        self.fragments = {entry["id"]: entry for entry in graph["pathFragments"]}
        self.artifacts = {entry["id"]: self.path(entry["pathFragmentId"]) for entry in graph["artifacts"]}
        self.sets = {entry["id"]: entry for entry in graph.get("depSetOfFiles", [])}
        self.labels = {entry["id"]: entry["label"] for entry in graph.get("targets", [])}
        self.actions = [Action(self, entry) for entry in graph["actions"]]

    def path(self, fragment: int) -> str:
        parts: list[str] = []
        while fragment:
            entry = self.fragments[fragment]
            parts.append(entry["label"])
            fragment = entry.get("parentId", 0)
        return "/".join(reversed(parts))

    def files(self, sets: list[int]) -> set[str]:
        found, todo, seen = set(), list(sets), set()
        while todo:
            one = todo.pop()
            if one not in seen:
                seen.add(one)
                found.update(self.artifacts[artifact] for artifact in self.sets[one].get("directArtifactIds", []))
                todo += self.sets[one].get("transitiveDepSetIds", [])
        return found


class Action:
    def __init__(self, graph: Graph, entry: dict) -> None:
        self.mnemonic = entry["mnemonic"]
        self.name = f"{self.mnemonic} {graph.labels[entry['targetId']]}"
        self.arguments = entry["arguments"]
        self.environment = entry.get("environmentVariables", [])
        self.requirements = {pair["key"]: pair.get("value", "") for pair in entry.get("executionInfo", [])}
        self.inputs = graph.files(entry.get("inputDepSetIds", []))
        self.outputs = {graph.artifacts[output] for output in entry["outputIds"]}
        self.params = {file["execPath"]: file.get("arguments", []) for file in entry.get("paramFiles", [])}

    @property
    def words(self) -> list[str]:
        """Everything that the tool is told."""
        return [*self.arguments, *(line for lines in self.params.values() for line in lines)]


@pytest.fixture(scope="module")
def machine(scratch: Path):
    machine = Machine(scratch / "hygiene", released_tool())
    yield machine
    machine.close()


@pytest.fixture(scope="module", params=EXAMPLES)
def graph(request: pytest.FixtureRequest, machine: Machine) -> Graph:
    return Graph(machine, request.param)


def test_every_kind_of_action_is_here(graph: Graph):
    assert {action.mnemonic for action in graph.actions} <= MNEMONICS | {"MonowheelBytecode"}
    assert "MonowheelAssemble" in {action.mnemonic for action in graph.actions}


def test_no_action_has_an_environment(graph: Graph):
    # Neither what --action_env says nor the default PATH.
    assert [action.name for action in graph.actions if action.environment] == []


def test_no_action_is_bound_to_this_machine(graph: Graph):
    kept = {"local", "no-cache", "no-remote", "no-remote-cache", "no-remote-exec", "no-sandbox", "requires-network"}
    assert [
        (action.name, kept & set(action.requirements)) for action in graph.actions if kept & set(action.requirements)
    ] == []
    assert [action.name for action in graph.actions if "supports-path-mapping" not in action.requirements] == []


def test_no_action_is_told_an_absolute_path(graph: Graph, machine: Machine):
    for action in graph.actions:
        for word in action.words:
            for text in strings(word):
                # Two slashes begin a label.
                assert not text.startswith("/") or text.startswith("//"), f"{action.name}: {text}"
                assert str(machine.root) not in text, f"{action.name}: {text}"


def strings(word: str) -> list[str]:
    """Give the strings in a line of the manifest, or an argument as it is."""
    try:
        value = json.loads(word)
    except ValueError:
        return [word, *word.split("=", 1)]
    return [value] if isinstance(value, str) else list(leaves(value))


def leaves(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in leaves(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in leaves(inner)]
    return [value] if isinstance(value, str) else []


def test_no_action_is_stamped(graph: Graph):
    # --stamp is given, but no target of the examples asks for it.
    assert "MonowheelStamp" not in {action.mnemonic for action in graph.actions}
    status = ("stable-status.txt", "volatile-status.txt", "build-info", "build-changelist.txt")
    assert [name for action in graph.actions for name in action.inputs if name.endswith(status)] == []


def test_every_input_is_asked_for_and_nothing_else_is(graph: Graph):
    for action in graph.actions:
        tool, *arguments = action.arguments
        told = {text for word in [*arguments, *action.words] for text in strings(word)}
        named = {text.removeprefix("@") for text in told} | {tool} | set(action.params)
        # A directory of the tree is named, not the files in it.
        assert {name for name in action.inputs if name not in named} == set(), action.name
        assert action.outputs <= named, action.name


def test_an_action_needs_no_root_and_makes_its_outputs_only(machine: Machine, tmp_path: Path):
    """Each action of the example again, by hand: chrooted into its declared inputs, with an environment that lies."""
    if os.geteuid() != 0:
        pytest.fail("run as root: this test uses chroot")
    machine.bazel("fastapi", "clean")
    flags = ["--materialize_param_files", "--output_groups=+cyclonedx"]
    actions = machine.ours("fastapi", *flags, target="//svc:bin")
    assert {action["mnemonic"] for action in actions} == MNEMONICS
    execroot = Path(machine.bazel("fastapi", "info", "execution_root").stdout.strip())
    for number, action in enumerate(actions):
        root = tmp_path / str(number)
        for path in action["inputs"]:
            target = root / path["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(execroot / path["path"], target)
        for path in action["listedOutputs"]:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
        before = {path for path in root.rglob("*") if path.is_file()}
        lies = {
            "HOME": "/nowhere",
            "TMPDIR": "/nowhere",
            "TZ": "Asia/Kathmandu",
            "LC_ALL": "tr_TR.UTF-8",
            "MONOWHEEL_ROOT": "/x",
        }
        tool, *arguments = action["commandArgs"]
        subprocess.run(["/usr/sbin/chroot", str(root), f"/{tool}", *arguments], check=True, env=lies, umask=0o077)
        after = {path for path in root.rglob("*") if path.is_file()} - before
        assert {str(path.relative_to(root)) for path in after} == set(action["listedOutputs"])
        for path in action["listedOutputs"]:
            assert (root / path).read_bytes() == (execroot / path).read_bytes(), path
        shutil.rmtree(root)


def test_the_tool_is_static_and_small(machine: Machine):
    [action] = assembling(machine)
    execroot = Path(machine.bazel("fastapi", "info", "execution_root").stdout.strip())
    tool = execroot / action["commandArgs"][0]
    assert tool.stat().st_size < 4_000_000
    content = tool.read_bytes()
    folders = [str(machine.root), str(Path.home()), str(execroot), ".cargo/registry"]
    assert [folder for folder in folders if folder.encode() in content] == []
    assert b"/lib64/ld-linux" not in content


def assembling(machine: Machine) -> list[dict]:
    machine.bazel("fastapi", "clean")
    return [
        action for action in machine.ours("fastapi", target="//svc:bin") if action["mnemonic"] == "MonowheelAssemble"
    ]
