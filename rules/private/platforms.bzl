"""The table of platforms, from which constraints, targets and the tool's repositories derive.

The tool has the same table (`tool/crates/monowheel/src/tags/platform.rs`), since it alone knows which wheels fit; a test holds the two
in step. Names are those of uv and Rust. A platform's libc is the version that is there at least: what runs on glibc 2.28 runs on every
newer one.
"""

_CPU = {
    "aarch64": "@platforms//cpu:aarch64",
    "x86_64": "@platforms//cpu:x86_64",
}

_OS = {
    "linux": "@platforms//os:linux",
    "macos": "@platforms//os:macos",
    "windows": "@platforms//os:windows",
}

# Versions of glibc that a platform can be asked for by name, beside the default one.
_GLIBC_MINORS = [17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40]

def _platform(name, cpu, os, libc = None, glibc = 0):
    """The one constructor of a row.

    Args:
        name: the platform's name in the table.
        cpu: `aarch64` or `x86_64`.
        os: `linux`, `macos` or `windows`.
        libc: name of the constraint value of `//rules/platforms:libc`, on Linux.
        glibc: the minor version of glibc that is there at least; 0 where there is no glibc.

    Returns:
        a struct of `name`, `cpu`, `os`, `libc`, `glibc` and `constraints`, labels of all of them together.
    """
    if (os == "linux") != (libc != None):
        fail("platform {}: expected a libc on linux and there alone, but got {}".format(name, libc))
    constraints = [_OS[os], _CPU[cpu]]
    if libc:
        constraints.append("@monowheel//rules/platforms:" + libc)
    return struct(name = name, cpu = cpu, os = os, libc = libc, glibc = glibc, constraints = constraints)

def _table():
    rows = []
    for cpu in ["x86_64", "aarch64"]:
        rows.append(_platform(cpu + "-unknown-linux-gnu", cpu, "linux", "gnu", 28))
        rows.append(_platform(cpu + "-unknown-linux-musl", cpu, "linux", "musl"))
        rows.append(_platform(cpu + "-apple-darwin", cpu, "macos"))
        rows.append(_platform(cpu + "-pc-windows-msvc", cpu, "windows"))
        rows.append(_platform(cpu + "-manylinux2014", cpu, "linux", "manylinux_2_17", 17))
        for minor in _GLIBC_MINORS:
            rows.append(_platform("{}-manylinux_2_{}".format(cpu, minor), cpu, "linux", "manylinux_2_{}".format(minor), minor))
    return {row.name: row for row in rows}

# Every platform by name.
PLATFORMS = _table()

# Constraint values of `//rules/platforms:libc`; the first one is meant where nothing is said.
LIBCS = ["gnu", "musl"] + ["manylinux_2_{}".format(minor) for minor in _GLIBC_MINORS]

def host_platform(os_name, os_arch):
    """The platform that Bazel itself runs on, as far as the tool's own binaries are concerned.

    They are linked statically, so on Linux the musl platform stands for every Linux.

    Args:
        os_name: `repository_ctx.os.name`.
        os_arch: `repository_ctx.os.arch`.

    Returns:
        a row of `PLATFORMS`.
    """
    cpu = {"aarch64": "aarch64", "amd64": "x86_64", "arm64": "aarch64", "x86_64": "x86_64"}.get(os_arch)
    if os_name.startswith("linux"):
        suffix = "unknown-linux-musl"
    elif os_name.startswith("mac os"):
        suffix = "apple-darwin"
    elif os_name.startswith("windows"):
        suffix = "pc-windows-msvc"
    else:
        suffix = None
    if not cpu or not suffix:
        fail("monowheel: expected to run on Linux, macOS or Windows on x86_64 or aarch64, but this is `{}` on `{}`".format(os_name, os_arch))
    return PLATFORMS[cpu + "-" + suffix]
