"""What fits where, best first, is what the library `packaging` says: every platform of the table, every Python."""

import json
import subprocess
from unittest import mock

import packaging._manylinux
import packaging._musllinux
from common import TOP
from packaging.tags import compatible_tags, cpython_tags, mac_platforms

CPUS = ["x86_64", "aarch64"]
PYTHONS = [*((minor, "") for minor in range(9, 16)), *((minor, "t") for minor in range(13, 16))]
# The default ones, which are uv's; the others have it in their names.
MINIMUM = {"unknown-linux-gnu": 28, "manylinux2014": 17, "unknown-linux-musl": 2, "apple-darwin": 13}


def platforms(cpu: str, rest: str) -> list[str]:
    """Give the platform tags of a platform of the table, from `packaging`."""
    version = MINIMUM.get(rest) or int(rest.removesuffix("_0").rsplit("_", 1)[1])
    if "darwin" in rest or "macosx" in rest:
        tags = list(mac_platforms((version, 0), {"aarch64": "arm64"}.get(cpu, cpu)))
        # A name that no tool gave to a wheel, since distutils said `fat3`; uv and the versions of `packaging` before 26 have the other.
        return [tag.replace("_fat3", "_fat32") for tag in tags]
    if "musl" in rest:
        musl = packaging._musllinux._MuslVersion(1, version)
        with mock.patch("packaging._musllinux._get_musl_version", return_value=musl):
            tags = list(packaging._musllinux.platform_tags([cpu]))
    else:
        with (
            mock.patch("packaging._manylinux._get_glibc_version", return_value=(2, version)),
            mock.patch("packaging._manylinux._have_compatible_abi", return_value=True),
        ):
            tags = list(packaging._manylinux.platform_tags([cpu]))
    # What was built on the very machine comes last, as with uv; `packaging` puts it first since version 26.3.
    return [*tags, f"linux_{cpu}"]


def expected(minor: int, suffix: str, tags: list[str]) -> list[str]:
    """Give all tags of a Python on a platform, best first."""
    abi = f"cp3{minor}{suffix}"
    found = [
        *cpython_tags((3, minor), [abi], tags),
        *compatible_tags((3, minor), f"cp3{minor}", tags),
    ]
    return [str(tag) for tag in found]


def test_the_order_is_that_of_packaging() -> None:
    names = {cpu: ["pc-windows-msvc", *MINIMUM] for cpu in CPUS}
    for cpu in CPUS:
        names[cpu] += [f"manylinux_2_{minor}" for minor in (17, 28, *range(31, 41))]
        names[cpu] += [f"musllinux_1_{minor}" for minor in (1, 2)]
        names[cpu] += [f"macosx_{major}_0" for major in (11, 12, 13, 14, 15, 26)]
    windows = {"x86_64": ["win_amd64"], "aarch64": ["win_arm64"]}
    wanted = {}
    for cpu in CPUS:
        for name in names[cpu]:
            tags = windows[cpu] if "windows" in name else platforms(cpu, name)
            for minor, suffix in PYTHONS:
                wanted[f"cp3{minor}{suffix}-{cpu}-{name}"] = expected(minor, suffix, tags)

    # Each is asked about all tags of all others, so that one too many is found as well.
    everything = sorted({tag for tags in wanted.values() for tag in tags})
    command = ["cargo", "run", "--quiet", "--locked", "--package", "monowheel", "--example", "rank_tags"]
    command += ["--manifest-path", TOP / "tool/Cargo.toml"]
    done = subprocess.run(command, input=json.dumps(everything), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ours = json.loads(done.stdout)
    assert ours.keys() == wanted.keys()
    assert len(wanted) >= 500
    for environment, tags in wanted.items():
        assert ours[environment] == tags, environment
