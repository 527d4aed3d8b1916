"""What an application is built for: a platform of the table and a Python version."""

load(":platforms.bzl", "PLATFORMS", "VARIANTS")
load(":python_version.bzl", "is_python_version")

MonowheelTargetInfo = provider(
    doc = "What is built for, as the attributes `platform` and `python_version` of the application say, or else `--platforms` and `--@monowheel//rules:python_version`.",
    fields = {
        "platform": "str: name of the platform in the table; empty where the table has none that fits.",
        "python_version": "str: the Python version, `3.11`; empty where it is left to the lock file.",
    },
)

_OSES = {row.os: Label(row.constraints[0]) for row in PLATFORMS.values()}
_CPUS = {row.cpu: Label(row.constraints[1]) for row in PLATFORMS.values()}
_LIBCS = {libc: Label("@monowheel//rules/platforms:" + libc) for libc in VARIANTS["libc"]}
_MACOSES = {macos: Label("@monowheel//rules/platforms:" + macos) for macos in VARIANTS["macos"]}

# Several names may stand for the same thing; the first one counts.
_BY_CONSTRAINTS = {(row.os, row.cpu, row.variant): row.name for row in reversed(PLATFORMS.values())}

def _flag_value(value):
    if value and not is_python_version(value):
        fail("--@monowheel//rules:python_version: expected a version such as `3.11`, or `3.14t`, but got `{}`".format(value))
    return value

def _python_version_impl(ctx):
    return [config_common.FeatureFlagInfo(value = _flag_value(ctx.build_setting_value))]

python_version_flag = rule(
    implementation = _python_version_impl,
    doc = "The flag `--@monowheel//rules:python_version=3.12`.",
    build_setting = config.string(flag = True),
)

def _target_impl(ctx):
    def chosen(constraints, values):
        for name, target in zip(constraints, values):
            if ctx.target_platform_has_constraint(target[platform_common.ConstraintValueInfo]):
                return name
        return None

    os = chosen(_OSES.keys(), ctx.attr.os)
    cpu = chosen(_CPUS.keys(), ctx.attr.cpu)
    variant = None
    if os == "linux":
        variant = chosen(_LIBCS.keys(), ctx.attr.libc)
    elif os == "macos":
        variant = chosen(_MACOSES.keys(), ctx.attr.macos)
    return [MonowheelTargetInfo(
        platform = _BY_CONSTRAINTS.get((os, cpu, variant), ""),
        python_version = ctx.attr.python_version[config_common.FeatureFlagInfo].value,
    )]

monowheel_target = rule(
    implementation = _target_impl,
    doc = "Finds out what is built for. There is one target of it, `//rules/private:target`.",
    attrs = {
        "cpu": attr.label_list(doc = "Constraint values.", default = _CPUS.values()),
        "libc": attr.label_list(doc = "Constraint values.", default = _LIBCS.values()),
        "macos": attr.label_list(doc = "Constraint values.", default = _MACOSES.values()),
        "os": attr.label_list(doc = "Constraint values.", default = _OSES.values()),
        "python_version": attr.label(doc = "The flag.", default = "//rules:python_version"),
    },
)
