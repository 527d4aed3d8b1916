"""Names of lock files' packages, checked when a target is declared: a wrong one is answered with the nearest.

Bazel itself would only say that there is no such package. The target fails when it is analysed, not before: its neighbours do not.
"""

load("@monowheel_index//:index.bzl", "INDEX")

_OFFERED = 3

def _distance(a, b):
    """How many letters have to change to make `b` of `a` (Levenshtein)."""
    previous = range(len(b) + 1)
    for i in range(len(a)):
        row = [i + 1]
        for j in range(len(b)):
            row.append(min(previous[j + 1] + 1, row[j] + 1, previous[j] + (0 if a[i] == b[j] else 1)))
        previous = row
    return previous[len(b)]

def nearest(wanted, names):
    """The names that look most like `wanted`.

    Args:
        wanted: a name that does not exist.
        names: those that do.

    Returns:
        a list of at most three of them, the best first.
    """

    def rank(name):
        return (0 if wanted in name or name in wanted else 1, _distance(wanted, name), name)

    return sorted(names, key = rank)[:_OFFERED]

def _complaint(label):
    entry = INDEX.get(label.repo_name)
    if not entry:
        return None

    # A hub has the spelling with underscores, too.
    targets = entry.packages.get(label.package.replace("_", "-"))
    at = "@" + entry.hub
    if targets == None:
        return "the lock file {} has no `{}`\nhint: the nearest names are {}; `uv add` and `uv lock`, or the like, would add it".format(
            entry.lock,
            label.package,
            ", ".join(["`{}//{}`".format(at, name) for name in nearest(label.package, [name for name in entry.packages if name])]) or "none",
        )
    if label.name not in targets and label.name.replace("_", "-") not in targets:
        return "the lock file {} has no `{}`\nhint: there are {}".format(
            entry.lock,
            label.name,
            ", ".join(["`{}//{}:{}`".format(at, label.package, name) for name in nearest(label.name, targets)]),
        )
    return None

# Reads labels and declares nothing.
# buildifier: disable=unnamed-macro
def check_names(deps):
    """Splits `deps` into those that can exist and those that a lock file does not have.

    Args:
        deps: value of an attribute; a `select` passes as it is.

    Returns:
        the dependencies to declare, and a list of sentences about the others.
    """
    if type(deps) != "list":
        return deps, []
    good, wrong = [], []
    for dep in deps:
        complaint = _complaint(dep if type(dep) == "Label" else native.package_relative_label(dep))
        if complaint:
            wrong.append("`deps`: expected targets that exist, but got `{}`: {}".format(dep, complaint))
        else:
            good.append(dep)
    return good, wrong
