"""The one file that knows rules_python: its libraries are dependencies of ours, and ours of its.

Only the two oldest fields of `PyInfo` are used, so that any version of rules_python does.
"""

load("@rules_python//python:py_info.bzl", "PyInfo")

# What a dependency may have in place of our own provider.
FOREIGN_PROVIDERS = [PyInfo]

def foreign_imports(target):
    """Import roots of a target of rules_python.

    Args:
        target: a target that may have `PyInfo`.

    Returns:
        depset[str] of paths in the runfiles.
    """
    return target[PyInfo].imports if PyInfo in target else depset()

def foreign_sources(target):
    """Python files of a target of rules_python.

    Args:
        target: a target that may have `PyInfo`.

    Returns:
        depset[File].
    """
    return target[PyInfo].transitive_sources if PyInfo in target else depset()

def foreign_provider(sources, imports):
    """What rules_python's targets see of ours.

    Args:
        sources: depset[File], Python files.
        imports: depset[str], import roots as paths in the runfiles.

    Returns:
        a `PyInfo`.
    """
    return PyInfo(
        transitive_sources = sources,
        imports = imports,
    )
