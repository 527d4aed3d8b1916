"""Libraries of rules_python among our dependencies, and ours among its."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@monowheel//rules:defs.bzl", "python_binary", "python_library")
load("@monowheel//rules:providers.bzl", "MonowheelInfo")
load("@rules_python//python:defs.bzl", "py_binary", "py_library")
load("@rules_python//python:py_info.bzl", "PyInfo")
load(":subjects.bzl", "SUBJECT", "lines")

def _theirs_in_ours_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.equals(
        env,
        ["_main/cases/lib.py", "_main/cases/main.py", "_main/cases/pkg/module.py", "_main/cases/resource.txt"],
        sorted([line["dest"] for line in lines(env, "file")]),
    )
    asserts.equals(env, ["_main", "_main/cases/pkg"], sorted([line["path"] for line in lines(env, "import")]))
    return analysistest.end(env)

_theirs_in_ours_test = analysistest.make(_theirs_in_ours_impl)

def _ours_in_theirs_impl(ctx):
    env = analysistest.begin(ctx)
    target = analysistest.target_under_test(env)
    info = target[PyInfo]
    asserts.equals(
        env,
        ["cases/lib.py", "cases/main.py", "cases/pkg/module.py"],
        sorted([file.short_path for file in info.transitive_sources.to_list()]),
    )
    asserts.equals(env, ["_main/cases/pkg"], info.imports.to_list())
    runfiles = [file.short_path for file in target[DefaultInfo].default_runfiles.files.to_list()]
    for path in ["cases/lib.py", "cases/pkg/module.py", "cases/resource.txt"]:
        asserts.true(env, path in runfiles, path)
    return analysistest.end(env)

_ours_in_theirs_test = analysistest.make(_ours_in_theirs_impl)

def _provider_impl(ctx):
    env = analysistest.begin(ctx)
    target = analysistest.target_under_test(env)
    info = target[MonowheelInfo]
    asserts.equals(env, ["cases/lib.py", "cases/pkg/module.py"], sorted([file.short_path for file in info.sources.to_list()]))
    asserts.equals(env, ["_main/cases/pkg"], info.imports.to_list())
    asserts.equals(env, ["@locked//beta"], [wheel.origin for wheel in info.wheels.to_list()])
    asserts.equals(env, ["cases/lib.py"], [file.short_path for file in target[DefaultInfo].files.to_list()])
    return analysistest.end(env)

_provider_test = analysistest.make(_provider_impl)

def interop_cases(name):
    """Declares the cases.

    Args:
        name: prefix of their names.
    """
    py_library(
        name = name + "_theirs",
        srcs = ["pkg/module.py"],
        data = ["resource.txt"],
        imports = ["pkg"],
        tags = SUBJECT,
    )
    python_library(
        name = name + "_ours",
        srcs = ["lib.py"],
        tags = SUBJECT,
        deps = [name + "_theirs", "@locked//beta"],
    )
    _provider_test(name = name + "_provider_test", target_under_test = name + "_ours")

    python_binary(name = name + "_our_bin", main = "main.py", tags = SUBJECT, deps = [name + "_ours"])
    _theirs_in_ours_test(name = name + "_theirs_in_ours_test", target_under_test = name + "_our_bin")

    py_binary(name = name + "_their_bin", srcs = ["main.py"], main = "main.py", tags = SUBJECT, deps = [name + "_ours"])
    _ours_in_theirs_test(name = name + "_ours_in_theirs_test", target_under_test = name + "_their_bin")
