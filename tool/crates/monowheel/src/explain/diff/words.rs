//! A difference in words.

use std::fmt::{self, Write};

use anstyle::{AnsiColor, Style};

use super::super::application::{BYTECODE, CODE, MANIFEST, WHEELS, printable};
use super::super::text::size;
use super::{Change, Content, Difference, FieldDifference, MemberDifference};
use crate::app::STAMP;

const TITLE: Style = Style::new().bold();
const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const CHANGED: Style = AnsiColor::Yellow.on_default();
/// Members and lines that are named before the rest is counted.
const NAMED: usize = 50;

/// The difference as text, with ANSI styles; printing removes them where there is no terminal.
#[must_use]
pub fn words(difference: &Difference) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, difference);
    text
}

fn write(text: &mut String, difference: &Difference) -> fmt::Result {
    if difference.equal {
        return writeln!(text, "Equal: {}, sha256 {}", size(difference.a.size), difference.a.sha256);
    }
    let code: Vec<&MemberDifference> = difference.members.iter().filter(|one| first_party(&one.member).is_some()).collect();
    let others: Vec<&MemberDifference> =
        difference.members.iter().filter(|one| first_party(&one.member).is_none() && !said(one, difference)).collect();
    summary(text, difference, code.len(), others.len())?;
    packages(text, difference)?;
    if !code.is_empty() {
        writeln!(text, "\n{TITLE}first-party files{TITLE:#}")?;
        list(text, &code, |one| first_party(&one.member).unwrap_or_default().to_owned())?;
    }
    if !difference.manifest.is_empty() {
        writeln!(text, "\n{TITLE}manifest{TITLE:#}")?;
        for field in &difference.manifest {
            let value = |value: &Option<serde_json::Value>| value.as_ref().map_or("nothing".to_owned(), ToString::to_string);
            writeln!(text, "  {CHANGED}~{CHANGED:#} {}: {} -> {}{}", field.field, value(&field.a), value(&field.b), follows(&field.field))?;
        }
    }
    head(text, difference)?;
    stamp(text, difference)?;
    if !others.is_empty() {
        writeln!(text, "\n{TITLE}archive{TITLE:#}")?;
        list(text, &others, |one| if one.member.is_empty() { "the archive".to_owned() } else { one.member.clone() })?;
    }
    for note in &difference.notes {
        writeln!(text, "\n{note}")?;
    }
    if let Some(byte) = difference.first_byte {
        writeln!(text, "\nThe first byte that differs is byte {byte}, of {} and {}", difference.a.size, difference.b.size)?;
    }
    Ok(())
}

