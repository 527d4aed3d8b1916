//! The input manifest: JSON Lines that any build system can write (ARCHITECTURE.md, "The input manifest").
//!
//! JSON Lines rather than one JSON document, so that a build system can emit a line per input lazily and nothing needs quoting of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::AppError;
use super::licences::LicencePolicy;

/// The manifest version that this tool reads.
pub const VERSION: u32 = 1;

/// Everything that goes into one application, as the build system says it.
#[derive(Debug)]
pub struct Input {
    /// The one `application` line.
    pub application: Application,
    /// First-party files.
    pub files: Vec<Source>,
    /// First-party directories, to be walked.
    pub trees: Vec<Source>,
    /// Wheels with their facts.
    pub wheels: Vec<WheelInput>,
    /// Bytecode of the wheels.
    pub bytecodes: Vec<BytecodeInput>,
    /// Roots for `sys.path` within the first-party tree.
    pub imports: Vec<String>,
    /// Who wins where two owners have one path.
    pub settlements: Vec<Settlement>,
    /// What wheels leave out.
    pub excludes: Vec<Exclude>,
    /// The interpreter that travels in the file, if one does.
    pub interpreter: Option<InterpreterInput>,
    /// Files of that interpreter, where they are named one by one.
    pub interpreter_files: Vec<Source>,
}

/// What the application is, apart from its files.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// Manifest version, [`VERSION`].
    pub version: u32,
    /// Who is being built, for messages: a target or a project.
    pub origin: String,
    /// The first-party file to run.
    pub main: Option<String>,
    /// `package.module:attribute` to call.
    pub entry_point: Option<String>,
    /// The console script of a wheel to run.
    pub script: Option<String>,
    /// Arguments put before the user's.
    #[serde(default)]
    pub args: Vec<String>,
    /// Defaults for the environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Options for the interpreter.
    #[serde(default)]
    pub interpreter_args: Vec<String>,
    /// Accepted Python versions (PEP 440 specifiers).
    pub requires_python: Option<String>,
    /// The Python version that is built for, such as `3.11`.
    pub python_version: Option<String>,
    /// The platform that is built for, by its name in the platform table.
    pub platform: Option<String>,
    /// The executable of the launcher for that platform; none: the portable head.
    pub launcher: Option<PathBuf>,
    /// Which licences the packages may have.
    #[serde(default)]
    pub license_policy: LicencePolicy,
}

/// A first-party file or directory.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Where it is now.
    pub path: PathBuf,
    /// Its place in the first-party tree.
    pub dest: String,
    /// Who owns it, for messages.
    #[serde(default)]
    pub origin: String,
}

/// A wheel with its facts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WheelInput {
    /// The wheel file.
    pub path: PathBuf,
    /// Its facts, as `monowheel facts` wrote them.
    pub facts: PathBuf,
    /// Who asked for it, for messages.
    #[serde(default)]
    pub origin: String,
}

/// The bytecode of a wheel.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BytecodeInput {
    /// The archive of its pycs.
    pub path: PathBuf,
    /// The wheel file, as its own line names it.
    pub wheel: PathBuf,
    /// Who asked for it, for messages.
    #[serde(default)]
    pub origin: String,
}

/// The interpreter that travels in the file: a directory or an archive, or files that are named one by one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterpreterInput {
    /// A directory, or an archive (`.tar`, `.tar.gz`) of the `install_only` shape; none: the files are named one by one.
    pub path: Option<PathBuf>,
    /// Its program within it [default: `bin/python3`].
    pub executable: Option<String>,
    /// Its version, `3.11` or `3.11.7` [default: what its headers say, or the name of its program].
    pub version: Option<String>,
    /// Globs of what is left out besides the default; `!` takes back what an earlier one leaves out.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Who gives it, for messages.
    #[serde(default)]
    pub origin: String,
}

/// The user's word on a path that two wheels have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settlement {
    /// The path in the environment, such as `site-packages/tests/__init__.py`; a final `/**` stands for all below.
    pub path: String,
    /// The project whose file stays; none: no file stays.
    pub winner: Option<String>,
}

/// Files of wheels that are left out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclude {
    /// The project whose wheel loses them; `*`: any.
    pub project: String,
    /// Globs over the paths of the wheel's files, such as `**/tests/**`.
    pub paths: Vec<String>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line {
    Application(Box<Application>),
    Import {
        path: String,
    },
    File(Source),
    Tree(Source),
    Wheel(WheelInput),
    Bytecode(BytecodeInput),
    Conflict(Settlement),
    Exclude(Exclude),
    Interpreter(InterpreterInput),
    #[serde(rename = "interpreter_file")]
    InterpreterFile(Source),
    List {
        path: PathBuf,
    },
}

impl Input {
    /// Reads the manifest at `path` and every list that it names.
    ///
    /// # Errors
    /// Where a file cannot be read, a line is not of the form, or there is not exactly one application.
    pub fn read(path: &Path) -> Result<Self, AppError> {
        let mut lines = Vec::new();
        collect(path, &mut Vec::new(), &mut lines)?;
        let mut applications = Vec::new();
        let (mut files, mut trees, mut wheels, mut imports, mut settlements) = (vec![], vec![], vec![], vec![], vec![]);
        let mut excludes = Vec::new();
        let (mut interpreters, mut interpreter_files, mut bytecodes) = (Vec::new(), Vec::new(), Vec::new());
        for line in lines {
            match line {
                Line::Application(application) => applications.push(*application),
                Line::Import { path } => imports.push(path),
                Line::File(source) => files.push(source),
                Line::Tree(source) => trees.push(source),
                Line::Wheel(wheel) => wheels.push(wheel),
                Line::Bytecode(bytecode) => bytecodes.push(bytecode),
                Line::Conflict(settlement) => settlements.push(settlement),
                Line::Exclude(exclude) => excludes.push(exclude),
                Line::Interpreter(interpreter) => interpreters.push(interpreter),
                Line::InterpreterFile(source) => interpreter_files.push(source),
                Line::List { .. } => {} // expanded by `collect`
            }
        }
        let found = applications.len();
        let (Some(application), 1) = (applications.pop(), found) else {
            return Err(AppError::ApplicationCount { path: path.to_owned(), found });
        };
        if application.version != VERSION {
            return Err(AppError::ManifestVersion { path: path.to_owned(), found: application.version, expected: VERSION });
        }
        if interpreters.len() > 1 {
            return Err(AppError::InterpreterCount { path: path.to_owned(), found: interpreters.len() });
        }
        Ok(Self {
            application,
            files,
            trees,
            wheels,
            bytecodes,
            imports,
            settlements,
            excludes,
            interpreter: interpreters.pop(),
            interpreter_files,
        })
    }
}

fn collect(path: &Path, open: &mut Vec<PathBuf>, lines: &mut Vec<Line>) -> Result<(), AppError> {
    let text = fs::read_to_string(path).map_err(|source| AppError::Read { path: path.to_owned(), source })?;
    open.push(path.to_owned());
    for (index, text) in text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        let line =
            serde_json::from_str(text).map_err(|source| AppError::ManifestLine { path: path.to_owned(), line: index + 1, source })?;
        if let Line::List { path: list } = &line {
            if open.contains(list) {
                return Err(AppError::ListCycle { path: path.to_owned(), list: list.clone() });
            }
            collect(list, open, lines)?;
        }
        lines.push(line);
    }
    open.pop();
    Ok(())
}
