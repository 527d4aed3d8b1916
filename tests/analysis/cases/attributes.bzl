"""Attributes that are expanded or checked in analysis."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@monowheel//rules:defs.bzl", "python_binary", "python_library", "python_test")
load(":subjects.bzl", "SUBJECT", "fails_with", "lines")

def _expanded_impl(ctx):
    env = analysistest.begin(ctx)
    application = lines(env, "application")[0]
    asserts.equals(env, ["cases/resource.txt", "_main/cases/resource.txt", "cases/resource.txt"], application["args"])
    asserts.equals(env, {"allow": ["MIT"], "clarify": {"idna": "BSD-3-Clause"}, "deny": ["GPL-*"]}, application["license_policy"])
    asserts.equals(env, {"MODE": "fastbuild", "PLAIN": "größe \"quoted\"\nand more"}, application["env"])
    return analysistest.end(env)

_expanded_test = analysistest.make(_expanded_impl)

_execpath_test = analysistest.make(
    fails_with("//cases:attributes_execpath: `args`: expected `$(rootpath …)` or `$(rlocationpath …)`"),
    expect_failure = True,
)
_imports_test = analysistest.make(
    fails_with("//cases:attributes_imports: `imports`: expected a folder within the repository", "but got `../..`"),
    expect_failure = True,
)

def _test_impl(ctx):
    env = analysistest.begin(ctx)
    target = analysistest.target_under_test(env)
    asserts.equals(env, ["HOME"], target[RunEnvironmentInfo].inherited_environment)
    asserts.equals(env, {"MODE": "test", "MONOWHEEL_PYTHON": "cases/interpreter"}, target[RunEnvironmentInfo].environment)
    asserts.equals(env, {"MODE": "test"}, lines(env, "application")[0]["env"])

    # Bazel gives a test its `args` on the command line.
    asserts.equals(env, [], lines(env, "application")[0]["args"])
    runfiles = sorted([file.short_path for file in target[DefaultInfo].default_runfiles.files.to_list()])
    asserts.equals(env, ["cases/attributes_subject_test", "cases/interpreter", "cases/main.py", "cases/resource.txt"], runfiles)
    return analysistest.end(env)

_test_test = analysistest.make(_test_impl)

def _other_python_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.equals(env, {"MODE": "test"}, analysistest.target_under_test(env)[RunEnvironmentInfo].environment)
    return analysistest.end(env)

_other_python_test = analysistest.make(
    _other_python_impl,
    config_settings = {str(Label("@monowheel//rules:python_version")): "3.12"},
)

def _alone_impl(ctx):
    env = analysistest.begin(ctx)
    info = analysistest.target_under_test(env)[DefaultInfo]
    asserts.equals(env, ["cases/attributes_expanded"], [file.short_path for file in info.default_runfiles.files.to_list()])
    asserts.equals(env, ["cases/attributes_expanded"], [file.short_path for file in info.files.to_list()])
    return analysistest.end(env)

_alone_test = analysistest.make(_alone_impl)

def attributes_cases(name):
    """Declares the cases.

    Args:
        name: prefix of their names.
    """
    python_binary(
        name = name + "_expanded",
        args = ["$(location resource.txt)", "$(rlocationpath resource.txt)", "$(rootpath resource.txt)"],
        data = ["resource.txt"],
        env = {
            "MODE": "$(COMPILATION_MODE)",
            "PLAIN": "größe \"quoted\"\nand more",
        },
        licenses_allow = ["MIT"],
        licenses_clarify = {"idna": "BSD-3-Clause"},
        licenses_deny = ["GPL-*"],
        main = "main.py",
        tags = SUBJECT,
    )
    _expanded_test(name = name + "_expanded_test", target_under_test = name + "_expanded")
    _alone_test(name = name + "_alone_test", target_under_test = name + "_expanded")

    python_binary(name = name + "_execpath", args = ["$(execpath resource.txt)"], data = ["resource.txt"], main = "main.py", tags = SUBJECT)
    _execpath_test(name = name + "_execpath_test", target_under_test = name + "_execpath")

    python_library(name = name + "_imports", imports = ["../.."], tags = SUBJECT)
    _imports_test(name = name + "_imports_test", target_under_test = name + "_imports")

    python_test(
        name = name + "_subject_test",
        args = ["$(location resource.txt)"],
        data = ["resource.txt"],
        env = {"MODE": "test"},
        env_inherit = ["HOME"],
        main = "main.py",
        tags = SUBJECT,
    )
    _test_test(name = name + "_test_test", target_under_test = name + "_subject_test")
    _other_python_test(name = name + "_other_python_test", target_under_test = name + "_subject_test")
