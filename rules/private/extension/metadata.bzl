"""What a repository rule says of what it made."""

def reproducible(rctx, holds):
    """Says whether the repository is a function of the rule's attributes, so that newer versions of Bazel keep it, share it and never fetch it again.

    Args:
        rctx: context of the repository rule.
        holds: whether it is: every download has a digest, nothing of the machine went in.

    Returns:
        what the implementation function returns; None where Bazel knows nothing of it (before 8.3) or it does not hold.
    """
    if holds and hasattr(rctx, "repo_metadata"):
        return rctx.repo_metadata(reproducible = True)
    return None
