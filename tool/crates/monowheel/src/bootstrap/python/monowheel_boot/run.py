"""Starts the entry of one application in the interpreter of its environment."""

import sys

ENTRY = ("kind", "module or path", "attribute")
ARGS = []
VERSION = (3, 0)


def _enter():
    """Make ready, and give the code to run in this namespace."""
    import os

    here = os.path.dirname(__file__)
    if sys.version_info[:2] != VERSION or "MONOWHEEL_ENTRY_POINT" in os.environ:
        with open(f"{here}/rare.py") as file:
            exec(file.read(), {"VERSION": VERSION, "HERE": here})
    sys.argv[:2] = sys.argv[1:2] + ARGS
    if sys.path[0] == here:
        del sys.path[0]
    kind, name, attribute = ENTRY
    if kind == "attr":
        first, _, rest = attribute.partition(".")
        return f"from {name} import {first} as _entry\nsys.exit(_entry{rest and '.' + rest}())"
    path = f"{here}/code/{name}"
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, os.path.dirname(path))
    namespace = globals()
    loader = type(namespace["__loader__"])("__main__", path)
    code = loader.get_code("__main__")
    for own in ("ENTRY", "ARGS", "VERSION", "_enter", "sys"):
        del namespace[own]
    namespace.update(__file__=path, __loader__=loader, __doc__=None)
    return code


if __name__ == "__main__":
    exec(_enter())
