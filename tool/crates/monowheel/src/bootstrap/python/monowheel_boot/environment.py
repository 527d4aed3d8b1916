"""Making the environment of one application and one interpreter: a real virtual environment, scripts, a trampoline."""

import posix
import sys

from monowheel_boot import cache, system, unpack
from monowheel_boot.start import real_interpreter, trace

# Of the kernel's 256 bytes (127 before Linux 5.1) for a shebang.
LONGEST_SHEBANG = 127
# Names that an environment has itself.
OWN = {"bin", "boot", "code", "deps", "lib", "pyvenv.cfg", "rare.py", "run.py", "until", "used"}
# Python reads the two lines as one string; a shell runs the interpreter that lies beside the script.
BESIDE = '#!/bin/sh\n{0}exec\' "${{0%/*}}/python" "$0" "$@"\n\' {0}'.format(3 * "'")
SCRIPT = """{shebang}
import sys
from {module} import {name}
if __name__ == "__main__":
    sys.exit({call}())
"""


def make(store, name, manifest, days):
    """Write the environment beside and give it its name; an older one makes room."""
    app = f"{store.root}/apps/{name}"
    staged = f"{store.stage()}/app"
    posix.mkdir(staged, 0o700)
    tree = f"{store.root}/deps/{manifest['dependencies']}"
    posix.symlink(f"../../deps/{manifest['dependencies']}", f"{staged}/deps")
    posix.symlink(f"../../code/{manifest['code']['sha256'][:32]}", f"{staged}/code")
    posix.mkdir(f"{staged}/lib", 0o700)
    interpreter(staged, None)
    data(staged, tree)
    scripts(staged, shebang(f"{app}/bin/python"), manifest["wheels"], f"{tree}/bin")
    trampoline(staged, manifest)
    cache.write(f"{staged}/used", b"")
    store.note_unsynced(f"{staged}/boot")
    if days:
        until(f"{staged}/until", days)
    if system.lexists(app):
        store.withdraw("apps", name)
    store.publish(staged, "apps", name)
    trace(f"environment written: {app}")
    return app


def interpreter(staged, library):
    """Write what makes a folder a virtual environment of this interpreter.

    ``library`` gets the name that the interpreter looks for; without one, ``site-packages`` is a link to the tree.
    """
    real = real_interpreter()
    version = ".".join(map(str, sys.version_info[:3]))
    settings = {
        "home": system.dirname(real),
        "include-system-site-packages": "false",
        "version": version,
        "executable": real,
    }
    text = "".join(f"{key} = {value}\n" for key, value in settings.items())
    cache.write(f"{staged}/pyvenv.cfg", system.fsencode(text))
    cache.make(f"{staged}/bin")
    posix.symlink(real, f"{staged}/bin/python")
    named = f"python{minor()}"
    for name in ("python3", named):
        posix.symlink("python", f"{staged}/bin/{name}")
    target = f"{staged}/lib/{named}{threads()}"
    if library:
        posix.rename(library, target)
    else:
        posix.mkdir(target, 0o700)
        posix.symlink("../../deps/lib/python/site-packages", f"{target}/site-packages")


def threads():
    """Give what follows the version in the library's name: ``t`` for a free-threaded interpreter."""
    return "t" if "t" in getattr(sys, "abiflags", "") else ""


def data(staged, tree):
    """Link what wheels install outside of ``site-packages``: ``share/``, ``etc/``, ``include/``, ``lib/*.so``."""
    for name in sorted(posix.listdir(tree)):
        if name == "include" and system.isdir(f"{tree}/{unpack.HEADERS}"):
            headers(staged, tree)
        elif name not in OWN:
            posix.symlink(f"deps/{name}", f"{staged}/{name}")
    for name in sorted(posix.listdir(f"{tree}/lib")):
        if name != "python" and not system.lexists(f"{staged}/lib/{name}"):
            posix.symlink(f"../deps/lib/{name}", f"{staged}/lib/{name}")


