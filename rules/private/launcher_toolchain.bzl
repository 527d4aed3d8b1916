"""The toolchain that holds the native launcher, and the one target that asks for it.

Applications with the portable head do not refer to that target, so for them no launcher is looked for, fetched or built.
"""

load(":target_info.bzl", "MonowheelTargetInfo")

_LAUNCHER_TOOLCHAIN_TYPE = "@monowheel//rules:launcher_toolchain_type"

MonowheelLauncherInfo = provider(
    doc = "The native launcher for what is built for.",
    fields = {
        "error": "str: why there is none; empty where there is one.",
        "file": "File: the launcher, or None.",
    },
)

def _monowheel_launcher_impl(ctx):
    return [platform_common.ToolchainInfo(launcher = ctx.file.launcher)]

monowheel_launcher = rule(
    implementation = _monowheel_launcher_impl,
    doc = """Makes a binary of the launcher the one of applications with `launcher = "native"`.

Nobody needs it who builds for a platform that a release has a launcher for, or for the machine's own. For others,
`tool/crates/launcher/build TRIPLE` builds one:

```starlark
load("@monowheel//rules:toolchain.bzl", "monowheel_launcher")

monowheel_launcher(
    name = "launcher",
    launcher = "bin/monowheel-launcher",
)

toolchain(
    name = "launcher_toolchain",
    target_compatible_with = [
        "@platforms//os:linux",
        "@platforms//cpu:riscv64",
    ],
    toolchain = ":launcher",
    toolchain_type = "@monowheel//rules:launcher_toolchain_type",
)
```
""",
    attrs = {
        "launcher": attr.label(
            doc = "The executable, for the platform that is built for.",
            allow_single_file = True,
            mandatory = True,
        ),
    },
)

def _native_launcher_impl(ctx):
    toolchain = ctx.toolchains[_LAUNCHER_TOOLCHAIN_TYPE]
    platform = ctx.attr.target[MonowheelTargetInfo].platform
    error = "" if toolchain else (
        "there is no native launcher for the platform that is built for, {}\n" +
        "hint: `launcher = \"portable\"` does without one; a toolchain of type `{}` brings one of your own (`monowheel_launcher`)"
    ).format(platform or "which is not in the table of platforms", _LAUNCHER_TOOLCHAIN_TYPE)
    return [MonowheelLauncherInfo(error = error, file = toolchain.launcher if toolchain else None)]

native_launcher = rule(
    implementation = _native_launcher_impl,
    doc = "Finds the native launcher. There is one target of it, `//rules/private:native_launcher`.",
    attrs = {
        "target": attr.label(doc = "What is built for.", default = "//rules/private:target"),
    },
    toolchains = [config_common.toolchain_type(_LAUNCHER_TOOLCHAIN_TYPE, mandatory = False)],
)
