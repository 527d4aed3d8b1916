//! Two applications: their packages, their manifests, their heads.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::super::application::Application;
use crate::app::{Manifest, PackedWheel};
use crate::checksum;
use crate::json;

/// Digits that an offset or a size takes in a shell head, and the digest.
const DIGITS: usize = 12;

/// A package that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackageDifference {
    /// Project name.
    pub name: String,
    /// In the first; nothing if only the second has it.
    pub a: Option<Locked>,
    /// In the second; nothing if only the first has it.
    pub b: Option<Locked>,
}

/// A package as one side has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Locked {
    /// Version.
    pub version: String,
    /// File name of the wheel.
    pub file: String,
    /// SHA-256 of the wheel.
    pub sha256: String,
    /// Size of the wheel.
    pub size: u64,
}

/// A field of the manifest that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ManifestDifference {
    /// The field: keys joined by dots.
    pub field: String,
    /// In the first; nothing if only the second has it.
    pub a: Option<Value>,
    /// In the second; nothing if only the first has it.
    pub b: Option<Value>,
}

/// Heads that differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeadDifference {
    /// Sizes in bytes.
    pub sizes: [u64; 2],
    /// Whether they differ in nothing but what follows from the rest: the digest and places in the file.
    pub follows: bool,
    /// Lines that only the first has, digest and numbers masked.
    pub removed: Vec<String>,
    /// Lines that only the second has, digest and numbers masked.
    pub added: Vec<String>,
}

/// A key of the stamps that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StampDifference {
    /// The key.
    pub key: String,
    /// In the first; nothing if only the second has it.
    pub a: Option<String>,
    /// In the second; nothing if only the first has it.
    pub b: Option<String>,
}

/// The packages that differ, by name.
#[must_use]
pub fn packages(a: &Manifest, b: &Manifest) -> Vec<PackageDifference> {
    let (left, right) = (by_name(a), by_name(b));
    let names: BTreeSet<&str> = left.keys().chain(right.keys()).copied().collect();
    let each = names.into_iter().map(|name| PackageDifference {
        name: name.to_owned(),
        a: left.get(name).map(|wheel| locked(wheel)),
        b: right.get(name).map(|wheel| locked(wheel)),
    });
    each.filter(|package| package.a != package.b).collect()
}

fn by_name(manifest: &Manifest) -> BTreeMap<&str, &PackedWheel> {
    manifest.wheels.iter().map(|wheel| (wheel.name.as_str(), wheel)).collect()
}

fn locked(wheel: &PackedWheel) -> Locked {
    Locked { version: wheel.version.clone(), file: wheel.file.clone(), sha256: wheel.sha256.clone(), size: wheel.size }
}

/// The fields that differ, apart from what the packages say.
#[must_use]
pub fn manifests(a: &Application, b: &Application) -> Vec<ManifestDifference> {
    let (left, right) = (plain(&a.manifest), plain(&b.manifest));
    let mut found = Vec::new();
    walk("", Some(&left), Some(&right), &mut found);
    found
}

/// The manifest with its wheels by name, without what tells one wheel from another.
fn plain(manifest: &Manifest) -> Value {
    let mut value = json::value(manifest);
    let mut wheels = serde_json::Map::new();
    for wheel in &manifest.wheels {
        let mut fields = json::value(wheel);
        if let Some(fields) = fields.as_object_mut() {
            for field in ["file", "name", "version", "sha256", "size", "dist_info", "data"] {
                fields.remove(field);
            }
            // What differs in it is said of its members.
            if let Some(bytecode) = fields.get_mut("bytecode").and_then(Value::as_object_mut) {
                bytecode.retain(|field, _| field == "tag");
            }
        }
        wheels.insert(wheel.name.clone(), fields);
    }
    value["wheels"] = Value::Object(wheels);
    value
}

fn walk(field: &str, a: Option<&Value>, b: Option<&Value>, found: &mut Vec<ManifestDifference>) {
    if a == b {
        return;
    }
    if let (Some(Value::Object(left)), Some(Value::Object(right))) = (a, b) {
        let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
        for key in keys {
            // A package that one side lacks is said once, among the packages.
            if field == "wheels" && !(left.contains_key(key) && right.contains_key(key)) {
                continue;
            }
            let below = if field.is_empty() { key.clone() } else { format!("{field}.{key}") };
            walk(&below, left.get(key), right.get(key), found);
        }
        return;
    }
    found.push(ManifestDifference { field: field.to_owned(), a: a.cloned(), b: b.cloned() });
}

/// The keys of the stamps that differ; nothing where one is no stamp, which the members tell.
#[must_use]
pub fn stamps(a: &Application, b: &Application) -> Vec<StampDifference> {
    let (Ok(left), Ok(right)) = (a.stamp(), b.stamp()) else { return Vec::new() };
    let (left, right) = (left.unwrap_or_default(), right.unwrap_or_default());
    let (left, right) = (left.values(), right.values());
    let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let each = keys.into_iter().map(|key| StampDifference { key: key.clone(), a: left.get(key).cloned(), b: right.get(key).cloned() });
    each.filter(|one| one.a != one.b).collect()
}

/// How the heads differ, if they do.
#[must_use]
pub fn heads(a: &Application, b: &Application) -> Option<HeadDifference> {
    if a.head == b.head {
        return None;
    }
    let sizes = [a.head.len() as u64, b.head.len() as u64];
    let (left, right) = (lines(a), lines(b));
    let only = |these: &[String], others: &[String]| these.iter().filter(|line| !others.contains(line)).cloned().collect::<Vec<_>>();
    let follows = left == right;
    Some(HeadDifference { sizes, follows, removed: only(&left, &right), added: only(&right, &left) })
}

/// The lines of a shell head with what follows from the rest masked; of another head, nothing but its bytes in one line.
fn lines(application: &Application) -> Vec<String> {
    let (digest, head) = (&application.digest, &application.head);
    let Ok(text) = std::str::from_utf8(head) else {
        return vec![checksum::hex(head).replace(&checksum::hex(digest.as_bytes()), "<digest>")];
    };
    let text = text.replace(digest, "<digest>").replace(digest.get(..32).unwrap_or(digest), "<digest>");
    let is_number = |word: &str| word.len() == DIGITS && word.bytes().all(|byte| byte.is_ascii_digit());
    let mask = |word: &str| if is_number(word) { "<number>".to_owned() } else { word.to_owned() };
    text.lines().map(|line| line.split(' ').map(mask).collect::<Vec<_>>().join(" ")).collect()
}
