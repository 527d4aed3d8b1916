//! The licence policy of an application: which licences the packages in it may have.
//!
//! A package passes if its SPDX expression holds with every licence in it taken for true that is among the allowed and not among the denied: `MIT OR
//! GPL-3.0-only` passes a policy that denies the GPL, since whoever distributes it may choose. Licences are compared by their names in the
//! expression, and a final `*` stands for the rest of a name (`GPL-*`). That a licence "or later" could be had as the later one is left to people:
//! what a policy says should be seen by reading it.
//!
//! A package of which no expression is known passes no policy, one that only denies included: nobody knows what it would deny. The way out is
//! to look, once, and to write down what was found (`licenses_clarify`).

use std::collections::BTreeMap;

use serde::Deserialize;
use spdx::Expression;

use super::error::AppError;
use super::plan::PlannedWheel;
use crate::tags::normalize;
use crate::wheel::Licence;

const ALLOW: &str = "licenses_allow";
const DENY: &str = "licenses_deny";
const CLARIFY: &str = "licenses_clarify";

/// Which licences an application may have in it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LicencePolicy {
    /// Licences that packages may have; where there are none, any.
    pub allow: Vec<String>,
    /// Licences that no package may have.
    pub deny: Vec<String>,
    /// What the user knows of packages: name to SPDX expression.
    pub clarify: BTreeMap<String, String>,
}

/// A licence as a policy names it.
struct Pattern {
    /// The name in canonical spelling, or its beginning in lower case.
    name: String,
    /// Whether it is the beginning of names.
    family: bool,
    /// As the user wrote it.
    text: String,
}

impl Pattern {
    fn matches(&self, name: &str) -> bool {
        if self.family { name.to_lowercase().starts_with(&self.name) } else { name == self.name }
    }
}

impl LicencePolicy {
    /// Checks the policy itself, then every wheel.
    ///
    /// # Errors
    /// Where the policy names what is no licence, or a package does not pass; the message lists all that do not.
    pub fn check(&self, origin: &str, wheels: &[PlannedWheel]) -> Result<(), AppError> {
        let allow = patterns(origin, ALLOW, &self.allow)?;
        let deny = patterns(origin, DENY, &self.deny)?;
        let clarified = self.clarified(origin)?;
        if allow.is_empty() && deny.is_empty() {
            return Ok(());
        }
        let mut refused = Vec::new();
        for wheel in wheels {
            let facts = &wheel.facts;
            let stated = Licence::of(&facts.license);
            let known = clarified.get(&normalize(&facts.name)).or(stated.expression.as_ref());
            let field = match stated.source {
                _ if clarified.contains_key(&normalize(&facts.name)) => CLARIFY,
                Some(source) => source.field(),
                None => "",
            };
            let why = match known {
                Some(expression) => refusal(expression, &allow, &deny).map(|why| format!("{expression} ({field}): {why}")),
                None if field.is_empty() => Some("its METADATA names no licence".to_owned()),
                None => Some(format!("{} ({field}): that is no SPDX expression", stated.text())),
            };
            if let Some(why) = why {
                refused.push((&facts.name, format!("  {} {} from {}: {why}\n", facts.name, facts.wheel_version, wheel.origin)));
            }
        }
        let Some((first, _)) = refused.first() else { return Ok(()) };
        let hint = format!(
            "leave the package out, change `{ALLOW}` or `{DENY}`, or say what you know of it: {CLARIFY} = {{\"{first}\": \"<expression>\"}}"
        );
        let list = refused.iter().map(|(_, line)| line.as_str()).collect();
        Err(AppError::Licences { origin: origin.to_owned(), count: refused.len(), list, hint })
    }

    fn clarified(&self, origin: &str) -> Result<BTreeMap<String, String>, AppError> {
        let mut found = BTreeMap::new();
        for (package, text) in &self.clarify {
            let Some(expression) = Licence::expression(text) else {
                return Err(wrong(origin, CLARIFY, text, "an SPDX expression, such as `MIT OR Apache-2.0`"));
            };
            found.insert(normalize(package), expression);
        }
        Ok(found)
    }
}

/// Why the expression does not pass, if it does not.
fn refusal(expression: &str, allow: &[Pattern], deny: &[Pattern]) -> Option<String> {
    // It was parsed before, with the same rules.
    let parsed = Expression::parse_mode(expression, Licence::MODE).ok()?;
    let why = |name: &str| {
        if let Some(denied) = deny.iter().find(|pattern| pattern.matches(name)) {
            Some(format!("`{DENY}` has {}", denied.text))
        } else if !allow.is_empty() && !allow.iter().any(|pattern| pattern.matches(name)) {
            Some(format!("`{ALLOW}` has no {name}"))
        } else {
            None
        }
    };
    if parsed.evaluate(|licence| why(&licence.to_string()).is_none()) {
        return None;
    }
    let mut reasons: Vec<String> = parsed.requirements().filter_map(|found| why(&found.req.to_string())).collect();
    reasons.dedup();
    Some(reasons.join(", "))
}

fn patterns(origin: &str, field: &'static str, texts: &[String]) -> Result<Vec<Pattern>, AppError> {
    texts.iter().map(|text| pattern(text).ok_or_else(|| wrong(origin, field, text, ONE))).collect()
}

const ONE: &str = "one SPDX licence, such as `Apache-2.0`, or the beginning of some, such as `GPL-*`";

fn pattern(text: &str) -> Option<Pattern> {
    if let Some(start) = text.strip_suffix('*') {
        let start = start.to_lowercase();
        let known = spdx::identifiers::LICENSES.iter().any(|licence| licence.name.to_lowercase().starts_with(&start));
        let means_some = !start.is_empty() && (known || start.starts_with("licenseref-"));
        return means_some.then(|| Pattern { name: start, family: true, text: text.to_owned() });
    }
    let expression = Licence::expression(text)?;
    let parsed = Expression::parse_mode(&expression, Licence::MODE).ok()?;
    let mut requirements = parsed.requirements();
    match (requirements.next(), requirements.next()) {
        (Some(one), None) => Some(Pattern { name: one.req.to_string(), family: false, text: text.to_owned() }),
        _ => None,
    }
}

fn wrong(origin: &str, field: &'static str, text: &str, expected: &'static str) -> AppError {
    AppError::LicencePolicy { origin: origin.to_owned(), field, text: text.to_owned(), expected }
}
