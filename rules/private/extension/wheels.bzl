"""The module extension `wheels`: lock files in, repositories out. The tool reads the lock file; nothing is decided here."""

load("//rules/private:labels.bzl", "label_text")
load("//rules/private:limits.bzl", "LIMITS")
load(":hub_repository.bzl", "hub_repository", "index_repository")
load(":resolve.bzl", "resolve")
load(":wheel_repository.bzl", "can_be_fetched_in_action", "wheel_repository")

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
        "fetch": attr.string(
            default = "repository",
            doc = """What fetches wheels. `repository`: Bazel's downloader, before the actions that read them. `action`: an action for each, which a cache may have the result of;
a machine that finds everything it needs in a remote cache then downloads no wheel at all. It takes a network where that action runs, this machine by default. Wheels with no
more than a path, with credentials in their address, or whose name or digest the lock file does not have are left to `repository`.""",
            values = ["action", "repository"],
        ),
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

_limits = tag_class(
    doc = """Admits larger wheels of a package than others may be. The limits keep archive bombs out; the largest wheels that are published pass them.

```starlark
wheels.limits(
    lock = "pypi",
    max_gib = 64,
    package = "weights",
)
```
""",
    attrs = LIMITS | {
        "lock": attr.string(doc = "Name of the repository, as in `wheels.lock`.", mandatory = True),
        "package": attr.string(doc = "The package.", mandatory = True),
    },
)

def _where(module, tag):
    return "wheels.lock(name = \"{}\") of module `{}`".format(tag.name, module.name)

def _arguments(tag, overrides):
    """What `monowheel resolve` is told of a lock file beside its place."""
    arguments = []
    for option, values in [
        ("--index-url", [tag.index_url] if tag.index_url else []),
        ("--allow-unhashed", tag.allow_unhashed),
        ("--override", ["{}={}".format(override.package, override.wheel) for override in overrides]),
        ("--platform", tag.platforms),
        ("--python", tag.python_versions),
        ("--extra", tag.extras),
        ("--group", tag.groups),
    ]:
        for value in values:
            arguments += [option, value]
    return arguments

def _limits_of(module, tag, resolved):
    """The limits that differ from the tool's own: package to the attributes of its repositories."""
    packages = {wheel["package"]: None for wheel in resolved["wheels"].values()}
    limits = {}
    for limit in [limit for limit in module.tags.limits if limit.lock == tag.name]:
        if limit.package not in packages:
            fail("wheels.limits(lock = \"{}\") of module `{}`: expected a package that the lock file {} has wheels of, but got `{}`".format(
                tag.name,
                module.name,
                label_text(tag.lock),
                limit.package,
            ))
        limits[limit.package] = {name: getattr(limit, name) for name in LIMITS}
    return limits

# What a wheel's repository takes from the JSON as it is.
_FACTS = ["file", "locate", "pages", "path", "sha256", "urls"]

def _declare(tag, resolved, arguments, overrides, limits):
    own = {str(override.wheel): override.wheel for override in overrides}

    # There may be thousands, at each start of the server: an attribute that has nothing to say is not given.
    common = {"lock": tag.lock}
    if tag.netrc:
        common["netrc"] = tag.netrc
    for name, wheel in resolved["wheels"].items():
        facts = {field: wheel[field] for field in _FACTS if field in wheel}
        if "override" in wheel:
            facts["override"] = own[wheel["override"]]
        if tag.fetch == "action" and can_be_fetched_in_action(wheel):
            facts["in_action"] = True
        wheel_repository(
            name = "{}__{}".format(tag.name, name),
            origin = "@{}//{}".format(tag.name, wheel["package"]),
            **(common | facts | limits.get(wheel["package"], {}))
        )
    hub_repository(
        name = tag.name,
        arguments = arguments,
        hub = tag.name,
        lock = tag.lock,
        project = tag.project,
    )

def _check_owners(module):
    """Refuses what is said of a lock file that the module does not have."""
    names = [tag.name for tag in module.tags.lock]
    for tag, what in [(tag, "override") for tag in module.tags.override] + [(tag, "limits") for tag in module.tags.limits]:
        if tag.lock not in names:
            fail("wheels.{}(lock = \"{}\", package = \"{}\") of module `{}`: expected the name of one of its `wheels.lock`: {}".format(
                what,
                tag.lock,
                tag.package,
                module.name,
                ", ".join(["`{}`".format(name) for name in names]) or "there is none",
            ))

def _wheels_impl(module_ctx):
    hubs = {}
    owners = {}
    for module in module_ctx.modules:
        _check_owners(module)
        for tag in module.tags.lock:
            if tag.name in owners:
                fail("{}: expected a name of its own, but {} has it already".format(_where(module, tag), owners[tag.name]))
            owners[tag.name] = _where(module, tag)
            if tag.fetch == "action" and tag.netrc:
                fail("{}: expected no `netrc` beside `fetch = \"action\"`: its path and its secrets are no part of an action\n{}".format(
                    _where(module, tag),
                    "hint: leave `fetch` out, or put the credentials into the ~/.netrc of whoever runs the action",
                ))
            overrides = [override for override in module.tags.override if override.lock == tag.name]
            arguments = _arguments(tag, overrides)
            resolved = resolve(
                module_ctx,
                where = _where(module, tag),
                lock = tag.lock,
                project = tag.project,
                half = "wheels",
                arguments = arguments,
            )
            _declare(tag, resolved, arguments, overrides, _limits_of(module, tag, resolved))
            hubs[tag.name] = {
                "lock": label_text(tag.lock),
                "packages": resolved["names"],
            }
    index_repository(name = "monowheel_index", hubs = json.encode(hubs))
    return module_ctx.extension_metadata(reproducible = True)

wheels = module_extension(
    implementation = _wheels_impl,
    doc = "Gives the wheels of lock files to targets: one repository for each lock file, and one for each wheel, fetched when a target needs it.",
    tag_classes = {"limits": _limits, "lock": _lock, "override": _override},
)
