"""Bytecode of wheels: asked for by an application, made for the wheel."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@monowheel//rules:defs.bzl", "python_binary", "python_library")
load(":subjects.bzl", "SUBJECT", "fails_with", "lines", "only_action")

_PYTHON = str(Label("@monowheel//rules:python_version"))

def _compiled_impl(ctx):
    env = analysistest.begin(ctx)
    wheels = {line["path"]: line["origin"] for line in lines(env, "wheel")}
    archives = lines(env, "bytecode")
    asserts.equals(env, wheels, {line["wheel"]: line["origin"] for line in archives})
    names = [line["path"].rpartition("/")[2] for line in archives]
    asserts.equals(env, ["alpha-1.0-py3-none-any.whl.bytecode.zip", "beta-2.0-py3-none-any.whl.bytecode.zip"], sorted(names))

    # They belong to the wheels, whoever asks.
    for line in archives:
        asserts.true(env, "locked__" in line["path"], line["path"])
    inputs = [file.path for file in only_action(env, "MonowheelAssemble").inputs.to_list()]
    asserts.equals(env, [], [line["path"] for line in archives if line["path"] not in inputs])
    return analysistest.end(env)

_compiled_test = analysistest.make(_compiled_impl)

_version_test = analysistest.make(
    fails_with("//cases:bytecode_bin: `bytecode`: expected a Python toolchain", "of Python 3.12, which is built for, but got one of 3.11"),
    config_settings = {_PYTHON: "3.12"},
    expect_failure = True,
)
_value_test = analysistest.make(
    fails_with("//cases:bytecode_value: `bytecode`: expected `none` or `unchecked-hash`, but got `checked`"),
    expect_failure = True,
)
_select_test = analysistest.make(
    fails_with("//cases:bytecode_select: `bytecode`: expected `none` or `unchecked-hash`, not a `select`"),
    expect_failure = True,
)

def bytecode_cases(name):
    """Declares the cases.

    Args:
        name: prefix of their names.
    """
    python_library(name = name + "_lib", tags = SUBJECT, deps = ["@locked//alpha"])
    native.alias(name = name + "_alias", actual = name + "_lib", tags = SUBJECT)
    python_binary(
        name = name + "_bin",
        bytecode = "unchecked-hash",
        main = "main.py",
        tags = SUBJECT,
        deps = [name + "_alias"],
    )
    _compiled_test(name = name + "_compiled_test", target_under_test = name + "_bin")
    _version_test(name = name + "_version_test", target_under_test = name + "_bin")

    python_binary(name = name + "_value", bytecode = "checked", main = "main.py", tags = SUBJECT)
    _value_test(name = name + "_value_test", target_under_test = name + "_value")
    python_binary(name = name + "_select", bytecode = select({"//conditions:default": "none"}), main = "main.py", tags = SUBJECT)
    _select_test(name = name + "_select_test", target_under_test = name + "_select")
