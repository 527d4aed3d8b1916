//! [CycloneDX 1.6], JSON.
//!
//! No `timestamp` stands in the metadata: it is optional, and the time of the build is nothing that the application has.
//!
//! [CycloneDX 1.6]: https://cyclonedx.org/docs/1.6/json/

use serde_json::{Value, json};

use super::{Bill, uuid};
use crate::explain::package::Package;
use crate::wheel::Licence;

/// The document, with a serial number made of `identity`.
pub(super) fn document(bill: &Bill, identity: &str) -> Value {
    let mut needed = references(bill, bill.roots.iter());
    needed.extend(bill.interpreter_purl());
    let mut dependencies = vec![json!({ "ref": root(bill), "dependsOn": needed })];
    dependencies.extend(bill.interpreter_purl().map(|purl| json!({ "ref": purl, "dependsOn": [] })));
    for package in &bill.packages {
        let needs = bill.edges.get(&package.name).into_iter().flatten();
        dependencies.push(json!({ "ref": package.purl(), "dependsOn": references(bill, needs) }));
    }
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": format!("urn:uuid:{}", uuid(identity)),
        "version": 1,
        "metadata": {
            "component": application(bill),
            "tools": { "components": [{ "type": "application", "name": "monowheel", "version": env!("CARGO_PKG_VERSION") }] },
        },
        "components": interpreter(bill).into_iter().chain(bill.packages.iter().map(component)).collect::<Vec<_>>(),
        "dependencies": dependencies,
    })
}

fn root(bill: &Bill) -> String {
    format!("application:{}", bill.name)
}

fn references<'a>(bill: &Bill, names: impl Iterator<Item = &'a String>) -> Vec<String> {
    names.filter_map(|name| bill.packages.iter().find(|package| package.name == *name)).map(Package::purl).collect()
}

fn application(bill: &Bill) -> Value {
    let mut component = json!({ "type": "application", "bom-ref": root(bill), "name": bill.name });
    if let Some(version) = &bill.version {
        component["version"] = json!(version);
    }
    if let Some(sha256) = &bill.sha256 {
        component["hashes"] = hashes(sha256);
    }
    if let Some(code) = &bill.code {
        component["properties"] = json!([{ "name": "monowheel:first-party:sha256", "value": code }]);
    }
    component
}

fn interpreter(bill: &Bill) -> Option<Value> {
    let ((version, sha256), purl) = (bill.interpreter.as_ref()?, bill.interpreter_purl()?);
    let mut component = json!({ "type": "platform", "bom-ref": purl, "name": "cpython", "version": version, "purl": purl });
    if let Some(sha256) = sha256 {
        component["properties"] = json!([{ "name": "monowheel:interpreter:sha256", "value": sha256 }]);
    }
    Some(component)
}

fn component(package: &Package) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": package.purl(),
        "name": package.name,
        "version": package.version,
        "purl": package.purl(),
        "hashes": hashes(&package.sha256),
        "properties": [
            { "name": "monowheel:wheel", "value": package.file },
            { "name": "monowheel:wheel:size", "value": package.size.to_string() },
        ],
    });
    if let Some(licences) = licences(&package.licence) {
        component["licenses"] = licences;
    }
    component
}

fn hashes(sha256: &str) -> Value {
    json!([{ "alg": "SHA-256", "content": sha256 }])
}

/// An identifier, an expression, or a name. `declared`: it is what the package says, and nobody looked into its files.
fn licences(licence: &Licence) -> Option<Value> {
    let stated = match (&licence.expression, &licence.name) {
        (Some(id), _) if spdx::license_id(id).is_some_and(|known| known.name == id) => {
            json!({ "license": { "id": id, "acknowledgement": "declared" } })
        }
        (Some(expression), _) => json!({ "expression": expression, "acknowledgement": "declared" }),
        (None, Some(name)) => json!({ "license": { "name": name, "acknowledgement": "declared" } }),
        (None, None) => return None,
    };
    Some(json!([stated]))
}
