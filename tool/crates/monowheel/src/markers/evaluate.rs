//! Evaluating a parsed marker.

use std::collections::BTreeSet;

use pep440_rs::Version;

use super::{Environment, Expression, Operator, TextVariable, VersionTest, VersionVariable};

/// The extras and dependency groups that are asked for, by normalized name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Active {
    /// What `extra == '…'` and `'…' in extras` see.
    pub extras: BTreeSet<String>,
    /// What `'…' in dependency_groups` sees.
    pub groups: BTreeSet<String>,
}

pub(super) fn evaluate(expression: &Expression, environment: &Environment, active: &Active) -> bool {
    match expression {
        Expression::And(terms) => terms.iter().all(|term| evaluate(term, environment, active)),
        Expression::Or(terms) => terms.iter().any(|term| evaluate(term, environment, active)),
        Expression::Version(variable, test) => version_holds(version_value(*variable, environment), test),
        Expression::Text { variable, operator, literal, reversed } => {
            text_holds(text_value(*variable, environment), *operator, literal, *reversed)
        }
        Expression::Extra { name, negated } | Expression::InExtras { name, negated } => active.extras.contains(name) != *negated,
        Expression::InGroups { name, negated } => active.groups.contains(name) != *negated,
        Expression::Constant(value) => *value,
    }
}

fn version_value(variable: VersionVariable, environment: &Environment) -> &Version {
    match variable {
        VersionVariable::Python => &environment.python_version,
        VersionVariable::PythonFull | VersionVariable::Implementation => &environment.python_full_version,
    }
}

fn text_value(variable: TextVariable, environment: &Environment) -> &'static str {
    match variable {
        TextVariable::OsName => environment.os_name,
        TextVariable::SysPlatform => environment.sys_platform,
        TextVariable::PlatformMachine => environment.platform_machine,
        TextVariable::PlatformSystem => environment.platform_system,
        TextVariable::PlatformRelease | TextVariable::PlatformVersion => "",
        TextVariable::PythonImplementation => Environment::PYTHON_IMPLEMENTATION,
        TextVariable::ImplementationName => Environment::IMPLEMENTATION_NAME,
    }
}

fn version_holds(value: &Version, test: &VersionTest) -> bool {
    match test {
        VersionTest::Is(specifier) => specifier.contains(value),
        VersionTest::OneOf { versions, negated } => versions.contains(value) != *negated,
        VersionTest::Text { operator, literal, reversed } => text_holds(&value.to_string(), *operator, literal, *reversed),
    }
}

/// Compares as text; `reversed` where the literal stood on the left.
pub(super) fn text_holds(value: &str, operator: Operator, literal: &str, reversed: bool) -> bool {
    let (left, right) = if reversed { (literal, value) } else { (value, literal) };
    match operator {
        Operator::Equal | Operator::Compatible | Operator::Arbitrary => left == right,
        Operator::NotEqual => left != right,
        Operator::Less => left < right,
        Operator::LessEqual => left <= right,
        Operator::Greater => left > right,
        Operator::GreaterEqual => left >= right,
        Operator::In => right.contains(left),
        Operator::NotIn => !right.contains(left),
    }
}
