"""The rule `python_library`."""

load(":collect.bzl", "COLLECT_ATTRS", "collect")
load(":interop.bzl", "foreign_provider")

def _python_library_impl(ctx):
    collected = collect(ctx)
    return [
        DefaultInfo(
            files = depset(ctx.files.srcs),
            runfiles = collected.runfiles,
        ),
        collected.info,
        foreign_provider(collected.info.sources, collected.info.imports),
        coverage_common.instrumented_files_info(ctx, source_attributes = ["srcs"], dependency_attributes = ["deps", "data"]),
    ]

python_library = rule(
    implementation = _python_library_impl,
    doc = """Python files that belong together. It runs no action.

```starlark
load("@monowheel//rules:defs.bzl", "python_library")

python_library(
    name = "greeting",
    srcs = ["greeting.py"],
    data = ["greetings.json"],
    deps = ["@pypi//pydantic"],
)
```

rules_python's `py_binary`, `py_library` and `py_test` take it among their `deps` as one of theirs; wheels are not passed on to them.
""",
    attrs = COLLECT_ATTRS,
    provides = [DefaultInfo],
)
