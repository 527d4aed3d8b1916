"""The module extension `tool`: the binary `monowheel`, for the `wheels` extension and for our actions."""

load("//rules/private:prebuilt.bzl", "PREBUILT")
load(":tool_repository.bzl", "tool_repository", "toolchains_repository")

_HOST = "monowheel_tool"

def _tool_impl(module_ctx):
    tool_repository(name = _HOST)
    repositories = {platform: "{}_{}".format(_HOST, platform) for platform in PREBUILT}
    for platform, repository in repositories.items():
        tool_repository(name = repository, platform = platform)
    toolchains_repository(
        name = "monowheel_toolchains",
        host_repository = _HOST,
        repositories = repositories,
    )
    return module_ctx.extension_metadata(reproducible = True)

tool = module_extension(
    implementation = _tool_impl,
    doc = "Makes `@monowheel_tool`, the tool for this machine, and `@monowheel_toolchains`. It is for this module alone.",
)
