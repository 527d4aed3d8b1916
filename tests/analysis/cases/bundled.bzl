"""Applications that bring their interpreter."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@monowheel//rules:defs.bzl", "python_binary")
load(":subjects.bzl", "SUBJECT", "fails_with", "lines", "only_action")

# The one for which the cases have a launcher.
_PLATFORM = "aarch64-apple-darwin"

def _named(env):
    """What the manifest names of the interpreter, which has to be among the inputs."""
    named = [line["path"] for kind in ["interpreter", "interpreter_file"] for line in lines(env, kind) if "path" in line]
    inputs = [file.path for file in only_action(env, "MonowheelAssemble").inputs.to_list()]
    for path in named:
        asserts.true(env, path in inputs, path + " is no input")
    return named

def _toolchain_impl(ctx):
    env = analysistest.begin(ctx)
    expected = {
        "kind": "interpreter",
        "exclude": ["lib/**", "!lib/os.py"],
        "executable": "_main/cases/interpreter",
        "origin": "//cases:interpreter",
        "version": "3.11.7",
    }
    asserts.equals(env, [expected], lines(env, "interpreter"))
    files = ["_main/cases/interpreter", "_main/cases/resource.txt"]
    asserts.equals(env, files, sorted([line["dest"] for line in lines(env, "interpreter_file")]))
    asserts.equals(env, 2, len(_named(env)))
    asserts.equals(env, "cases/launcher", lines(env, "application")[0]["launcher"])
    return analysistest.end(env)

_toolchain_test = analysistest.make(_toolchain_impl)

def _archive_impl(ctx):
    env = analysistest.begin(ctx)
    expected = {"kind": "interpreter", "exclude": [], "origin": "//cases:python.tar.gz", "path": "cases/python.tar.gz"}
    asserts.equals(env, [expected], lines(env, "interpreter"))
    asserts.equals(env, [], lines(env, "interpreter_file"))
    asserts.equals(env, ["cases/python.tar.gz"], _named(env))
    return analysistest.end(env)

_archive_test = analysistest.make(_archive_impl)

def _none_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.equals(env, [], lines(env, "interpreter") + lines(env, "interpreter_file"))
    return analysistest.end(env)

_none_test = analysistest.make(_none_impl)

_alone_test = analysistest.make(
    fails_with("python_binary rule //cases:bundled_alone: `interpreter_exclude`: expected `interpreter = \"bundled\"` beside it"),
    expect_failure = True,
)
_many_test = analysistest.make(
    fails_with("python_binary rule //cases:bundled_many: `interpreter`: expected `\"bundled\"` or one archive (.tar, .tar.gz, .tgz), but got //cases:bundled_archives with a.tar, b.tar"),
    expect_failure = True,
)

_system_test = analysistest.make(
    fails_with("//cases:bundled_missing", "got one that does not: it names a Python of the machine, `/usr/bin/python3`"),
    config_settings = {"//command_line_option:platforms": str(Label("@monowheel//rules/platforms:x86_64-apple-darwin"))},
    expect_failure = True,
)

_portable_test = analysistest.make(
    fails_with("//cases:bundled_portable: `launcher`: expected `native` beside `interpreter`, but got `portable`"),
    expect_failure = True,
)

# The toolchains of the cases are for Linux and macOS.
_missing_test = analysistest.make(
    fails_with(
        "python_binary rule //cases:bundled_missing: `interpreter`: expected a Python toolchain that brings its interpreter along",
        "hint: register one, such as",
    ),
    config_settings = {"//command_line_option:platforms": str(Label("@monowheel//rules/platforms:x86_64-pc-windows-msvc"))},
    expect_failure = True,
)

def bundled_cases(name):
    """Declares the cases.

    Args:
        name: prefix of their names.
    """
    python_binary(
        name = name + "_toolchain",
        interpreter = "bundled",
        interpreter_exclude = ["lib/**", "!lib/os.py"],
        main = "main.py",
        platform = _PLATFORM,
        tags = SUBJECT,
    )
    _toolchain_test(name = name + "_toolchain_test", target_under_test = name + "_toolchain")

    python_binary(name = name + "_archive", interpreter = "python.tar.gz", main = "main.py", platform = _PLATFORM, tags = SUBJECT)
    _archive_test(name = name + "_archive_test", target_under_test = name + "_archive")

    python_binary(name = name + "_none", main = "main.py", tags = SUBJECT)
    _none_test(name = name + "_none_test", target_under_test = name + "_none")

    python_binary(name = name + "_alone", interpreter_exclude = ["lib/**"], main = "main.py", tags = SUBJECT)
    _alone_test(name = name + "_alone_test", target_under_test = name + "_alone")

    native.filegroup(name = name + "_archives", srcs = ["a.tar", "b.tar"], tags = SUBJECT)
    python_binary(name = name + "_many", interpreter = name + "_archives", main = "main.py", platform = _PLATFORM, tags = SUBJECT)
    _many_test(name = name + "_many_test", target_under_test = name + "_many")

    python_binary(name = name + "_portable", interpreter = "bundled", launcher = "portable", main = "main.py", tags = SUBJECT)
    _portable_test(name = name + "_portable_test", target_under_test = name + "_portable")

    python_binary(name = name + "_missing", interpreter = "bundled", main = "main.py", tags = SUBJECT)
    _system_test(name = name + "_system_test", target_under_test = name + "_missing")
    _missing_test(name = name + "_missing_test", target_under_test = name + "_missing")
