"""The repository that declares the toolchains of all programs, so that none is fetched before it is needed."""

load("//rules/private:platforms.bzl", "PLATFORMS", "host_platform")
load("//rules/private:prebuilt.bzl", "PREBUILT")
load(":programs.bzl", "PROGRAMS", "repositories")

_TOOLCHAIN = """
toolchain(
    name = "{type}_{name}",
    {side}_compatible_with = {constraints},
    toolchain = "@{repository}//:toolchain",
    toolchain_type = "@monowheel//rules:{type}",
)
"""

def _toolchains(host, name):
    program = PROGRAMS[name]
    rows = {platform or "host": (PLATFORMS[platform] if platform else host, repository) for repository, platform in repositories(name).items()}

    # Where a release has one for this machine, that is it; and nothing on Windows is an executable by its head, so there is no launcher.
    if host.name in PREBUILT[name] or (name == "monowheel-launcher" and host.os == "windows"):
        rows.pop("host")

    # A static binary asks for no libc: the constraints of os and cpu are the first two.
    return [
        _TOOLCHAIN.format(
            constraints = platform.constraints[:2],
            name = row,
            repository = repository,
            side = program.side,
            type = program.toolchain_type,
        )
        for row, (platform, repository) in rows.items()
    ]

def _toolchains_repository_impl(rctx):
    host = host_platform(rctx.os.name, rctx.os.arch)
    parts = [part for name in PROGRAMS for part in _toolchains(host, name)]
    rctx.file("BUILD.bazel", "".join(parts).lstrip(), executable = False)

toolchains_repository = repository_rule(
    implementation = _toolchains_repository_impl,
    doc = "Declares the toolchains without fetching any of the programs.",
)
