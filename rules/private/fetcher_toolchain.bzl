"""The toolchain that holds the fetcher: the only program of ours that may use the network, in the only action that may.

Only wheels of `wheels.lock(fetch = "action")` ask for it, so nobody else looks for one, fetches or builds it.
"""

# What the action asks for.
FETCHER_TOOLCHAIN_TYPE = "@monowheel//rules:fetcher_toolchain_type"

def _monowheel_fetcher_impl(ctx):
    return [platform_common.ToolchainInfo(fetcher = ctx.attr.fetcher[DefaultInfo].files_to_run)]

monowheel_fetcher = rule(
    implementation = _monowheel_fetcher_impl,
    doc = """Makes an executable the program that fetches wheels in actions: `monowheel-fetcher`, or any `monowheel` with the subcommand `fetch`.

Nobody needs it who takes the one that comes with this module:

```starlark
load("@monowheel//rules:toolchain.bzl", "monowheel_fetcher")

monowheel_fetcher(
    name = "fetcher",
    fetcher = "bin/monowheel-fetcher",
)

toolchain(
    name = "fetcher_toolchain",
    exec_compatible_with = ["@platforms//os:linux"],
    toolchain = ":fetcher",
    toolchain_type = "@monowheel//rules:fetcher_toolchain_type",
)
```
""",
    attrs = {
        "fetcher": attr.label(
            doc = "The executable.",
            allow_single_file = True,
            cfg = "exec",
            executable = True,
            mandatory = True,
        ),
    },
)
