"""``python3 FILE``: started by an interpreter that somebody chose, without the head."""

import os
import sys

from monowheel_boot import roots
from monowheel_boot.start import Failure, File, Refusal, control, obtain, sentence, trace

# What would bend the interpreter's search for modules is not the application's.
LEAKS = (
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "PYTHONPLATLIBDIR",
    "PYTHONEXECUTABLE",
    "__PYVENV_LAUNCHER__",
)
# Say what to run, once; a Monowheel file that the application starts must not do it again.
ONCE = ("MONOWHEEL_INTERPRETER", "MONOWHEEL_VENV", "MONOWHEEL_CACHE")


def from_python(path, arguments):
    """Start the application from ``python3 FILE``."""
    only_standard_library()
    flags = interpreter_flags()
    try:
        # Not before: it imports more of the standard library.
        recall()
        from monowheel_boot import archive

        file = File(path, os.open(path, os.O_RDONLY | os.O_CLOEXEC))
        application = archive.Application(file)
        manifest, digest = application.manifest, application.digest
        text = control(file, digest)
        if text is not None:
            sys.stdout.write(text)
            sys.exit(0)
        umask = os.umask(0o022)
        app = obtain(file, digest, True)
        os.umask(umask)
        replace(app, path, manifest, flags, not_injected(app, manifest["args"], arguments))
    except (Failure, Refusal, OSError) as error:
        if isinstance(error, Refusal):
            sys.exit(f"monowheel: {path} cannot run with {sys.executable}: {error}")
        sys.exit(f"monowheel: {sentence(error, path)}")


def recall():
    """Take the bootstrap as an earlier start has compiled it, from where the head would take it."""
    main = sys.modules["__main__"]
    root = next((root for root in roots.existing() if os.path.isdir(f"{root}/known")), None)
    known = main.recall(root) if root else None
    if known:
        main.learn(known)


def only_standard_library():
    """Take everything but the standard library from the path: ``python3 FILE`` runs with whatever PYTHONPATH says."""
    library = os.path.dirname(os.__file__)
    sys.path[:] = [path for path in sys.path if path == library or path.endswith("lib-dynload")]


def interpreter_flags():
    """Flags that the interpreter was started with, as far as it tells (3.10)."""
    original = getattr(sys, "orig_argv", None)
    return original[1 : -len(sys.argv)] if original else []


def not_injected(app, injected, arguments):
    """Give the arguments without those that will be put before them.

    Who runs FILE by the environment's own interpreter starts itself again by ``sys.executable`` and ``sys.argv``, which has them already:
    gunicorn on SIGUSR2, Django's and Werkzeug's reloaders.
    """
    again = os.path.realpath(sys.prefix) == os.path.realpath(app) and arguments[: len(injected)] == injected
    return arguments[len(injected) :] if again and not os.environ.get("MONOWHEEL_INTERPRETER") else arguments


def replace(app, path, manifest, flags, arguments):
    """Become the application: what ``_mw_run`` does in the head."""
    environment = os.environ
    for name, value in manifest["env"].items():
        environment.setdefault(name, value)
    folders = environment.get("PATH", "")
    if f":{app}/bin:" not in f":{folders}:":
        environment["PATH"] = f"{app}/bin:{folders}" if folders else f"{app}/bin"
    interactive = environment.get("MONOWHEEL_INTERPRETER")
    for name in LEAKS + ONCE + (("MONOWHEEL_ENTRY_POINT",) if interactive else ()):
        environment.pop(name, None)
    python = f"{app}/bin/python"
    script = [] if interactive else [f"{app}/run.py", path]
    trace(f"exec {python}")
    os.execv(python, [python, *manifest["interpreter_args"], *flags, *script, *arguments])
