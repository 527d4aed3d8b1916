//! Environment markers (PEP 508) evaluated for a target that is not the machine at hand.
//!
//! The grammar is that of the "dependency specifiers" page of the packaging specifications, with the variables `extras` and
//! `dependency_groups` that PEP 751 adds. `pep508_rs` was not taken: it knows neither of those two, and turns each marker into a decision
//! diagram behind a global lock, which pays for solving and not for evaluating a few thousand short expressions.

mod environment;
mod evaluate;
mod parse;

pub use environment::Environment;
pub use evaluate::Active;
pub use parse::MarkerError;

use pep440_rs::{Version, VersionSpecifier};

/// A parsed marker; its `Display` gives the text it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    text: String,
    expression: Expression,
}

/// The tree of a marker.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Expression {
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Version(VersionVariable, VersionTest),
    Text {
        variable: TextVariable,
        operator: Operator,
        literal: String,
        reversed: bool,
    },
    /// `extra == 'name'`, or `!=` where `negated`.
    Extra {
        name: String,
        negated: bool,
    },
    /// `'name' in extras`.
    InExtras {
        name: String,
        negated: bool,
    },
    /// `'name' in dependency_groups`.
    InGroups {
        name: String,
        negated: bool,
    },
    /// Two literals compared.
    Constant(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum VersionVariable {
    Python,
    PythonFull,
    Implementation,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum VersionTest {
    Is(VersionSpecifier),
    OneOf {
        versions: Vec<Version>,
        negated: bool,
    },
    /// A comparison with what is no version: as text, as the specification asks.
    Text {
        operator: Operator,
        literal: String,
        reversed: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TextVariable {
    OsName,
    SysPlatform,
    PlatformMachine,
    PlatformSystem,
    PlatformRelease,
    PlatformVersion,
    PythonImplementation,
    ImplementationName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Compatible,
    Arbitrary,
    In,
    NotIn,
}

impl std::fmt::Display for Marker {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl std::str::FromStr for Marker {
    type Err = MarkerError;

    fn from_str(text: &str) -> Result<Self, MarkerError> {
        Ok(Self { text: text.to_owned(), expression: parse::parse(text)? })
    }
}

impl Marker {
    /// Whether the marker holds in `environment` with the extras and groups of `active`.
    #[must_use]
    pub fn holds(&self, environment: &Environment, active: &Active) -> bool {
        evaluate::evaluate(&self.expression, environment, active)
    }

    /// The marker where exactly `extras` are asked for: poetry's locks say so of each package's own extras, which nothing else activates.
    #[must_use]
    pub fn with_extras(&self, extras: &[&str]) -> Self {
        fn fix(expression: &Expression, extras: &[&str]) -> Expression {
            match expression {
                Expression::And(terms) => Expression::And(terms.iter().map(|term| fix(term, extras)).collect()),
                Expression::Or(terms) => Expression::Or(terms.iter().map(|term| fix(term, extras)).collect()),
                Expression::Extra { name, negated } => Expression::Constant(extras.contains(&name.as_str()) != *negated),
                other => other.clone(),
            }
        }
        Self { text: self.text.clone(), expression: fix(&self.expression, extras) }
    }

    /// The extras that the marker names.
    #[must_use]
    pub fn extras(&self) -> Vec<&str> {
        fn collect<'a>(expression: &'a Expression, found: &mut Vec<&'a str>) {
            match expression {
                Expression::And(terms) | Expression::Or(terms) => terms.iter().for_each(|term| collect(term, found)),
                Expression::Extra { name, .. } | Expression::InExtras { name, .. } => found.push(name),
                Expression::InGroups { .. } | Expression::Version(..) | Expression::Text { .. } | Expression::Constant(_) => {}
            }
        }
        let mut found = Vec::new();
        collect(&self.expression, &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether an extra, or a dependency group, has a say in the answer.
    #[must_use]
    pub fn depends_on_extras(&self) -> bool {
        fn any(expression: &Expression) -> bool {
            match expression {
                Expression::And(terms) | Expression::Or(terms) => terms.iter().any(any),
                Expression::Extra { .. } | Expression::InExtras { .. } | Expression::InGroups { .. } => true,
                Expression::Version(..) | Expression::Text { .. } | Expression::Constant(_) => false,
            }
        }
        any(&self.expression)
    }
}
