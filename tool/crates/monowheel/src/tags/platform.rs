//! The table of platforms: the one place that names them. Triples, tags, marker values and Bazel constraints derive from it.
//!
//! Names and minimum versions are uv's, so that `--platform` takes what `uv pip install --python-platform` takes; uv has no names for other
//! minimum versions of musl and macOS than its own, so these are made as it makes those of glibc: `x86_64-musllinux_1_1` after the tag, like
//! `x86_64-manylinux_2_28`, and `aarch64-macosx_14_0`. One value differs from uv on purpose: `platform_machine` on 64-bit Windows is `AMD64`,
//! which is what CPython reports there; uv's cross-installation says `x86_64`.

use std::fmt;
use std::str::FromStr;

/// A processor architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cpu {
    /// 64-bit x86.
    X86_64,
    /// 64-bit ARM.
    Aarch64,
}

/// The C library of a Linux platform with the version that is there at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Libc {
    /// glibc 2.`minor` (PEP 600).
    Gnu {
        /// Minor version.
        minor: u16,
    },
    /// musl 1.`minor` (PEP 656).
    Musl {
        /// Minor version.
        minor: u16,
    },
}

/// An operating system with the version that is there at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Os {
    /// Linux with a C library.
    Linux(Libc),
    /// macOS.
    MacOs {
        /// Major version.
        major: u16,
        /// Minor version, of which only macOS 10 has tags.
        minor: u16,
    },
    /// Windows.
    Windows,
}

/// A platform of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Platform {
    /// The name, as uv has it.
    pub name: &'static str,
    /// The processor.
    pub cpu: Cpu,
    /// The operating system.
    pub os: Os,
    /// Whether a lock is resolved for it unless platforms are named.
    pub default: bool,
}

const fn glibc(name: &'static str, cpu: Cpu, minor: u16) -> Platform {
    Platform { name, cpu, os: Os::Linux(Libc::Gnu { minor }), default: false }
}

const fn musl(name: &'static str, cpu: Cpu, minor: u16) -> Platform {
    Platform { name, cpu, os: Os::Linux(Libc::Musl { minor }), default: false }
}

const fn macos(name: &'static str, cpu: Cpu, major: u16) -> Platform {
    Platform { name, cpu, os: Os::MacOs { major, minor: 0 }, default: false }
}

const fn default(platform: Platform) -> Platform {
    Platform { default: true, ..platform }
}

/// All platforms that have a name.
pub const PLATFORMS: &[Platform] = &[
    default(glibc("x86_64-unknown-linux-gnu", Cpu::X86_64, 28)),
    default(glibc("aarch64-unknown-linux-gnu", Cpu::Aarch64, 28)),
    default(musl("x86_64-unknown-linux-musl", Cpu::X86_64, 2)),
    default(musl("aarch64-unknown-linux-musl", Cpu::Aarch64, 2)),
    default(macos("aarch64-apple-darwin", Cpu::Aarch64, 13)),
    default(macos("x86_64-apple-darwin", Cpu::X86_64, 13)),
    Platform { name: "x86_64-pc-windows-msvc", cpu: Cpu::X86_64, os: Os::Windows, default: true },
    Platform { name: "aarch64-pc-windows-msvc", cpu: Cpu::Aarch64, os: Os::Windows, default: false },
    glibc("x86_64-manylinux2014", Cpu::X86_64, 17),
    glibc("x86_64-manylinux_2_17", Cpu::X86_64, 17),
    glibc("x86_64-manylinux_2_28", Cpu::X86_64, 28),
    glibc("x86_64-manylinux_2_31", Cpu::X86_64, 31),
    glibc("x86_64-manylinux_2_32", Cpu::X86_64, 32),
    glibc("x86_64-manylinux_2_33", Cpu::X86_64, 33),
    glibc("x86_64-manylinux_2_34", Cpu::X86_64, 34),
    glibc("x86_64-manylinux_2_35", Cpu::X86_64, 35),
    glibc("x86_64-manylinux_2_36", Cpu::X86_64, 36),
    glibc("x86_64-manylinux_2_37", Cpu::X86_64, 37),
    glibc("x86_64-manylinux_2_38", Cpu::X86_64, 38),
    glibc("x86_64-manylinux_2_39", Cpu::X86_64, 39),
    glibc("x86_64-manylinux_2_40", Cpu::X86_64, 40),
    glibc("aarch64-manylinux2014", Cpu::Aarch64, 17),
    glibc("aarch64-manylinux_2_17", Cpu::Aarch64, 17),
    glibc("aarch64-manylinux_2_28", Cpu::Aarch64, 28),
    glibc("aarch64-manylinux_2_31", Cpu::Aarch64, 31),
    glibc("aarch64-manylinux_2_32", Cpu::Aarch64, 32),
    glibc("aarch64-manylinux_2_33", Cpu::Aarch64, 33),
    glibc("aarch64-manylinux_2_34", Cpu::Aarch64, 34),
    glibc("aarch64-manylinux_2_35", Cpu::Aarch64, 35),
    glibc("aarch64-manylinux_2_36", Cpu::Aarch64, 36),
    glibc("aarch64-manylinux_2_37", Cpu::Aarch64, 37),
    glibc("aarch64-manylinux_2_38", Cpu::Aarch64, 38),
    glibc("aarch64-manylinux_2_39", Cpu::Aarch64, 39),
    glibc("aarch64-manylinux_2_40", Cpu::Aarch64, 40),
    musl("x86_64-musllinux_1_1", Cpu::X86_64, 1),
    musl("x86_64-musllinux_1_2", Cpu::X86_64, 2),
    macos("x86_64-macosx_11_0", Cpu::X86_64, 11),
    macos("x86_64-macosx_12_0", Cpu::X86_64, 12),
    macos("x86_64-macosx_13_0", Cpu::X86_64, 13),
    macos("x86_64-macosx_14_0", Cpu::X86_64, 14),
    macos("x86_64-macosx_15_0", Cpu::X86_64, 15),
    macos("x86_64-macosx_26_0", Cpu::X86_64, 26),
    musl("aarch64-musllinux_1_1", Cpu::Aarch64, 1),
    musl("aarch64-musllinux_1_2", Cpu::Aarch64, 2),
    macos("aarch64-macosx_11_0", Cpu::Aarch64, 11),
    macos("aarch64-macosx_12_0", Cpu::Aarch64, 12),
    macos("aarch64-macosx_13_0", Cpu::Aarch64, 13),
    macos("aarch64-macosx_14_0", Cpu::Aarch64, 14),
    macos("aarch64-macosx_15_0", Cpu::Aarch64, 15),
    macos("aarch64-macosx_26_0", Cpu::Aarch64, 26),
];

