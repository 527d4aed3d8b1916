//! `monowheel inspect --html`: one page with everything in it.
//!
//! The page's parts are real HTML, CSS and JavaScript in `page/`. It loads nothing: a Content-Security-Policy in it forbids that, so that a report
//! opened from a mailbox or an artifact store says nothing to anyone. A chart library was rejected: larger than all of the rest, and a squarified
//! treemap is forty lines.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use super::inspect::Report;
use super::package::Package;
use crate::json::value;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");
/// A part smaller than this share of the whole is drawn together with its like: it would be less than a pixel.
const SMALLEST: u64 = 20_000;
/// How many files the list of the largest has.
const LARGEST: usize = 200;

/// A rectangle of the treemap. Names are short, as there may be thousands.
#[derive(Debug, Serialize)]
struct Node {
    /// Name.
    n: String,
    /// Size in bytes.
    s: u64,
    /// Kind: a class of the style sheet.
    k: &'static str,
    /// Parts, the largest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    c: Vec<Node>,
}

/// Renders the page.
#[must_use]
pub fn page(report: &Report, packages: &[Package]) -> String {
    let mut shown = value(report);
    shown["pythons"] = json!(report.pythons());
    let data = json!({ "report": shown, "tree": tree(report, packages), "largest": report.largest(packages, LARGEST) });
    // `<` cannot stand in the data: `</script>` and `<!--` would end or change what the browser takes for it.
    let data = data.to_string().replace('<', "\\u003c");
    let mut page = String::with_capacity(PAGE.len() + STYLE.len() + SCRIPT.len() + data.len());
    let mut rest = PAGE;
    // One pass, so that no value is searched for words.
    while let Some((before, after)) = rest.split_once("__") {
        let Some((word, after)) = after.split_once("__") else { break };
        page.push_str(before);
        page.push_str(match word {
            "STYLE" => STYLE.trim_end(),
            "SCRIPT" => SCRIPT.trim_end(),
            "DATA" => &data,
            _ => "",
        });
        if word == "TITLE" {
            page.push_str(&escape(&format!("{}: what is inside", report.file)));
        }
        rest = after;
    }
    page.push_str(rest);
    page
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn tree(report: &Report, packages: &[Package]) -> Node {
    let total = packages.iter().map(Package::unpacked).sum::<u64>() + report.own_size();
    let least = total / SMALLEST;
    let code = report.code.files.iter().map(|file| (file.path.as_str(), file.size, false));
    let mut parts = vec![folder("first-party".to_owned(), "first", code, least)];
    if let Some(interpreter) = &report.interpreter {
        let files = interpreter.files.iter().map(|file| (file.path.as_str(), file.size, file.executable || file.path.contains(".so")));
        parts.push(folder(format!("CPython {}", interpreter.version), "pure", files, least));
    }
    for package in packages {
        let files = package.files.iter().map(|file| (file.path.as_str(), file.size, file.native));
        parts.push(folder(format!("{} {}", package.name, package.version), "pure", files, least));
    }
    let compiled = report.bytecode().map(|(name, bytecode)| (name, bytecode.size, false));
    parts.push(folder("bytecode".to_owned(), "other", compiled, least));
    parts.retain(|part| part.s > 0);
    sort(&mut parts);
    Node { n: report.file.clone(), s: total, k: "other", c: parts }
}

/// A folder with all files below it. Of `kind` "pure", native files and what is more than half native become "native".
fn folder<'a>(name: String, kind: &'static str, files: impl Iterator<Item = (&'a str, u64, bool)>, least: u64) -> Node {
    let mut leaves = Vec::new();
    let mut folders: BTreeMap<&str, Vec<(&str, u64, bool)>> = BTreeMap::new();
    let (mut few, mut count) = (0, 0_usize);
    for (path, size, native) in files {
        match path.split_once('/') {
            Some((folder, rest)) => folders.entry(folder).or_default().push((rest, size, native)),
            None if size < least => (few, count) = (few + size, count + 1),
            None => leaves.push(leaf(path, kind, size, native)),
        }
    }
    for (name, files) in folders {
        let size: u64 = files.iter().map(|(_, size, _)| size).sum();
        if size < least {
            (few, count) = (few + size, count + files.len());
        } else {
            leaves.push(folder(name.to_owned(), kind, files.into_iter(), least));
        }
    }
    if few > 0 {
        leaves.push(Node { n: format!("{count} small files"), s: few, k: kind, c: Vec::new() });
    }
    sort(&mut leaves);
    let size = leaves.iter().map(|leaf| leaf.s).sum();
    let native: u64 = leaves.iter().filter(|leaf| leaf.k == "native").map(|leaf| leaf.s).sum();
    Node { n: name, s: size, k: if kind == "pure" && 2 * native > size { "native" } else { kind }, c: leaves }
}

fn leaf(name: &str, kind: &'static str, size: u64, native: bool) -> Node {
    Node { n: name.to_owned(), s: size, k: if kind == "pure" && native { "native" } else { kind }, c: Vec::new() }
}

fn sort(nodes: &mut [Node]) {
    nodes.sort_by(|a, b| b.s.cmp(&a.s).then_with(|| a.n.cmp(&b.n)));
}

#[cfg(test)]
mod tests {
    use super::{PAGE, SCRIPT, STYLE, folder};

    #[test]
    fn small_files_are_drawn_together() {
        let files = [("a.py", 1), ("b.py", 2), ("big.py", 500), ("x/c.py", 3), ("y/lib.so", 900), ("y/d.py", 400)]
            .map(|(path, size)| (path, size, path.ends_with(".so")));
        let node = folder("pkg".to_owned(), "pure", files.into_iter(), 10);
        let names: Vec<(&str, u64, &str)> = node.c.iter().map(|part| (part.n.as_str(), part.s, part.k)).collect();
        assert_eq!(names, [("y", 1300, "native"), ("big.py", 500, "pure"), ("3 small files", 6, "pure")]);
        assert_eq!((node.s, node.k), (1806, "native"));
    }

    #[test]
    fn the_page_loads_nothing() {
        for part in [PAGE, STYLE, SCRIPT] {
            assert!(!["http:", "https:", "src=", "href=", "url(", "@import", "fetch("].iter().any(|load| part.contains(load)));
        }
        assert_eq!(PAGE.matches("__").count(), 8);
    }
}
