//! [SPDX 2.3], JSON.
//!
//! `created` is mandatory there. It is the time that all members of the file have, 1980-01-01: obviously no real one, and always the same.
//!
//! [SPDX 2.3]: https://spdx.github.io/spdx-spec/v2.3/

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Bill;
use crate::explain::package::Package;
use crate::wheel::Licence;

const CREATED: &str = "1980-01-01T00:00:00Z";
const ROOT: &str = "SPDXRef-application";
const INTERPRETER: &str = "SPDXRef-interpreter";
const UNSTATED: &str = "NOASSERTION";

/// The document, with a namespace made of `identity`.
pub(super) fn document(bill: &Bill, identity: &str) -> Value {
    let mut packages = vec![application(bill)];
    packages.extend(interpreter(bill));
    packages.extend(bill.packages.iter().map(package));
    let mut document = json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": bill.name,
        "documentNamespace": format!("urn:monowheel:sbom:{identity}"),
        "creationInfo": { "created": CREATED, "creators": [format!("Tool: monowheel-{}", env!("CARGO_PKG_VERSION"))] },
        "packages": packages,
        "relationships": relationships(bill),
    });
    let extracted = extracted(bill);
    if !extracted.is_empty() {
        document["hasExtractedLicensingInfos"] = Value::Array(extracted);
    }
    document
}

fn relationships(bill: &Bill) -> Vec<Value> {
    let related = |from: &str, kind: &str, to: &str| json!({ "spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to });
    let mut list = vec![related("SPDXRef-DOCUMENT", "DESCRIBES", ROOT)];
    list.extend(bill.packages.iter().map(|package| related(ROOT, "CONTAINS", &reference(&package.name))));
    let interpreter = bill.interpreter.iter().flat_map(|_| ["CONTAINS", "DEPENDS_ON"]);
    list.extend(interpreter.map(|kind| related(ROOT, kind, INTERPRETER)));
    list.extend(bill.roots.iter().map(|name| related(ROOT, "DEPENDS_ON", &reference(name))));
    for (name, needs) in &bill.edges {
        list.extend(needs.iter().map(|needed| related(&reference(name), "DEPENDS_ON", &reference(needed))));
    }
    list
}

/// Letters, digits, `.` and `-` are allowed (clause 7.2), and a normalized name has nothing else.
fn reference(name: &str) -> String {
    format!("SPDXRef-package-{name}")
}

fn application(bill: &Bill) -> Value {
    let mut package = json!({
        "SPDXID": ROOT,
        "name": bill.name,
        "downloadLocation": UNSTATED,
        "filesAnalyzed": false,
        "licenseConcluded": UNSTATED,
        "licenseDeclared": UNSTATED,
        "copyrightText": UNSTATED,
        "primaryPackagePurpose": "APPLICATION",
    });
    if let Some(version) = &bill.version {
        package["versionInfo"] = json!(version);
    }
    if let Some(sha256) = &bill.sha256 {
        package["checksums"] = checksums(sha256);
    }
    if let Some(code) = &bill.code {
        package["comment"] = json!(format!("first-party code: sha256 {code}"));
    }
    package
}

fn interpreter(bill: &Bill) -> Option<Value> {
    let ((version, sha256), purl) = (bill.interpreter.as_ref()?, bill.interpreter_purl()?);
    let mut package = json!({
        "SPDXID": INTERPRETER,
        "name": "cpython",
        "versionInfo": version,
        "downloadLocation": UNSTATED,
        "filesAnalyzed": false,
        "licenseConcluded": UNSTATED,
        "licenseDeclared": UNSTATED,
        "copyrightText": UNSTATED,
        "externalRefs": [{ "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl }],
    });
    if let Some(sha256) = sha256 {
        package["comment"] = json!(format!("archive inside: sha256 {sha256}"));
    }
    Some(package)
}

fn package(package: &Package) -> Value {
    json!({
        "SPDXID": reference(&package.name),
        "name": package.name,
        "versionInfo": package.version,
        "packageFileName": package.file,
        "downloadLocation": UNSTATED,
        "filesAnalyzed": false,
        "licenseConcluded": UNSTATED,
        "licenseDeclared": declared(&package.licence),
        "copyrightText": UNSTATED,
        "primaryPackagePurpose": "LIBRARY",
        "checksums": checksums(&package.sha256),
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": package.purl(),
        }],
    })
}

fn checksums(sha256: &str) -> Value {
    json!([{ "algorithm": "SHA256", "checksumValue": sha256 }])
}

/// An expression, or a reference to the package's own words.
fn declared(licence: &Licence) -> String {
    match (&licence.expression, &licence.name) {
        (Some(expression), _) => expression.clone(),
        (None, Some(name)) => identifier(name),
        (None, None) => UNSTATED.to_owned(),
    }
}

/// `LicenseRef-` and the name in the characters that are allowed (clause 10.1).
fn identifier(name: &str) -> String {
    let plain: String = name.chars().map(|char| if char.is_ascii_alphanumeric() || char == '.' { char } else { ' ' }).collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join("-");
    format!("LicenseRef-{}", if plain.is_empty() { "unnamed" } else { &plain })
}

/// The words behind each `LicenseRef-` (clause 10), those in expressions too.
fn extracted(bill: &Bill) -> Vec<Value> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for licence in bill.packages.iter().map(|package| &package.licence) {
        match (&licence.expression, &licence.name) {
            (Some(expression), _) => {
                let words = expression.split(|char: char| !(char.is_ascii_alphanumeric() || matches!(char, '-' | '.')));
                found.extend(words.filter(|word| word.starts_with("LicenseRef-")).map(|word| (word.to_owned(), word.to_owned())));
            }
            (None, Some(name)) => {
                found.entry(identifier(name)).or_insert_with(|| name.clone());
            }
            (None, None) => {}
        }
    }
    let text = |name: &str| format!("{name}: as the package's METADATA says; see the licence files in its wheel");
    found.iter().map(|(id, name)| json!({ "licenseId": id, "name": name, "extractedText": text(name) })).collect()
}
