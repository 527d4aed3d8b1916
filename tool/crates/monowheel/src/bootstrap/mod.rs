//! What travels inside every file: the portable head and the Python bootstrap.
//!
//! [`head`] renders the `#!/bin/sh` preamble; [`bootstrap`] gives the bytes of `__main__.py`. The head finds a filled cache by itself and
//! starts the application with shell builtins and one `exec`. Otherwise it hands the work to the bootstrap, which it reads straight from its
//! own file, at an offset that the assembler knows. `zipimport` was rejected for that: before 3.13 it reads no ZIP64, and it costs
//! a directory read. `python3 FILE` still works, because `__main__.py` is where PEP 441 wants it.
//!
//! Numbers in the head have a fixed width, so its length does not depend on the offsets it names: render once with zeros to learn it.

mod embedded;

use std::collections::BTreeMap;

pub use embedded::bootstrap;

/// Number of the cache layout: part of every key, so that a new layout never meets an old tree.
pub const LAYOUT: u32 = 2;

/// The newest minor version of CPython 3 that the bootstrap is known to work with. Newer ones are taken where nothing else fits.
const NEWEST: u64 = 14;

/// The template of the head: a shell script whose `__WORDS__` are filled in by [`head`].
const TEMPLATE: &str = include_str!("head.sh");

/// Digits that an offset or a size takes in the head.
const WIDTH: usize = 12;

/// What a head says of its application.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// Sha256 of the manifest inside: 64 hex digits.
    pub digest: &'a str,
    /// Where the bytes of `__main__.py` begin, from the start of the file.
    pub main_offset: u64,
    /// How many bytes `__main__.py` has.
    pub main_size: u64,
    /// Accepted versions of CPython (`3.11`), ascending.
    pub versions: &'a [String],
    /// The version that was built for: looked for first.
    pub default: Option<&'a str>,
    /// Flags of the interpreter.
    pub interpreter_args: &'a [String],
    /// Environment defaults: what the caller's environment sets already wins.
    pub env: &'a BTreeMap<String, String>,
}

impl Head<'_> {
    /// Names of interpreters in the order to look for them.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        ordered(self).map(|version| format!("python{version}")).collect()
    }

    /// The accepted versions, as a message names them.
    #[must_use]
    pub fn needs(&self) -> String {
        needs(self.versions)
    }
}

/// Why a head cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    /// A shell has no way to set such a variable.
    #[error("Not the name of an environment variable: `{name}`\nhint: letters, digits and `_`, not beginning with a digit")]
    EnvName {
        /// The name as it was given.
        name: String,
    },
    /// Neither an argument nor the environment can carry a NUL.
    #[error("A NUL character in a value: `{value:?}`")]
    Nul {
        /// The value as it was given.
        value: String,
    },
}

/// Renders the head. Its length does not depend on `main_offset` and `main_size`.
///
/// # Errors
/// Where a name or value of `env` or `interpreter_args` cannot stand in a shell script.
pub fn head(head: &Head) -> Result<Vec<u8>, HeadError> {
    let mut env = String::new();
    for (name, value) in head.env {
        if !is_name(name) {
            return Err(HeadError::EnvName { name: name.clone() });
        }
        // Within a single line of the template: `[ -n "${A+x}" ] || export A='…'; `.
        env.push_str(&format!("[ -n \"${{{name}+x}}\" ] || export {name}={}; ", quote(value)?));
    }
    let mut flags = String::new();
    for flag in head.interpreter_args {
        flags.push_str(&quote(flag)?);
        flags.push(' ');
    }
    let names: Vec<String> = head.names().iter().map(|name| quote(name)).collect::<Result<_, _>>()?;
    // One pass over the template, so that no value is ever searched for words.
    let template = without_comments(TEMPLATE);
    let mut text = String::with_capacity(template.len());
    let mut rest = template.as_str();
    while let Some((before, after)) = rest.split_once("__MW_") {
        let Some((word, after)) = after.split_once("__") else { break };
        text.push_str(before);
        match word {
            "APP" => text.push_str(head.digest.get(..32).unwrap_or(head.digest)),
            "DIGEST" => text.push_str(head.digest),
            "OFFSET" => text.push_str(&format!("{:0WIDTH$}", head.main_offset)),
            "SIZE" => text.push_str(&format!("{:0WIDTH$}", head.main_size)),
            "ENV" => text.push_str(&env),
            "FLAGS" => text.push_str(flags.trim_end()),
            "NAMES" => text.push_str(&names.join(" ")),
            "PROGRAM" => text.push_str(&quote(&embedded::program())?),
            "NEEDS" => text.push_str(&needs(head.versions)),
            _ => debug_assert!(false, "head.sh has an unknown word: {word}"),
        }
        rest = after;
    }
    text.push_str(rest);
    Ok(text.into_bytes())
}

