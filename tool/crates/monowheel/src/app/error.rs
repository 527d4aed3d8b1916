//! What can be wrong with an application. Each message names the owner, the file, what was expected and the way out.

use std::io;
use std::path::PathBuf;

use super::interpreter::InterpreterError;
use crate::output::OutputError;

/// An application that cannot be assembled.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum AppError {
    #[error("Failed to read: `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("Failed to read manifest: `{}`, line {line}", path.display())]
    ManifestLine { path: PathBuf, line: usize, source: serde_json::Error },
    #[error("Failed to read manifest: `{}`\nhint: it must hold one line of kind `application`, but holds {found}", path.display())]
    ApplicationCount { path: PathBuf, found: usize },
    #[error("Failed to read manifest: `{}`\nhint: its version is {found}, but this monowheel reads version {expected}", path.display())]
    ManifestVersion { path: PathBuf, found: u32, expected: u32 },
    #[error("Failed to read manifest: `{}`\nhint: `{}` is included by itself", path.display(), list.display())]
    ListCycle { path: PathBuf, list: PathBuf },
    #[error("{origin}: exactly one of `main`, `entry_point` and `script` must be given, but found {found}")]
    EntryCount { origin: String, found: String },
    #[error("Failed to read wheel facts: `{}`", path.display())]
    Facts { path: PathBuf, source: serde_json::Error },
    #[error("Failed to read wheel facts: `{}`\nhint: their version is {found}, but this monowheel reads version {expected}", path.display())]
    FactsVersion { path: PathBuf, found: u32, expected: u32 },
    #[error("{origin}: wheel `{}` has {found} bytes, but its facts say {expected}\nhint: facts and wheel must be of the same build", path.display())]
    WheelSize { origin: String, path: PathBuf, found: u64, expected: u64 },
    #[error("{origin}: bytecode `{}`: {problem}\nhint: it must be what compile_wheel.py of this version of monowheel makes of the wheel", path.display())]
    Bytecode { origin: String, path: PathBuf, problem: String },
    #[error(
        "{origin}: bytecode `{}` is of {found}, but {why}\nhint: compile with the interpreter of that version, or leave `bytecode` away",
        path.display()
    )]
    BytecodeVersion { origin: String, path: PathBuf, found: String, why: String },
    #[error(
        "{origin}: `{name}` is asked for in two versions\n  {first_file} from {first_origin}\n  {second_file} from {second_origin}\n\
         hint: take both from one lock file, or drop one of the two dependencies"
    )]
    TwoVersions { origin: String, name: String, first_file: String, first_origin: String, second_file: String, second_origin: String },
    #[error(
        "{origin}: `{dest}` is not a place within the application: expected a relative path with `/`, without `.`, `..` or empty parts"
    )]
    Destination { origin: String, dest: String },
    #[error("{origin}: {count} {} more than one owner, with different content\n{list}hint: {hint}", if *count == 1 { "place has" } else { "places have" })]
    Conflicts { origin: String, count: usize, list: String, hint: String },
    #[error("{origin}: {count} {} spelled in two ways are one on {system}\n{list}hint: {hint}", if *count == 1 { "name" } else { "names" })]
    Folded { origin: String, count: usize, system: &'static str, list: String, hint: String },
    #[error(
        "{origin}: first-party modules are hidden by the standard library, which comes first on sys.path\n{list}hint: rename them, move them into a package, \
         or say that nothing imports them: conflicts = {{\"{path}\": \"standard-library\"}}"
    )]
    Hidden { origin: String, list: String, path: String },
    #[error("{origin}: exclude names a package that the application does not have: `{project}`{nearest}")]
    ExcludeProject { origin: String, project: String, nearest: String },
    #[error(
        "{origin}: exclude has a glob that is not valid: `{glob}`\nhint: write a path within the wheel, with `*` and `?` within its parts \
         and `**` for any number of parts"
    )]
    ExcludeGlob { origin: String, glob: String },
    #[error(
        "{origin}: exclude has a glob that fits no file of {project}: `{glob}`\nhint: globs are over the paths in the wheel, as `unzip -l` lists them; remove those that are not needed any more"
    )]
    ExcludeNothing { origin: String, glob: String, project: String },
    #[error(
        "{origin}: exclude has a glob that fits what describes the package: `{glob}` fits `{path}` of {file}\nhint: nothing of `.dist-info` can be left out; write a narrower glob, or one for each package"
    )]
    ExcludeProtected { origin: String, glob: String, file: String, path: String },
    #[error(transparent)]
    Wheel { source: crate::wheel::WheelError },
    #[error("{origin}: main `{dest}` is not among the sources{nearest}")]
    MainMissing { origin: String, dest: String, nearest: String },
    #[error("{origin}: entry point `{entry}` must be written as `package.module:attribute`")]
    EntrySyntax { origin: String, entry: String },
    #[error("{origin}: entry point `{entry}`: no module `{module}` in the application{nearest}")]
    ModuleMissing { origin: String, entry: String, module: String, nearest: String },
    #[error("{origin}: entry point `{entry}`: `{file}` defines no `{attribute}`{nearest}")]
    AttributeMissing { origin: String, entry: String, file: String, attribute: String, nearest: String },
    #[error("{origin}: no wheel of the application has a console script `{script}`{nearest}")]
    ScriptMissing { origin: String, script: String, nearest: String },
    #[error("{origin}: `{field}`: expected {expected}, but got `{text}`")]
    LicencePolicy { origin: String, field: &'static str, text: String, expected: &'static str },
    #[error("{origin}: {count} {} not pass the licence policy of the target\n{list}hint: {hint}", if *count == 1 { "package does" } else { "packages do" })]
    Licences { origin: String, count: usize, list: String, hint: String },
    #[error("{origin}: `requires_python` is not a version specifier (PEP 440): `{text}`")]
    RequiresPython { origin: String, text: String },
    #[error(
        "{origin}: no version of Python fits the whole application\n{list}hint: build for another `python_version`, or lock other versions"
    )]
    NoPython { origin: String, list: String },
    #[error(
        "{origin}: is built for Python {wanted}, which does not fit the whole application\n{list}hint: build for another \
         `python_version`, or lock other versions"
    )]
    WrongPython { origin: String, wanted: String, list: String },
    #[error("Failed to read manifest: `{}`\nhint: it may hold one line of kind `interpreter`, but holds {found}", path.display())]
    InterpreterCount { path: PathBuf, found: usize },
    #[error("{origin}: the interpreter cannot be bundled")]
    Interpreter { origin: String, source: InterpreterError },
    #[error("{origin}: the start of the file cannot be written")]
    Head { origin: String, source: crate::bootstrap::HeadError },
    #[error("{origin}: `{}` cannot be put in front of the application", path.display())]
    Launcher { origin: String, path: PathBuf, source: crate::launcher::LauncherError },
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error("Failed to write the archive")]
    Write { source: io::Error },
}

/// `; did you mean a, b or c?` for the names nearest to `wanted`, or what there is when none is near.
pub(super) fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    const OFFERED: usize = 3;
    let mut scored: Vec<(f64, &str)> = names.into_iter().map(|name| (strsim::jaro_winkler(wanted, name), name)).collect();
    if scored.is_empty() {
        return "; it has none".to_owned();
    }
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.dedup();
    let offered: Vec<String> = scored.iter().take(OFFERED).map(|(_, name)| format!("`{name}`")).collect();
    format!("\nhint: the nearest names are {}", offered.join(", "))
}
