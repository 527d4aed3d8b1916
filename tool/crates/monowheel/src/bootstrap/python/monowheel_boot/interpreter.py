"""Whether this interpreter fits the application: its version, its build, its machine."""

import posix
import sys

from monowheel_boot.start import Failure, Refusal, real_interpreter


def check(manifest):
    """Raise where it does not fit: a refusal where another interpreter may, a failure where none will."""
    platform(manifest["platform"])
    found = f"{sys.version_info[0]}.{sys.version_info[1]}"
    version = ".".join(map(str, sys.version_info[:3]))
    accepted = manifest["python"]["versions"]
    if accepted and found not in accepted:
        raise Refusal(f"CPython {version} is not among the accepted versions")
    requires = manifest["python"]["requires"]
    if requires and not admits(requires, sys.version_info[:3]):
        raise Refusal(f"CPython {version} does not satisfy {requires}")
    if "t" in getattr(sys, "abiflags", ""):
        for wheel in manifest["wheels"]:
            if not free_threaded(wheel["file"]):
                raise Refusal(f"CPython {version} without the global lock, for which {wheel['file']} is not built")


def inside(manifest):
    """Whether this interpreter is the one that travels in the file."""
    own = manifest.get("interpreter")
    return bool(own) and real_interpreter().endswith(f"/interpreters/{own['sha256']}/{own['executable']}")


def native(manifest):
    """Whether any wheel is built for a platform, or an interpreter travels in the file."""
    return "interpreter" in manifest or any(not wheel["file"].endswith("-any.whl") for wheel in manifest["wheels"])


def free_threaded(file):
    """Whether a wheel runs on a free-threaded build: no binary interface, or its own."""
    abis = file[:-4].split("-")[-2].split(".")
    return any(abi == "none" or abi.endswith("t") for abi in abis)


def platform(wanted):
    """Compare the machine with the platform that the file was built for (``x86_64-unknown-linux-gnu``)."""
    if not wanted:
        return
    machine, _, rest = wanted.partition("-")
    uname = posix.uname()
    names = {"arm64": "aarch64", "amd64": "x86_64"}
    found = names.get(uname.machine.lower(), uname.machine.lower())
    system = "apple-darwin" if sys.platform == "darwin" else f"unknown-{sys.platform}-{libc()}"
    matches = (not machine or found == machine) and (rest == system or not rest.startswith(("unknown-", "apple-")))
    if not matches:
        raise Failure(f"this file was built for {wanted}, but this machine is {found}-{system}")
    if sys.maxsize < 1 << 32 and machine in ("x86_64", "aarch64"):
        raise Refusal("it is a 32-bit build")


def libc():
    """Name the C library that the interpreter is linked with."""
    try:
        return "gnu" if posix.confstr("CS_GNU_LIBC_VERSION") else "musl"
    except (AttributeError, ValueError, OSError):
        return "musl"


def admits(specifiers, version):
    """Whether a release satisfies PEP 440 specifiers.

    What is not understood is taken as satisfied: the build has checked the minor version.
    """
    return all(satisfies(part.strip(), version) for part in specifiers.split(",") if part.strip())


def satisfies(specifier, version):
    """Compare with one specifier."""
    operator = specifier[: len(specifier) - len(specifier.lstrip("<>=!~"))]
    text = specifier[len(operator) :].strip()
    prefix = text.endswith(".*")
    try:
        wanted = tuple(int(part) for part in text.replace(".*", "").split("."))
    except ValueError:
        return True
    padded = (*wanted, 0, 0)[:3]
    compare = {
        ">=": version >= padded,
        "<=": version <= padded,
        ">": version > padded,
        "<": version < padded,
        "==": version[: len(wanted)] == wanted if prefix else version == padded,
        "!=": version[: len(wanted)] != wanted if prefix else version != padded,
        "~=": version >= padded and version[: len(wanted) - 1] == wanted[:-1],
    }
    return compare.get(operator, True)
