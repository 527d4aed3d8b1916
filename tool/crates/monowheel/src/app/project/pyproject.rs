//! The part of `pyproject.toml` that building needs (PEP 621, and poetry's table from before it).

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;

use super::error::ProjectError;
use crate::app::AppError;

/// What a project says of itself. A folder without `pyproject.toml` says nothing.
#[derive(Clone, Debug, Default)]
pub struct PyProject {
    /// Project name as written.
    pub name: Option<String>,
    /// `requires-python`.
    pub requires_python: Option<String>,
    /// Console and GUI scripts: name to `module:attr`.
    pub scripts: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
struct Document {
    #[serde(default)]
    project: Table,
    #[serde(default)]
    tool: Tool,
}

#[derive(Default, Deserialize)]
struct Tool {
    #[serde(default)]
    poetry: Table,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Table {
    name: Option<String>,
    requires_python: Option<String>,
    #[serde(default)]
    scripts: BTreeMap<String, toml::Value>,
    #[serde(default)]
    gui_scripts: BTreeMap<String, toml::Value>,
}

impl PyProject {
    /// Reads `pyproject.toml` of `folder`.
    pub fn read(folder: &Path) -> Result<Self, ProjectError> {
        let path = folder.join("pyproject.toml");
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            text => text.map_err(|source| AppError::Read { path: path.clone(), source })?,
        };
        let document: Document = toml::from_str(&text).map_err(|source| ProjectError::PyProject { path, source: Box::new(source) })?;
        let (project, poetry) = (document.project, document.tool.poetry);
        let scripts = [poetry.scripts, project.gui_scripts, project.scripts].into_iter().flatten();
        let target = |(name, value): (String, toml::Value)| {
            // Poetry also has `name = { reference = "module:attr", type = "console" }`.
            let text = value.as_str().or_else(|| value.get("reference").and_then(toml::Value::as_str))?;
            let target = text.split('[').next().unwrap_or(text).replace(' ', "");
            Some((name, target))
        };
        Ok(Self {
            name: project.name.or(poetry.name),
            requires_python: project.requires_python,
            scripts: scripts.filter_map(target).collect(),
        })
    }
}
