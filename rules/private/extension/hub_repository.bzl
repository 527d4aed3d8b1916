"""The repository of a lock file: a package for each project in it, and no more than labels in them."""

load(":metadata.bzl", "reproducible")
load(":resolve.bzl", "resolve")

_ENVIRONMENTS_BUILD = """\
load("@monowheel//rules/private/hub:environment.bzl", "environments")

environments(
    name = "_environment",
    default_python = {default_python},
    environments = {environments},
    hub = {hub},
)
"""

_PACKAGE_BUILD = """\
load("@monowheel//rules/private/hub:locked_package.bzl", "locked_package")

package(default_visibility = ["//visibility:public"])
"""

_PACKAGE = """
locked_package(
    name = {name},
    choices = {choices},
)
"""

_ALIAS = """
alias(
    name = {name},
    actual = {actual},
    visibility = ["//visibility:public"],
)
"""

def _choice(hub, choice):
    environments = None if choice["environments"] == "*" else choice["environments"]
    return {
        "deps": choice.get("deps", []),
        "environments": environments,
        "error": choice.get("error", ""),
        "wheels": ["@{}__{}//:wheel".format(hub, wheel) for wheel in choice.get("wheels", [])],
    }

def _hub_repository_impl(rctx):
    hub = rctx.attr.hub
    resolved = resolve(
        rctx,
        where = "@" + hub,
        lock = rctx.attr.lock,
        project = rctx.attr.project,
        half = "targets",
        arguments = rctx.attr.arguments,
    )
    targets = resolved["targets"]
    for package, names in targets.items():
        parts = [_PACKAGE_BUILD]
        aliases = []
        for name, choices in names.items():
            choices = [_choice(hub, choice) for choice in choices]
            parts.append(_PACKAGE.format(name = repr(name), choices = repr(choices)))

            # `typing_extensions` is as good as `typing-extensions`.
            alias = package.replace("-", "_") + name.removeprefix(package) if name.startswith(package) else name
            aliases.append(_ALIAS.format(name = repr(alias), actual = repr("//{}:{}".format(package, name))))
        rctx.file(package + "/BUILD.bazel" if package else "BUILD.bazel", "".join(parts), executable = False)
        if "-" in package:
            rctx.file(package.replace("-", "_") + "/BUILD.bazel", "".join(aliases).lstrip(), executable = False)

    # No project's name begins with an underscore.
    rctx.file("_environment/BUILD.bazel", _ENVIRONMENTS_BUILD.format(
        default_python = repr(resolved["default_python"]),
        environments = repr({
            name: "{} {}".format(environment["platform"], environment["python"])
            for name, environment in resolved["environments"].items()
        }),
        hub = repr(hub),
    ), executable = False)
    if "" not in targets:
        rctx.file("BUILD.bazel", "", executable = False)
    return reproducible(rctx, True)

hub_repository = repository_rule(
    implementation = _hub_repository_impl,
    doc = "Holds the labels of one lock file, `@pypi//fastapi` and the like, and which wheels each means where.",
    attrs = {
        "arguments": attr.string_list(doc = "Arguments of `monowheel resolve`."),
        "hub": attr.string(doc = "The repository's own name, as the user gave it."),
        "lock": attr.label(doc = "The lock file."),
        "project": attr.label(doc = "The `pyproject.toml` that a poetry.lock is of; by default the one beside it."),
    },
)

_INDEX = '''\
"""Names that each hub has, by the canonical name of its repository."""

INDEX = {{
{entries}}}
'''

_INDEX_ENTRY = """\
    Label("@{hub}//:BUILD.bazel").repo_name: struct(
        hub = {hub_repr},
        lock = {lock},
        packages = {packages},
    ),
"""

def _index_repository_impl(rctx):
    hubs = json.decode(rctx.attr.hubs)
    entries = [
        _INDEX_ENTRY.format(hub = hub, hub_repr = repr(hub), lock = repr(entry["lock"]), packages = repr(entry["packages"]))
        for hub, entry in hubs.items()
    ]
    rctx.file("BUILD.bazel", "exports_files([\"index.bzl\"])\n", executable = False)
    rctx.file("index.bzl", _INDEX.format(entries = "".join(entries)), executable = False)
    return reproducible(rctx, True)

index_repository = repository_rule(
    implementation = _index_repository_impl,
    doc = "Holds the names of all hubs, so that a wrong one can be answered with the nearest.",
    attrs = {
        "hubs": attr.string(doc = "Hub to `lock` and `packages` (package to its targets), as JSON."),
    },
)
