"""The interpreter that travels in an application: that of the target's Python toolchain, or an archive."""

load(":labels.bzl", "label_text")

_TOOLCHAIN_TYPE = "@bazel_tools//tools/python:toolchain_type"
_ARCHIVES = (".tar", ".tar.gz", ".tgz")

MonowheelInterpreterInfo = provider(
    doc = "The interpreter of the Python toolchain, if it is one that can travel in an application.",
    fields = {
        "complaint": "str: why it cannot; empty where it can.",
        "executable": "File: its program.",
        "files": "depset[File]: all of it, the program included.",
        "version": "str: `3.11.7`; empty where the toolchain does not say.",
    },
)

def _version(runtime):
    info = getattr(runtime, "interpreter_version_info", None)
    numbers = [getattr(info, name, None) for name in ["major", "minor", "micro"]] if info else []
    return ".".join([str(number) for number in numbers if number != None])

def _complaint(runtime):
    if not runtime:
        return "none is registered for the platform that is built for"
    if not runtime.interpreter:
        return "it names a Python of the machine, `{}`".format(runtime.interpreter_path)
    if not _version(runtime) and not runtime.files:
        # The one that comes with Bazel, a script that starts some Python on PATH. (Not every version of Bazel says which Python a toolchain has;
        # of one that has files, the tool finds it out.)
        return "it looks for Python on the machine where it runs"
    return ""

def _toolchain_interpreter_impl(ctx):
    toolchain = ctx.toolchains[_TOOLCHAIN_TYPE]
    runtime = getattr(toolchain, "py3_runtime", None) if toolchain else None
    complaint = _complaint(runtime)
    if complaint:
        return [MonowheelInterpreterInfo(complaint = complaint, executable = None, files = depset(), version = "")]
    files = depset([runtime.interpreter], transitive = [runtime.files] if runtime.files else [])
    return [MonowheelInterpreterInfo(complaint = "", executable = runtime.interpreter, files = files, version = _version(runtime))]

# A target of its own, so that nobody who bundles no interpreter asks for a toolchain, or fetches one.
toolchain_interpreter = rule(
    implementation = _toolchain_interpreter_impl,
    doc = "The interpreter of the Python toolchain for the platform that is built for.",
    provides = [MonowheelInterpreterInfo],
    toolchains = [config_common.toolchain_type(_TOOLCHAIN_TYPE, mandatory = False)],
)

# The one target of that rule.
TOOLCHAIN_INTERPRETER = Label("//rules/private:toolchain_interpreter")

BUNDLED_ATTRS = {
    "interpreter": attr.label(
        doc = """The Python that travels in the file, so that the machine needs none: `"bundled"` takes the interpreter of the target's Python toolchain, a label an archive of the `install_only` kind (`.tar`, `.tar.gz`). Without it, the file looks for a fitting Python where it runs.""",
        # Bazel itself would ask the one with the provider for files as well.
        allow_files = True,
    ),
    "interpreter_exclude": attr.string_list(
        doc = """What is left out of that interpreter, besides what nobody needs at run time (tests, headers, Tkinter and more): globs such as `lib/python3*/sqlite3/**`. The last one that matches decides; with `!` in front, it takes back: `!lib/python3*/tkinter/**`.""",
    ),
}

def _fail(ctx, attribute, text):
    fail("{} rule {}: `{}`: {}".format(ctx.attr._kind, label_text(ctx.label), attribute, text))

def _line(ctx, owner, archive = None, executable = None, version = None):
    return struct(
        archive = archive,
        exclude = ctx.attr.interpreter_exclude,
        executable = executable,
        origin = label_text(owner),
        version = version,
    )

def bundled(ctx):
    """The interpreter that a target bundles.

    Args:
        ctx: context of a rule with `BUNDLED_ATTRS`.

    Returns:
        a struct of `line`, what `manifest` needs for the line of kind `interpreter`; `files`, a depset of those that have lines of their own; and
        `inputs`, a depset of all. None where nothing is bundled.
    """
    target = ctx.attr.interpreter
    if not target:
        if ctx.attr.interpreter_exclude:
            _fail(ctx, "interpreter_exclude", "expected `interpreter = \"bundled\"` beside it, but got none")
        return None
    if MonowheelInterpreterInfo not in target:
        files = ctx.files.interpreter
        if len(files) != 1 or not files[0].basename.endswith(_ARCHIVES):
            _fail(ctx, "interpreter", "expected `\"bundled\"` or one archive ({}), but got {} with {}".format(
                ", ".join(_ARCHIVES),
                label_text(target.label),
                ", ".join([file.basename for file in files]) or "no files",
            ))
        line = _line(ctx, target.label, archive = files[0])
        return struct(line = line, files = depset(), inputs = depset(files))
    info = target[MonowheelInterpreterInfo]
    if info.complaint:
        _fail(ctx, "interpreter", ("expected a Python toolchain that brings its interpreter along, but got one that does not: {}\n" +
                                   "hint: register one, such as `python.toolchain(python_version = \"3.11\")` of rules_python does; " +
                                   "or name an archive, `interpreter = \"@python//file\"`").format(info.complaint))
    line = _line(ctx, info.executable.owner, executable = info.executable, version = info.version or None)
    return struct(line = line, files = info.files, inputs = info.files)
