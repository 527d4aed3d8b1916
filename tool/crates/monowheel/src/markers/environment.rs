//! What the marker variables stand for on a target.

use pep440_rs::Version;

/// The values of the marker variables (PEP 508) on one target. Release and version of the kernel are unknown, thus empty, as uv has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// `os_name`: `posix` or `nt`.
    pub os_name: &'static str,
    /// `sys_platform`: `linux`, `darwin` or `win32`.
    pub sys_platform: &'static str,
    /// `platform_machine` as CPython reports it there: `x86_64`, `aarch64`, `arm64`, `AMD64`.
    pub platform_machine: &'static str,
    /// `platform_system`: `Linux`, `Darwin` or `Windows`.
    pub platform_system: &'static str,
    /// `python_version`: major and minor.
    pub python_version: Version,
    /// `python_full_version`, also `implementation_version`, since the implementation is CPython.
    pub python_full_version: Version,
}

impl Environment {
    /// `implementation_name`.
    pub const IMPLEMENTATION_NAME: &'static str = "cpython";
    /// `platform_python_implementation`.
    pub const PYTHON_IMPLEMENTATION: &'static str = "CPython";
}
