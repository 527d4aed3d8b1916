//! Parsing a marker into its tree.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifier};

use super::evaluate::text_holds;
use super::{Expression, Operator, TextVariable, VersionTest, VersionVariable};

/// A marker that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} in marker: `{marker}`")]
pub struct MarkerError {
    /// What is wrong.
    pub reason: String,
    /// The marker.
    pub marker: String,
}

/// Parentheses nested deeper than this are refused, so that no input overflows the stack.
const DEPTH: usize = 64;

pub(super) fn parse(text: &str) -> Result<Expression, MarkerError> {
    let mut parser = Parser { text, rest: text, depth: 0 };
    let expression = parser.or()?;
    parser.skip_space();
    if parser.rest.is_empty() { Ok(expression) } else { Err(parser.error(format!("unexpected `{}`", parser.rest))) }
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
    depth: usize,
}

enum Side<'a> {
    Literal(&'a str),
    Version(VersionVariable),
    Text(TextVariable),
    Extra,
    Extras,
    Groups,
}

impl<'a> Parser<'a> {
    fn error(&self, reason: impl Into<String>) -> MarkerError {
        MarkerError { reason: reason.into(), marker: short(self.text) }
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    /// Takes a word (letters, digits, `_`, `.`) if it is `word`.
    fn keyword(&mut self, word: &str) -> bool {
        self.skip_space();
        let Some(rest) = self.rest.strip_prefix(word) else { return false };
        if rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_') {
            return false;
        }
        self.rest = rest;
        true
    }

    fn or(&mut self) -> Result<Expression, MarkerError> {
        let mut terms = vec![self.and()?];
        while self.keyword("or") {
            terms.push(self.and()?);
        }
        Ok(one_or(terms, Expression::Or))
    }

    fn and(&mut self) -> Result<Expression, MarkerError> {
        let mut terms = vec![self.term()?];
        while self.keyword("and") {
            terms.push(self.term()?);
        }
        Ok(one_or(terms, Expression::And))
    }

