"""Bills of materials of an application, each an output group of it: nothing is run until one is asked for.

An action reads the finished file rather than the manifest that the file was made of: it would need the same inputs, and only the file's bill has the
file's hash.
"""

load(":toolchain.bzl", "TOOLCHAIN_TYPE", "monowheel_tool")

# Formats of `monowheel sbom`, which are the names of the output groups, and what the files end in by custom.
_FORMATS = {
    "cyclonedx": "cdx.json",
    "spdx": "spdx.json",
}

def bills(ctx, application):
    """Declares the bills of an application.

    Args:
        ctx: context of a rule with `toolchains = [TOOLCHAIN_TYPE]`.
        application: its file.

    Returns:
        dict, the name of each output group to a depset.
    """
    groups = {}
    for format, extension in _FORMATS.items():
        output = ctx.actions.declare_file("{}.{}".format(ctx.label.name, extension))
        arguments = ctx.actions.args()
        arguments.add("sbom")
        arguments.add(application)
        arguments.add("--format", format)
        arguments.add("--output", output)
        ctx.actions.run(
            executable = monowheel_tool(ctx),
            arguments = [arguments],
            inputs = [application],
            outputs = [output],
            env = {},
            execution_requirements = {"supports-path-mapping": "1"},
            mnemonic = "MonowheelSbom",
            progress_message = "Listing materials of %{label}",
            toolchain = TOOLCHAIN_TYPE,
            use_default_shell_env = False,
        )
        groups[format] = depset([output])
    return groups