fn summary(text: &mut String, difference: &Difference, code: usize, others: usize) -> fmt::Result {
    let count = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{count} {what}s")),
    };
    let head = difference.head.as_ref().map(|_| "the head".to_owned());
    let parts = [
        count(difference.packages.len(), "package"),
        count(code, "first-party file"),
        count(difference.manifest.len(), "manifest field"),
        head,
        count(difference.stamp.len(), "stamp key"),
        count(others, "archive member"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let parts = match parts.len() {
        0 if difference.notes.is_empty() => " in bytes that no record speaks of".to_owned(),
        0 => String::new(),
        _ => format!(" in {}", parts.join(", ")),
    };
    writeln!(text, "`{}` and `{}` differ{parts}", difference.a.path, difference.b.path)
}

fn packages(text: &mut String, difference: &Difference) -> fmt::Result {
    if difference.packages.is_empty() {
        return Ok(());
    }
    writeln!(text, "\n{TITLE}packages{TITLE:#}")?;
    for package in &difference.packages {
        let name = printable(&package.name);
        match (&package.a, &package.b) {
            (Some(a), Some(b)) if a.version != b.version => {
                writeln!(text, "  {CHANGED}~{CHANGED:#} {name} {} -> {}", a.version, b.version)?;
            }
            (Some(a), Some(b)) if a.file != b.file => {
                writeln!(text, "  {CHANGED}~{CHANGED:#} {name} {}: another wheel, {} -> {}", a.version, a.file, b.file)?;
            }
            (Some(a), Some(b)) => {
                writeln!(
                    text,
                    "  {CHANGED}~{CHANGED:#} {name} {}: same name, other bytes, sha256 {} -> {}",
                    a.version, a.sha256, b.sha256
                )?;
            }
            (Some(a), None) => writeln!(text, "  {REMOVED}-{REMOVED:#} {name} {}", a.version)?,
            (None, Some(b)) => writeln!(text, "  {ADDED}+{ADDED:#} {name} {}", b.version)?,
            (None, None) => {}
        }
    }
    Ok(())
}

fn head(text: &mut String, difference: &Difference) -> fmt::Result {
    let Some(head) = &difference.head else { return Ok(()) };
    writeln!(text, "\n{TITLE}head{TITLE:#}")?;
    if head.follows {
        return writeln!(text, "  {CHANGED}~{CHANGED:#} the digest and places in the file, which follow from the rest");
    }
    let [a, b] = head.sizes;
    writeln!(text, "  {CHANGED}~{CHANGED:#} {a} -> {b} bytes")?;
    for (style, mark, lines) in [(REMOVED, '-', &head.removed), (ADDED, '+', &head.added)] {
        for line in lines.iter().take(NAMED) {
            writeln!(text, "  {style}{mark}{style:#} {}", printable(&line.chars().take(160).collect::<String>()))?;
        }
    }
    Ok(())
}

fn stamp(text: &mut String, difference: &Difference) -> fmt::Result {
    if difference.stamp.is_empty() {
        return Ok(());
    }
    writeln!(text, "\n{TITLE}stamp{TITLE:#}")?;
    for one in difference.stamp.iter().take(NAMED) {
        let (key, [a, b]) = (printable(&one.key), [&one.a, &one.b].map(|value| value.as_deref().map(printable)));
        match (a, b) {
            (Some(a), Some(b)) => writeln!(text, "  {CHANGED}~{CHANGED:#} {key}: {a:?} -> {b:?}")?,
            (Some(a), None) => writeln!(text, "  {REMOVED}-{REMOVED:#} {key}: {a:?}")?,
            (None, Some(b)) => writeln!(text, "  {ADDED}+{ADDED:#} {key}: {b:?}")?,
            (None, None) => {}
        }
    }
    if difference.stamp.len() > NAMED {
        writeln!(text, "  and {} more: --json lists them all", difference.stamp.len() - NAMED)?;
    }
    Ok(())
}

/// The place in the first-party tree of a member of the nested archive.
fn first_party(member: &str) -> Option<&str> {
    member.strip_prefix(CODE)?.strip_prefix('!')
}

/// Whether another section says it already: the nested archive and the manifest, whose content differs because of what is in them, and the wheels.
fn said(one: &MemberDifference, difference: &Difference) -> bool {
    let headers =
        matches!(&one.change, Change::Content { fields, .. } if !fields.is_empty()) || matches!(one.change, Change::Headers { .. });
    if one.member == STAMP {
        return !headers && !difference.stamp.is_empty();
    }
    if difference.head.is_none() && difference.packages.is_empty() && difference.manifest.is_empty() {
        return false;
    }
    let known =
        |file: &str| difference.packages.iter().flat_map(|package| [&package.a, &package.b]).flatten().any(|locked| locked.file == file);
    if let Some(file) = one.member.strip_prefix(BYTECODE) {
        let wheel = file.split_inclusive(".whl").next().unwrap_or(file);
        return matches!(one.change, Change::Added { .. } | Change::Removed { .. }) && known(wheel);
    }
    match one.member.strip_prefix(WHEELS) {
        Some(file) if matches!(one.change, Change::Added { .. } | Change::Removed { .. }) => known(file),
        Some(_) => false,
        None => !headers && matches!(one.change, Change::Content { .. }) && (one.member == CODE || one.member == MANIFEST),
    }
}

/// Fields that say nothing new.
fn follows(field: &str) -> &'static str {
    match field {
        "code.sha256" | "code.size" | "code.files" => " (follows from the files)",
        "dependencies" => " (follows from the wheels)",
        "bootstrap" => " (made by another version of monowheel)",
        _ => "",
    }
}

fn list(text: &mut String, members: &[&MemberDifference], name: impl Fn(&MemberDifference) -> String) -> fmt::Result {
    for one in members.iter().take(NAMED) {
        let name = printable(&name(one));
        match &one.change {
            Change::Added { b } => writeln!(text, "  {ADDED}+{ADDED:#} {name} ({})", size(b.size))?,
            Change::Removed { a } => writeln!(text, "  {REMOVED}-{REMOVED:#} {name} ({})", size(a.size))?,
            Change::Content { a, b, fields } => {
                writeln!(text, "  {CHANGED}~{CHANGED:#} {name}: {}{}", contents(a, b), listed(fields))?;
            }
            Change::Headers { fields } => writeln!(text, "  {CHANGED}~{CHANGED:#} {name}: same content{}", listed(fields))?,
            Change::Order { a, b } => {
                writeln!(text, "  {CHANGED}~{CHANGED:#} {name}: members in another order: where one has {a}, the other has {b}")?;
            }
            Change::Comment { a, b } => writeln!(text, "  {CHANGED}~{CHANGED:#} {name}: comment {a:?} -> {b:?}")?,
        }
    }
    if members.len() > NAMED {
        writeln!(text, "  and {} more: --json lists them all", members.len() - NAMED)?;
    }
    Ok(())
}

fn contents(a: &Content, b: &Content) -> String {
    if a.size == b.size { format!("{}, other content", size(a.size)) } else { format!("{} -> {} bytes", a.size, b.size) }
}

fn listed(fields: &[FieldDifference]) -> String {
    fields.iter().map(|field| printable(&format!("; {} {} -> {}", field.field, field.a, field.b))).collect()
}
