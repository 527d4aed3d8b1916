"""The module extension `tool`: the binary `monowheel`, for the `wheels` extension and for our actions, the native launchers, and the fetchers."""

load("//rules/private:prebuilt.bzl", "PREBUILT")
load("//rules/private:prebuilt_fetchers.bzl", "PREBUILT_FETCHERS")
load("//rules/private:prebuilt_launchers.bzl", "PREBUILT_LAUNCHERS")
load(":fetcher_repository.bzl", "fetcher_repository")
load(":launcher_repository.bzl", "launcher_repository")
load(":tool_repository.bzl", "tool_repository", "toolchains_repository")

_HOST = "monowheel_tool"
_LAUNCHER = "monowheel_launcher"
_FETCHER = "monowheel_fetcher"

def _tool_impl(module_ctx):
    tool_repository(name = _HOST)
    repositories = {platform: "{}_{}".format(_HOST, platform) for platform in PREBUILT}
    for platform, repository in repositories.items():
        tool_repository(name = repository, platform = platform)
    launcher_repository(name = _LAUNCHER)
    launchers = {platform: "{}_{}".format(_LAUNCHER, platform) for platform in PREBUILT_LAUNCHERS}
    for platform, repository in launchers.items():
        launcher_repository(name = repository, platform = platform)
    fetcher_repository(name = _FETCHER)
    fetchers = {platform: "{}_{}".format(_FETCHER, platform) for platform in PREBUILT_FETCHERS}
    for platform, repository in fetchers.items():
        fetcher_repository(name = repository, platform = platform)
    toolchains_repository(
        name = "monowheel_toolchains",
        fetchers = fetchers,
        host_fetcher = _FETCHER,
        host_launcher = _LAUNCHER,
        host_repository = _HOST,
        launchers = launchers,
        repositories = repositories,
    )
    return module_ctx.extension_metadata(reproducible = True)

tool = module_extension(
    implementation = _tool_impl,
    doc = "Makes `@monowheel_tool`, the tool for this machine, and `@monowheel_toolchains`, which names those of other platforms, the launchers and the fetchers. It is for this module alone.",
)
