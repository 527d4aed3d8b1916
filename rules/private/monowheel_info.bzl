"""The provider that libraries and wheels give to applications."""

def _init(*, sources = depset(), imports = depset(), wheels = depset(), wheel_files = depset(), python_version = ""):
    if type(python_version) != "string":
        fail("MonowheelInfo: expected `python_version` to be a string, but got {}".format(repr(python_version)))
    return {
        "imports": imports,
        "python_version": python_version,
        "sources": sources,
        "wheel_files": wheel_files,
        "wheels": wheels,
    }

MonowheelInfo, _new_monowheel_info = provider(
    doc = """What a library or a wheel adds to an application. Files that are there at run time, sources included, come with `DefaultInfo`'s runfiles.""",
    init = _init,
    fields = {
        "imports": "depset[str]: roots for `sys.path` as paths in the runfiles, `_main/svc`; the root of each repository that has Python files is one without being listed.",
        "python_version": "str: the Python version that wheels were chosen for, `3.11`; empty where there is no choice in it.",
        "sources": "depset[File]: Python files, for those who read `PyInfo`.",
        "wheel_files": "depset[File]: the files in `wheels`, all of them inputs of an application.",
        "wheels": "depset[struct]: wheels, each a `wheel_record`.",
    },
)

WheelFileInfo = provider(
    doc = "What a target that is one wheel file gives besides.",
    fields = {
        "record": "struct: a `wheel_record`.",
    },
)

def wheel_record(*, file, facts, origin):
    """The one constructor of a wheel in `MonowheelInfo.wheels`.

    Args:
        file: the wheel.
        facts: what `monowheel facts` wrote about it.
        origin: who asked for it, for messages.

    Returns:
        a struct of the three.
    """
    for name, value in [("file", file), ("facts", facts)]:
        if type(value) != "File":
            fail("wheel_record: expected `{}` to be a File, but got {}".format(name, repr(value)))
    if not file.basename.endswith(".whl"):
        fail("wheel_record: expected a `.whl`, but got `{}`".format(file.short_path))
    return struct(file = file, facts = facts, origin = origin)
