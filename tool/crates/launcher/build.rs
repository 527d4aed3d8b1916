//! Linker options of the launcher, in the one place that every way of building it passes through.

#[expect(clippy::disallowed_methods, reason = "it is how cargo tells a build script the target")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        // Nothing is unwound: a panic ends the program. The index of the tables for it is 13 kB of every file.
        println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
    }
}
