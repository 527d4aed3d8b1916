"""The attributes `platform` and `python_version`, beside what the command line says."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@monowheel//rules:defs.bzl", "python_binary", "python_test")
load(":subjects.bzl", "SUBJECT", "fails_with", "lines")

def _built_for_impl(ctx):
    env = analysistest.begin(ctx)
    application = lines(env, "application")[0]
    asserts.equals(env, ctx.attr.platform, application["platform"])
    asserts.equals(env, ctx.attr.python, application["python_version"])
    asserts.equals(env, ctx.attr.wheels, [line["path"].rsplit("/", 1)[1] for line in lines(env, "wheel")])
    return analysistest.end(env)

_ATTRS = {
    "platform": attr.string(default = "x86_64-unknown-linux-gnu"),
    "python": attr.string(default = "3.11"),
    "wheels": attr.string_list(),
}

_built_for_test = analysistest.make(_built_for_impl, attrs = _ATTRS)
_beside_the_command_line_test = analysistest.make(
    _built_for_impl,
    attrs = _ATTRS,
    config_settings = {
        "//command_line_option:platforms": str(Label("@monowheel//rules/platforms:x86_64-manylinux_2_35")),
        str(Label("@monowheel//rules:python_version")): "3.12",
    },
)

_wrong_test = analysistest.make(
    fails_with(
        "//cases:built_for_wrong: `platform`: expected a name of the table of platforms, but got `linux-arm64`",
        "hint: the names are aarch64-apple-darwin, ",
        "//cases:built_for_wrong: `python_version`: expected a version such as `3.11`, or `3.14t`, but got `py3`",
    ),
    expect_failure = True,
)
_select_test = analysistest.make(
    fails_with("//cases:built_for_select: `platform`: expected a string, but got `select("),
    expect_failure = True,
)
_not_locked_test = analysistest.make(
    fails_with("@locked has nothing for Python 3.13", "`python_version` of the target"),
    expect_failure = True,
)

def built_for_cases(name):
    """Declares the cases.

    Args:
        name: prefix of their names.
    """

    def subject(suffix, rule = python_binary, **kwargs):
        rule(name = name + suffix, main = "main.py", tags = SUBJECT, deps = ["@locked//native"], **kwargs)
        return name + suffix

    _built_for_test(
        name = name + "_neither_test",
        target_under_test = subject("_neither"),
        wheels = ["native-3.0-cp311-cp311-manylinux_2_17_x86_64.whl"],
    )
    _built_for_test(
        name = name + "_platform_test",
        platform = "aarch64-apple-darwin",
        target_under_test = subject("_platform", platform = "aarch64-apple-darwin"),
        wheels = ["native-3.0-cp311-cp311-macosx_11_0_arm64.whl"],
    )
    _built_for_test(
        name = name + "_python_test",
        python = "3.12",
        target_under_test = subject("_python", python_version = "3.12"),
        wheels = ["native-3.0-cp312-cp312-manylinux_2_17_x86_64.whl"],
    )
    _built_for_test(
        name = name + "_of_a_test_test",
        platform = "x86_64-unknown-linux-musl",
        target_under_test = subject("_subject_test", rule = python_test, platform = "x86_64-unknown-linux-musl"),
        wheels = ["native-3.0-cp311-cp311-musllinux_1_2_x86_64.whl"],
    )
    _beside_the_command_line_test(
        name = name + "_beside_the_command_line_test",
        platform = "x86_64-unknown-linux-musl",
        target_under_test = subject("_both", platform = "x86_64-unknown-linux-musl", python_version = "3.11"),
        wheels = ["native-3.0-cp311-cp311-musllinux_1_2_x86_64.whl"],
    )
    _beside_the_command_line_test(
        name = name + "_as_the_command_line_says_test",
        platform = "x86_64-manylinux_2_35",
        python = "3.12",
        target_under_test = subject("_says"),
        wheels = ["native-3.0-cp312-cp312-manylinux_2_17_x86_64.whl"],
    )

    _wrong_test(name = name + "_wrong_test", target_under_test = subject("_wrong", platform = "linux-arm64", python_version = "py3"))
    _select_test(
        name = name + "_select_test",
        target_under_test = subject("_select", platform = select({"//conditions:default": "x86_64-unknown-linux-musl"})),
    )
    _not_locked_test(name = name + "_not_locked_test", target_under_test = subject("_not_locked", python_version = "3.13"))
