"""The three programs of the project: what each is built of, and how rules get it."""

load("//rules/private:prebuilt.bzl", "PREBUILT")

def _program(*, repository, toolchain_rule, toolchain_type, side, attribute, crate = "monowheel", features = [], profile = "release"):
    return struct(
        attribute = attribute,
        crate = crate,
        features = features,
        profile = profile,
        repository = repository,
        side = side,
        toolchain_rule = toolchain_rule,
        toolchain_type = toolchain_type,
    )

PROGRAMS = {
    # Reads lock files for the extension, and is what our actions run.
    "monowheel": _program(
        attribute = "tool",
        repository = "monowheel_tool",
        side = "exec",
        toolchain_rule = ("toolchain.bzl", "monowheel_toolchain"),
        toolchain_type = "toolchain_type",
    ),
    # Fetched or built when a wheel of `wheels.lock(fetch = "action")` is.
    "monowheel-fetcher": _program(
        attribute = "fetcher",
        features = ["fetcher"],
        repository = "monowheel_fetcher",
        side = "exec",
        toolchain_rule = ("fetcher_toolchain.bzl", "monowheel_fetcher"),
        toolchain_type = "fetcher_toolchain_type",
    ),
    # Fetched or built when an application with `launcher = "native"` is.
    "monowheel-launcher": _program(
        attribute = "launcher",
        crate = "monowheel-launcher",
        profile = "launcher",
        repository = "monowheel_launcher",
        side = "target",
        toolchain_rule = ("launcher_toolchain.bzl", "monowheel_launcher"),
        toolchain_type = "launcher_toolchain_type",
    ),
}

def repositories(program):
    """The repositories of a program.

    Args:
        program: its name in PROGRAMS.

    Returns:
        a dict from repository name to platform, which is empty for the machine that Bazel runs on.
    """
    own = PROGRAMS[program].repository
    return {own: ""} | {"{}_{}".format(own, platform): platform for platform in PREBUILT[program]}
