"""What ``run.py`` seldom needs: another entry, or an interpreter that has changed since the environment was made.

``VERSION`` and ``HERE`` come from ``run.py``; ``sys.argv`` is still ``run.py FILE ARGUMENTS...``.
"""

import os
import sys


def again():
    """Start the file from the beginning, without this environment: its interpreter is another one now."""
    try:
        os.unlink(f"{HERE}/bin/python")  # noqa: F821
    except OSError as error:
        sys.exit(f"monowheel: the interpreter of {HERE} has changed, and it cannot be made anew: {error}")  # noqa: F821
    file = os.path.abspath(sys.argv[1])
    command = [file] if os.access(file, os.X_OK) else ["/bin/sh", file]
    os.execv(command[0], [*command, *sys.argv[2:]])


def other(entry):
    """Run ``package.module:attribute`` or a script of the environment in place of the application's entry."""
    sys.argv[:2] = sys.argv[1:2]
    if sys.path[0] == HERE:  # noqa: F821
        del sys.path[0]
    module, colon, attribute = entry.partition(":")
    if colon:
        import importlib

        target = importlib.import_module(module)
        for name in attribute.split("."):
            target = getattr(target, name)
        sys.exit(target())
    path = f"{HERE}/bin/{entry}"  # noqa: F821
    if "/" in entry or not os.path.exists(path):
        import difflib

        near = difflib.get_close_matches(entry, os.listdir(f"{HERE}/bin"))  # noqa: F821
        hint = f"\nhint: the nearest names are {', '.join(near)}" if near else ""
        sys.exit(f"monowheel: MONOWHEEL_ENTRY_POINT={entry}: no script of that name in the application{hint}")
    os.execv(path, [path, *sys.argv[1:]])


if sys.version_info[:2] != VERSION:  # noqa: F821
    again()
other(os.environ.pop("MONOWHEEL_ENTRY_POINT"))
