"""What poetry installs from a poetry.lock on places that are not this machine; called by oracle.py with a Python that can import poetry.

Reads `{"case": folder, "sets": {set: {"groups": […], "extras": […], "places": [[platform letter, "3.12"], …]}}}` from the standard input, and
prints `{set: {"l312": [file names]}}`. Poetry's own classes do the work, as `poetry install` strings them together (`installer.py`):
the lock's packages, a transaction for a marker environment, and the chooser of files. Made up are the environment and the list of a
project's files, which here comes from the lock.
"""

import json
import pathlib
import sys

from cleo.io.null_io import NullIO
from packaging import tags
from packaging.utils import canonicalize_name
from poetry.core.packages.utils.link import Link
from poetry.factory import Factory
from poetry.installation.chooser import Chooser
from poetry.puzzle.solver import Solver
from poetry.puzzle.transaction import Transaction
from poetry.repositories import Repository, RepositoryPool
from poetry.utils.env.mock_env import MockEnv

LINUX = {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux"}
MARKERS = {
    "l": LINUX | {"platform_machine": "x86_64"},
    "a": LINUX | {"platform_machine": "aarch64"},
    "m": LINUX | {"platform_machine": "x86_64"},
    "d": {"os_name": "posix", "sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"},
    "w": {"os_name": "nt", "sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64"},
}


def platforms(letter):
    """Platform tags, best first, in the order of `packaging.tags`."""
    if letter in "la":
        machine = MARKERS[letter]["platform_machine"]
        oldest = 5 if letter == "l" else 17
        legacy = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
        for minor in range(28, oldest - 1, -1):
            yield f"manylinux_2_{minor}_{machine}"
            if minor in legacy:
                yield f"{legacy[minor]}_{machine}"
        yield f"linux_{machine}"
    elif letter == "m":
        yield from (f"musllinux_1_{minor}_x86_64" for minor in (2, 1, 0))
        yield "linux_x86_64"
    elif letter == "d":
        yield from tags.mac_platforms((13, 0), "arm64")
    else:
        yield "win_amd64"


def environment(letter, python):
    version = tuple(map(int, python.split(".")))
    plats = list(platforms(letter))
    name = f"cp{version[0]}{version[1]}"
    supported = [*tags.cpython_tags(version, [name], plats), *tags.compatible_tags(version, name, plats)]
    markers = MARKERS[letter] | {
        "implementation_name": "cpython",
        "implementation_version": f"{python}.0",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_version": "",
        "python_version": python,
        "python_full_version": f"{python}.0",
        "interpreter_name": "cp",
        "interpreter_version": f"{version[0]}{version[1]}",
    }
    return MockEnv(
        version_info=(*version, 0),
        platform=markers["sys_platform"],
        platform_machine=markers["platform_machine"],
        os_name=markers["os_name"],
        marker_env=markers,
        supported_tags=supported,
    )


class Files(Repository):
    """An index that has the files of the lock, and a source distribution of everything."""

    def find_links_for_package(self, package):
        files = [Link(f"https://host/{file['file']}#{file['hash'].replace(':', '=')}") for file in package.files]
        package.files = [*package.files, {"file": "none.tar.gz", "hash": f"sha256:{'0' * 64}"}]
        return [*files, Link(f"https://host/{package.name}-{package.version}.tar.gz#sha256={'0' * 64}")]


def install(poetry, groups, extras, env):
    """The packages that are to be installed: `Installer._do_install` from a lock."""
    locked = poetry.locker.locked_repository()
    if poetry.locker.is_locked_groups_and_markers():
        solved = poetry.locker.locked_packages()
        transaction = Transaction(locked.packages, solved, [], poetry.package, env.marker_env, groups)
    else:
        root = poetry.package.with_dependency_groups(list(groups), only=True)
        pool = RepositoryPool.from_packages(locked.packages, poetry.config)
        solver = Solver(root, pool, [], locked.packages, NullIO(), active_root_extras=extras)
        solver.provider.load_deferred(False)
        with solver.use_environment(env):
            transaction = solver.solve(use_latest=[])
    operations = transaction.calculate_operations(with_uninstalls=False, extras=set(extras))
    return [operation.package for operation in operations if not operation.skipped]


def main():
    asked = json.load(sys.stdin)
    poetry = Factory().create_poetry(pathlib.Path(asked["case"]))
    answer = {}
    for name, part in asked["sets"].items():
        groups = {canonicalize_name(group) for group in part["groups"]}
        extras = [canonicalize_name(extra) for extra in part["extras"]]
        places = answer[name] = {}
        for letter, python in part["places"]:
            env = environment(letter, python)
            pool = RepositoryPool([Files("PyPI")])
            chooser = Chooser(pool, env)
            packages = [
                package for package in install(poetry, groups, extras, env) if package.source_type != "directory"
            ]
            places[letter + python.replace(".", "")] = sorted(
                chooser.choose_for(package).filename for package in packages
            )
    json.dump(answer, sys.stdout)


main()
