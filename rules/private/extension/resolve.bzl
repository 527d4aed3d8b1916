"""Runs `monowheel resolve`: for the extension, which declares repositories, and for the repository of a lock file, which holds names.

Each asks for its half of the answer. A start of Bazel's server evaluates the extension anew, so that half is kept short; the other one is by
far the longer, and is made once for each state of the lock file.
"""

load("//rules/private:labels.bzl", "label_text")

# Of the JSON that `monowheel resolve` prints.
_FORMAT = 1

def resolve(ctx, *, where, lock, project, half, arguments):
    """Reads a lock file, and has Bazel do so again when a file changes that was read.

    Args:
        ctx: context of the module extension or of the repository rule.
        where: who asks, for messages.
        lock: label of the lock file.
        project: label of the `pyproject.toml` that a poetry.lock is of, or None for the one beside it.
        half: `wheels` or `targets`.
        arguments: further arguments of `monowheel resolve`.

    Returns:
        what it printed, decoded.
    """
    tool, path = ctx.path(Label("@monowheel_tool//:monowheel")), ctx.path(lock)
    project_path = ctx.path(project) if project else path.dirname.get_child("pyproject.toml")

    # `.python-version` names the Python version that is meant where nobody asks for one.
    for file in [tool, path, project_path, path.dirname.get_child(".python-version")]:
        ctx.watch(file)
    command = [tool, "resolve", "--lock", path, "--half", half] + arguments
    result = ctx.execute(command + (["--project", project_path] if project_path.exists else []))
    if result.return_code != 0:
        fail("{}: failed to read the lock file {}\n{}".format(where, label_text(lock), result.stderr))
    resolved = json.decode(result.stdout)
    if resolved["version"] != _FORMAT:
        fail("{}: expected `monowheel resolve` to print format {}, but got {}".format(where, _FORMAT, resolved["version"]))
    for name in resolved["beside"]:
        beside = ctx.path(name if name.startswith("/") else "{}/{}".format(path.dirname, name))
        if beside.is_dir:
            beside.readdir()
        else:
            ctx.watch(beside)
    return resolved
