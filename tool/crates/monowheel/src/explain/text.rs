//! The readable summary of [`super::inspect`].

use std::fmt::{self, Write};

use anstyle::{AnsiColor, Style};

use super::application::printable;
use super::inspect::Report;
use super::package::Package;

const TITLE: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const NATIVE: Style = AnsiColor::Yellow.on_default();
const MISSING: Style = AnsiColor::Red.on_default();
/// How many files the list of the largest has.
const LARGEST: usize = 10;
/// First-party files that are listed before they are only counted.
const LISTED: usize = 20;
/// Longer licences are cut in the table; JSON has them whole.
const LICENCE_WIDTH: usize = 36;

/// The summary, with ANSI styles; printing removes them where there is no terminal.
#[must_use]
pub fn text(report: &Report, packages: &[Package]) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, report, packages);
    text
}

fn write(text: &mut String, report: &Report, packages: &[Package]) -> fmt::Result {
    let total = packages.iter().map(Package::unpacked).sum::<u64>() + report.own_size();
    writeln!(text, "{TITLE}{}{TITLE:#}  {}, unpacked {}", printable(&report.file), size(report.size), size(total))?;
    line(text, "runs", &format!("{}{}", report.runs(), arguments(&report.args)))?;
    let default = report.python.default.as_deref().filter(|_| report.python.versions.len() > 1);
    let default = default.map(|version| format!(", {version} first")).unwrap_or_default();
    line(text, "python", &format!("CPython {}{default}{}", report.pythons(), arguments(&report.interpreter_args)))?;
    if let Some(interpreter) = &report.interpreter {
        line(text, "inside", &format!("CPython {}, {}, {} files", interpreter.version, size(interpreter.size), interpreter.files.len()))?;
    }
    line(text, "platform", report.platform.as_deref().unwrap_or("any"))?;
    if let Some((_, first)) = report.bytecode().next() {
        let count = report.bytecode().count();
        line(
            text,
            "bytecode",
            &format!("{} of {count} package{}, {}", size(report.bytecode_size()), if count == 1 { "" } else { "s" }, first.tag),
        )?;
    }
    for (name, value) in &report.env {
        line(text, "default", &format!("{name}={value}"))?;
    }
    for (key, value) in report.stamp.iter().flatten() {
        line(text, "stamp", &format!("{key}={value}"))?;
    }
    line(text, "head", &format!("{}, {}", report.head.kind, size(report.head.size)))?;
    line(text, "sha256", &report.sha256)?;
    line(text, "digest", &report.digest)?;
    packages_table(text, report)?;
    code(text, report)?;
    writeln!(text, "\n{TITLE}largest files{TITLE:#}")?;
    for file in report.largest(packages, LARGEST) {
        writeln!(text, "  {:>9}  {}", size(file.size), printable(&file.name))?;
    }
    Ok(())
}

fn line(text: &mut String, name: &str, value: &str) -> fmt::Result {
    writeln!(text, "  {FAINT}{name:<9}{FAINT:#} {}", printable(value))
}

fn packages_table(text: &mut String, report: &Report) -> fmt::Result {
    let count = report.packages.len();
    let native = report.packages.iter().filter(|package| !package.native.is_empty()).count();
    let natives = if native > 0 { format!(", {native} with native code (*)") } else { String::new() };
    writeln!(text, "\n{TITLE}{count} package{}{TITLE:#}{natives}", if count == 1 { "" } else { "s" })?;
    let width = |of: fn(&super::inspect::PackageReport) -> usize| report.packages.iter().map(of).max().unwrap_or_default();
    let (names, versions) = (width(|package| package.name.len()), width(|package| package.version.len()));
    let licences = width(|package| cut(package.licence.text()).chars().count());
    for package in &report.packages {
        let style = if package.licence.source.is_none() { MISSING } else { Style::new() };
        let mark = if package.native.is_empty() { " " } else { "*" };
        writeln!(
            text,
            "  {:<names$} {:<versions$} {NATIVE}{mark}{NATIVE:#} {:>9}  {style}{:<licences$}{style:#}  {FAINT}{}{FAINT:#}",
            printable(&package.name),
            printable(&package.version),
            size(package.size),
            cut(package.licence.text()),
            printable(package.sha256.get(..16).unwrap_or(&package.sha256)),
        )?;
    }
    for package in &report.packages {
        if let Some(excluded) = &package.excluded {
            let files = format!("{} file{}", excluded.files, if excluded.files == 1 { "" } else { "s" });
            let saved = size(excluded.original_size.saturating_sub(package.size));
            let unpacked = size(excluded.bytes);
            writeln!(text, "  {FAINT}without {files} of {}: saves {saved}, unpacked {unpacked}{FAINT:#}", printable(&package.name))?;
        }
    }
    Ok(())
}

fn code(text: &mut String, report: &Report) -> fmt::Result {
    let files = &report.code.files;
    let count = files.len();
    writeln!(text, "\n{TITLE}{count} first-party file{}{TITLE:#}, {}", if count == 1 { "" } else { "s" }, size(report.code.size))?;
    for file in files.iter().take(LISTED) {
        let mark = if file.executable { " (executable)" } else { "" };
        writeln!(text, "  {:>9}  {}{mark}", size(file.size), printable(&file.path))?;
    }
    if count > LISTED {
        writeln!(text, "  {FAINT}and {} more: --json lists them all{FAINT:#}", count - LISTED)?;
    }
    Ok(())
}

fn cut(licence: &str) -> String {
    let licence = printable(licence);
    if licence.chars().count() <= LICENCE_WIDTH {
        return licence;
    }
    licence.chars().take(LICENCE_WIDTH - 1).chain(['…']).collect()
}

fn arguments(arguments: &[String]) -> String {
    arguments.iter().map(|argument| format!(" {argument}")).collect()
}

/// A size for people: three digits at least, decimal units.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut value, mut unit) = (bytes as f64 / 1000.0, 0);
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
    format!("{value:.digits$} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::{cut, size};

    #[test]
    fn sizes_are_short() {
        let sizes = [0, 999, 1000, 9_949, 99_949, 999_499, 999_500, 1_234_567_890].map(size);
        assert_eq!(sizes, ["0 B", "999 B", "1.00 kB", "9.95 kB", "99.9 kB", "999 kB", "1.00 MB", "1.23 GB"]);
    }

    #[test]
    fn long_licences_are_cut() {
        assert_eq!(cut(&"x".repeat(36)).chars().count(), 36);
        assert!(cut(&"ä".repeat(50)).ends_with("ä…"));
    }
}
