"""Compiling the modules of wheels ahead: one action for each wheel and Python version, whoever asks.

An aspect rather than an output of the rule `wheel`, since that would make every target with a wheel look for a Python toolchain, and so fetch an
interpreter, for the sake of applications that want no bytecode. An aspect is analysed once for each wheel as well, and only where an
application asks for it.
"""

load("//rules/private:monowheel_info.bzl", "MonowheelInfo", "WheelFileInfo")
load(":interpreter.bzl", "BytecodeInterpreterInfo")

BytecodeInfo = provider(
    doc = "The bytecode of the wheels that a target adds to an application.",
    fields = {
        "archives": "depset[struct]: each with `wheel` and `file`, Files, and `origin`, who asked for the wheel.",
        "files": "depset[File]: the archives themselves.",
        "interpreter": "BytecodeInterpreterInfo: what compiles.",
    },
)

# Along which a target's wheels come, as in `collect`.
_ATTRIBUTES = ["deps", "wheels"]

def _compile(ctx, record, interpreter):
    output = ctx.actions.declare_file(record.file.basename + ".bytecode.zip")
    compiler = ctx.file._compiler
    arguments = ctx.actions.args()

    # Nothing of the user's, nothing that is installed, and no bytecode of the compiler itself.
    arguments.add_all(["-s", "-S", "-B", compiler, record.file, output])
    ctx.actions.run(
        executable = interpreter.executable,
        arguments = [arguments],
        inputs = depset([compiler, record.file], transitive = [interpreter.files]),
        outputs = [output],
        env = {},
        execution_requirements = {"supports-path-mapping": "1"},
        mnemonic = "MonowheelBytecode",
        progress_message = "Compiling wheel " + record.file.basename,
        toolchain = None,
        use_default_shell_env = False,
    )
    return output

def _bytecode_aspect_impl(target, ctx):
    interpreter = ctx.attr._interpreter[BytecodeInterpreterInfo]
    archives, files = [], []
    if WheelFileInfo in target and interpreter.executable:
        record = target[WheelFileInfo].record
        file = _compile(ctx, record, interpreter)
        archives.append(struct(wheel = record.file, file = file, origin = record.origin))
        files.append(file)
    infos = [
        dep[BytecodeInfo]
        for name in _ATTRIBUTES
        for dep in getattr(ctx.rule.attr, name, None) or []
        # Where `collect` finds no wheels, beyond other rule sets' libraries, there are none to compile.
        if MonowheelInfo in target and type(dep) == "Target" and BytecodeInfo in dep
    ]
    return [BytecodeInfo(
        archives = depset(archives, transitive = [info.archives for info in infos]),
        files = depset(files, transitive = [info.files for info in infos]),
        interpreter = interpreter,
    )]

bytecode_aspect = aspect(
    implementation = _bytecode_aspect_impl,
    doc = "Declares the action that compiles a wheel, and collects what others declare.",
    attr_aspects = _ATTRIBUTES,
    attrs = {
        "_compiler": attr.label(
            default = "//rules/private/bytecode:compile_wheel.py",
            allow_single_file = True,
        ),
        "_interpreter": attr.label(
            default = "//rules/private/bytecode:interpreter",
            cfg = "exec",
            providers = [BytecodeInterpreterInfo],
        ),
    },
)