/// Short names, as uv has them.
const ALIASES: &[(&str, &str)] =
    &[("linux", "x86_64-unknown-linux-gnu"), ("macos", "aarch64-apple-darwin"), ("windows", "x86_64-pc-windows-msvc")];

/// A name that the table does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Unknown platform: `{name}`\nhint: the platforms are {}", PLATFORMS.iter().map(|platform| platform.name).collect::<Vec<_>>().join(", "))]
pub struct UnknownPlatform {
    /// What was asked for.
    pub name: String,
}

impl FromStr for Platform {
    type Err = UnknownPlatform;

    fn from_str(name: &str) -> Result<Self, UnknownPlatform> {
        let full = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, full)| full);
        PLATFORMS.iter().find(|platform| platform.name == full).copied().ok_or_else(|| UnknownPlatform { name: name.to_owned() })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

impl Platform {
    /// `platform.machine()` there.
    #[must_use]
    pub fn machine(&self) -> &'static str {
        match (self.os, self.cpu) {
            (Os::Windows, Cpu::X86_64) => "AMD64",
            (Os::Windows, Cpu::Aarch64) => "ARM64",
            (Os::MacOs { .. }, Cpu::Aarch64) => "arm64",
            (_, Cpu::X86_64) => "x86_64",
            (_, Cpu::Aarch64) => "aarch64",
        }
    }

    /// Platform tags that fit, best first, without `any`.
    #[must_use]
    pub fn tags(&self) -> Vec<String> {
        let machine = self.machine();
        let mut tags = Vec::new();
        match self.os {
            Os::Linux(Libc::Gnu { minor }) => {
                // PEP 600: glibc 2.5 is the oldest that a tag names, and 2.17 the oldest that aarch64 has.
                let oldest = if self.cpu == Cpu::X86_64 { 5 } else { 17 };
                for minor in (oldest..=minor).rev() {
                    tags.push(format!("manylinux_2_{minor}_{machine}"));
                    match minor {
                        17 => tags.push(format!("manylinux2014_{machine}")),
                        12 => tags.push(format!("manylinux2010_{machine}")),
                        5 => tags.push(format!("manylinux1_{machine}")),
                        _ => {}
                    }
                }
                tags.push(format!("linux_{machine}"));
            }
            Os::Linux(Libc::Musl { minor }) => {
                tags.extend((0..=minor).rev().map(|minor| format!("musllinux_1_{minor}_{machine}")));
                tags.push(format!("linux_{machine}"));
            }
            Os::MacOs { major, minor } => {
                let formats: &[&str] = match self.cpu {
                    Cpu::X86_64 => &["x86_64", "intel", "fat64", "fat32", "universal2", "universal"],
                    Cpu::Aarch64 => &["arm64", "universal2"],
                };
                for major in (11..=major).rev() {
                    tags.extend(formats.iter().map(|format| format!("macosx_{major}_0_{format}")));
                }
                // Before macOS 11 only universal2 carries code for ARM.
                let formats = if self.cpu == Cpu::Aarch64 { &["universal2"] } else { formats };
                for minor in (4..=if major == 10 { minor } else { 16 }).rev() {
                    tags.extend(formats.iter().map(|format| format!("macosx_10_{minor}_{format}")));
                }
            }
            Os::Windows => tags.push(if self.cpu == Cpu::X86_64 { "win_amd64" } else { "win_arm64" }.to_owned()),
        }
        tags
    }
}

#[cfg(test)]
mod tests {
    use super::{PLATFORMS, Platform};

    #[test]
    fn names_are_unique_and_round_trip() {
        for platform in PLATFORMS {
            assert_eq!(platform.to_string().parse::<Platform>().as_ref(), Ok(platform));
        }
        assert_eq!("macos".parse::<Platform>().unwrap().name, "aarch64-apple-darwin");
        assert!("atari".parse::<Platform>().unwrap_err().to_string().contains("x86_64-unknown-linux-musl"));
    }

    #[test]
    fn tags_of_old_glibc() {
        let tags = "aarch64-manylinux2014".parse::<Platform>().unwrap().tags();
        assert_eq!(tags, ["manylinux_2_17_aarch64", "manylinux2014_aarch64", "linux_aarch64"]);
    }
}
