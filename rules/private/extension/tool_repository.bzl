"""Repositories that hold the tool: one with the binary of this machine, one with the toolchains of all platforms."""

load("//rules/private:platforms.bzl", "PLATFORMS", "host_platform")
load("//rules/private:prebuilt.bzl", "PREBUILT")
load(":cargo.bzl", "build_from_source")

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
        build_from_source(rctx, "monowheel")
    rctx.file("BUILD.bazel", _TOOL_BUILD, executable = False)

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
    exec_compatible_with = {constraints},
    toolchain = "@{repository}//:toolchain",
    toolchain_type = "@monowheel//rules:toolchain_type",
)
"""

def _toolchain(name, platform, repository):
    # A static binary asks for no libc: the constraints of os and cpu are the first two.
    return _TOOLCHAIN.format(name = name, constraints = platform.constraints[:2], repository = repository)

def _toolchains_repository_impl(rctx):
    parts = [_toolchain(name, PLATFORMS[name], repository) for name, repository in rctx.attr.repositories.items()]
    host = host_platform(rctx.os.name, rctx.os.arch)
    if host.name not in rctx.attr.repositories:
        parts.append(_toolchain("host", host, rctx.attr.host_repository))
    rctx.file("BUILD.bazel", "".join(parts).lstrip(), executable = False)

toolchains_repository = repository_rule(
    implementation = _toolchains_repository_impl,
    doc = "Declares the toolchains without fetching any of the binaries.",
    attrs = {
        "host_repository": attr.string(doc = "Repository of this machine's binary."),
        "repositories": attr.string_dict(doc = "Platform to repository."),
    },
)
