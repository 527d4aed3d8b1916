//! Which licence a package states, as an SPDX expression wherever it can be told.
//!
//! In this order: `License-Expression` ([PEP 639]); the `License` field where it is an expression or a well-known name; the `License ::`
//! classifiers. A classifier that stands for several licences (`BSD License`: with two clauses or three?) is not guessed at: PEP 639 lists
//! them as ambiguous, and so the package's own words are kept as a name. Where several classifiers stand, all are taken to hold (`AND`), the
//! reading that asks for more.
//!
//! [PEP 639]: https://peps.python.org/pep-0639/#mapping-license-classifiers-to-spdx-identifiers

use serde::Serialize;
use spdx::{Expression, ParseMode};

use super::facts::License;

/// The longest `License` field that is a name rather than the text of a licence.
const LONGEST_NAME: usize = 120;

/// Where a licence was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum LicenceSource {
    /// `License-Expression`.
    #[serde(rename = "License-Expression")]
    Expression,
    /// `License`.
    #[serde(rename = "License")]
    Field,
    /// The classifiers.
    #[serde(rename = "Classifier")]
    Classifier,
}

impl LicenceSource {
    /// The field of METADATA.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Expression => "License-Expression",
            Self::Field => "License",
            Self::Classifier => "Classifier",
        }
    }
}

/// The licence of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Licence {
    /// SPDX licence expression, where it can be told.
    pub expression: Option<String>,
    /// What the package says instead.
    pub name: Option<String>,
    /// Where that was found; nowhere, if the package says nothing.
    pub source: Option<LicenceSource>,
}

impl Licence {
    /// How expressions are read: `GPL-3.0` and the like are deprecated but have a meaning.
    pub const MODE: ParseMode = ParseMode { allow_deprecated: true, ..ParseMode::STRICT };

    /// An SPDX expression in its canonical spelling, or nothing where `text` is none.
    #[must_use]
    pub fn expression(text: &str) -> Option<String> {
        let spelled: Vec<String> = words(text).map(|word| canonical(&word)).collect();
        let spelled = spelled.concat();
        Expression::parse_mode(&spelled, Self::MODE).ok().map(|_| spelled)
    }

    /// Concludes from the fields of METADATA.
    #[must_use]
    pub fn of(license: &License) -> Self {
        let text = license.license.as_deref().map(str::trim).filter(|text| !text.is_empty() && *text != "UNKNOWN");
        let short = text.filter(|text| text.len() <= LONGEST_NAME && !text.contains('\n'));
        let classifiers: Vec<&str> = license.classifiers.iter().map(|line| last(line)).filter(|name| *name != "OSI Approved").collect();
        if let Some(stated) = &license.expression {
            return match Self::expression(stated) {
                Some(found) => Self::known(found, LicenceSource::Expression),
                None => Self::named(stated, LicenceSource::Expression),
            };
        }
        if let Some(found) = short.and_then(|text| Self::expression(text).or_else(|| well_known(text))) {
            return Self::known(found, LicenceSource::Field);
        }
        let mut ids: Vec<&str> = classifiers.iter().filter_map(|name| classified(name)).collect();
        ids.sort_unstable();
        ids.dedup();
        if !ids.is_empty() && classifiers.iter().all(|name| classified(name).is_some()) {
            return Self::known(ids.join(" AND "), LicenceSource::Classifier);
        }
        match (classifiers.is_empty(), short, text) {
            (false, ..) => Self::named(&classifiers.join(", "), LicenceSource::Classifier),
            (true, Some(name), _) => Self::named(name, LicenceSource::Field),
            (true, None, Some(text)) => Self::named(text.lines().next().unwrap_or_default().trim(), LicenceSource::Field),
            (true, None, None) => Self::default(),
        }
    }

    fn known(expression: String, source: LicenceSource) -> Self {
        Self { expression: Some(expression), name: None, source: Some(source) }
    }

