"""The module extension `tool`: the program `monowheel`, for the `wheels` extension and for our actions, the native launchers, and the fetchers."""

load(":program_repository.bzl", "program_repository")
load(":programs.bzl", "PROGRAMS", "repositories")
load(":toolchains_repository.bzl", "toolchains_repository")

def _tool_impl(module_ctx):
    for program in PROGRAMS:
        for repository, platform in repositories(program).items():
            program_repository(name = repository, platform = platform, program = program)
    toolchains_repository(name = "monowheel_toolchains")
    return module_ctx.extension_metadata(reproducible = True)

tool = module_extension(
    implementation = _tool_impl,
    doc = "Makes `@monowheel_tool`, the tool for this machine, and `@monowheel_toolchains`, which names those of other platforms, the launchers and the fetchers. It is for this module alone.",
)
