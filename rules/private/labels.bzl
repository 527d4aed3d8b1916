"""Labels in messages."""

def label_text(label):
    """A label as the user would write it.

    Args:
        label: a Label.

    Returns:
        `//svc:bin` for targets of the main repository, the canonical form for others.
    """
    text = str(label)
    return text.removeprefix("@@") if text.startswith("@@//") else text
