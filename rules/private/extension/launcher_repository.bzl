"""The repository of a native launcher. Bazel fetches it when an application with `launcher = "native"` is built for its platform."""

load("//rules/private:prebuilt_launchers.bzl", "PREBUILT_LAUNCHERS")
load(":cargo.bzl", "build_from_source")
load(":metadata.bzl", "reproducible")

_BUILD = """\
load("@monowheel//rules/private:launcher_toolchain.bzl", "monowheel_launcher")

monowheel_launcher(
    name = "toolchain",
    launcher = "monowheel-launcher",
    visibility = ["//visibility:public"],
)
"""

def _launcher_repository_impl(rctx):
    prebuilt = PREBUILT_LAUNCHERS.get(rctx.attr.platform)
    if prebuilt:
        rctx.download(prebuilt.urls, "monowheel-launcher", sha256 = prebuilt.sha256, executable = True)
    else:
        build_from_source(rctx, package = "monowheel-launcher", profile = "launcher")
    rctx.file("BUILD.bazel", _BUILD, executable = False)
    return reproducible(rctx, prebuilt != None)

launcher_repository = repository_rule(
    implementation = _launcher_repository_impl,
    doc = "Holds the launcher of one platform: a released one where there is one, else one built from source, which is for this machine.",
    attrs = {
        "platform": attr.string(doc = "Name of the platform in the table; empty for the machine that Bazel runs on."),
    },
)
