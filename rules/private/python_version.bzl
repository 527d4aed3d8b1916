"""Python versions as users write them."""

def is_python_version(value):
    """Whether `value` names a version to build for.

    Args:
        value: a string.

    Returns:
        True for `3.11`, and for `3.14t`, which is free-threaded.
    """
    parts = value.split(".")
    return len(parts) == 2 and parts[0] == "3" and parts[1].removesuffix("t").isdigit()
