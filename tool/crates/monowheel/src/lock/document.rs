//! TOML with places: each value knows its line, so that each error can say it.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::error::{LockError, Problem};

/// A file's text, and where its lines begin.
#[derive(Debug)]
pub(super) struct Source {
    pub path: PathBuf,
    pub text: String,
    lines: Vec<usize>,
}

impl Source {
    pub fn new(path: &Path, text: String) -> Self {
        let lines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        Self { path: path.to_owned(), text, lines }
    }

    /// The line of a byte, from 1.
    pub fn line(&self, at: usize) -> usize {
        1 + self.lines.partition_point(|end| *end < at)
    }

    pub fn error(&self, at: usize, problem: Problem) -> LockError {
        self.error_on_line(self.line(at), problem)
    }

    pub fn error_on_line(&self, line: usize, problem: Problem) -> LockError {
        LockError::At { path: self.path.clone(), line, problem }
    }

    /// Parses the text.
    pub fn parse(&self) -> Result<Spanned<DeTable<'_>>, LockError> {
        DeTable::parse(&self.text).map_err(|error| {
            let at = error.span().map_or(self.text.len(), |span| span.start);
            self.error(at, Problem::Syntax { message: error.message().to_owned() })
        })
    }
}

/// A table at a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'a> {
    pub source: &'a Source,
    pub at: usize,
    table: &'a DeTable<'a>,
}

impl<'a> Table<'a> {
    pub fn root(source: &'a Source, document: &'a Spanned<DeTable<'a>>) -> Self {
        Self { source, at: 0, table: document.get_ref() }
    }

    pub fn error(&self, problem: Problem) -> LockError {
        self.source.error(self.at, problem)
    }

    pub fn line(&self) -> usize {
        self.source.line(self.at)
    }

    pub fn get(&self, key: &'a str) -> Option<Value<'a>> {
        let value = self.table.get(key)?;
        Some(Value { source: self.source, key, value })
    }

    pub fn need(&self, key: &'a str) -> Result<Value<'a>, LockError> {
        self.get(key).ok_or_else(|| self.error(Problem::Missing { key: key.to_owned() }))
    }

    pub fn text(&self, key: &'a str) -> Result<Option<&'a str>, LockError> {
        self.get(key).map(|value| value.text()).transpose()
    }

    pub fn table(&self, key: &'a str) -> Result<Option<Table<'a>>, LockError> {
        self.get(key).map(|value| value.table()).transpose()
    }

    /// The elements of an array; none where the key is missing.
    pub fn array(&self, key: &'a str) -> Result<Vec<Value<'a>>, LockError> {
        self.get(key).map_or(Ok(Vec::new()), |value| value.array())
    }

    /// Keys and values.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + use<'a> {
        let source = self.source;
        self.table.iter().map(move |(key, value)| {
            let key: &'a str = key.get_ref();
            (key, Value { source, key, value })
        })
    }
}

/// A value at a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value<'a> {
    source: &'a Source,
    key: &'a str,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Value<'a> {
    pub fn at(&self) -> usize {
        self.value.span().start
    }

    pub fn error(&self, problem: Problem) -> LockError {
        self.source.error(self.at(), problem)
    }

    pub fn type_error(&self, expected: &'static str) -> LockError {
        self.error(Problem::Type { key: self.key.to_owned(), expected, found: self.value.get_ref().type_str() })
    }

    pub fn text(&self) -> Result<&'a str, LockError> {
        self.as_text().ok_or_else(|| self.type_error("a string"))
    }

    pub fn as_text(&self) -> Option<&'a str> {
        self.value.get_ref().as_str()
    }

    pub fn flag(&self) -> Result<bool, LockError> {
        self.value.get_ref().as_bool().ok_or_else(|| self.type_error("a boolean"))
    }

    pub fn number(&self) -> Result<u64, LockError> {
        let integer = self.value.get_ref().as_integer().ok_or_else(|| self.type_error("an integer"))?;
        u64::from_str_radix(integer.as_str(), integer.radix()).map_err(|_| self.type_error("an integer that is not negative"))
    }

    pub fn table(&self) -> Result<Table<'a>, LockError> {
        let table = self.value.get_ref().as_table().ok_or_else(|| self.type_error("a table"))?;
        Ok(Table { source: self.source, at: self.at(), table })
    }

    pub fn array(&self) -> Result<Vec<Value<'a>>, LockError> {
        let array: &'a DeArray<'a> = self.value.get_ref().as_array().ok_or_else(|| self.type_error("an array"))?;
        Ok(array.iter().map(|value| Value { source: self.source, key: self.key, value }).collect())
    }
}
