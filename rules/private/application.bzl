"""What `python_binary` and `python_test` share: their attributes, and the action that assembles the file."""

load("//rules/private/bytecode:attribute.bzl", "BYTECODE_ATTRS", "bytecode")
load(":built_for.bzl", "BUILT_FOR_ATTRS")
load(":collect.bzl", "COLLECT_ATTRS", "collect")
load(":expand.bzl", "expand")
load(":labels.bzl", "label_text")
load(":launcher_toolchain.bzl", "MonowheelLauncherInfo")
load(":manifest.bzl", "manifest", "place")
load(":target_info.bzl", "MonowheelTargetInfo")
load(":toolchain.bzl", "TOOLCHAIN_TYPE", "monowheel_tool")

_ENTRIES = ["main", "entry_point", "script"]

APPLICATION_ATTRS = BUILT_FOR_ATTRS | BYTECODE_ATTRS | COLLECT_ATTRS | {
    "conflicts": attr.string_dict(
        doc = """Who wins where two wheels bring different files to one place: `{"site-packages/tests/**": "pandas"}` keeps the files of the project `pandas`; an empty name keeps none. `{"token.py": "standard-library"}` says that nothing imports the first-party module `token`, which the standard library hides.""",
    ),
    "entry_point": attr.string(
        doc = """A function to call, as `package.module:function`; its return value is the exit code. Give one of `main`, `entry_point` and `script`.""",
    ),
    "env": attr.string_dict(
        doc = """Environment variables that are set unless the caller has set them. `$(rootpath …)`, `$(rlocationpath …)` and Make variables are expanded; `$(location …)` means `$(rootpath …)`.""",
    ),
    "exclude": attr.string_list_dict(
        doc = """Files of wheels that are left out: globs over the paths in the wheel by the name of the project, `*` for all of them. `{"*": ["**/tests/**", "**/*.pyi"], "numpy": ["numpy/doc/**"]}` leaves out tests and type stubs everywhere and a folder of numpy. A wheel that loses files is rewritten, and `monowheel inspect` says what that saves. A glob that fits no file is an error.""",
    ),
    "interpreter_args": attr.string_list(
        doc = """Options for the Python interpreter, such as `-Xutf8` or `-O`.""",
    ),
    "licenses_allow": attr.string_list(
        doc = """Licences that packages in the file may have, by their SPDX names: `["MIT", "BSD-*"]`; where there are none, any. A package that is offered under several passes with one.""",
    ),
    "licenses_clarify": attr.string_dict(
        doc = """What you know of packages whose metadata does not say, or says wrong: `{"idna": "BSD-3-Clause"}`. It counts for `licenses_allow` and `licenses_deny`.""",
    ),
    "licenses_deny": attr.string_list(
        doc = """Licences that packages in the file may not have: `["AGPL-*", "GPL-3.0-only"]`. A package of unknown licence does not pass.""",
    ),
    "main": attr.label(
        doc = """A Python file to run as `python main.py` does; it need not be among `srcs`. Give one of `main`, `entry_point` and `script`.""",
        allow_single_file = [".py"],
    ),
    "native_launcher": attr.label(
        doc = """What finds the native launcher; none for the portable head. The macros fill it in: `launcher = "native"`.""",
        providers = [MonowheelLauncherInfo],
    ),
    "requires_python": attr.string(
        doc = """Versions of Python that the first-party code runs on, such as `>=3.11`; what the wheels ask for counts in any case.""",
    ),
    "script": attr.string(
        doc = """A console script that one of the wheels declares, such as `uvicorn`. Give one of `main`, `entry_point` and `script`.""",
    ),
    "_target": attr.label(
        doc = "What is built for.",
        default = "//rules/private:target",
        providers = [MonowheelTargetInfo],
    ),
}

def _entry(ctx):
    given = [name for name in _ENTRIES if getattr(ctx.attr, name)]
    if len(given) != 1:
        fail("{} rule {}: expected exactly one of `main`, `entry_point` and `script`, but got {}".format(
            ctx.attr._kind,
            label_text(ctx.label),
            " and ".join(["`{}`".format(name) for name in given]) or "none",
        ))
    if ctx.file.main:
        return {"main": place(ctx.file.main.short_path)}
    return {given[0]: getattr(ctx.attr, given[0])}

def _launcher(ctx):
    if not ctx.attr.native_launcher:
        return None
    info = ctx.attr.native_launcher[MonowheelLauncherInfo]
    if info.error:
        fail("{}: `launcher`: {}".format(label_text(ctx.label), info.error))
    return info.file

def assemble(ctx, *, args = [], interpreter = None, name = None):
    """Declares the one action that writes the application.

    Args:
        ctx: context of a rule with `APPLICATION_ATTRS`.
        args: arguments that go into the file.
        interpreter: the one that travels in the file, as `bundled` gives it, or None.
        name: name of the file; None for the target's own.

    Returns:
        a struct of `output`, the executable; `collected`, what it was made of; `env`, the environment expanded; and
        `python_version`, the version that it is built for, or an empty string.
    """
    target = ctx.attr._target[MonowheelTargetInfo]
    env = {name: expand(ctx, "env", value, ctx.attr.data) for name, value in ctx.attr.env.items()}
    application = _entry(ctx) | {
        "args": [expand(ctx, "args", arg, ctx.attr.data) for arg in args],
        "env": env,
        "interpreter_args": ctx.attr.interpreter_args,
        "origin": label_text(ctx.label),
    }
    collected = collect(ctx, extra_sources = [ctx.file.main] if ctx.file.main else [])
    policy = {
        "allow": ctx.attr.licenses_allow,
        "clarify": ctx.attr.licenses_clarify,
        "deny": ctx.attr.licenses_deny,
    }
    optional = {
        "license_policy": {name: value for name, value in policy.items() if value},
        "platform": target.platform,
        "python_version": target.python_version or collected.info.python_version,
        "requires_python": ctx.attr.requires_python,
    }
    application |= {name: value for name, value in optional.items() if value}

    compiled = bytecode(ctx, application.get("python_version", ""))
    launcher = _launcher(ctx)
    output = ctx.actions.declare_file(name or ctx.label.name)
    arguments = ctx.actions.args()
    arguments.add("assemble")
    arguments.add("--output", output)
    lines = ctx.actions.args()
    further = manifest(
        lines,
        application = application,
        bytecode = compiled.archives,
        conflicts = ctx.attr.conflicts,
        exclude = ctx.attr.exclude,
        info = collected.info,
        interpreter = interpreter,
        launcher = launcher,
        runfiles = collected.runfiles,
    )
    ctx.actions.run(
        executable = monowheel_tool(ctx),
        arguments = [arguments, lines],
        inputs = depset(
            [launcher] if launcher else [],
            transitive = [collected.runfiles.files, collected.info.wheel_files, compiled.files, further] + ([interpreter.inputs] if interpreter else []),
        ),
        outputs = [output],
        env = {},
        execution_requirements = {"supports-path-mapping": "1"},
        mnemonic = "MonowheelAssemble",
        progress_message = "Assembling Python application %{label}",
        toolchain = TOOLCHAIN_TYPE,
        use_default_shell_env = False,
    )
    return struct(output = output, collected = collected, env = env, python_version = application.get("python_version", ""))

def output_groups(collected, **further):
    """Output groups of an application: `monowheel_wheels` are the wheels in it with their facts.

    Args:
        collected: as `assemble` gave it.
        **further: depsets of further groups.

    Returns:
        an OutputGroupInfo.
    """
    return OutputGroupInfo(monowheel_wheels = collected.info.wheel_files, **further)
