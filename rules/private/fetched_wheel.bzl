"""A wheel that an action fetches, for `wheels.lock(fetch = "action")`.

The action's key holds the wheel's name, digest and addresses, and so is known without the wheel: where a cache has the result of that action and of those that
read the wheel, nobody downloads it.
"""

load(":fetcher_toolchain.bzl", "FETCHER_TOOLCHAIN_TYPE")

def _fetched_wheel_impl(ctx):
    wheel = ctx.actions.declare_file(ctx.attr.file)
    arguments = ctx.actions.args()
    arguments.add("fetch")
    arguments.add("--file", ctx.attr.file)
    arguments.add("--sha256", ctx.attr.sha256)
    arguments.add_all(ctx.attr.urls, before_each = "--url")
    arguments.add_all(ctx.attr.pages, before_each = "--page")
    arguments.add("--origin", ctx.attr.origin)
    arguments.add("--output", wheel)
    ctx.actions.run(
        executable = ctx.toolchains[FETCHER_TOOLCHAIN_TYPE].fetcher,
        arguments = [arguments],
        inputs = [],
        outputs = [wheel],
        env = {},
        execution_requirements = {
            # Workers seldom have a network. What this machine fetches goes into the cache all the same, where workers find it.
            "no-remote-exec": "1",
            "requires-network": "1",
            "supports-path-mapping": "1",
        },
        mnemonic = "MonowheelFetch",
        progress_message = "Fetching wheel " + ctx.attr.file,
        toolchain = FETCHER_TOOLCHAIN_TYPE,
        use_default_shell_env = False,
    )
    return [DefaultInfo(files = depset([wheel]))]

fetched_wheel = rule(
    implementation = _fetched_wheel_impl,
    doc = "A wheel file over the network, by its digest. The repositories of wheels declare it; it is not for users.",
    attrs = {
        "file": attr.string(doc = "Name of the wheel file.", mandatory = True),
        "origin": attr.string(doc = "Who asks for the wheel, for messages.", mandatory = True),
        "pages": attr.string_list(doc = "Pages of indexes to look on, where the lock file has no address."),
        "sha256": attr.string(doc = "Hex digest of the file.", mandatory = True),
        "urls": attr.string_list(doc = "Addresses of the file."),
    },
    toolchains = [FETCHER_TOOLCHAIN_TYPE],
)
