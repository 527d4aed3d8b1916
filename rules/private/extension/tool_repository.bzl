"""Repositories that hold the tool: one with the binary of this machine, one with all toolchains."""

load("//rules/private:platforms.bzl", "PLATFORMS", "host_platform")
load("//rules/private:prebuilt.bzl", "PREBUILT")
load(":cargo.bzl", "build_from_source")
load(":metadata.bzl", "reproducible")

_TOOL_BUILD = """\
load("@monowheel//rules/private:toolchain.bzl", "monowheel_toolchain")

package(default_visibility = ["//visibility:public"])

exports_files(["monowheel"])

monowheel_toolchain(
    name = "toolchain",
    tool = "monowheel",
)
"""

def _tool_repository_impl(rctx):
    platform = rctx.attr.platform or host_platform(rctx.os.name, rctx.os.arch).name
    prebuilt = PREBUILT.get(platform)
    if prebuilt:
        rctx.download(prebuilt.urls, "monowheel", sha256 = prebuilt.sha256, executable = True)
    else:
        build_from_source(rctx, package = "monowheel", profile = "release")
    rctx.file("BUILD.bazel", _TOOL_BUILD, executable = False)

    # Of the one without a platform, what it holds is the machine's.
    return reproducible(rctx, prebuilt != None and rctx.attr.platform != "")

tool_repository = repository_rule(
    implementation = _tool_repository_impl,
    doc = "Holds the binary of one platform: a released one where there is one, else one built from source, which is for this machine.",
    attrs = {
        "platform": attr.string(doc = "Name of the platform in the table; by default the machine that Bazel runs on."),
    },
)

_TOOLCHAIN = """
toolchain(
    name = "{name}",
    {side}_compatible_with = {constraints},
    toolchain = "@{repository}//:toolchain",
    toolchain_type = "@monowheel//rules:{type}",
)
"""

def _toolchains(host, repositories, host_repository, **kwargs):
    rows = {name: (PLATFORMS[name], repository) for name, repository in repositories.items()}
    if host_repository and host.name not in repositories:
        rows["host"] = (host, host_repository)

    # A static binary asks for no libc: the constraints of os and cpu are the first two.
    return [
        _TOOLCHAIN.format(name = "{}_{}".format(kwargs["type"], name), constraints = platform.constraints[:2], repository = repository, **kwargs)
        for name, (platform, repository) in rows.items()
    ]

def _toolchains_repository_impl(rctx):
    host = host_platform(rctx.os.name, rctx.os.arch)
    parts = _toolchains(host, rctx.attr.repositories, rctx.attr.host_repository, side = "exec", type = "toolchain_type")
    parts += _toolchains(host, rctx.attr.fetchers, rctx.attr.host_fetcher, side = "exec", type = "fetcher_toolchain_type")

    # Windows has no launcher: nothing there is an executable by its head.
    host_launcher = rctx.attr.host_launcher if host.os != "windows" else ""
    parts += _toolchains(host, rctx.attr.launchers, host_launcher, side = "target", type = "launcher_toolchain_type")
    rctx.file("BUILD.bazel", "".join(parts).lstrip(), executable = False)

toolchains_repository = repository_rule(
    implementation = _toolchains_repository_impl,
    doc = "Declares the toolchains without fetching any of the binaries.",
    attrs = {
        "fetchers": attr.string_dict(doc = "Platform to repository of its fetcher."),
        "host_fetcher": attr.string(doc = "Repository of the fetcher built from source, for this machine's platform."),
        "host_launcher": attr.string(doc = "Repository of the launcher built from source, for this machine's platform."),
        "host_repository": attr.string(doc = "Repository of this machine's binary."),
        "launchers": attr.string_dict(doc = "Platform to repository of its launcher."),
        "repositories": attr.string_dict(doc = "Platform to repository."),
    },
)
