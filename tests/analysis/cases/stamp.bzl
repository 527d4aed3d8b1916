"""Stamping: an action of its own behind the assembling one, and only where it is asked for."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@monowheel//rules:defs.bzl", "python_binary", "python_test")
load(":subjects.bzl", "SUBJECT", "only_action")

_STATUS = ["stable-status.txt", "volatile-status.txt"]
_STAMP = {"//command_line_option:stamp": True}

def _mnemonics(env):
    return [action.mnemonic for action in analysistest.target_actions(env) if action.mnemonic.startswith("Monowheel") and action.mnemonic != "MonowheelSbom"]

def _status_files(action):
    return sorted([file.basename for file in action.inputs.to_list() if file.basename in _STATUS])

def _plain_impl(ctx):
    env = analysistest.begin(ctx)
    target = analysistest.target_under_test(env)
    asserts.equals(env, ["MonowheelAssemble"], _mnemonics(env))
    for action in analysistest.target_actions(env):
        asserts.equals(env, [], _status_files(action), action.mnemonic)
    assembled = only_action(env, "MonowheelAssemble").outputs.to_list()
    asserts.equals(env, [target.label.name], [file.basename for file in assembled])
    asserts.equals(env, assembled[0], target[DefaultInfo].files_to_run.executable)
    return analysistest.end(env)

_plain_test = analysistest.make(_plain_impl)
_plain_with_flag_test = analysistest.make(_plain_impl, config_settings = _STAMP)

def _stamped_impl(ctx):
    env = analysistest.begin(ctx)
    target = analysistest.target_under_test(env)
    name = target.label.name
    asserts.equals(env, ["MonowheelAssemble", "MonowheelStamp"], sorted(_mnemonics(env)))

    # The main action is that of an unstamped build, but for the name.
    assemble = only_action(env, "MonowheelAssemble")
    asserts.equals(env, [], _status_files(assemble))
    asserts.equals(env, [name + ".unstamped"], [file.basename for file in assemble.outputs.to_list()])
    asserts.false(env, "stamp" in " ".join([argument for argument in assemble.argv if argument.startswith("{")]).replace(name, ""))

    action = only_action(env, "MonowheelStamp")
    asserts.equals(env, {}, dict(action.env))
    asserts.equals(env, "stamp", action.argv[1])
    asserts.equals(env, ctx.attr.keys, [action.argv[index + 1] for index, word in enumerate(action.argv) if word == "--key"])
    asserts.equals(env, ctx.attr.status, _status_files(action))
    named = [file.path for file in action.inputs.to_list() if file.path != action.argv[0]]
    asserts.equals(env, [], [path for path in named if path not in action.argv])
    asserts.equals(env, [name], [file.basename for file in action.outputs.to_list()])

    # What is shipped is the stamped one, and bills are of it.
    asserts.equals(env, action.outputs.to_list(), target[DefaultInfo].files.to_list())
    asserts.equals(env, action.outputs.to_list()[0], target[DefaultInfo].files_to_run.executable)
    for sbom in [action for action in analysistest.target_actions(env) if action.mnemonic == "MonowheelSbom"]:
        asserts.true(env, action.outputs.to_list()[0] in sbom.inputs.to_list())
    return analysistest.end(env)

_EXPECTED = {
    "keys": attr.string_list(doc = "Keys that are asked for.", default = ["BUILD_EMBED_LABEL", "STABLE_*"]),
    "status": attr.string_list(doc = "Status files among the inputs.", default = ["stable-status.txt"]),
}
_stamped_test = analysistest.make(_stamped_impl, attrs = _EXPECTED)
_stamped_with_flag_test = analysistest.make(_stamped_impl, attrs = _EXPECTED, config_settings = _STAMP)

def stamp_cases(name):
    """Declares the cases.

    Args:
        name: prefix of their names.
    """
    python_binary(name = name + "_default", main = "main.py", tags = SUBJECT)
    python_binary(name = name + "_never", main = "main.py", stamp = 0, tags = SUBJECT)
    python_binary(name = name + "_asked", main = "main.py", stamp = -1, tags = SUBJECT)
    python_binary(name = name + "_always", main = "main.py", stamp = 1, tags = SUBJECT)
    timed = ["STABLE_COMMIT", "BUILD_TIMESTAMP"]
    python_binary(name = name + "_timed", main = "main.py", stamp = 1, stamp_keys = timed, tags = SUBJECT)
    python_binary(name = name + "_labelled", main = "main.py", stamp = 1, stamp_keys = ["BUILD_HOST"], tags = SUBJECT)
    python_test(name = name + "_subject_test", main = "main.py", tags = SUBJECT)

    for subject in ["default", "never", "asked", "subject_test"]:
        _plain_test(name = "{}_{}_plain_test".format(name, subject), target_under_test = "{}_{}".format(name, subject))
    for subject in ["default", "never", "subject_test"]:
        _plain_with_flag_test(name = "{}_{}_plain_with_flag_test".format(name, subject), target_under_test = "{}_{}".format(name, subject))
    _stamped_with_flag_test(name = name + "_asked_test", target_under_test = name + "_asked")
    _stamped_with_flag_test(name = name + "_always_with_flag_test", target_under_test = name + "_always")
    _stamped_test(name = name + "_always_test", target_under_test = name + "_always")
    _stamped_test(name = name + "_timed_test", keys = timed, status = sorted(_STATUS), target_under_test = name + "_timed")
    _stamped_test(name = name + "_labelled_test", keys = ["BUILD_HOST"], target_under_test = name + "_labelled")
