//! `monowheel sbom`: a bill of materials, as CycloneDX 1.6 or SPDX 2.3.
//!
//! The application is the root; each wheel is a component with its purl, its sha256 and its licence; edges are read off the wheels
//! ([`super::graph`]). The bytes depend on nothing but what is inside: there is no clock in them, and what has to be unique (serial number,
//! namespace) is a digest of the rest of the document.

mod cyclonedx;
mod spdx;

use std::collections::BTreeSet;

use super::application::Application;
use super::error::ExplainError;
use super::graph::{self, Edges};
use super::package::Package;
use crate::app::Plan;
use crate::checksum;
use crate::json;

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// CycloneDX 1.6, JSON.
    CycloneDx,
    /// SPDX 2.3, JSON.
    Spdx,
}

/// What the bill lists.
#[derive(Clone, Debug)]
pub struct Bill {
    /// Name of the application.
    pub name: String,
    /// Its version, if it has one.
    pub version: Option<String>,
    /// SHA-256 of the file, if it exists already.
    pub sha256: Option<String>,
    /// First-party files, if known: path and SHA-256 are in the nested archive's digest.
    pub code: Option<String>,
    /// Version of the CPython that travels in the file, if one does, and the SHA-256 of its archive, if that exists already.
    pub interpreter: Option<(String, Option<String>)>,
    /// The packages, by name.
    pub packages: Vec<Package>,
    /// Which needs which.
    pub edges: Edges,
    /// What the application itself asked for.
    pub roots: BTreeSet<String>,
}

impl Bill {
    /// The bill of a file.
    ///
    /// # Errors
    /// Where a wheel in it cannot be read.
    pub fn of_file(application: &Application) -> Result<Self, ExplainError> {
        let manifest = &application.manifest;
        let mut packages = Package::all(application)?;
        for (package, wheel) in packages.iter_mut().zip(&manifest.wheels) {
            // The distribution as others know it, whatever of it was left out.
            wheel.original_sha256().clone_into(&mut package.sha256);
        }
        let edges = graph::edges(&packages, &manifest.python.versions, manifest.platform.as_deref());
        let (sha256, code) = (Some(application.sha256()?), Some(manifest.code.sha256.clone()));
        let interpreter = manifest.interpreter.as_ref().map(|found| (found.version.clone(), Some(found.sha256.clone())));
        Ok(Self { sha256, code, interpreter, ..Self::new(application.name(), packages, edges) })
    }

    /// The bill of an application that is to be assembled: of its plan alone, no wheel is read.
    #[must_use]
    pub fn of_plan(plan: &Plan) -> Self {
        let packages: Vec<Package> = plan.wheels.iter().map(|wheel| Package::of(&wheel.facts)).collect();
        let edges = graph::edges(&packages, &plan.python.versions, plan.application.platform.as_deref());
        let origin = &plan.application.origin;
        let name = origin.rsplit(['/', ':']).next().filter(|name| !name.is_empty()).unwrap_or("application");
        let interpreter = plan.interpreter.as_ref().map(|found| (found.version.clone(), None));
        Self { interpreter, ..Self::new(name.to_owned(), packages, edges) }
    }

    fn new(name: String, mut packages: Vec<Package>, edges: Edges) -> Self {
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        let roots = graph::roots(&edges);
        Self { name, version: None, sha256: None, code: None, interpreter: None, packages, edges, roots }
    }

    /// The purl of the interpreter; purl has no type for it but the general one.
    fn interpreter_purl(&self) -> Option<String> {
        self.interpreter.as_ref().map(|(version, _)| format!("pkg:generic/cpython@{version}"))
    }

    /// Writes the bill.
    #[must_use]
    pub fn write(&self, format: Format) -> Vec<u8> {
        let write = |identity: &str| match format {
            Format::CycloneDx => cyclonedx::document(self, identity),
            Format::Spdx => spdx::document(self, identity),
        };
        let canonical = |identity: &str| json::canonical(&write(identity));
        // The document's own identity is the digest of everything else in it.
        let blank = canonical(&"0".repeat(64));
        canonical(&checksum::sha256(&blank))
    }
}

/// A UUID of version 8, made of a digest ([RFC 9562], section 5.8).
///
/// [RFC 9562]: https://www.rfc-editor.org/rfc/rfc9562.html#section-5.8
fn uuid(digest: &str) -> String {
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    // The variant's two bits are 10: one of 8, 9, a, b.
    let variant = digest.get(16..17).and_then(|digit| u8::from_str_radix(digit, 16).ok()).unwrap_or_default() & 3 | 8;
    format!("{}-{}-8{}-{variant:x}{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

#[cfg(test)]
mod tests {
    use super::uuid;

    #[test]
    fn uuids_are_of_version_8() {
        assert_eq!(uuid("0123456789abcdeff123456789abcdef"), "01234567-89ab-8def-b123-456789abcdef");
    }
}
