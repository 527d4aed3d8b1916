"""Wheels that actions fetch: one action that says all of the file, and nothing that asks for the fetcher but it."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts", "unittest")
load("@monowheel//rules/private:fetched_wheel.bzl", "fetched_wheel")  # buildifier: disable=bzl-visibility
load("@monowheel//rules/private:wheel.bzl", "wheel")  # buildifier: disable=bzl-visibility
load("@monowheel//rules/private/extension:wheel_repository.bzl", "can_be_fetched_in_action")  # buildifier: disable=bzl-visibility
load(":subjects.bzl", "SUBJECT", "fails_with", "only_action")

_FILE = "alpha-1.0-py3-none-any.whl"
_SHA256 = "0123456789abcdef" * 4

def _fetch_impl(ctx):
    env = analysistest.begin(ctx)
    action = only_action(env, "MonowheelFetch")
    [wheel] = action.outputs.to_list()
    asserts.equals(env, _FILE, wheel.basename)
    asserts.equals(env, "cases/fetcher", action.argv[0])
    asserts.equals(env, [
        "fetch",
        "--file",
        _FILE,
        "--sha256",
        _SHA256,
        "--url",
        "https://one.example/" + _FILE,
        "--url",
        "https://two.example/" + _FILE,
        "--page",
        "https://one.example/simple/alpha/",
        "--origin",
        "@pypi//alpha",
        "--output",
        wheel.path,
    ], action.argv[1:])
    asserts.equals(env, {}, dict(action.env))

    # Its key is known without any file but the program's.
    asserts.equals(env, ["cases/fetcher"], [file.path for file in action.inputs.to_list()])
    return analysistest.end(env)

_fetch_test = analysistest.make(_fetch_impl)

def _facts_impl(ctx):
    env = analysistest.begin(ctx)
    [wheel] = [file for file in only_action(env, "MonowheelFacts").inputs.to_list() if file.extension == "whl"]

    # The same file, whatever is built for.
    asserts.true(env, "-exec" in wheel.root.path, wheel.path)
    return analysistest.end(env)

_facts_test = analysistest.make(_facts_impl)
_facts_opt_test = analysistest.make(_facts_impl, config_settings = {"//command_line_option:compilation_mode": "opt"})

_both_test = analysistest.make(
    fails_with("//cases:fetched_both: expected exactly one of `src` and `fetched`"),
    expect_failure = True,
)

def _can_be_impl(ctx):
    env = unittest.begin(ctx)
    known = {"file": _FILE, "sha256": _SHA256}
    for expected, wheel in [
        (True, known | {"urls": ["https://one.example/" + _FILE]}),
        (True, known | {"pages": ["http://one.example/simple/alpha/"], "locate": ["--file", _FILE]}),
        # The address of a page may have an `@`, its host's name may not.
        (True, known | {"urls": ["https://one.example/@/" + _FILE]}),
        (False, known | {"urls": ["https://me:secret@one.example/" + _FILE]}),
        (False, known | {"urls": ["https://one.example/" + _FILE, "file:///" + _FILE]}),
        (False, known | {"path": "wheels/" + _FILE}),
        (False, known | {"override": "//:" + _FILE}),
        (False, known),
        (False, {"locate": ["--package", "alpha"], "pages": ["https://one.example/simple/alpha/"]}),
        (False, {"file": _FILE, "urls": ["https://one.example/" + _FILE]}),
    ]:
        asserts.equals(env, expected, can_be_fetched_in_action(wheel), str(wheel))
    return unittest.end(env)

_can_be_test = unittest.make(_can_be_impl)

def fetched_cases(name):
    """Declares the cases.

    Args:
        name: prefix of their names.
    """
    fetched_wheel(
        name = name + "_file",
        file = _FILE,
        origin = "@pypi//alpha",
        pages = ["https://one.example/simple/alpha/"],
        sha256 = _SHA256,
        tags = SUBJECT,
        urls = ["https://one.example/" + _FILE, "https://two.example/" + _FILE],
    )
    _fetch_test(name = name + "_fetch_test", target_under_test = name + "_file")

    wheel(name = name + "_wheel", fetched = name + "_file", tags = SUBJECT)
    _facts_test(name = name + "_facts_test", target_under_test = name + "_wheel")
    _facts_opt_test(name = name + "_facts_opt_test", target_under_test = name + "_wheel")
    wheel(name = name + "_both", fetched = name + "_file", src = name + "_file", tags = SUBJECT)
    _both_test(name = name + "_both_test", target_under_test = name + "_both")

    unittest.suite(name + "_units", _can_be_test)
