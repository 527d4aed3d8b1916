"""The attributes `platform` and `python_version`: what an application is built for, whatever the command line says.

They are a transition of the rule itself, so the target, its libraries and its wheels are all of that platform, and one command builds a
service for several.
"""

load(":platforms.bzl", "PLATFORMS")
load(":python_version.bzl", "is_python_version")

_PLATFORMS_OPTION = "//command_line_option:platforms"
_PYTHON_VERSION = str(Label("//rules:python_version"))

BUILT_FOR_ATTRS = {
    "platform": attr.string(
        doc = """A platform to build for, by its name in `@monowheel//rules/platforms`, such as `aarch64-unknown-linux-gnu`; where it is empty, `--platforms` says.""",
    ),
    "python_version": attr.string(
        doc = """A Python version to build for, such as `3.12`; where it is empty, `--@monowheel//rules:python_version` says.""",
    ),
    # Bazel 7 asks for it; where no longer, it does no harm.
    "_allowlist_function_transition": attr.label(
        default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
    ),
}

def _transition_impl(settings, attr):
    changed = dict(settings)
    if attr.platform:
        changed[_PLATFORMS_OPTION] = [Label("//rules/platforms:" + attr.platform)]
    if attr.python_version:
        changed[_PYTHON_VERSION] = attr.python_version
    return changed

# Where neither attribute is given it changes nothing, and so costs no second configuration.
built_for_transition = transition(
    implementation = _transition_impl,
    inputs = [_PLATFORMS_OPTION, _PYTHON_VERSION],
    outputs = [_PLATFORMS_OPTION, _PYTHON_VERSION],
)

def _expected_string(attribute, value):
    return "`{}`: expected a string, but got `{}`: what is built for decides every `select`, so it cannot be one".format(attribute, value)

def check_built_for(platform, python_version):
    """Checks the two attributes before a wrong one makes a platform that does not exist.

    Args:
        platform: value of the attribute.
        python_version: value of the attribute.

    Returns:
        a list of sentences, one for each that is wrong.
    """
    complaints = []
    if type(platform) != "string":
        complaints.append(_expected_string("platform", platform))
    elif platform and platform not in PLATFORMS:
        complaints.append("`platform`: expected a name of the table of platforms, but got `{}`\nhint: the names are {}".format(
            platform,
            ", ".join(sorted(PLATFORMS)),
        ))
    if type(python_version) != "string":
        complaints.append(_expected_string("python_version", python_version))
    elif python_version and not is_python_version(python_version):
        complaints.append("`python_version`: expected a version such as `3.11`, or `3.14t`, but got `{}`".format(python_version))
    return complaints
