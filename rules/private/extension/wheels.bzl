"""The module extension `wheels`: lock files in, repositories out. The tool reads the lock file; nothing is decided here."""

load("//rules/private:labels.bzl", "label_text")
load(":hub_repository.bzl", "hub_repository", "index_repository")
load(":wheel_repository.bzl", "wheel_repository")

# Of the JSON that `monowheel resolve` prints.
_FORMAT = 1

_lock = tag_class(
    doc = """Makes a repository of a lock file, with a package for each project in it.

```starlark
wheels = use_extension("@monowheel//rules:extensions.bzl", "wheels")
wheels.lock(
    name = "pypi",
    lock = "//:uv.lock",
)
use_repo(wheels, "pypi")
```

`@pypi//fastapi` is a project with all that it depends on, `@pypi//uvicorn:uvicorn[standard]` one with an extra, `@pypi//:group.dev` a dependency group.
""",
    attrs = {
        "allow_unhashed": attr.string_list(doc = "Packages that may stand in a requirements file without a hash."),
        "extras": attr.string_list(doc = "Extras that count where the lock file has extras that exclude each other."),
        "groups": attr.string_list(doc = "Dependency groups that count where the lock file has groups that exclude each other."),
        "index_url": attr.string(doc = "Index of the files whose address the lock file does not have; by default the public one."),
        "lock": attr.label(doc = "The lock file: `uv.lock`, `poetry.lock`, `pylock.toml`, or a `.txt` of requirements with hashes.", mandatory = True),
        "name": attr.string(doc = "Name of the repository.", mandatory = True),
        "netrc": attr.string(doc = "A netrc file with credentials for the indexes, in place of the user's own."),
        "platforms": attr.string_list(doc = "Platforms that can be built for, `x86_64-unknown-linux-gnu` and the like; by default all usual ones."),
        "project": attr.label(doc = "The `pyproject.toml` that a poetry.lock is of; by default the one beside it."),
        "python_versions": attr.string_list(doc = "Python versions that can be built for, `3.11` and the like; by default all that the lock file admits."),
    },
)

_override = tag_class(
    doc = """Takes a wheel of your own for a package, where the lock file has none that fits or another one is wanted.

```starlark
wheels.override(
    lock = "pypi",
    package = "uvloop",
    wheel = "//third_party:uvloop-0.22.1-cp311-cp311-linux_x86_64.whl",
)
```

The wheel is taken where its tags fit. A package that has wheels for several platforms has several overrides.
""",
    attrs = {
        "lock": attr.string(doc = "Name of the repository, as in `wheels.lock`.", mandatory = True),
        "package": attr.string(doc = "The package.", mandatory = True),
        "wheel": attr.label(doc = "The wheel file.", mandatory = True),
    },
)

def _where(module, tag):
    return "wheels.lock(name = \"{}\") of module `{}`".format(tag.name, module.name)

def _project(module_ctx, tag, lock):
    """The pyproject.toml of a lock file that does not say what the project asks for, or None."""
    path = module_ctx.path(tag.project) if tag.project else lock.dirname.get_child("pyproject.toml")
    module_ctx.watch(path)
    return path if path.exists else None

def _resolve(module_ctx, module, tag, overrides):
    tool = module_ctx.path(Label("@monowheel_tool//:monowheel"))
    lock = module_ctx.path(tag.lock)
    module_ctx.watch(tool)
    module_ctx.watch(lock)

    # It names the Python version that is meant where nobody asks for one.
    module_ctx.watch(lock.dirname.get_child(".python-version"))
    command = [tool, "resolve", "--lock", lock]
    project = _project(module_ctx, tag, lock)
    for option, values in [
        ("--project", [project] if project else []),
        ("--index-url", [tag.index_url] if tag.index_url else []),
        ("--allow-unhashed", tag.allow_unhashed),
        ("--override", ["{}={}".format(override.package, override.wheel) for override in overrides]),
        ("--platform", tag.platforms),
        ("--python", tag.python_versions),
        ("--extra", tag.extras),
        ("--group", tag.groups),
    ]:
        for value in values:
            command += [option, value]
    result = module_ctx.execute(command)
    if result.return_code != 0:
        fail("{}: failed to read the lock file {}\n{}".format(_where(module, tag), label_text(tag.lock), result.stderr))
    resolved = json.decode(result.stdout)
    if resolved["version"] != _FORMAT:
        fail("{}: expected `monowheel resolve` to print format {}, but got {}".format(_where(module, tag), _FORMAT, resolved["version"]))
    return resolved

def _declare(tag, resolved, overrides):
    own = {str(override.wheel): override.wheel for override in overrides}
    for name, wheel in resolved["wheels"].items():
        wheel_repository(
            name = "{}__{}".format(tag.name, name),
            file = wheel.get("file", ""),
            locate = wheel.get("locate", []),
            lock = tag.lock,
            netrc = tag.netrc,
            origin = "@{}//{}".format(tag.name, wheel["package"]),
            override = own.get(wheel.get("override")),
            pages = wheel.get("pages", []),
            path = wheel.get("path", ""),
            sha256 = wheel.get("sha256", ""),
            urls = wheel.get("urls", []),
        )
    hub_repository(
        name = tag.name,
        default_python = resolved["default_python"],
        environments = {
            name: "{} {}".format(environment["platform"], environment["python"])
            for name, environment in resolved["environments"].items()
        },
        hub = tag.name,
        targets = json.encode(resolved["targets"]),
    )

def _wheels_impl(module_ctx):
    hubs = {}
    owners = {}
    for module in module_ctx.modules:
        for tag in module.tags.lock:
            if tag.name in owners:
                fail("{}: expected a name of its own, but {} has it already".format(_where(module, tag), owners[tag.name]))
            owners[tag.name] = _where(module, tag)
            overrides = [override for override in module.tags.override if override.lock == tag.name]
            resolved = _resolve(module_ctx, module, tag, overrides)
            _declare(tag, resolved, overrides)
            hubs[tag.name] = {
                "lock": label_text(tag.lock),
                "packages": {package: targets.keys() for package, targets in resolved["targets"].items()},
            }
    index_repository(name = "monowheel_index", hubs = json.encode(hubs))
    return module_ctx.extension_metadata(reproducible = True)

wheels = module_extension(
    implementation = _wheels_impl,
    doc = "Gives the wheels of lock files to targets: one repository for each lock file, and one for each wheel, fetched when a target needs it.",
    tag_classes = {"lock": _lock, "override": _override},
)
