"""The table of platforms, from which constraints, targets and the tool's repositories derive.

The tool has the same table (`tool/crates/monowheel/src/tags/platform.rs`), since it alone knows which wheels fit; a test holds the two
in step. Names are those of uv and Rust. A platform's libc, or its macOS, is the version that is there at least: what runs on glibc 2.28
runs on every newer one.
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

# Versions that a platform can be asked for by name, beside the default ones.
_GLIBC_MINORS = [17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40]
_MUSL_MINORS = [1, 2]
_MACOS_MAJORS = [11, 12, 13, 14, 15, 26]

def _platform(name, cpu, os, variant = None, minimum = None):
    """The one constructor of a row.

    Args:
        name: the platform's name in the table.
        cpu: `aarch64` or `x86_64`.
        os: `linux`, `macos` or `windows`.
        variant: name of the constraint value of `//rules/platforms:libc` on Linux, of `//rules/platforms:macos` on macOS.
        minimum: what is there at least: `glibc`, `musl` or `macos`, major and minor version; None on Windows.

    Returns:
        a struct of `name`, `cpu`, `os`, `variant`, `minimum` and `constraints`, labels of all of them together.
    """
    if (os == "windows") != (variant == None) or (variant == None) != (minimum == None):
        fail("platform {}: expected a variant and a minimum, except on windows, but got {} and {}".format(name, variant, minimum))
    constraints = [_OS[os], _CPU[cpu]]
    if variant:
        constraints.append("@monowheel//rules/platforms:" + variant)
    return struct(name = name, cpu = cpu, os = os, variant = variant, minimum = minimum, constraints = constraints)

def _table():
    rows = []
    for cpu in ["x86_64", "aarch64"]:
        rows.append(_platform(cpu + "-unknown-linux-gnu", cpu, "linux", "gnu", ("glibc", 2, 28)))
        rows.append(_platform(cpu + "-unknown-linux-musl", cpu, "linux", "musl", ("musl", 1, 2)))
        rows.append(_platform(cpu + "-apple-darwin", cpu, "macos", "darwin", ("macos", 13, 0)))
        rows.append(_platform(cpu + "-pc-windows-msvc", cpu, "windows"))
        rows.append(_platform(cpu + "-manylinux2014", cpu, "linux", "manylinux_2_17", ("glibc", 2, 17)))
        for variant, minimum in _VERSIONED.items():
            os = "macos" if minimum[0] == "macos" else "linux"
            rows.append(_platform("{}-{}".format(cpu, variant), cpu, os, variant, minimum))
    return {row.name: row for row in rows}

# Variant to minimum, of those that say it in their name, which is that of a wheel's tag.
_VERSIONED = (
    {"manylinux_2_{}".format(minor): ("glibc", 2, minor) for minor in _GLIBC_MINORS} |
    {"musllinux_1_{}".format(minor): ("musl", 1, minor) for minor in _MUSL_MINORS} |
    {"macosx_{}_0".format(major): ("macos", major, 0) for major in _MACOS_MAJORS}
)

# Every platform by name.
PLATFORMS = _table()

def _variants(os):
    return list({row.variant: None for row in PLATFORMS.values() if row.os == os})

# Constraint values by constraint setting of `//rules/platforms`; the first one of each is meant where nothing is said.
VARIANTS = {"libc": _variants("linux"), "macos": _variants("macos")}

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
