"""What the control variables ask for instead of a start: ``MONOWHEEL_VENV`` and ``MONOWHEEL_CACHE``."""

import os

from monowheel_boot.start import Failure


def run(file, digest):
    """Do it, and give the text to print."""
    folder = os.environ.get("MONOWHEEL_VENV")
    if folder:
        from monowheel_boot import export

        export.write(file, os.path.join(os.getcwd(), folder))
        return ""
    command, _, limits = os.environ["MONOWHEEL_CACHE"].partition(":")
    if command == "fill":
        return fill(file, digest)
    if command in ("info", "prune"):
        from monowheel_boot import prune

        return prune.info() if command == "info" else prune.prune(limits)
    raise Failure(f"MONOWHEEL_CACHE={command}: not known\nhint: info, fill, prune, prune:30d, prune:2G or prune:30d,2G")


def fill(file, digest):
    """Fill the cache, and make sure that the disk has it: for building images, and before a machine goes to sleep."""
    from monowheel_boot import start

    app = start.obtain(file, digest, bool(os.environ.get("MONOWHEEL_PYTHON")))
    os.sync()
    root = app.rpartition("/apps/")[0]
    notes = [f"{app}/boot", *(os.path.realpath(f"{app}/{part}") + ".boot" for part in ("deps", "code"))]
    # An interpreter that came with the file.
    base, inside, rest = os.path.realpath(f"{app}/bin/python").rpartition("/interpreters/")
    if base == os.path.realpath(root):
        notes.append(f"{base}{inside}{rest.partition('/')[0]}.boot")
    for note in notes:
        try:
            os.unlink(note)
        except OSError:
            pass
    return f"{root}\n"
