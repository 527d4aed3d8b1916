"""Builds the tool, the launcher and the fetcher from source with cargo: the same bytes in any folder, for any user.

The tool is an input of all our actions, the launcher a part of files. If they differed between two machines, they would share no cache.
"""

# Folders and files of tool/ that the binaries are made of; its build folder is not one.
_SOURCES = ["Cargo.lock", "Cargo.toml", "crates"]

def _run(rctx, what, command, environment = {}):
    result = rctx.execute(command, environment = environment, timeout = 3600, working_directory = str(_sources(rctx)))
    if result.return_code != 0:
        fail("monowheel: {} failed; it is built from source because no release has a binary for this machine\n{}".format(
            what,
            result.stderr or result.stdout,
        ))
    return result.stdout

def _sources(rctx):
    # The real folder: a checkout has several names, one in each output base, and cargo would build it anew under each.
    return rctx.path(Label("@monowheel//:MODULE.bazel")).realpath.dirname.get_child("tool")

def _cargo(rctx):
    cargo = rctx.which("cargo")
    if not cargo:
        fail("monowheel: expected `cargo` on PATH, to build from source, but there is none; install Rust (https://rustup.rs)")
    return str(cargo)

def _home(rctx):
    home = rctx.os.environ.get("CARGO_HOME")
    return rctx.path(home) if home else rctx.path(rctx.os.environ.get("HOME", "/")).get_child(".cargo")

def _remapped(rctx, target_folder):
    """Pairs of folders of this machine and what the binary says in their place."""

    # Not that of the sources: cargo names them relative to the workspace, and a flag that differs between checkouts would keep them from
    # sharing a build folder.
    pairs = [(target_folder, "/target")]

    # The folder of a registry is named after its address, which a mirror changes.
    registries = _home(rctx).get_child("registry", "src")
    if registries.exists:
        pairs += [(folder, "/registry") for folder in registries.readdir()]
    return pairs

def _host(rctx):
    rustc = rctx.which("rustc")
    if not rustc:
        fail("monowheel: expected `rustc` on PATH, to build from source, but there is none; install Rust (https://rustup.rs)")
    for line in _run(rctx, "`rustc -vV`", [str(rustc), "-vV"]).splitlines():
        if line.startswith("host: "):
            return line.removeprefix("host: ")
    fail("monowheel: expected `rustc -vV` to name its host")

def build_from_source(rctx, *, binary, crate, features, profile):
    """Builds a binary and puts it into the repository, under its own name.

    MONOWHEEL_CARGO_TARGET_DIR names a build folder that is kept, so that the next build takes seconds.

    Args:
        rctx: context of the repository rule.
        binary: its name.
        crate: the crate that has it.
        features: features of the crate that it is built with.
        profile: the profile of cargo that it is shipped with.
    """
    sources = _sources(rctx)
    for name in _SOURCES:
        path = sources.get_child(name)
        if path.is_dir:
            rctx.watch_tree(path)
        else:
            rctx.watch(path)

    cargo, host = _cargo(rctx), _host(rctx)
    kept = rctx.os.environ.get("MONOWHEEL_CARGO_TARGET_DIR")
    target_folder = rctx.path(kept or "target")

    rctx.report_progress("Fetching the crates of monowheel")
    _run(rctx, "`cargo fetch`", [cargo, "fetch", "--locked", "--target", host])

    flags = ["--remap-path-prefix={}={}".format(folder, name) for folder, name in _remapped(rctx, target_folder)]
    if "-linux-" in host:
        # It runs on any Linux, in an empty root file system as well.
        flags += ["-C", "target-feature=+crt-static", "-C", "relocation-model=static"]
    rctx.report_progress("Building {} with cargo, once".format(binary))
    _run(
        rctx,
        "`cargo build`",
        [cargo, "build", "--profile", profile, "--locked", "--no-default-features", "--package", crate, "--bin", binary, "--target", host] +
        ["--features=" + feature for feature in features],
        environment = {
            "CARGO_ENCODED_RUSTFLAGS": "\037".join(flags),
            "CARGO_INCREMENTAL": "0",
            "CARGO_TARGET_DIR": str(target_folder),
            "CARGO_TERM_COLOR": "never",
        },
    )

    # A copy: the build folder may be another's in a minute.
    _run(rctx, "`cp`", ["cp", str(target_folder.get_child(host, profile, binary)), str(rctx.path(binary))])
    if not kept:
        rctx.delete(target_folder)