def headers(staged, tree):
    """Link ``include/``, of which one folder gets the name that has the version of Python in it."""
    for folder, up in (("include", ".."), ("include/site", "../..")):
        posix.mkdir(f"{staged}/{folder}", 0o700)
        for name in sorted(posix.listdir(f"{tree}/{folder}")):
            if f"{folder}/{name}" not in ("include/site", unpack.HEADERS):
                posix.symlink(f"{up}/deps/{folder}/{name}", f"{staged}/{folder}/{name}")
    posix.symlink(f"../../deps/{unpack.HEADERS}", f"{staged}/{unpack.HEADERS}{minor()}")


def minor():
    """Give the version of Python that names its folders."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def scripts(staged, line, wheels, folder):
    """Write the scripts of the wheels, with ``line`` to start them."""
    for wheel in wheels:
        for name, value in sorted({**wheel["gui_scripts"], **wheel["console_scripts"]}.items()):
            module, _, attribute = value.partition(":")
            text = SCRIPT.format(shebang=line, module=module, name=attribute.partition(".")[0], call=attribute)
            try:
                cache.write(f"{staged}/bin/{name}", system.fsencode(text), 0o755)
            except FileExistsError:
                # The first to bring it has it, as the interpreter has its own names.
                pass
    copied(folder, f"{staged}/bin", line)


def copied(source, target, line):
    """Take over scripts that wheels bring ready; those that ask for any Python get ours."""
    try:
        names = sorted(posix.listdir(source))
    except FileNotFoundError:
        return
    for name in names:
        path = f"{source}/{name}"
        if system.isdir(path):
            cache.make(f"{target}/{name}")
            copied(path, f"{target}/{name}", line)
        elif not system.lexists(f"{target}/{name}"):
            with open(path, "rb") as file:
                first = file.read(8)
                if first == b"#!python":
                    file.readline()
                    cache.write(f"{target}/{name}", system.fsencode(line) + b"\n" + file.read(), 0o755)
                    continue
            hard_link(path, f"{target}/{name}")


def hard_link(source, target):
    """Link a file, or copy it where links are not to be had; scripts are executable whatever the wheel says."""
    try:
        posix.link(source, target)
        if not posix.stat(target).st_mode & 0o100:
            posix.chmod(target, 0o755)
    except OSError:
        with open(source, "rb") as file:
            cache.write(target, file.read(), 0o755)


def shebang(python):
    """Give the first lines of a script: through a shell where a shebang cannot have such a path."""
    if len(system.fsencode(python)) + 3 <= LONGEST_SHEBANG and not set(python) & set(" \t\n'\"\\"):
        return f"#!{python}"
    return BESIDE


def trampoline(staged, manifest):
    """Write ``run.py`` with the entry in it, and what it needs on rare occasions."""
    entry = manifest["entry"]
    what = ("attr", entry["module"], entry["attr"]) if entry["kind"] == "attr" else ("file", entry["path"], "")
    values = {"ENTRY": what, "ARGS": manifest["args"], "VERSION": tuple(sys.version_info[:2])}
    main = sys.modules["__main__"]
    text, rare = map(main.source, main.WRITTEN)
    for name, value in values.items():
        before, _, after = text.partition(f"{name} = ")
        text = f"{before}{name} = {value!a}\n{after.partition(chr(10))[2]}"
    cache.write(f"{staged}/run.py", text.encode())
    cache.write(f"{staged}/rare.py", rare.encode())


def import_roots(manifest):
    """Give the lines of ``monowheel.pth``; ``site`` takes them as seen from ``lib/pythonX.Y/site-packages``."""
    return "".join(f"../../../code/{path}\n" if path else "../../../code\n" for path in manifest["imports"]).encode()


def until(path, days):
    """Write a file whose time is when to look again: cleaners take single files out of folders such as ``/tmp``."""
    cache.write(path, b"")
    when = posix.stat(path).st_mtime + days * 86400
    posix.utime(path, (when, when))


def interpreter_of(app):
    """Path of the interpreter of an environment, or None."""
    return system.link(f"{app}/bin/python")