    fn named(name: &str, source: LicenceSource) -> Self {
        Self { expression: None, name: Some(name.to_owned()), source: Some(source) }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> &str {
        self.expression.as_deref().or(self.name.as_deref()).unwrap_or("not stated")
    }
}

/// The words of an expression, and what stands between them: identifiers are compared without regard to case (SPDX 2.3, annex D.2).
fn words(text: &str) -> impl Iterator<Item = String> {
    let mut parts: Vec<String> = Vec::new();
    let mut inside = false;
    for char in text.trim().chars() {
        let word = char.is_ascii_alphanumeric() || matches!(char, '-' | '.' | ':');
        match parts.last_mut() {
            Some(last) if word == inside => last.push(char),
            _ => parts.push(char.to_string()),
        }
        inside = word;
    }
    parts.into_iter()
}

fn canonical(word: &str) -> String {
    if ["and", "or", "with"].iter().any(|operator| word.eq_ignore_ascii_case(operator)) {
        return word.to_ascii_uppercase();
    }
    let licence = spdx::identifiers::LICENSES.iter().map(|licence| licence.name);
    let exception = spdx::identifiers::EXCEPTIONS.iter().map(|exception| exception.name);
    licence.chain(exception).find(|id| id.eq_ignore_ascii_case(word)).unwrap_or(word).to_owned()
}

/// Names that people write into `License` and that mean one licence.
fn well_known(text: &str) -> Option<String> {
    let plain: String = text.to_lowercase().replace("license", "").replace("the ", "").replace([',', '"', '\''], " ");
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let id = match plain.as_str() {
        "apache 2.0"
        | "apache 2"
        | "apache-2"
        | "apache version 2.0"
        | "apache software 2.0"
        | "apache software version 2.0"
        | "asl 2.0" => "Apache-2.0",
        "bsd 3-clause" | "bsd-3" | "3-clause bsd" | "new bsd" | "modified bsd" | "bsd (3-clause)" | "bsd 3 clause" => "BSD-3-Clause",
        "bsd 2-clause" | "2-clause bsd" | "simplified bsd" | "bsd 2 clause" => "BSD-2-Clause",
        "expat" | "mit (expat)" => "MIT",
        "mpl 2.0" | "mozilla public 2.0 (mpl 2.0)" => "MPL-2.0",
        "gplv3" => "GPL-3.0-only",
        "gplv3+" => "GPL-3.0-or-later",
        "gplv2" => "GPL-2.0-only",
        "gplv2+" => "GPL-2.0-or-later",
        "lgplv3" => "LGPL-3.0-only",
        "lgplv3+" => "LGPL-3.0-or-later",
        "psf" | "psfl" | "python software foundation" => "PSF-2.0",
        "mit" => "MIT",
        "isc" => "ISC",
        "unlicense" | "un" => "Unlicense",
        "zpl 2.1" => "ZPL-2.1",
        _ => return None,
    };
    Some(id.to_owned())
}

/// The last part of a classifier: `License :: OSI Approved :: MIT License`.
fn last(classifier: &str) -> &str {
    classifier.rsplit("::").next().unwrap_or_default().trim()
}

/// Classifiers that mean one licence. `Apache Software License` came with version 2.0 and nothing on the index means 1.1 by it.
fn classified(name: &str) -> Option<&'static str> {
    Some(match name {
        "Apache Software License" => "Apache-2.0",
        "Boost Software License 1.0 (BSL-1.0)" => "BSL-1.0",
        "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication" => "CC0-1.0",
        "Common Development and Distribution License 1.0 (CDDL-1.0)" => "CDDL-1.0",
        "Eclipse Public License 1.0 (EPL-1.0)" => "EPL-1.0",
        "Eclipse Public License 2.0 (EPL-2.0)" => "EPL-2.0",
        "European Union Public Licence 1.1 (EUPL 1.1)" => "EUPL-1.1",
        "European Union Public Licence 1.2 (EUPL 1.2)" => "EUPL-1.2",
        "GNU Affero General Public License v3" => "AGPL-3.0-only",
        "GNU Affero General Public License v3 or later (AGPLv3+)" => "AGPL-3.0-or-later",
        "GNU General Public License v2 (GPLv2)" => "GPL-2.0-only",
        "GNU General Public License v2 or later (GPLv2+)" => "GPL-2.0-or-later",
        "GNU General Public License v3 (GPLv3)" => "GPL-3.0-only",
        "GNU General Public License v3 or later (GPLv3+)" => "GPL-3.0-or-later",
        "GNU Lesser General Public License v2 (LGPLv2)" => "LGPL-2.0-only",
        "GNU Lesser General Public License v2 or later (LGPLv2+)" => "LGPL-2.0-or-later",
        "GNU Lesser General Public License v3 (LGPLv3)" => "LGPL-3.0-only",
        "GNU Lesser General Public License v3 or later (LGPLv3+)" => "LGPL-3.0-or-later",
        "Historical Permission Notice and Disclaimer (HPND)" => "HPND",
        "ISC License (ISCL)" => "ISC",
        "MIT License" => "MIT",
        "MIT No Attribution License (MIT-0)" => "MIT-0",
        "Mozilla Public License 1.1 (MPL 1.1)" => "MPL-1.1",
        "Mozilla Public License 2.0 (MPL 2.0)" => "MPL-2.0",
        "Mulan Permissive Software License v2 (MulanPSL-2.0)" => "MulanPSL-2.0",
        "Python Software Foundation License" => "PSF-2.0",
        "SIL Open Font License 1.1 (OFL-1.1)" => "OFL-1.1",
        "The Unlicense (Unlicense)" => "Unlicense",
        "Universal Permissive License (UPL)" => "UPL-1.0",
        "zlib/libpng License" => "Zlib",
        "Zope Public License" => "ZPL-2.1",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Licence, LicenceSource};
    use crate::wheel::License;

    fn of(expression: &str, text: &str, classifiers: &[&str]) -> (String, Option<LicenceSource>, bool) {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let classifiers = classifiers.iter().map(|name| format!("License :: OSI Approved :: {name}")).collect();
        let found = Licence::of(&License { expression: some(expression), license: some(text), classifiers, files: Vec::new() });
        (found.text().to_owned(), found.source, found.expression.is_some())
    }

    #[test]
    fn the_expression_wins_in_its_canonical_spelling() {
        let found = of("mit or (apache-2.0 and BSD-3-clause)", "ignored", &["ISC License (ISCL)"]);
        assert_eq!(found, ("MIT OR (Apache-2.0 AND BSD-3-Clause)".to_owned(), Some(LicenceSource::Expression), true));
        let found = of("GPL-2.0-or-later with classpath-exception-2.0", "", &[]);
        assert_eq!(found.0, "GPL-2.0-or-later WITH Classpath-exception-2.0");
        assert_eq!(of("LicenseRef-Ours", "", &[]), ("LicenseRef-Ours".to_owned(), Some(LicenceSource::Expression), true));
        assert_eq!(of("Ours OR", "", &[]), ("Ours OR".to_owned(), Some(LicenceSource::Expression), false));
    }

    #[test]
    fn well_known_names_are_understood() {
        for (text, id) in
            [("MIT", "MIT"), ("The MIT License", "MIT"), ("Apache License, Version 2.0", "Apache-2.0"), ("BSD-3-Clause", "BSD-3-Clause")]
        {
            assert_eq!(of("", text, &["BSD License"]), (id.to_owned(), Some(LicenceSource::Field), true), "{text}");
        }
    }

    #[test]
    fn classifiers_are_mapped_and_the_ambiguous_ones_kept() {
        assert_eq!(of("", "", &["MIT License"]), ("MIT".to_owned(), Some(LicenceSource::Classifier), true));
        assert_eq!(of("", "see LICENSE", &["MIT License", "Apache Software License"]).0, "Apache-2.0 AND MIT");
        assert_eq!(of("", "BSD", &["BSD License"]), ("BSD License".to_owned(), Some(LicenceSource::Classifier), false));
        assert!(!of("", "BSD", &["BSD License", "MIT License"]).2);
    }

    #[test]
    fn a_text_is_not_a_name() {
        assert_eq!(
            of("", "Copyright 2020 Us\n\nPermission is …", &[]),
            ("Copyright 2020 Us".to_owned(), Some(LicenceSource::Field), false)
        );
        assert_eq!(of("", "UNKNOWN", &[]), ("not stated".to_owned(), None, false));
    }

    #[test]
    fn every_classified_licence_is_on_the_list() {
        let names = include_str!("licence.rs").split_once("fn well_known").unwrap().1;
        let ids: Vec<&str> = names.lines().filter_map(|line| line.trim().split_once("=> \"")?.1.strip_suffix("\",")).collect();
        assert!(ids.len() > 40);
        for id in ids {
            assert!(spdx::license_id(id).is_some(), "{id}");
        }
    }
}
