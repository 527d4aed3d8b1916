"""The repository of a fetcher. Bazel fetches it when a wheel of `wheels.lock(fetch = "action")` is built on its platform."""

load("//rules/private:prebuilt_fetchers.bzl", "PREBUILT_FETCHERS")
load(":cargo.bzl", "build_from_source")
load(":metadata.bzl", "reproducible")

_NAME = "monowheel-fetcher"

_BUILD = """\
load("@monowheel//rules/private:fetcher_toolchain.bzl", "monowheel_fetcher")

monowheel_fetcher(
    name = "toolchain",
    fetcher = "monowheel-fetcher",
    visibility = ["//visibility:public"],
)
"""

def _fetcher_repository_impl(rctx):
    prebuilt = PREBUILT_FETCHERS.get(rctx.attr.platform)
    if prebuilt:
        rctx.download(prebuilt.urls, _NAME, sha256 = prebuilt.sha256, executable = True)
    else:
        build_from_source(rctx, package = "monowheel", binary = _NAME, features = ["fetcher"], profile = "release")
    rctx.file("BUILD.bazel", _BUILD, executable = False)
    return reproducible(rctx, prebuilt != None)

fetcher_repository = repository_rule(
    implementation = _fetcher_repository_impl,
    doc = "Holds the fetcher of one platform: a released one where there is one, else one built from source, which is for this machine.",
    attrs = {
        "platform": attr.string(doc = "Name of the platform in the table; empty for the machine that Bazel runs on."),
    },
)
