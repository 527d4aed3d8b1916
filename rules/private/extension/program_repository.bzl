"""The repository of a program. Bazel fetches it when something needs that program on, or for, that platform."""

load("//rules/private:platforms.bzl", "host_platform")
load("//rules/private:prebuilt.bzl", "PREBUILT")
load(":cargo.bzl", "build_from_source")
load(":metadata.bzl", "reproducible")
load(":programs.bzl", "PROGRAMS")

_BUILD = """\
load("@monowheel//rules/private:{file}", "{rule}")

package(default_visibility = ["//visibility:public"])

exports_files(["{program}"])

{rule}(
    name = "toolchain",
    {attribute} = "{program}",
)
"""

def _program_repository_impl(rctx):
    name = rctx.attr.program
    program = PROGRAMS[name]
    prebuilt = PREBUILT[name].get(rctx.attr.platform or host_platform(rctx.os.name, rctx.os.arch).name)
    if prebuilt:
        rctx.download(prebuilt.urls, name, sha256 = prebuilt.sha256, executable = True)
    else:
        build_from_source(rctx, binary = name, crate = program.crate, features = program.features, profile = program.profile)
    file, rule = program.toolchain_rule
    rctx.file("BUILD.bazel", _BUILD.format(attribute = program.attribute, file = file, program = name, rule = rule), executable = False)

    # Of the one without a platform, what it holds is the machine's.
    return reproducible(rctx, prebuilt != None and rctx.attr.platform != "")

program_repository = repository_rule(
    implementation = _program_repository_impl,
    doc = "Holds a program for one platform: a released one where there is one, else one built from source, which is for this machine.",
    attrs = {
        "platform": attr.string(doc = "Name of the platform in the table; by default the machine that Bazel runs on."),
        "program": attr.string(doc = "Which of PROGRAMS.", mandatory = True, values = PROGRAMS.keys()),
    },
)
