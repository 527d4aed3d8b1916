"""The repository of one wheel. Bazel fetches it when a target of the platform at hand needs the wheel, and not before."""

load("@bazel_tools//tools/build_defs/repo:utils.bzl", "get_auth")
load("//rules/private:limits.bzl", "LIMITS")
load(":metadata.bzl", "reproducible")

_BUILD = """\
load("@monowheel//rules/private:wheel.bzl", "wheel")

wheel(
    name = "wheel",
    src = {file},
    origin = {origin},
    sha256 = {sha256},{limits}
    visibility = ["//visibility:public"],
)
"""

# Without the file: an action fetches it, where it is not in a cache.
_ACTION_BUILD = """\
load("@monowheel//rules/private:fetched_wheel.bzl", "fetched_wheel")
load("@monowheel//rules/private:wheel.bzl", "wheel")

fetched_wheel(
    name = "file",
    file = {file},
    origin = {origin},
    pages = {pages},
    sha256 = {sha256},
    urls = {urls},
)

wheel(
    name = "wheel",
    fetched = ":file",
    origin = {origin},
    sha256 = {sha256},{limits}
    visibility = ["//visibility:public"],
)
"""

def _public(address):
    # An action's arguments go into caches, which is no place for credentials, and a file of this machine is none for others.
    scheme, _, rest = address.partition("://")
    return scheme in ("http", "https") and "@" not in rest.partition("/")[0]

def can_be_fetched_in_action(wheel):
    """Whether an action can fetch a wheel: its name and digest are known, and its addresses are anybody's.

    Args:
        wheel: one of `wheels` of what `monowheel resolve` prints.

    Returns:
        a bool. The other wheels are left to Bazel's downloader.
    """
    if "override" in wheel or "path" in wheel or not wheel.get("file") or not wheel.get("sha256"):
        return False
    addresses = wheel.get("urls", []) + wheel.get("pages", [])
    return bool(addresses) and all([_public(address) for address in addresses])

def _locate(rctx):
    """Finds the wheel on the pages of the indexes, which is what lock files without addresses leave to do.

    Returns:
        A struct with `file`, `url` and `sha256`.
    """
    tool = rctx.path(Label("@monowheel_tool//:monowheel"))
    said = []
    for number, page in enumerate(rctx.attr.pages):
        copy = "page{}".format(number)

        # What a page says is not trusted: the file's digest is the lock file's.
        if not rctx.download(page, copy, auth = get_auth(rctx, [page]), allow_fail = True).success:
            said.append("{}: does not answer".format(page))
            continue
        result = rctx.execute([tool, "locate", "--page", copy, "--page-url", page] + rctx.attr.locate)
        rctx.delete(copy)
        if result.return_code == 0:
            return struct(**json.decode(result.stdout))
        said.append("{}: {}".format(page, result.stderr.strip()))
    fail("wheel of `{}`: expected it on one of the pages of the index, but\n  {}".format(rctx.attr.origin, "\n  ".join(said)))

def _own(rctx):
    """Takes the wheel that `wheels.override` names, and gives the name of its file."""
    path = rctx.path(rctx.attr.override)
    if not path.exists:
        fail("wheel of `{}`: expected the file that `wheels.override` names, but there is none: `{}`".format(rctx.attr.origin, path))
    rctx.watch(path)
    rctx.symlink(path, path.basename)
    return path.basename

def _of_path(rctx, file):
    # A lock file may name a file by an address of its own, `file:///…`.
    relative = not rctx.attr.path.startswith("/")
    path = rctx.path("{}/{}".format(rctx.path(rctx.attr.lock).dirname, rctx.attr.path) if relative else rctx.attr.path)
    if not path.exists:
        fail("wheel `{}` of `{}`: expected the file that the lock file names, but there is none: `{}`".format(file, rctx.attr.origin, path))
    rctx.watch(path)
    rctx.symlink(path, file)

def _wheel_repository_impl(rctx):
    file, sha256, urls = rctx.attr.file, rctx.attr.sha256, rctx.attr.urls
    limits = "".join(["\n    {} = {},".format(name, getattr(rctx.attr, name)) for name in LIMITS if getattr(rctx.attr, name)])
    if rctx.attr.in_action:
        rctx.file("BUILD.bazel", _ACTION_BUILD.format(
            file = repr(file),
            limits = limits,
            origin = repr(rctx.attr.origin),
            pages = repr(rctx.attr.pages),
            sha256 = repr(sha256),
            urls = repr(urls),
        ), executable = False)
        return reproducible(rctx, True)
    if rctx.attr.pages:
        located = _locate(rctx)
        file, sha256, urls = located.file, located.sha256, [located.url]
    if rctx.attr.override:
        file, sha256 = _own(rctx), ""
    elif urls:
        rctx.download(
            urls,
            file,
            auth = get_auth(rctx, urls),
            sha256 = sha256,
        )
    elif rctx.attr.path:
        _of_path(rctx, file)
    else:
        fail("wheel `{}` of `{}`: expected an address or a path in the lock file `{}`, but it has neither".format(
            file,
            rctx.attr.origin,
            rctx.attr.lock,
        ))
    rctx.file("BUILD.bazel", _BUILD.format(
        file = repr(file),
        origin = repr(rctx.attr.origin),
        sha256 = repr(sha256),
        limits = limits,
    ), executable = False)

    # A page may have another file tomorrow, where the lock file does not say which; a path is watched instead.
    return reproducible(rctx, rctx.attr.file != "" and rctx.attr.sha256 != "" and not rctx.attr.override and not rctx.attr.path)

wheel_repository = repository_rule(
    implementation = _wheel_repository_impl,
    doc = "Holds one wheel file, or, with `in_action`, a target that fetches it. Its digest is checked by Bazel's downloader, and by the action that reads the wheel.",
    attrs = LIMITS | {
        "auth_patterns": attr.string_dict(doc = "As in `http_file`."),
        "file": attr.string(doc = "Name of the wheel file, where the lock file has it."),
        "in_action": attr.bool(doc = "Leave the wheel to an action: the repository holds no file."),
        "locate": attr.string_list(doc = "Arguments of `monowheel locate` that say which file of a page is meant."),
        "lock": attr.label(doc = "The lock file."),
        "netrc": attr.string(doc = "A netrc file with credentials, in place of the user's own."),
        "origin": attr.string(doc = "Who asks for the wheel, for messages."),
        "override": attr.label(doc = "A wheel of the user's own, in place of the lock file's.", allow_single_file = True),
        "pages": attr.string_list(doc = "Pages of indexes to look on, where the lock file has no address."),
        "path": attr.string(doc = "Where the file is, relative to the lock file or absolute."),
        "sha256": attr.string(doc = "Hex digest of the file, where the lock file has it."),
        "urls": attr.string_list(doc = "Addresses of the file."),
    },
)
