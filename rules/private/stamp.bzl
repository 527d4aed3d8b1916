"""The attribute `stamp`: what the build says of itself, put into the finished file by an action of its own.

The assembling action knows nothing of it, so its key and its bytes are those of every other build. A target that is not stamped has no further
action, and no status file among its inputs.
"""

load(":toolchain.bzl", "TOOLCHAIN_TYPE", "monowheel_tool")

MonowheelStampInfo = provider(
    doc = "Whether the command line asks for stamps.",
    fields = {"enabled": "bool: whether `--stamp` is given."},
)

def _stamp_option_impl(ctx):
    return [MonowheelStampInfo(enabled = ctx.attr.enabled)]

stamp_option = rule(
    implementation = _stamp_option_impl,
    doc = "Finds out whether `--stamp` is given: rules cannot read it, a `select` can. There is one target of it, `//rules/private:stamp`.",
    attrs = {
        "enabled": attr.bool(doc = "Whether it is.", mandatory = True),
    },
)

STAMP_ATTRS = {
    "stamp": attr.int(
        doc = """Whether what the build says of itself goes into the file, as `monowheel/stamp.json`: 1 always, 0 never, -1 where `--stamp` is given. The default is 0, since a stamped file and what depends on it is another one with each commit: only what is shipped should be.""",
        default = 0,
        values = [-1, 0, 1],
    ),
    "stamp_keys": attr.string_list(
        doc = """Keys of the workspace status that go in; `*` stands for any letters, and a key without it must be there. By default what `--workspace_status_command` prints under `STABLE_…` and what `--embed_label` says: the same for each build of a commit, on any machine. `BUILD_TIMESTAMP` makes each build differ, `BUILD_USER` and `BUILD_HOST` name who built.""",
        allow_empty = False,
        default = ["BUILD_EMBED_LABEL", "STABLE_*"],
    ),
    "_stamp": attr.label(
        doc = "Whether `--stamp` is given.",
        default = "//rules/private:stamp",
        providers = [MonowheelStampInfo],
    ),
}

# What Bazel keeps in the stable status; all else is in the volatile one.
_STABLE = ["BUILD_EMBED_LABEL", "BUILD_HOST", "BUILD_USER"]

def is_stamped(ctx):
    """Whether a target is to be stamped.

    Args:
        ctx: context of a rule with `STAMP_ATTRS`.

    Returns:
        a bool.
    """
    return ctx.attr.stamp == 1 or (ctx.attr.stamp == -1 and ctx.attr._stamp[MonowheelStampInfo].enabled)

def stamp(ctx, application):
    """Declares the action that puts the stamp into an application.

    Args:
        ctx: context of a rule with `STAMP_ATTRS` and `toolchains = [TOOLCHAIN_TYPE]`.
        application: its file without a stamp.

    Returns:
        the stamped file, named as the target.
    """
    output = ctx.actions.declare_file(ctx.label.name)
    status = [ctx.info_file]

    # It changes all the time, and a remote cache, unlike Bazel itself, does not look past that.
    if [key for key in ctx.attr.stamp_keys if not key.startswith("STABLE_") and key not in _STABLE]:
        status.append(ctx.version_file)
    arguments = ctx.actions.args()
    arguments.add("stamp")
    arguments.add("--file", application)
    arguments.add_all(status, before_each = "--status")
    arguments.add_all(ctx.attr.stamp_keys, before_each = "--key")
    arguments.add("--output", output)
    ctx.actions.run(
        executable = monowheel_tool(ctx),
        arguments = [arguments],
        inputs = [application] + status,
        outputs = [output],
        env = {},
        # Bazel's stable status names user and machine, so hardly anyone would find it again; making it costs a copy. Nor can its paths be mapped:
        # status files stand outside the folders of configurations, and Bazel's sandbox fails on them.
        execution_requirements = {"no-remote-cache": "1"},
        mnemonic = "MonowheelStamp",
        progress_message = "Stamping Python application %{label}",
        toolchain = TOOLCHAIN_TYPE,
        use_default_shell_env = False,
    )
    return output
