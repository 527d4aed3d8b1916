"""``MONOWHEEL_VENV``: the application as an ordinary virtual environment in a folder, for building images.

Nothing in it points to the cache or to the file, and it may be moved: scripts find their interpreter beside themselves.
Where the interpreter travels in the file, the folder is an installation of it with the application's packages in it: a
virtual environment would name the interpreter's folder, and could not be moved.
"""

import os

from monowheel_boot import cache, environment, interpreter, unpack
from monowheel_boot.archive import Application
from monowheel_boot.start import Failure, trace

RUN = """#!/bin/sh
# Starts the application of this environment.
here=${{0%/*}}
[ -x "$here/bin/python" ] || here=$(dirname "$(readlink -f "$0")")
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONPLATLIBDIR PYTHONEXECUTABLE __PYVENV_LAUNCHER__
{env}export PATH="$here/bin:$PATH"
exec "$here/bin/python" {flags}"$here/run.py" "$0" "$@"
"""


def write(file, folder):
    """Write the environment beside, and give it its name when it is whole."""
    folder = folder.rstrip("/")
    if os.path.lexists(folder) and (not os.path.isdir(folder) or os.listdir(folder)):
        raise Failure(f"MONOWHEEL_VENV={folder}: there is something already\nhint: name a folder that is not there yet")
    os.umask(0o022)
    cache.folder_mode(0o755)
    staged = f"{folder}.{os.getpid()}.new"
    cache.folders(staged)
    try:
        application = Application(file)
        interpreter.check(application.manifest)
        fill(application, staged)
        application.unchanged()
        os.rename(staged, folder)
    finally:
        cache.remove(staged)
    trace(f"environment written: {folder}")


def fill(application, staged):
    """Write everything."""
    manifest = application.manifest
    library = f"{staged}/lib/python"
    site = f"{library}/site-packages"
    cache.folders(site)
    sources = [unpack.Wheel(application.nested(member), wheel, staged, None) for wheel, member in application.packed()]
    cache.folders(f"{staged}/code")
    own = f"{staged}/.interpreter" if interpreter.inside(manifest) else None
    if own:
        sources.append(unpack.Interpreter(application.interpreter(), own))
    unpack.run([*sources, unpack.Code(application.code(), f"{staged}/code")])
    cache.write(f"{site}/monowheel.pth", environment.import_roots(manifest))
    brought = f"{staged}/.bin"
    if os.path.isdir(f"{staged}/bin"):
        os.rename(f"{staged}/bin", brought)
    if own:
        install(own, staged, library)
    else:
        environment.interpreter(staged, library)
    headers = f"{staged}/{unpack.HEADERS}"
    if os.path.isdir(headers):
        os.rename(headers, headers + environment.minor())
    environment.scripts(staged, environment.BESIDE, manifest["wheels"], brought)
    cache.remove(brought)
    environment.trampoline(staged, manifest)
    cache.write(f"{staged}/run", run(manifest).encode(), 0o755)


def install(interpreter, staged, library):
    """Move the interpreter in between what the wheels brought."""
    merge(interpreter, staged)
    program = os.path.basename(environment.real_interpreter())
    named = f"python{environment.minor()}"
    for name in ("python", "python3", named):
        if not os.path.lexists(f"{staged}/bin/{name}"):
            os.symlink(program, f"{staged}/bin/{name}")
    merge(library, f"{staged}/lib/{named}{environment.threads()}")
    # Without a `home` it makes no virtual environment of this, but keeps the packages of the user out.
    cache.write(f"{staged}/pyvenv.cfg", b"include-system-site-packages = false\n")


def merge(source, target):
    """Move everything in a folder to another one; what is there already stays."""
    for name in os.listdir(source):
        old, new = f"{source}/{name}", f"{target}/{name}"
        if os.path.isdir(old) and os.path.isdir(new) and not os.path.islink(old):
            merge(old, new)
        elif not os.path.lexists(new):
            os.rename(old, new)
    cache.remove(source)


def run(manifest):
    """Give the script that starts the application."""
    env = "".join(
        f'[ -n "${{{name}+x}}" ] || export {name}={quoted(value)}\n' for name, value in sorted(manifest["env"].items())
    )
    flags = "".join(quoted(flag) + " " for flag in manifest["interpreter_args"])
    return RUN.format(env=env, flags=flags)


def quoted(value):
    """Give one shell word."""
    return "'" + value.replace("'", "'\\''") + "'"
