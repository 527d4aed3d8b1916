"""Functions that need no target."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load("@monowheel//rules/private:manifest.bzl", "place")  # buildifier: disable=bzl-visibility
load("@monowheel//rules/private:names.bzl", "nearest")  # buildifier: disable=bzl-visibility
load("@monowheel//rules/private:platforms.bzl", "PLATFORMS", "host_platform")  # buildifier: disable=bzl-visibility

def _place_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, "_main/svc/main.py", place("svc/main.py"))
    asserts.equals(env, "other~/lib/a.py", place("../other~/lib/a.py"))
    return unittest.end(env)

_place_test = unittest.make(_place_impl)

def _nearest_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, ["fastapi", "flask", "starlette"], nearest("fastapy", ["starlette", "flask", "fastapi", "typing-extensions"]))
    asserts.equals(env, ["uvicorn", "uvicorn[standard]"], nearest("uvicorn[standrad]", ["uvicorn[standard]", "uvicorn"]))
    asserts.equals(env, [], nearest("anything", []))
    return unittest.end(env)

_nearest_test = unittest.make(_nearest_impl)

def _host_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, "x86_64-unknown-linux-musl", host_platform("linux", "amd64").name)
    asserts.equals(env, "aarch64-apple-darwin", host_platform("mac os x", "aarch64").name)
    asserts.equals(env, "x86_64-pc-windows-msvc", host_platform("windows server 2022", "x86_64").name)
    return unittest.end(env)

_host_test = unittest.make(_host_impl)

def _table_impl(ctx):
    env = unittest.begin(ctx)
    for name, row in PLATFORMS.items():
        asserts.equals(env, name, row.name)
        asserts.equals(env, 2 if row.os == "windows" else 3, len(row.constraints), name)
        if row.variant and row.variant.split("_")[-1].isdigit():
            asserts.true(env, row.variant.endswith("{}_{}".format(row.minimum[1], row.minimum[2])), name)
    return unittest.end(env)

_table_test = unittest.make(_table_impl)

def units_cases(name):
    """Declares the cases.

    Args:
        name: prefix of their names.
    """
    unittest.suite(
        name,
        _place_test,
        _nearest_test,
        _host_test,
        _table_test,
    )
