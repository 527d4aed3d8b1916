"""What the cases have in common."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")

# For targets under test: some fail when analysed, none is to be built.
SUBJECT = ["manual"]

def only_action(env, mnemonic):
    """The one action of the target under test that has `mnemonic`.

    Args:
        env: of the test.
        mnemonic: its mnemonic.

    Returns:
        the action.
    """
    found = [action for action in analysistest.target_actions(env) if action.mnemonic == mnemonic]
    asserts.equals(env, 1, len(found), "actions " + mnemonic)
    return found[0]

def manifest(env):
    """The manifest that the target under test gives the tool.

    Args:
        env: of the test.

    Returns:
        list of dicts, one for each line.
    """
    argv = only_action(env, "MonowheelAssemble").argv
    return [json.decode(argument) for argument in argv if argument.startswith("{")]

def lines(env, kind):
    """The manifest's lines of one kind.

    Args:
        env: of the test.
        kind: the kind.

    Returns:
        list of dicts.
    """
    return [line for line in manifest(env) if line["kind"] == kind]

def fails_with(*words):
    """A test whose target fails in analysis, with all of `words` in what it says.

    Args:
        *words: parts of the message.

    Returns:
        the implementation of an analysis test.
    """

    def impl(ctx):
        env = analysistest.begin(ctx)
        for word in words:
            asserts.expect_failure(env, word)
        return analysistest.end(env)

    return impl
