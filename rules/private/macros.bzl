"""What users call: the rules, with what can be checked before analysis checked."""

load("//rules/private/bytecode:attribute.bzl", "check_bytecode")
load(":built_for.bzl", "check_built_for")
load(":bundled.bzl", "TOOLCHAIN_INTERPRETER")
load(":names.bzl", "check_names")
load(":python_binary.bzl", _python_binary = "python_binary")
load(":python_library.bzl", _python_library = "python_library")
load(":python_test.bzl", _python_test = "python_test")

def _declare(rule, *, name, complaints = [], deps = [], compiled = False, **kwargs):
    deps, unknown = check_names(deps)
    complaints = complaints + unknown
    if compiled and not complaints:
        kwargs = kwargs | {"bytecode_deps": deps}

    # Where the target fails anyway, dependencies could only put errors of their own in front of its own.
    rule(
        name = name,
        complaints = complaints,
        deps = [] if complaints else deps,
        **kwargs
    )

# Nothing else may name the target of the native one: whoever depends on it looks for a launcher, fetches or builds it.
_LAUNCHERS = {
    "native": Label("//rules/private:native_launcher"),
    "portable": None,
}

def _check_launcher(launcher, interpreter):
    if interpreter and launcher == "portable":
        return ["`launcher`: expected `native` beside `interpreter`, but got `portable`: a shell cannot unpack an interpreter"]
    if type(launcher) == "string" and launcher in _LAUNCHERS:
        return []
    return ["`launcher`: expected `portable` or `native`, but got `{}`".format(launcher)]

def _declare_application(rule, *, name, bytecode = "none", launcher = None, interpreter = None, platform = "", python_version = "", **kwargs):
    launcher = launcher or ("native" if interpreter else "portable")
    complaints = check_built_for(platform, python_version) + _check_launcher(launcher, interpreter) + check_bytecode(bytecode)
    checked = {} if complaints else {
        "native_launcher": _LAUNCHERS[launcher],
        "platform": platform,
        "python_version": python_version,
    }
    if interpreter and not complaints:
        checked["interpreter"] = TOOLCHAIN_INTERPRETER if interpreter == "bundled" else interpreter
    _declare(rule, name = name, complaints = complaints, compiled = bytecode == "unchecked-hash", **(kwargs | checked))

def python_binary(name, args = [], bytecode = "none", interpreter = None, launcher = None, **kwargs):
    """A Python application as one executable file. The rule of the same name has the attributes.

    Bazel passes a rule's own `args` on the command line of `bazel run`. These go into the file, so that it takes them
    wherever it is run, and the rule's own stay empty, so that `bazel run` does not give them twice.

    Args:
        name: name of the target and of the file.
        args: arguments that come before those of the caller. `$(rootpath …)`, `$(rlocationpath …)` and Make variables are expanded.
        bytecode: `none`, or `unchecked-hash`: the modules of the wheels travel compiled as well, and the first import after a first start compiles
            nothing. The Python toolchain (`@bazel_tools//tools/python:toolchain_type`) must have the version that is built for; any other version
            runs the file without this bytecode. First-party code is not compiled ahead.
        interpreter: the Python that travels in the file: `"bundled"` for that of the target's Python toolchain, or the label of an archive.
        launcher: what starts the file: `portable`, a shell script for any platform, or `native`, a program for the platform that is built for, which
            needs no shell and is faster. The default is `portable`, but `native` with `interpreter`.
        **kwargs: attributes of the rule.
    """
    _declare_application(
        _python_binary,
        name = name,
        baked_args = args,
        bytecode = bytecode,
        interpreter = interpreter,
        launcher = launcher,
        **kwargs
    )

def python_library(name, **kwargs):
    """Python files that belong together. The rule of the same name has the attributes.

    Args:
        name: name of the target.
        **kwargs: attributes of the rule.
    """
    _declare(_python_library, name = name, **kwargs)

def python_test(name, bytecode = "none", launcher = None, **kwargs):
    """A test that runs as the same kind of file as a `python_binary`. The rule of the same name has the attributes.

    Args:
        name: name of the target.
        bytecode: as in `python_binary`.
        launcher: as in `python_binary`.
        **kwargs: attributes of the rule.
    """
    _declare_application(_python_test, name = name, bytecode = bytecode, launcher = launcher, **kwargs)
