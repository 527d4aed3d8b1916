"""Packages of a lock file: which wheels a target gets where, and what is said where there are none."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@monowheel//rules:defs.bzl", "python_binary", "python_library")
load("@monowheel//rules:providers.bzl", "MonowheelInfo")
load(":subjects.bzl", "SUBJECT", "fails_with")

_PYTHON = str(Label("@monowheel//rules:python_version"))
_PLATFORMS = "//command_line_option:platforms"

def _platform(name):
    return str(Label("@monowheel//rules/platforms:" + name))

def _wheels_impl(ctx):
    env = analysistest.begin(ctx)
    info = analysistest.target_under_test(env)[MonowheelInfo]
    asserts.equals(env, ctx.attr.wheels, sorted([wheel.file.basename for wheel in info.wheels.to_list()]))
    asserts.equals(env, ctx.attr.python, info.python_version)
    asserts.equals(
        env,
        sorted([file.path for wheel in info.wheels.to_list() for file in [wheel.file, wheel.facts]]),
        sorted([file.path for file in info.wheel_files.to_list()]),
    )
    return analysistest.end(env)

_ATTRS = {
    "python": attr.string(default = "3.11"),
    "wheels": attr.string_list(),
}

_wheels_test = analysistest.make(_wheels_impl, attrs = _ATTRS)
_wheels_312_test = analysistest.make(_wheels_impl, attrs = _ATTRS, config_settings = {_PYTHON: "3.12"})
_wheels_macos_test = analysistest.make(_wheels_impl, attrs = _ATTRS, config_settings = {_PLATFORMS: _platform("aarch64-apple-darwin")})
_wheels_musl_test = analysistest.make(_wheels_impl, attrs = _ATTRS, config_settings = {_PLATFORMS: _platform("x86_64-unknown-linux-musl")})

# The lock file was resolved for glibc 2.28 and 2.35: what has 2.36 can run what was chosen for 2.35, and what has 2.34 cannot.
_wheels_newer_test = analysistest.make(_wheels_impl, attrs = _ATTRS, config_settings = {_PLATFORMS: _platform("x86_64-manylinux_2_36")})
_wheels_between_test = analysistest.make(_wheels_impl, attrs = _ATTRS, config_settings = {_PLATFORMS: _platform("x86_64-manylinux_2_34")})

# The same with musl 1.1, and with macOS 13 and 14.
_wheels_old_musl_test = analysistest.make(_wheels_impl, attrs = _ATTRS, config_settings = {_PLATFORMS: _platform("x86_64-musllinux_1_1")})
_wheels_newer_musl_test = analysistest.make(_wheels_impl, attrs = _ATTRS, config_settings = {_PLATFORMS: _platform("x86_64-musllinux_1_2")})
_wheels_same_macos_test = analysistest.make(_wheels_impl, attrs = _ATTRS, config_settings = {_PLATFORMS: _platform("aarch64-macosx_13_0")})
_wheels_newer_macos_test = analysistest.make(_wheels_impl, attrs = _ATTRS, config_settings = {_PLATFORMS: _platform("aarch64-macosx_26_0")})

_no_wheel_test = analysistest.make(
    fails_with("No wheel of windows-only 1.0 in the lock file fits", "windows_only-1.0-cp311-cp311-win_amd64.whl", "hint: "),
    expect_failure = True,
)
_no_platform_test = analysistest.make(
    fails_with("@locked has nothing for the platform that is built for, aarch64-unknown-linux-gnu", "hint: it has aarch64-apple-darwin, aarch64-macosx_14_0, x86_64-manylinux_2_35, "),
    config_settings = {_PLATFORMS: _platform("aarch64-unknown-linux-gnu")},
    expect_failure = True,
)
_old_glibc_test = analysistest.make(
    fails_with("@locked has nothing for the platform that is built for, x86_64-manylinux2014"),
    config_settings = {_PLATFORMS: _platform("x86_64-manylinux_2_17")},
    expect_failure = True,
)
_old_macos_test = analysistest.make(
    fails_with("@locked has nothing for the platform that is built for, aarch64-macosx_12_0"),
    config_settings = {_PLATFORMS: _platform("aarch64-macosx_12_0")},
    expect_failure = True,
)
_no_python_test = analysistest.make(
    fails_with("@locked has nothing for Python 3.13", "it has 3.11, 3.12"),
    config_settings = {_PYTHON: "3.13"},
    expect_failure = True,
)
_bad_python_test = analysistest.make(
    fails_with("--@monowheel//rules:python_version: expected a version such as `3.11`", "but got `python3`"),
    config_settings = {_PYTHON: "python3"},
    expect_failure = True,
)
_unknown_test = analysistest.make(
    fails_with(
        "//cases:locked_unknown: `deps`: expected targets that exist, but got `@locked//natve`",
        "the lock file //locks:uv.lock has no `natve`",
        "the nearest names are `@locked//native`",
    ),
    expect_failure = True,
)
_unknown_extra_test = analysistest.make(
    fails_with("the lock file //locks:uv.lock has no `alpha[fats]`", "`@locked//alpha:alpha[fast]`"),
    expect_failure = True,
)

def locked_cases(name):
    """Declares the cases.

    Args:
        name: prefix of their names.
    """
    alpha, beta = "alpha-1.0-py3-none-any.whl", "beta-2.0-py3-none-any.whl"
    circle = ["circle_a-1.0-py3-none-any.whl", "circle_b-1.0-py3-none-any.whl"]
    native = "native-3.0-cp311-cp311-manylinux_2_17_x86_64.whl"

    _wheels_test(name = name + "_alone_test", target_under_test = "@locked//beta", wheels = [beta])
    _wheels_test(name = name + "_closure_test", target_under_test = "@locked//alpha", wheels = [alpha, beta])
    _wheels_test(name = name + "_extra_test", target_under_test = "@locked//alpha:alpha[fast]", wheels = [alpha, beta, native])
    _wheels_test(name = name + "_circle_test", target_under_test = "@locked//circle-a", wheels = circle)
    _wheels_test(name = name + "_underscore_test", target_under_test = "@locked//circle_b", wheels = circle)
    _wheels_test(name = name + "_group_test", target_under_test = "@locked//:group.dev", wheels = [beta])
    _wheels_test(name = name + "_project_test", target_under_test = "@locked//:project", wheels = [alpha, beta] + circle + [native])

    _wheels_312_test(
        name = name + "_python_test",
        python = "3.12",
        target_under_test = "@locked//native",
        wheels = ["native-3.0-cp312-cp312-manylinux_2_17_x86_64.whl"],
    )
    _wheels_macos_test(
        name = name + "_macos_test",
        target_under_test = "@locked//native",
        wheels = ["native-3.0-cp311-cp311-macosx_11_0_arm64.whl"],
    )
    _wheels_musl_test(
        name = name + "_musl_test",
        target_under_test = "@locked//native",
        wheels = ["native-3.0-cp311-cp311-musllinux_1_2_x86_64.whl"],
    )
    _wheels_newer_test(
        name = name + "_newer_glibc_test",
        target_under_test = "@locked//native",
        wheels = ["native-3.0-cp311-cp311-manylinux_2_34_x86_64.whl"],
    )
    for test, suffix, tag in [
        (_wheels_old_musl_test, "_old_musl_test", "musllinux_1_1_x86_64"),
        (_wheels_newer_musl_test, "_newer_musl_test", "musllinux_1_2_x86_64"),
        (_wheels_same_macos_test, "_same_macos_test", "macosx_11_0_arm64"),
        (_wheels_newer_macos_test, "_newer_macos_test", "macosx_14_0_arm64"),
    ]:
        test(name = name + suffix, target_under_test = "@locked//native", wheels = ["native-3.0-cp311-cp311-{}.whl".format(tag)])
    _wheels_between_test(name = name + "_glibc_between_test", target_under_test = "@locked//native", wheels = [native])

    python_library(name = name + "_needs_windows", tags = SUBJECT, deps = ["@locked//windows-only"])
    _no_wheel_test(name = name + "_no_wheel_test", target_under_test = name + "_needs_windows")
    _no_platform_test(name = name + "_no_platform_test", target_under_test = "@locked//beta")
    _old_glibc_test(name = name + "_old_glibc_test", target_under_test = "@locked//beta")
    _old_macos_test(name = name + "_old_macos_test", target_under_test = "@locked//beta")
    _no_python_test(name = name + "_no_python_test", target_under_test = "@locked//beta")
    _bad_python_test(name = name + "_bad_python_test", target_under_test = "@locked//beta")

    python_library(name = name + "_unknown", tags = SUBJECT, deps = ["@locked//alpha", "@locked//natve"])
    _unknown_test(name = name + "_unknown_test", target_under_test = name + "_unknown")
    python_binary(name = name + "_unknown_extra", main = "main.py", tags = SUBJECT, deps = ["@locked//alpha:alpha[fats]"])
    _unknown_extra_test(name = name + "_unknown_extra_test", target_under_test = name + "_unknown_extra")
