"""`$(location …)` and Make variables in attributes that go into the file."""

load(":labels.bzl", "label_text")

def expand(ctx, attribute, value, targets):
    """Expands `value` as Bazel's own rules do, with paths that mean something where the file runs.

    `$(location x)`, like `$(rootpath x)`, is the path from the folder in which `bazel run` and `bazel test` start the program;
    `$(rlocationpath x)` is the place within the packed tree. `$(execpath x)` is refused: it names a path of this build.

    Args:
        ctx: the rule's context.
        attribute: the attribute's name, for messages.
        value: the text.
        targets: what may be named.

    Returns:
        the text expanded.
    """
    if "$" not in value:
        return value
    for name in ["execpath", "execpaths"]:
        if "$({} ".format(name) in value:
            fail("{}: `{}`: expected `$(rootpath …)` or `$(rlocationpath …)`, but got `{}`: no path of this build exists where the file runs".format(
                label_text(ctx.label),
                attribute,
                value,
            ))
    for name in ["location", "locations"]:
        value = value.replace("$({} ".format(name), "$({} ".format(name.replace("location", "rootpath")))
    return ctx.expand_make_variables(attribute, ctx.expand_location(value, targets), {})
