"""Which environment of a lock file is built for: a platform and a Python version that it was resolved for."""

load("//rules/private:platforms.bzl", "PLATFORMS")
load("//rules/private:target_info.bzl", "MonowheelTargetInfo")

EnvironmentInfo = provider(
    doc = "The environment of a lock file that is built for.",
    fields = {
        "error": "str: why there is none; empty where there is one.",
        "python": "str: its Python version.",
    },
)

def _fitting(wanted, offered):
    """The platform of a lock file that has the most of what `wanted` can run, or None."""
    if not wanted:
        return None
    if wanted in offered:
        return wanted
    wanted = PLATFORMS[wanted]
    older = [
        (row.minimum, row.name)
        for row in [PLATFORMS[name] for name in offered if name in PLATFORMS]
        if row.cpu == wanted.cpu and row.minimum and wanted.minimum and row.minimum[0] == wanted.minimum[0] and row.minimum <= wanted.minimum
    ]
    return sorted(older)[-1][1] if older else None

def _environment_impl(ctx):
    target = ctx.attr.target[MonowheelTargetInfo]
    python = target.python_version or ctx.attr.default_python
    by_platform = {}
    for name, place in ctx.attr.environments.items():
        platform, version = place.split(" ")
        by_platform.setdefault(platform, {})[version] = name
    platform = _fitting(target.platform, by_platform.keys())
    chosen = by_platform.get(platform, {}).get(python, "")
    error = ""
    if not platform:
        error = "@{} has nothing for the platform that is built for, {}\nhint: it has {}; `platform` of the target, or `--platforms=`, names another one, `platforms` of `wheels.lock` adds to these".format(
            ctx.attr.hub,
            target.platform or "which is not in the table of platforms",
            ", ".join(by_platform.keys()),
        )
    elif not chosen:
        error = "@{} has nothing for Python {}\nhint: it has {}; `python_version` of the target, or `--@monowheel//rules:python_version=`, names another one, `python_versions` of `wheels.lock` adds to these".format(
            ctx.attr.hub,
            python,
            ", ".join(by_platform[platform].keys()),
        )
    return [
        config_common.FeatureFlagInfo(value = chosen or "none"),
        EnvironmentInfo(error = error, python = python),
    ]

_environment = rule(
    implementation = _environment_impl,
    doc = "Finds the environment of a lock file for what is built for; its value is for `config_setting`.",
    attrs = {
        "default_python": attr.string(doc = "The Python version where nobody asks for one."),
        "environments": attr.string_dict(doc = "Name of an environment to its platform and Python version, with a space between."),
        "hub": attr.string(doc = "The lock file's repository, for messages."),
        "target": attr.label(doc = "What is built for.", default = "//rules/private:target"),
    },
)

def environments(*, name, environments, default_python, hub):
    """Declares the targets that a hub's `select` asks.

    Args:
        name: name of the target whose value is the name of the environment.
        environments: dict, name of an environment to its platform and Python version.
        default_python: the Python version where nobody asks for one.
        hub: the lock file's repository, for messages.
    """
    _environment(
        name = name,
        default_python = default_python,
        environments = environments,
        hub = hub,
        visibility = ["//:__subpackages__"],
    )
    for environment in environments:
        native.config_setting(
            name = environment,
            flag_values = {":" + name: environment},
            visibility = ["//:__subpackages__"],
        )
