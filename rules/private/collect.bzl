"""What a target and its dependencies add to an application, without looking into any depset."""

load("@bazel_skylib//lib:paths.bzl", "paths")
load(":interop.bzl", "FOREIGN_PROVIDERS", "foreign_imports", "foreign_sources")
load(":labels.bzl", "label_text")
load(":monowheel_info.bzl", "MonowheelInfo")

# The name of the main repository in runfiles.
_MAIN = "_main"

# Attributes that libraries and applications have in common.
COLLECT_ATTRS = {
    "complaints": attr.string_list(
        doc = """What is wrong with the target as it was declared. The macros fill it in, and the target fails with it when it is analysed.""",
    ),
    "data": attr.label_list(
        doc = """Files that are there at run time: `Path(__file__).parent / "data.json"` finds them, as does `importlib.resources`. Runfiles of these targets come along; directories do too.""",
        allow_files = True,
    ),
    "deps": attr.label_list(
        doc = """Libraries and packages: `python_library` targets, packages of a lock file (`@pypi//fastapi`, `@pypi//uvicorn:uvicorn[standard]`), and any target with rules_python's `PyInfo`.""",
        providers = [[MonowheelInfo], FOREIGN_PROVIDERS],
    ),
    "imports": attr.string_list(
        doc = """Folders, relative to the package, to be put on `sys.path`; `.` is the package's own. The root of the repository is always on it.""",
    ),
    "srcs": attr.label_list(
        doc = """Python files, or targets that make them; extension modules (`.so`) and stubs go here, too.""",
        allow_files = [".py", ".pyi", ".so", ".pyd"],
    ),
}

def _fail_for_complaints(ctx):
    if ctx.attr.complaints:
        fail("\n".join(["{}: {}".format(label_text(ctx.label), complaint) for complaint in ctx.attr.complaints]))

def _import_root(label, path):
    repository = label.repo_name or _MAIN
    root = paths.normalize(paths.join(repository, label.package, path))
    if path.startswith("/") or (root != repository and not root.startswith(repository + "/")):
        fail("{}: `imports`: expected a folder within the repository, relative to the package, but got `{}`".format(label_text(label), path))
    return root

def _python_version(label, infos):
    chosen = ""
    for info in infos:
        if chosen and info.python_version and info.python_version != chosen:
            fail(("{}: its dependencies are chosen for Python {} and for Python {}. They come from lock files with different lowest versions: " +
                  "build for one version with `python_version`, or `--@monowheel//rules:python_version=`").format(label_text(label), chosen, info.python_version))
        chosen = chosen or info.python_version
    return chosen

def collect(ctx, extra_sources = []):
    """Collects what a target with `COLLECT_ATTRS` adds to an application.

    Args:
        ctx: the rule's context.
        extra_sources: files beside `srcs`.

    Returns:
        a struct of `info`, a MonowheelInfo, and `runfiles`, with all files of the first party.
    """
    _fail_for_complaints(ctx)
    infos = [dep[MonowheelInfo] for dep in ctx.attr.deps if MonowheelInfo in dep]
    foreign = [dep for dep in ctx.attr.deps if MonowheelInfo not in dep]
    sources = depset(
        ctx.files.srcs + extra_sources,
        transitive = [info.sources for info in infos] + [foreign_sources(dep) for dep in foreign],
    )
    info = MonowheelInfo(
        sources = sources,
        imports = depset(
            [_import_root(ctx.label, path) for path in ctx.attr.imports],
            transitive = [info.imports for info in infos] + [foreign_imports(dep) for dep in foreign],
        ),
        wheels = depset(transitive = [info.wheels for info in infos]),
        wheel_files = depset(transitive = [info.wheel_files for info in infos]),
        python_version = _python_version(ctx.label, infos),
    )
    runfiles = ctx.runfiles(
        files = ctx.files.srcs + ctx.files.data + extra_sources,
        transitive_files = depset(transitive = [foreign_sources(dep) for dep in foreign]),
    ).merge_all([
        target[DefaultInfo].default_runfiles
        for target in ctx.attr.deps + ctx.attr.data + ctx.attr.srcs
        if target[DefaultInfo].default_runfiles
    ])
    return struct(info = info, runfiles = runfiles)
