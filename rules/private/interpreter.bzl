"""The interpreter that tests run with, where a toolchain gives one of the right version.

No toolchain is asked of anyone: without one, a test looks for Python where any application does, on PATH.
"""

# The standard one, of which rules_python and others register interpreters.
INTERPRETER_TOOLCHAIN = config_common.toolchain_type("@bazel_tools//tools/python:toolchain_type", mandatory = False)

def toolchain_runtime(ctx):
    """The runtime of Python 3 that the toolchain gives.

    Args:
        ctx: context of a rule with `toolchains = [INTERPRETER_TOOLCHAIN]`.

    Returns:
        a `PyRuntimeInfo`, or None.
    """
    toolchain = ctx.toolchains["@bazel_tools//tools/python:toolchain_type"]
    return getattr(toolchain, "py3_runtime", None) if toolchain else None

def runtime_version(runtime):
    """The version of a runtime.

    Args:
        runtime: a `PyRuntimeInfo`.

    Returns:
        such as `3.11`; an empty string where it does not say.
    """
    info = getattr(runtime, "interpreter_version_info", None)
    return "{}.{}".format(info.major, info.minor) if info else ""

def interpreter(ctx, python_version):
    """The toolchain's interpreter.

    Args:
        ctx: context of a rule with `toolchains = [INTERPRETER_TOOLCHAIN]`.
        python_version: the version that is built for, `3.11`; empty where any will do.

    Returns:
        a struct of `path`, from the folder in which Bazel starts a test, or None; and `files`, a depset.
    """
    runtime = toolchain_runtime(ctx)

    # The toolchain that comes with Bazel finds some Python on PATH and cannot say which: the file finds a fitting one.
    version = runtime_version(runtime) if runtime else ""
    if not version or (python_version and version != python_version):
        return struct(path = None, files = depset())
    if runtime.interpreter:
        return struct(
            path = _from_start(runtime.interpreter.short_path),
            files = depset([runtime.interpreter], transitive = [runtime.files] if runtime.files else []),
        )
    return struct(path = runtime.interpreter_path, files = depset())

def _from_start(short_path):
    # With a slash it is a path, without one it would be a name to look for.
    return short_path if "/" in short_path else "./" + short_path
