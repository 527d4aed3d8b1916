//! `entry_points.txt`: the console and GUI scripts that an installer generates.
//!
//! Source: [entry points], "File format": INI as Python's `configparser` reads it with `=` as the only delimiter and names kept as they are. Groups
//! other than the two of scripts are data for other programs, so only their form is checked. Extras after an object reference
//! (`name = module:attr [extra]`) are deprecated and do nothing: they are stripped.
//!
//! [entry points]: https://packaging.python.org/en/latest/specifications/entry-points/

use std::collections::BTreeMap;

use super::path::MemberPath;

/// What is wrong with `entry_points.txt`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum EntryPointsError {
    #[error("entry_points.txt is not UTF-8")]
    NotUtf8,
    #[error("entry_points.txt has a line that is neither a group nor `name = value`: line {line}")]
    Line { line: usize },
    #[error("entry_points.txt has a line before the first group: line {line}")]
    NoGroup { line: usize },
    #[error("entry_points.txt names a script twice: `{name}`")]
    Twice { name: String },
    #[error("entry_points.txt names a script that is no file name: `{}`", name.escape_debug())]
    Name { name: String },
    #[error("entry_points.txt refers a script to something other than `module:attribute`: `{found}` of `{name}`")]
    Reference { name: String, found: String },
}

/// The scripts: name to `module:attr`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryPoints {
    /// Group `console_scripts`.
    pub console_scripts: BTreeMap<String, String>,
    /// Group `gui_scripts`.
    pub gui_scripts: BTreeMap<String, String>,
}

impl EntryPoints {
    /// Parses `entry_points.txt`.
    ///
    /// # Errors
    /// Where `configparser` would not read it, or a script could not be generated from it.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryPointsError> {
        let text = str::from_utf8(bytes).map_err(|_| EntryPointsError::NotUtf8)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut points = Self::default();
        for Item { group, name, value } in items(text)? {
            let scripts = match group.as_str() {
                "console_scripts" => &mut points.console_scripts,
                "gui_scripts" => &mut points.gui_scripts,
                _ => continue,
            };
            if !name.parse::<MemberPath>().is_ok_and(|path| path.split_first().1.is_none()) {
                return Err(EntryPointsError::Name { name });
            }
            let target = reference(&value).ok_or_else(|| EntryPointsError::Reference { name: name.clone(), found: value.clone() })?;
            if scripts.get(&name).is_some_and(|earlier| *earlier != target) {
                return Err(EntryPointsError::Twice { name });
            }
            scripts.insert(name, target);
        }
        Ok(points)
    }
}

struct Item {
    group: String,
    name: String,
    value: String,
}

fn items(text: &str) -> Result<Vec<Item>, EntryPointsError> {
    let mut items: Vec<Item> = Vec::new();
    let mut group: Option<&str> = None;
    // Indent of the line that began the last item: deeper lines continue its value, but for those that are items of their own to
    // `importlib.metadata`, which ignores indents. No value of a script has a `=`, so nothing is read in two ways.
    let mut indent = None;
    for (number, raw) in text.lines().enumerate() {
        let line = raw.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let depth = raw.len() - raw.trim_start().len();
        if indent.is_some_and(|indent| depth > indent)
            && !line.contains('=')
            && let Some(item) = items.last_mut()
        {
            item.value = format!("{} {line}", item.value).trim().to_owned();
        } else if let Some((name, _)) = line.strip_prefix('[').and_then(|line| line.split_once(']')) {
            (group, indent) = (Some(name), None);
        } else {
            let (name, value) = line.split_once('=').ok_or(EntryPointsError::Line { line: number + 1 })?;
            let group = group.ok_or(EntryPointsError::NoGroup { line: number + 1 })?;
            items.push(Item { group: group.trim().to_owned(), name: name.trim().to_owned(), value: value.trim().to_owned() });
            indent = Some(depth);
        }
    }
    Ok(items)
}

/// `module:attr` of an object reference, without spaces and extras.
fn reference(value: &str) -> Option<String> {
    let (target, extras) = value.split_once('[').map_or((value, None), |(target, extras)| (target, Some(extras)));
    if extras.is_some_and(|extras| !extras.trim_end().ends_with(']')) {
        return None;
    }
    let (module, attribute) = target.split_once(':')?;
    let (module, attribute) = (module.trim(), attribute.trim());
    let dotted = |name: &str| name.split('.').all(is_identifier);
    (dotted(module) && dotted(attribute)).then(|| format!("{module}:{attribute}"))
}

/// Whether a name could be a Python identifier (the same classes but for characters that normalization brings in).
fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|char| char == '_' || char.is_alphabetic()) && chars.all(|char| char == '_' || char.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> EntryPointsError {
        EntryPoints::parse(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn scripts_are_read() {
        let text = "# comment\n[console_scripts]\nuvicorn = uvicorn.main:main\nPip3.11=pip._internal.cli:main\n; comment\n\
                    old = a.b : c.d [extra1, extra2]\nfolded =\n    x:y\n\n[ gui_scripts ]\r\nidle = idlelib.pyshell:main\r\n\
                    [other.group]\nname: with colon = module\nbare = module\n";
        let points = EntryPoints::parse(text.as_bytes()).unwrap();
        let console: Vec<_> = points.console_scripts.iter().map(|(name, target)| format!("{name}={target}")).collect();
        assert_eq!(console, ["Pip3.11=pip._internal.cli:main", "folded=x:y", "old=a.b:c.d", "uvicorn=uvicorn.main:main"]);
        assert_eq!(points.gui_scripts["idle"], "idlelib.pyshell:main");
    }

    #[test]
    fn an_indented_file_is_read() {
        let text = "    [console_scripts]\n    a = b:c\n    d = e:f\n";
        assert_eq!(EntryPoints::parse(text.as_bytes()).unwrap().console_scripts.len(), 2);
        let uneven = "[console_scripts]\na = b:c\n  d = e:f\n";
        assert_eq!(EntryPoints::parse(uneven.as_bytes()).unwrap().console_scripts.len(), 2);
    }

    #[test]
    fn what_cannot_become_a_script_is_refused() {
        let script = |line: &str| of(&format!("[console_scripts]\n{line}\n"));
        for value in ["module", "module:", ":attr", "a b:c", "a:b()", "a:b;import os", "a:b [x", "a:1", "a..b:c"] {
            assert!(matches!(script(&format!("x = {value}")), EntryPointsError::Reference { .. }), "{value}");
        }
        for name in ["../x", "a/b", "/bin/sh", "..", "", "nul"] {
            assert!(matches!(script(&format!("{name} = a:b")), EntryPointsError::Name { .. }), "{name}");
        }
        assert_eq!(script("x = a:b\nx = c:d"), EntryPointsError::Twice { name: "x".to_owned() });
    }

    #[test]
    fn what_configparser_does_not_read_is_refused() {
        assert_eq!(of("a = b:c\n"), EntryPointsError::NoGroup { line: 1 });
        assert_eq!(of("[console_scripts]\njunk\n"), EntryPointsError::Line { line: 2 });
        assert!(matches!(EntryPoints::parse(b"[console_scripts]\n\xff = a:b"), Err(EntryPointsError::NotUtf8)));
    }
}
