"""The attribute `bytecode` of an application."""

load("//rules/private:labels.bzl", "label_text")
load(":bytecode.bzl", "BytecodeInfo", "bytecode_aspect")

_TOOLCHAIN = "@bazel_tools//tools/python:toolchain_type"
_VALUES = ["none", "unchecked-hash"]

BYTECODE_ATTRS = {
    "bytecode_deps": attr.label_list(
        doc = """`deps` once more, where their wheels are to be compiled. The macros fill it in: `bytecode = "unchecked-hash"`.""",
        aspects = [bytecode_aspect],
    ),
}

def check_bytecode(bytecode):
    """Checks the attribute before it decides what is analysed.

    Args:
        bytecode: its value.

    Returns:
        a list of sentences, one for each thing that is wrong.
    """
    if bytecode in _VALUES:
        return []
    return ["`bytecode`: expected `none` or `unchecked-hash`{}, but got `{}`".format(
        "" if type(bytecode) == "string" else ", not a `select`, as it decides what is analysed",
        bytecode,
    )]

def bytecode(ctx, python_version):
    """The bytecode of an application's wheels.

    Args:
        ctx: context of a rule with `BYTECODE_ATTRS`.
        python_version: the version that is built for, or an empty string.

    Returns:
        a struct of `archives`, a depset of structs as in `BytecodeInfo`, and `files`, a depset.
    """
    infos = [dep[BytecodeInfo] for dep in ctx.attr.bytecode_deps]
    for info in infos:
        version = info.interpreter.version
        if not info.interpreter.executable:
            fail("{}: `bytecode`: expected a Python toolchain of type `{}` on the platform where actions run, but there is none".format(
                label_text(ctx.label),
                _TOOLCHAIN,
            ))
        if version and python_version and version != python_version.removesuffix("t"):
            fail("{}: `bytecode`: expected a Python toolchain of type `{}` of Python {}, which is built for, but got one of {}".format(
                label_text(ctx.label),
                _TOOLCHAIN,
                python_version,
                version,
            ))
    return struct(
        archives = depset(transitive = [info.archives for info in infos]),
        files = depset(transitive = [info.files for info in infos]),
    )
