"""The interpreter that compiles wheels: that of the Python toolchain, for the platform on which actions run.

Bytecode depends on the version of Python and on no platform, so a file for another platform is compiled here.
"""

load("//rules/private:interpreter.bzl", "INTERPRETER_TOOLCHAIN", "runtime_version", "toolchain_runtime")

BytecodeInterpreterInfo = provider(
    doc = "The interpreter that compiles wheels.",
    fields = {
        "executable": "File, or str where it is a path of the machine, or None where no toolchain gives one.",
        "files": "depset[File]: what it needs.",
        "version": "str: its version, `3.11`; empty where the toolchain does not say.",
    },
)

def _bytecode_interpreter_impl(ctx):
    runtime = toolchain_runtime(ctx)
    if not runtime:
        return [BytecodeInterpreterInfo(executable = None, files = depset(), version = "")]
    return [BytecodeInterpreterInfo(
        executable = runtime.interpreter or runtime.interpreter_path or None,
        files = runtime.files or depset(),
        version = runtime_version(runtime),
    )]

bytecode_interpreter = rule(
    implementation = _bytecode_interpreter_impl,
    doc = "Finds the interpreter. There is one target of it, which is asked for in the configuration of tools.",
    toolchains = [INTERPRETER_TOOLCHAIN],
    provides = [BytecodeInterpreterInfo],
)
