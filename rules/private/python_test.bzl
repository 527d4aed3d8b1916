"""The rule `python_test`."""

load(":application.bzl", "APPLICATION_ATTRS", "assemble", "output_groups")
load(":built_for.bzl", "built_for_transition")
load(":interpreter.bzl", "INTERPRETER_TOOLCHAIN", "interpreter")
load(":toolchain.bzl", "TOOLCHAIN_TYPE")

def _python_test_impl(ctx):
    assembled = assemble(ctx)
    python = interpreter(ctx, assembled.python_version)
    environment = {"MONOWHEEL_PYTHON": python.path} if python.path else {}
    return [
        # Unlike an application, a test may look at its files in the folder where Bazel starts it.
        DefaultInfo(
            executable = assembled.output,
            files = depset([assembled.output]),
            runfiles = assembled.collected.runfiles.merge(ctx.runfiles(transitive_files = python.files)),
        ),
        output_groups(assembled.collected),
        RunEnvironmentInfo(
            environment = environment | assembled.env,
            inherited_environment = ctx.attr.env_inherit,
        ),
        coverage_common.instrumented_files_info(ctx, source_attributes = ["srcs", "main"], dependency_attributes = ["deps", "data"]),
    ]

python_test = rule(
    implementation = _python_test_impl,
    doc = """A test that runs as the same kind of file as a `python_binary`. It passes when the exit code is 0.

```starlark
load("@monowheel//rules:defs.bzl", "python_test")

python_test(
    name = "main_test",
    srcs = ["main_test.py"],
    args = ["$(location main_test.py)"],
    data = ["main_test.py"],
    script = "pytest",
    deps = [
        ":lib",
        "@pypi//pytest",
    ],
)
```

`args` are Bazel's own, passed on the command line of `bazel test` and `bazel run`. Files are found in two places: packed in the test's file, and
in the runfiles, where Bazel starts the test. Python is the one of the toolchain `@bazel_tools//tools/python:toolchain_type` where that has the
version that is built for; else it is looked for on PATH, as anywhere. The run-time cache of a sandboxed test is empty at its start; to share one between tests, name a folder:
`bazel test --test_env=MONOWHEEL_ROOT=/var/tmp/monowheel --sandbox_writable_path=/var/tmp/monowheel //...`.
""",
    attrs = APPLICATION_ATTRS | {
        "env_inherit": attr.string_list(
            doc = """Environment variables that the test takes from the environment of `bazel test`.""",
        ),
        "_kind": attr.string(default = "python_test"),
    },
    cfg = built_for_transition,
    test = True,
    toolchains = [TOOLCHAIN_TYPE, INTERPRETER_TOOLCHAIN],
)
