//! What can be wrong with an interpreter that is to travel in the file. The application that bundles it is named in front.

use std::io;
use std::path::PathBuf;

/// An interpreter that cannot be bundled.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum InterpreterError {
    #[error(
        "a bundled interpreter needs the native launcher\nhint: give the application a `launcher`; a shell that finds no Python cannot unpack one"
    )]
    NoLauncher,
    #[error("files of an interpreter are named, but no interpreter\nhint: a line of kind `interpreter` names its `executable`")]
    OnlyFiles,
    #[error("an interpreter is named, but no file of it\nhint: give it a `path`, or lines of kind `interpreter_file`")]
    NoFiles,
    #[error("Failed to read: `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "Not a directory, a tar archive or a gzipped one: `{}`\nhint: python-build-standalone's `install_only` archives are of the form that is expected",
        path.display()
    )]
    NotAnArchive { path: PathBuf },
    #[error(
        "a glob that is not valid: `{glob}`\nhint: write a path within the interpreter's folder, with `*` and `?` within its parts and `**` as a part"
    )]
    Glob { glob: String },
    #[error("`{}` has a member that is no file or link within it: `{name}`", path.display())]
    Place { path: PathBuf, name: String },
    #[error("`{name}` is in two places at once, or stands below a file or a link")]
    Twice { name: String },
    #[error("`{name}` is a link that leaves the interpreter's folder: it points to `{target}`")]
    Leaves { name: String, target: String },
    #[error("`{name}` is not in the folder `{folder}` of the interpreter")]
    Outside { name: String, folder: String },
    #[error("`{executable}` is not in a folder `bin`, so what belongs to the interpreter cannot be told")]
    NoBin { executable: String },
    #[error("the interpreter has no program `{executable}`{nearest}")]
    NoExecutable { executable: String, nearest: String },
    #[error("`{executable}` is no program: neither ELF nor Mach-O")]
    NotAProgram { executable: String },
    #[error(
        "the version of the interpreter cannot be told by its headers or its program's name\nhint: give it a `version`, such as `3.11`"
    )]
    NoVersion,
    #[error("the interpreter's version must be written as `3.11` or `3.11.7`, but is `{text}`")]
    VersionSyntax { text: String },
    #[error("the interpreter has no `lib/python{minor}/os.py`: its standard library is missing or has been left out")]
    NoLibrary { minor: String },
    #[error(
        "the interpreter to bundle is CPython {version}, but the application needs {needs}\nhint: bundle another one, or build for another `python_version`"
    )]
    Unfit { version: String, needs: String },
    #[error(
        "the interpreter to bundle is CPython {version} without the global lock, for which {file} is not built\nhint: bundle one with the lock"
    )]
    Threads { version: String, file: String },
}
