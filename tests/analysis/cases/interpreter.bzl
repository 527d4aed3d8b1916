"""A Python toolchain that knows its version, as that of rules_python does, in place of one that would have to be fetched."""

load("@rules_python//python:defs.bzl", "PyRuntimeInfo")

_FIELDS = ["bootstrap_template", "coverage_files", "coverage_tool", "files", "interpreter", "interpreter_path", "python_version", "stub_shebang"]

def _interpreter_toolchain_impl(ctx):
    runtime = ctx.attr.runtime[PyRuntimeInfo]
    fields = {name: getattr(runtime, name, None) for name in _FIELDS}
    return [platform_common.ToolchainInfo(
        py3_runtime = struct(
            interpreter_version_info = struct(major = 3, minor = 11, micro = 7),
            **fields
        ),
    )]

interpreter_toolchain = rule(
    implementation = _interpreter_toolchain_impl,
    doc = "Stands for a toolchain of Python 3.11.",
    attrs = {
        "runtime": attr.label(doc = "A `py_runtime`.", providers = [PyRuntimeInfo]),
    },
)