/// The template without comments and indentation: a shell reads its script in small pieces, at every start.
fn without_comments(template: &str) -> String {
    let mut text = String::with_capacity(template.len());
    for (number, line) in template.lines().enumerate() {
        let line = line.trim_start();
        if number == 0 || !(line.is_empty() || line.starts_with('#')) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// The accepted versions in the order to look for them: the default, then the newest known one down, then those not known yet.
fn ordered<'a>(head: &Head<'a>) -> impl Iterator<Item = &'a str> {
    let default = head.default;
    let others = move |known: bool| {
        let keep = move |version: &&str| (minor(version) <= NEWEST) == known && Some(*version) != default;
        head.versions.iter().map(String::as_str).rev().filter(keep)
    };
    default.into_iter().chain(others(true)).chain(others(false))
}

/// The versions as a message names them: `3.11`, `3.9 to 3.12`, `3.9 or newer`, `3.9, 3.11`.
pub(crate) fn needs(versions: &[String]) -> String {
    let ([first, ..], [.., last]) = (versions, versions) else { return "3.9 or newer".to_owned() };
    let contiguous = minor(last).checked_sub(minor(first)) == Some(versions.len() as u64 - 1);
    if versions.len() == 1 {
        first.clone()
    } else if contiguous && minor(last) > NEWEST {
        format!("{first} or newer")
    } else if contiguous {
        format!("{first} to {last}")
    } else {
        versions.join(", ")
    }
}

fn minor(version: &str) -> u64 {
    version.strip_prefix("3.").and_then(|minor| minor.parse().ok()).unwrap_or(0)
}

/// Whether `name` can be assigned to by a shell.
fn is_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// One shell word that stands for `value` itself.
fn quote(value: &str) -> Result<String, HeadError> {
    if value.contains('\0') {
        return Err(HeadError::Nul { value: value.to_owned() });
    }
    Ok(format!("'{}'", value.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Head, HeadError, head, needs};

    fn render(main_offset: u64, env: &BTreeMap<String, String>, interpreter_args: &[String]) -> Result<String, HeadError> {
        let versions = ["3.11".to_owned(), "3.12".to_owned(), "3.13".to_owned()];
        let digest = "0123456789abcdef".repeat(4);
        let bytes =
            head(&Head { digest: &digest, main_offset, main_size: 7, versions: &versions, default: Some("3.12"), interpreter_args, env })?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn the_length_does_not_depend_on_the_offsets() {
        let env = BTreeMap::new();
        let short = render(0, &env, &[]).unwrap();
        let long = render(987_654_321_012, &env, &[]).unwrap();
        assert_eq!(short.len(), long.len());
        assert!(long.contains(" 987654321012 000000000007 "), "{long}");
    }

    #[test]
    fn every_word_is_filled_in_and_the_head_ends_with_a_line() {
        let text = render(1, &BTreeMap::new(), &[]).unwrap();
        assert!(!text.contains("__MW_"), "{text}");
        assert!(text.starts_with("#!/bin/sh\n"));
        assert!(text.ends_with("\nexit 1\n"));
        assert!(text.contains("'python3.12' 'python3.13' 'python3.11'"));
        assert!(text.contains("CPython 3.11 to 3.13"));
        assert!(text.len() < 8192, "a shell reads {} bytes at every start", text.len());
    }

    #[test]
    fn versions_read_as_a_range() {
        let of = |minors: std::ops::RangeInclusive<u64>| needs(&minors.map(|minor| format!("3.{minor}")).collect::<Vec<_>>());
        assert_eq!([of(11..=11), of(9..=14), of(10..=25)], ["3.11", "3.9 to 3.14", "3.10 or newer"]);
        assert_eq!(needs(&["3.9".to_owned(), "3.11".to_owned()]), "3.9, 3.11");
    }

    #[test]
    fn values_are_quoted_and_never_searched_for_words() {
        let env = BTreeMap::from([("A_1".to_owned(), "it's $HOME\n__MW_APP__".to_owned())]);
        let text = render(1, &env, &["-Xutf8".to_owned(), "-W ignore".to_owned()]).unwrap();
        assert!(text.contains(r#"[ -n "${A_1+x}" ] || export A_1='it'\''s $HOME"#), "{text}");
        assert!(text.contains("__MW_APP__'"), "{text}");
        assert!(text.contains("'-Xutf8' '-W ignore'"), "{text}");
    }

    #[test]
    fn names_that_no_shell_can_set_are_refused() {
        for name in ["", "1A", "A-B", "A B", "Ä", "A;rm"] {
            let env = BTreeMap::from([(name.to_owned(), String::new())]);
            assert!(matches!(render(0, &env, &[]), Err(HeadError::EnvName { .. })), "{name}");
        }
        let env = BTreeMap::from([("A".to_owned(), "\0".to_owned())]);
        assert!(matches!(render(0, &env, &[]), Err(HeadError::Nul { .. })));
    }
}
