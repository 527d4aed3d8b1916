"""A project of a lock file, or one with an extra, or a group: the wheels that it means where, and what it depends on."""

load("//rules/private:interop.bzl", "foreign_provider")
load("//rules/private:monowheel_info.bzl", "MonowheelInfo")
load(":environment.bzl", "EnvironmentInfo")

def _locked_package_impl(ctx):
    environment = ctx.attr.environment[EnvironmentInfo]
    error = environment.error or ctx.attr.error
    if error:
        fail(error)
    infos = [target[MonowheelInfo] for target in ctx.attr.wheels + ctx.attr.deps]
    info = MonowheelInfo(
        python_version = environment.python,
        wheel_files = depset(transitive = [info.wheel_files for info in infos]),
        wheels = depset(transitive = [info.wheels for info in infos]),
    )
    return [
        DefaultInfo(files = depset(ctx.files.wheels)),
        info,
        foreign_provider(info.sources, info.imports),
    ]

_locked_package = rule(
    implementation = _locked_package_impl,
    doc = "A project of a lock file. It runs no action.",
    attrs = {
        "deps": attr.label_list(doc = "What it depends on.", providers = [MonowheelInfo]),
        "environment": attr.label(doc = "The environment that is built for.", providers = [EnvironmentInfo]),
        "error": attr.string(doc = "Why it cannot be had there."),
        "wheels": attr.label_list(doc = "Its own wheels.", providers = [MonowheelInfo]),
    },
    provides = [MonowheelInfo],
)

def locked_package(*, name, choices):
    """Declares a project of a lock file.

    Args:
        name: name of the target.
        choices: list of dicts with `environments` (names, or None for all), `wheels`, `deps` and `error`.
    """

    def choose(field, otherwise):
        # Where no environment is built for that the lock file knows, the rule fails whatever is chosen here.
        if all([choice[field] == choices[0][field] for choice in choices]):
            return choices[0][field]
        branches = {
            "//_environment:" + environment: choice[field]
            for choice in choices
            for environment in choice["environments"]
        }
        return select(branches | {"//conditions:default": otherwise})

    _locked_package(
        name = name,
        deps = choose("deps", []),
        environment = "//_environment",
        error = choose("error", ""),
        wheels = choose("wheels", []),
    )
