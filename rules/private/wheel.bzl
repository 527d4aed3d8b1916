"""The rule of a wheel file, and the action that validates it."""

load(":interop.bzl", "foreign_provider")
load(":labels.bzl", "label_text")
load(":limits.bzl", "LIMITS")
load(":monowheel_info.bzl", "MonowheelInfo", "WheelFileInfo", "wheel_record")
load(":toolchain.bzl", "TOOLCHAIN_TYPE", "monowheel_tool")

def _wheel_impl(ctx):
    if bool(ctx.file.src) == bool(ctx.file.fetched):
        fail("{}: expected exactly one of `src` and `fetched`".format(label_text(ctx.label)))
    wheel = ctx.file.src or ctx.file.fetched
    facts = ctx.actions.declare_file(wheel.basename + ".facts.json")
    arguments = ctx.actions.args()
    arguments.add("facts")
    arguments.add("--wheel", wheel)
    if ctx.attr.sha256:
        arguments.add("--sha256", ctx.attr.sha256)
    for option, limit in [
        ("--max-members", ctx.attr.max_members),
        ("--max-size", ctx.attr.max_gib << 30),
        ("--max-ratio", ctx.attr.max_ratio),
    ]:
        if limit:
            arguments.add(option, str(limit))
    arguments.add("--output", facts)
    ctx.actions.run(
        executable = monowheel_tool(ctx),
        arguments = [arguments],
        inputs = [wheel],
        outputs = [facts],
        env = {},
        execution_requirements = {"supports-path-mapping": "1"},
        mnemonic = "MonowheelFacts",
        progress_message = "Checking wheel %{input}",
        toolchain = TOOLCHAIN_TYPE,
        use_default_shell_env = False,
    )
    record = wheel_record(
        file = wheel,
        facts = facts,
        origin = ctx.attr.origin or label_text(ctx.label),
    )
    info = MonowheelInfo(
        wheels = depset([record]),
        wheel_files = depset([wheel, facts]),
    )
    return [
        DefaultInfo(files = depset([wheel])),
        OutputGroupInfo(monowheel_facts = depset([facts])),
        info,
        WheelFileInfo(record = record),
        foreign_provider(info.sources, info.imports),
    ]

wheel = rule(
    implementation = _wheel_impl,
    doc = "A wheel file. One action validates it and writes its facts, once for every application that has it.",
    attrs = LIMITS | {
        "fetched": attr.label(
            doc = "The file, where an action fetches it. It is the same whatever is built for, so it is fetched once for all of that.",
            allow_single_file = [".whl"],
            cfg = "exec",
        ),
        "origin": attr.string(doc = "Who asked for the wheel, for messages; by default the target."),
        "sha256": attr.string(doc = "Hex digest that the file must have."),
        "src": attr.label(
            doc = "The file.",
            allow_single_file = [".whl"],
        ),
    },
    provides = [MonowheelInfo],
    toolchains = [TOOLCHAIN_TYPE],
)
