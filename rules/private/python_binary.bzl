"""The rule `python_binary`."""

load(":application.bzl", "APPLICATION_ATTRS", "assemble", "output_groups")
load(":built_for.bzl", "built_for_transition")
load(":bundled.bzl", "BUNDLED_ATTRS", "bundled")
load(":sbom.bzl", "bills")
load(":stamp.bzl", "STAMP_ATTRS", "is_stamped", "stamp")
load(":toolchain.bzl", "TOOLCHAIN_TYPE")

def _python_binary_impl(ctx):
    stamped = is_stamped(ctx)
    assembled = assemble(
        ctx,
        args = ctx.attr.baked_args,
        interpreter = bundled(ctx),
        name = ctx.label.name + ".unstamped" if stamped else None,
    )
    output = stamp(ctx, assembled.output) if stamped else assembled.output
    return [
        # The file needs nothing beside it, so neither does whoever runs it as a tool.
        DefaultInfo(
            executable = output,
            files = depset([output]),
        ),
        output_groups(assembled.collected, **bills(ctx, output)),
        coverage_common.instrumented_files_info(ctx, source_attributes = ["srcs", "main"], dependency_attributes = ["deps", "data"]),
    ]

python_binary = rule(
    implementation = _python_binary_impl,
    doc = """A Python application as one executable file, which runs wherever it is copied.

```starlark
load("@monowheel//rules:defs.bzl", "python_binary")

python_binary(
    name = "bin",
    srcs = ["main.py"],
    imports = ["."],
    script = "uvicorn",
    deps = [
        "@pypi//fastapi",
        "@pypi//uvicorn:uvicorn[standard]",
    ],
)
```

`bazel build` makes the file, `bazel run` starts it. The folders in it are those of Bazel's runfiles.
`bazel build --output_groups=cyclonedx,spdx` makes its bills of materials, `bin.cdx.json` and `bin.spdx.json`.

One command builds for many platforms:

```starlark
[
    python_binary(
        name = "bin-" + platform,
        platform = platform,
        script = "uvicorn",
        deps = [":main"],
    )
    for platform in ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"]
]
```

`bazel cquery --output=files //svc:all` tells where the files are.

With `stamp = -1`, `bazel build --stamp //svc:bin` puts into the file what `--workspace_status_command` prints under `STABLE_…`, a commit for
example. It is the same application, which starts from the same cache; `monowheel inspect` shows the stamp.
""",
    attrs = APPLICATION_ATTRS | BUNDLED_ATTRS | STAMP_ATTRS | {
        "baked_args": attr.string_list(
            doc = """Arguments that come before those of the caller; they are in the file, wherever it is run.""",
        ),
        "_kind": attr.string(default = "python_binary"),
    },
    cfg = built_for_transition,
    executable = True,
    toolchains = [TOOLCHAIN_TYPE],
)
