"""Exactly one of `main`, `entry_point` and `script`."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@monowheel//rules:defs.bzl", "python_binary", "python_test")
load(":subjects.bzl", "SUBJECT", "fails_with", "lines")

_none_test = analysistest.make(
    fails_with("python_binary rule //cases:entry_none", "expected exactly one of `main`, `entry_point` and `script`, but got none"),
    expect_failure = True,
)
_two_test = analysistest.make(
    fails_with("python_test rule //cases:entry_two_test", "but got `main` and `script`"),
    expect_failure = True,
)

def _entry(env):
    application = lines(env, "application")[0]
    return {name: application[name] for name in ["main", "entry_point", "script"] if name in application}

def _main_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.equals(env, {"main": "_main/cases/main.py"}, _entry(env))
    asserts.equals(env, ["_main/cases/main.py"], [line["dest"] for line in lines(env, "file")])
    return analysistest.end(env)

_main_test = analysistest.make(_main_impl)

def _entry_point_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.equals(env, {"entry_point": "cases.main:main"}, _entry(env))
    return analysistest.end(env)

_entry_point_test = analysistest.make(_entry_point_impl)

def _script_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.equals(env, {"script": "alpha"}, _entry(env))
    return analysistest.end(env)

_script_test = analysistest.make(_script_impl)

def entry_cases(name):
    """Declares the cases.

    Args:
        name: prefix of their names.
    """
    python_binary(name = name + "_none", srcs = ["main.py"], tags = SUBJECT)
    _none_test(name = name + "_none_fails_test", target_under_test = name + "_none")

    python_test(name = name + "_two_test", main = "main.py", script = "alpha", tags = SUBJECT)
    _two_test(name = name + "_two_fails_test", target_under_test = name + "_two_test")

    python_binary(name = name + "_main", main = "main.py", tags = SUBJECT)
    _main_test(name = name + "_main_test", target_under_test = name + "_main")

    python_binary(name = name + "_entry_point", srcs = ["main.py"], entry_point = "cases.main:main", tags = SUBJECT)
    _entry_point_test(name = name + "_entry_point_test", target_under_test = name + "_entry_point")

    python_binary(name = name + "_script", script = "alpha", tags = SUBJECT, deps = ["@locked//alpha"])
    _script_test(name = name + "_script_test", target_under_test = name + "_script")
