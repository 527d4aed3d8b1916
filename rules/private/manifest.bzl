"""Lines of the input manifest of `monowheel assemble` (ARCHITECTURE.md, "The input manifest").

All but the first line come from depsets while the parameter file is written, not before. The functions are at top level, and take the paths
from `File` objects as they are asked for, so that path mapping sees every one of them.
"""

load(":labels.bzl", "label_text")

# Files that make the root of their repository a root for imports.
_IMPORTABLE = ["py", "pyc", "so", "pyd"]

def place(short_path):
    """A file's place in the first-party tree, which is its path in the runfiles.

    Args:
        short_path: the file's `short_path`.

    Returns:
        `_main/…` for files of the main repository, the repository's name for others.
    """
    return short_path.removeprefix("../") if short_path.startswith("../") else "_main/" + short_path

def _application_line(entry):
    launcher = {"launcher": entry.launcher.path} if entry.launcher else {}
    return json.encode(entry.fields | launcher | {"kind": "application", "version": 1})

def _source(file, dest):
    kind = "tree" if file.is_directory else "file"
    return json.encode({"kind": kind, "path": file.path, "dest": dest, "origin": label_text(file.owner)})

def _file_line(file):
    return _source(file, place(file.short_path))

def _symlink_line(entry):
    return _source(entry.target_file, "_main/" + entry.path)

def _root_symlink_line(entry):
    return _source(entry.target_file, entry.path)

def _wheel_line(wheel):
    return json.encode({"kind": "wheel", "path": wheel.file.path, "facts": wheel.facts.path, "origin": wheel.origin})

def _bytecode_line(archive):
    return json.encode({"kind": "bytecode", "path": archive.file.path, "wheel": archive.wheel.path, "origin": archive.origin})

def _import_line(root):
    return json.encode({"kind": "import", "path": root})

def _repository_line(file):
    if file.is_directory or file.extension in _IMPORTABLE:
        return _import_line(place(file.short_path).split("/", 1)[0])
    return None

def _interpreter_line(interpreter):
    fields = {"kind": "interpreter", "exclude": interpreter.exclude, "origin": interpreter.origin}
    if interpreter.archive:
        return json.encode(fields | {"path": interpreter.archive.path})
    return json.encode(fields | {"executable": place(interpreter.executable.short_path), "version": interpreter.version})

def _interpreter_file_line(file):
    return json.encode({"kind": "interpreter_file", "path": file.path, "dest": place(file.short_path), "origin": label_text(file.owner)})

def manifest(args, *, application, bytecode, conflicts, exclude, info, interpreter, launcher, runfiles):
    """Adds the whole manifest to `args`.

    Args:
        args: an Args object that becomes a file.
        application: dict, the fields of the line of kind `application`.
        bytecode: depset of structs, the bytecode of the wheels.
        conflicts: dict of paths in the environment to the project whose file stays, `""` for none.
        exclude: dict of projects, `*` for all, to globs of the files of their wheels that are left out.
        info: MonowheelInfo of the application.
        interpreter: the one that travels in the file, as `bundled` gives it, or None.
        launcher: the native launcher, a File, or None.
        runfiles: its first-party files.

    Returns:
        a depset of files beside those of `info` and `runfiles.files` that the manifest names.
    """
    args.use_param_file("--manifest=%s", use_always = True)
    args.set_param_file_format("multiline")
    args.add_all([struct(fields = application, launcher = launcher)], map_each = _application_line)
    for path, winner in conflicts.items():
        args.add(json.encode({"kind": "conflict", "path": path, "winner": winner or None}))
    for project, paths in exclude.items():
        args.add(json.encode({"kind": "exclude", "project": project, "paths": paths}))
    args.add_all(info.imports, map_each = _import_line)
    args.add_all(runfiles.files, map_each = _repository_line, expand_directories = False, uniquify = True)
    args.add_all(runfiles.files, map_each = _file_line, expand_directories = False)
    args.add_all(info.wheels, map_each = _wheel_line)
    args.add_all(bytecode, map_each = _bytecode_line)

    if interpreter:
        args.add_all([interpreter.line], map_each = _interpreter_line)
        args.add_all(interpreter.files, map_each = _interpreter_file_line)

    # Few targets have any of these, and depsets of them have no files of their own: looking into them is cheap where it happens at all.
    symlinks = []
    if runfiles.symlinks:
        args.add_all(runfiles.symlinks, map_each = _symlink_line)
        symlinks += runfiles.symlinks.to_list()
    if runfiles.root_symlinks:
        args.add_all(runfiles.root_symlinks, map_each = _root_symlink_line)
        symlinks += runfiles.root_symlinks.to_list()
    return depset([entry.target_file for entry in symlinks])
