"""The native launcher: found by the platform that is built for, and only by those who ask for it."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@monowheel//rules:defs.bzl", "python_binary", "python_test")
load(":subjects.bzl", "SUBJECT", "fails_with", "lines", "only_action")

def _native_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.equals(env, "cases/launcher", lines(env, "application")[0]["launcher"])
    inputs = [file.path for file in only_action(env, "MonowheelAssemble").inputs.to_list()]
    asserts.true(env, "cases/launcher" in inputs)
    return analysistest.end(env)

_native_test = analysistest.make(_native_impl)

def _portable_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.false(env, "launcher" in lines(env, "application")[0])
    asserts.equals(env, None, ctx.attr.target_under_test[_AskedInfo].launcher)
    return analysistest.end(env)

_AskedInfo = provider(doc = "What a target refers to.", fields = {"launcher": "the target that finds the launcher, or None"})

def _asked_impl(_target, ctx):
    return [_AskedInfo(launcher = ctx.rule.attr.native_launcher)]

_asked = aspect(implementation = _asked_impl)

_portable_test = analysistest.make(_portable_impl, extra_target_under_test_aspects = [_asked])

_none_test = analysistest.make(
    fails_with(
        "//cases:launcher_none: `launcher`: there is no native launcher for the platform that is built for, x86_64-pc-windows-msvc",
        "hint: `launcher = \"portable\"` does without one",
        "`monowheel_launcher`",
    ),
    expect_failure = True,
)
_wrong_test = analysistest.make(
    fails_with("//cases:launcher_wrong: `launcher`: expected `portable` or `native`, but got `static`"),
    expect_failure = True,
)

def launcher_cases(name):
    """Declares the cases.

    Args:
        name: prefix of their names.
    """
    mac = "aarch64-apple-darwin"
    python_binary(name = name + "_native", launcher = "native", main = "main.py", platform = mac, tags = SUBJECT)
    _native_test(name = name + "_native_test", target_under_test = name + "_native")
    python_test(name = name + "_native_subject_test", launcher = "native", main = "main.py", platform = mac, tags = SUBJECT)
    _native_test(name = name + "_native_of_a_test_test", target_under_test = name + "_native_subject_test")

    python_binary(name = name + "_portable", main = "main.py", platform = mac, tags = SUBJECT)
    _portable_test(name = name + "_portable_test", target_under_test = name + "_portable")

    python_binary(name = name + "_none", launcher = "native", main = "main.py", platform = "x86_64-pc-windows-msvc", tags = SUBJECT)
    _none_test(name = name + "_none_test", target_under_test = name + "_none")
    python_binary(name = name + "_wrong", launcher = "static", main = "main.py", tags = SUBJECT)
    _wrong_test(name = name + "_wrong_test", target_under_test = name + "_wrong")
