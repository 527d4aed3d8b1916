//! The wheels of the answer: a repository name for each, and where to get it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::choose::{Override, Place};
use super::hub::WheelId;
use super::model::{Location, Lock, LockedWheel};

/// What the names and the facts of wheels are made of.
pub(super) struct Context<'a> {
    pub lock: &'a Lock,
    pub overrides: &'a [Override],
    pub index: &'a str,
}

/// One wheel, as the JSON has it.
#[derive(Debug, Default, Serialize)]
pub(super) struct WheelFacts {
    package: String,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pages: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locate: Vec<String>,
    #[serde(rename = "override", skip_serializing_if = "Option::is_none")]
    own: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
}

impl Context<'_> {
    /// A name for each wheel's repository: readable, legal, unique, and the same in every run.
    pub fn repositories(&self, used: &BTreeSet<WheelId>) -> BTreeMap<WheelId, String> {
        let mut taken: BTreeMap<String, usize> = BTreeMap::new();
        let names: Vec<(WheelId, String)> = used.iter().filter_map(|id| Some((*id, self.name(*id)?))).collect();
        // The same file may stand under several packages: it is one repository.
        let distinct: BTreeSet<(&str, &str)> = names.iter().map(|(id, name)| (name.as_str(), self.digest(*id))).collect();
        for (name, _) in &distinct {
            *taken.entry((*name).to_owned()).or_default() += 1;
        }
        let unique = |(id, name): (WheelId, String)| match taken.get(&name) {
            Some(1) | None => (id, name),
            Some(_) => (id, format!("{name}_{}", self.digest(id).get(..8).unwrap_or_default())),
        };
        names.into_iter().map(unique).collect()
    }

    fn wheel(&self, id: WheelId) -> Option<&LockedWheel> {
        let Place::Wheel(index) = id.place else { return None };
        self.lock.packages.get(id.package)?.wheels.get(index)
    }

    fn digest(&self, id: WheelId) -> &str {
        self.wheel(id).map(|wheel| wheel.sha256.as_str()).unwrap_or_default()
    }

    fn name(&self, id: WheelId) -> Option<String> {
        let package = self.lock.packages.get(id.package)?;
        let text = match id.place {
            Place::Wheel(_) => long_name(self.wheel(id)?),
            Place::OnIndex => format!("{}_{}_{}", package.name, package.version, id.target?),
            Place::Override(index) => format!("override_{}_{index}", package.name),
        };
        let mut name: String =
            text.chars().map(|next| if next.is_ascii_alphanumeric() { next.to_ascii_lowercase() } else { '_' }).collect();
        if name.len() > 100 {
            name.truncate(91);
            name.push('_');
            name.push_str(self.digest(id).get(..8).unwrap_or_default());
        }
        Some(name)
    }

    /// What the JSON says of a wheel.
    pub fn facts(&self, id: WheelId) -> Option<WheelFacts> {
        let package = self.lock.packages.get(id.package)?;
        let mut facts = WheelFacts { package: package.name.clone(), version: package.version.clone(), ..WheelFacts::default() };
        match id.place {
            Place::Override(index) => {
                let own = self.overrides.get(index)?;
                facts.own = Some(own.place.clone());
                facts.file = own.file.as_ref().map(ToString::to_string);
            }
            Place::OnIndex => {
                facts.pages = self.lock.pages(&package.name, "", self.index);
                facts.locate = vec!["--package".to_owned(), package.name.clone(), "--version".to_owned(), package.version.clone()];
                facts.locate.extend(["--environment".to_owned(), id.target?.to_string()]);
                facts.locate.extend(package.hashes.iter().flat_map(|hash| ["--sha256".to_owned(), hash.clone()]));
            }
            Place::Wheel(_) => {
                let wheel = self.wheel(id)?;
                if facts.version.is_empty() {
                    wheel.file.raw_version().clone_into(&mut facts.version);
                }
                facts.file = Some(wheel.file.to_string());
                facts.sha256 = Some(wheel.sha256.clone()).filter(|digits| !digits.is_empty());
                facts.size = wheel.size;
                match &wheel.location {
                    Location::Url(url) => facts.urls.push(url.clone()),
                    Location::Path(path) => facts.path = Some(path.clone()),
                    Location::Index(index) => {
                        facts.pages = self.lock.pages(&package.name, index, self.index);
                        facts.locate = ["--file", wheel.file.as_str(), "--sha256", &wheel.sha256].map(str::to_owned).to_vec();
                    }
                }
            }
        }
        Some(facts)
    }
}

/// `pydantic_core_2_41_5_cp311_cp311_manylinux_2_17_x86_64`, from the file name: of several platform tags the first.
fn long_name(wheel: &LockedWheel) -> String {
    let file = &wheel.file;
    let platform = file.platform_tags().next().unwrap_or_default();
    let build = file.build().map(|(number, rest)| format!("{number}{rest}_")).unwrap_or_default();
    let python: Vec<&str> = file.python_tags().collect();
    let abi: Vec<&str> = file.abi_tags().collect();
    format!("{}_{}_{build}{}_{}_{platform}", file.raw_name(), file.raw_version(), python.join("_"), abi.join("_"))
}