    fn term(&mut self) -> Result<Expression, MarkerError> {
        self.skip_space();
        let Some(rest) = self.rest.strip_prefix('(') else { return self.comparison() };
        self.rest = rest;
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.error("parentheses nested too deep"));
        }
        let expression = self.or()?;
        self.depth -= 1;
        self.skip_space();
        self.rest = self.rest.strip_prefix(')').ok_or_else(|| self.error("missing `)`"))?;
        Ok(expression)
    }

    fn comparison(&mut self) -> Result<Expression, MarkerError> {
        let left = self.side()?;
        let operator = self.operator()?;
        let right = self.side()?;
        match (left, right) {
            (Side::Version(variable), Side::Literal(literal)) => Ok(version(variable, operator, literal, false)),
            (Side::Literal(literal), Side::Version(variable)) => Ok(version(variable, operator, literal, true)),
            (Side::Text(variable), Side::Literal(literal)) => {
                Ok(Expression::Text { variable, operator, literal: literal.to_owned(), reversed: false })
            }
            (Side::Literal(literal), Side::Text(variable)) => {
                Ok(Expression::Text { variable, operator, literal: literal.to_owned(), reversed: true })
            }
            (Side::Extra, Side::Literal(name)) | (Side::Literal(name), Side::Extra) => {
                let negated = match operator {
                    Operator::Equal | Operator::Arbitrary => false,
                    Operator::NotEqual => true,
                    _ => return Err(self.error("`extra` takes `==` and `!=` only")),
                };
                Ok(Expression::Extra { name: crate::tags::normalize(name), negated })
            }
            (Side::Literal(name), set @ (Side::Extras | Side::Groups)) => {
                let negated = match operator {
                    Operator::In => false,
                    Operator::NotIn => true,
                    _ => return Err(self.error("`extras` and `dependency_groups` take `in` and `not in` only")),
                };
                let name = crate::tags::normalize(name);
                Ok(match set {
                    Side::Extras => Expression::InExtras { name, negated },
                    _ => Expression::InGroups { name, negated },
                })
            }
            (Side::Literal(left), Side::Literal(right)) => Ok(Expression::Constant(text_holds(left, operator, right, false))),
            _ => Err(self.error("a variable must be compared with a quoted value")),
        }
    }

    fn side(&mut self) -> Result<Side<'a>, MarkerError> {
        self.skip_space();
        if let Some(quote @ ('\'' | '"')) = self.rest.chars().next() {
            let body = self.rest.get(1..).unwrap_or_default();
            let (literal, rest) = body.split_once(quote).ok_or_else(|| self.error("unterminated text"))?;
            self.rest = rest;
            return Ok(Side::Literal(literal));
        }
        let end = self.rest.find(|next: char| !(next.is_ascii_alphanumeric() || next == '_' || next == '.')).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        let side = match word {
            "python_version" => Side::Version(VersionVariable::Python),
            "python_full_version" => Side::Version(VersionVariable::PythonFull),
            "implementation_version" => Side::Version(VersionVariable::Implementation),
            "os_name" | "os.name" => Side::Text(TextVariable::OsName),
            "sys_platform" | "sys.platform" => Side::Text(TextVariable::SysPlatform),
            "platform_machine" | "platform.machine" => Side::Text(TextVariable::PlatformMachine),
            "platform_system" => Side::Text(TextVariable::PlatformSystem),
            "platform_release" => Side::Text(TextVariable::PlatformRelease),
            "platform_version" | "platform.version" => Side::Text(TextVariable::PlatformVersion),
            "platform_python_implementation" | "platform.python_implementation" | "python_implementation" => {
                Side::Text(TextVariable::PythonImplementation)
            }
            "implementation_name" => Side::Text(TextVariable::ImplementationName),
            "extra" => Side::Extra,
            "extras" => Side::Extras,
            "dependency_groups" => Side::Groups,
            "" => {
                return Err(self.error(if self.rest.is_empty() {
                    "unexpected end".to_owned()
                } else {
                    format!("unexpected `{}`", short(self.rest))
                }));
            }
            _ => return Err(self.error(format!("unknown variable `{}`", short(word)))),
        };
        self.rest = rest;
        Ok(side)
    }

    fn operator(&mut self) -> Result<Operator, MarkerError> {
        self.skip_space();
        const SYMBOLS: [(&str, Operator); 8] = [
            ("===", Operator::Arbitrary),
            ("==", Operator::Equal),
            ("!=", Operator::NotEqual),
            ("~=", Operator::Compatible),
            ("<=", Operator::LessEqual),
            (">=", Operator::GreaterEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        for (symbol, operator) in SYMBOLS {
            if let Some(rest) = self.rest.strip_prefix(symbol) {
                self.rest = rest;
                return Ok(operator);
            }
        }
        if self.keyword("in") {
            return Ok(Operator::In);
        }
        if self.keyword("not") && self.keyword("in") {
            return Ok(Operator::NotIn);
        }
        Err(self.error("missing comparison"))
    }
}

/// A text that is fit for a message.
fn short(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn one_or(mut terms: Vec<Expression>, many: fn(Vec<Expression>) -> Expression) -> Expression {
    match (terms.pop(), terms.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => {
            terms.push(last);
            many(terms)
        }
        (None, _) => many(terms),
    }
}

/// A comparison of a version variable: as versions (PEP 440) where the literal is one, else as text.
fn version(variable: VersionVariable, operator: Operator, literal: &str, reversed: bool) -> Expression {
    let test =
        version_test(operator, literal, reversed).unwrap_or_else(|| VersionTest::Text { operator, literal: literal.to_owned(), reversed });
    Expression::Version(variable, test)
}

fn version_test(operator: Operator, literal: &str, reversed: bool) -> Option<VersionTest> {
    let symbol = match (operator, reversed) {
        (Operator::Equal, _) => "==",
        (Operator::NotEqual, _) => "!=",
        (Operator::Arbitrary, _) => "===",
        (Operator::Compatible, false) => "~=",
        (Operator::Less, false) | (Operator::Greater, true) => "<",
        (Operator::LessEqual, false) | (Operator::GreaterEqual, true) => "<=",
        (Operator::Greater, false) | (Operator::Less, true) => ">",
        (Operator::GreaterEqual, false) | (Operator::LessEqual, true) => ">=",
        (Operator::In | Operator::NotIn, false) => {
            let versions = literal.split([' ', ',', '|']).filter(|part| !part.is_empty()).map(Version::from_str);
            let versions = versions.collect::<Result<Vec<_>, _>>().ok()?;
            return Some(VersionTest::OneOf { versions, negated: operator == Operator::NotIn });
        }
        (Operator::Compatible | Operator::In | Operator::NotIn, true) => return None,
    };
    VersionSpecifier::from_str(&format!("{symbol}{literal}")).ok().map(VersionTest::Is)
}
