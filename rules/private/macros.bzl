"""What users call: the rules, with the names of their dependencies checked."""

load(":names.bzl", "check_names")
load(":python_binary.bzl", _python_binary = "python_binary")
load(":python_library.bzl", _python_library = "python_library")
load(":python_test.bzl", _python_test = "python_test")

def python_binary(name, args = [], deps = [], **kwargs):
    """A Python application as one executable file. The rule of the same name has the attributes.

    Bazel passes a rule's own `args` on the command line of `bazel run`. These go into the file, so that it takes them
    wherever it is run, and the rule's own stay empty, so that `bazel run` does not give them twice.

    Args:
        name: name of the target and of the file.
        args: arguments that come before those of the caller. `$(rootpath …)`, `$(rlocationpath …)` and Make variables are expanded.
        deps: libraries and packages.
        **kwargs: attributes of the rule.
    """
    deps, unknown = check_names(deps)
    _python_binary(
        name = name,
        baked_args = args,
        deps = deps,
        unknown_deps = unknown,
        **kwargs
    )

def python_library(name, deps = [], **kwargs):
    """Python files that belong together. The rule of the same name has the attributes.

    Args:
        name: name of the target.
        deps: libraries and packages.
        **kwargs: attributes of the rule.
    """
    deps, unknown = check_names(deps)
    _python_library(
        name = name,
        deps = deps,
        unknown_deps = unknown,
        **kwargs
    )

def python_test(name, deps = [], **kwargs):
    """A test that runs as the same kind of file as a `python_binary`. The rule of the same name has the attributes.

    Args:
        name: name of the target.
        deps: libraries and packages.
        **kwargs: attributes of the rule.
    """
    deps, unknown = check_names(deps)
    _python_test(
        name = name,
        deps = deps,
        unknown_deps = unknown,
        **kwargs
    )
