"""The toolchain that holds the tool."""

load(":toolchain_info.bzl", "MonowheelToolchainInfo")

# What an action asks for.
TOOLCHAIN_TYPE = "@monowheel//rules:toolchain_type"

def _monowheel_toolchain_impl(ctx):
    info = MonowheelToolchainInfo(tool = ctx.attr.tool[DefaultInfo].files_to_run)
    return [
        platform_common.ToolchainInfo(monowheel = info),
        info,
    ]

monowheel_toolchain = rule(
    implementation = _monowheel_toolchain_impl,
    doc = """Makes an executable `monowheel` the tool of our actions.

Nobody needs it who takes the tool that comes with this module. It is for a binary of one's own:

```starlark
load("@monowheel//rules:toolchain.bzl", "monowheel_toolchain")

monowheel_toolchain(
    name = "monowheel",
    tool = "bin/monowheel",
)

toolchain(
    name = "monowheel_toolchain",
    exec_compatible_with = ["@platforms//os:linux"],
    toolchain = ":monowheel",
    toolchain_type = "@monowheel//rules:toolchain_type",
)
```
""",
    attrs = {
        "tool": attr.label(
            doc = "The executable.",
            allow_single_file = True,
            cfg = "exec",
            executable = True,
            mandatory = True,
        ),
    },
)

def monowheel_tool(ctx):
    """The tool of the toolchain that was chosen for a target.

    Args:
        ctx: context of a rule with `toolchains = [TOOLCHAIN_TYPE]`.

    Returns:
        its FilesToRunProvider.
    """
    return ctx.toolchains[TOOLCHAIN_TYPE].monowheel.tool
