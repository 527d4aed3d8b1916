"""The repository of one wheel. Bazel fetches it when a target of the platform at hand needs the wheel, and not before."""

load("@bazel_tools//tools/build_defs/repo:utils.bzl", "get_auth")

_BUILD = """\
load("@monowheel//rules/private:wheel.bzl", "wheel")

wheel(
    name = "wheel",
    src = {file},
    origin = {origin},
    sha256 = {sha256},
    visibility = ["//visibility:public"],
)
"""

def _wheel_repository_impl(rctx):
    file = rctx.attr.file
    if rctx.attr.urls:
        rctx.download(
            rctx.attr.urls,
            file,
            auth = get_auth(rctx, rctx.attr.urls),
            sha256 = rctx.attr.sha256,
        )
    elif rctx.attr.path:
        # A lock file may name a file by an address of its own, `file:///…`.
        relative = not rctx.attr.path.startswith("/")
        path = rctx.path("{}/{}".format(rctx.path(rctx.attr.lock).dirname, rctx.attr.path) if relative else rctx.attr.path)
        if not path.exists:
            fail("wheel `{}` of `{}`: expected the file that the lock file names, but there is none: `{}`".format(file, rctx.attr.origin, path))
        rctx.watch(path)
        rctx.symlink(path, file)
    else:
        fail("wheel `{}` of `{}`: expected an address or a path in the lock file `{}`, but it has neither".format(
            file,
            rctx.attr.origin,
            rctx.attr.lock,
        ))
    rctx.file("BUILD.bazel", _BUILD.format(
        file = repr(file),
        origin = repr(rctx.attr.origin),
        sha256 = repr(rctx.attr.sha256),
    ), executable = False)

wheel_repository = repository_rule(
    implementation = _wheel_repository_impl,
    doc = "Holds one wheel file. Its digest is checked by Bazel's downloader, and by the action that reads the wheel.",
    attrs = {
        "auth_patterns": attr.string_dict(doc = "As in `http_file`."),
        "file": attr.string(doc = "Name of the wheel file.", mandatory = True),
        "lock": attr.label(doc = "The lock file."),
        "netrc": attr.string(doc = "A netrc file with credentials, in place of the user's own."),
        "origin": attr.string(doc = "Who asks for the wheel, for messages."),
        "path": attr.string(doc = "Where the file is, relative to the lock file or absolute."),
        "sha256": attr.string(doc = "Hex digest of the file.", mandatory = True),
        "urls": attr.string_list(doc = "Addresses of the file."),
    },
)
