//! Which files of a project are the application: its import roots and everything importable below them.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::MAIN_REPOSITORY;
use super::error::ProjectError;
use crate::app::AppError;
use crate::app::input::Source;

/// Folders at the top of a flat layout that are about the application rather than in it.
const NOT_CODE: [&str; 10] = ["tests", "test", "docs", "doc", "examples", "benchmarks", "build", "dist", "htmlcov", "node_modules"];
/// Files that say how to build, which no running application reads.
const BUILD_FILES: [&str; 5] = ["BUILD", "BUILD.bazel", "MODULE.bazel", "WORKSPACE", "WORKSPACE.bazel"];

/// The first-party tree while it is collected.
pub struct Tree {
    base: PathBuf,
    except: Vec<PathBuf>,
    files: Vec<Source>,
    imports: Vec<String>,
}

impl Tree {
    /// A tree that shows the folder `base`, but for what is no code of it though it may lie there: the output, an interpreter.
    pub fn new<'a>(base: &Path, except: impl IntoIterator<Item = &'a PathBuf>) -> Self {
        let except = except.into_iter().filter_map(|path| path.canonicalize().ok()).collect();
        Self { base: base.to_owned(), except, files: Vec::new(), imports: vec![MAIN_REPOSITORY.to_owned()] }
    }

    /// Adds a project by its layout: `src/` where there is one; otherwise the modules and packages at its top.
    pub fn project(&mut self, folder: &Path) -> Result<(), ProjectError> {
        let source = folder.join("src");
        if source.is_dir() {
            return self.root(&source);
        }
        self.imports.push(self.place(folder)?);
        let entries = WalkDir::new(folder).min_depth(1).max_depth(1).sort_by_file_name();
        for entry in entries {
            let entry = entry.map_err(|error| AppError::Read { path: folder.to_owned(), source: error.into() })?;
            let name = entry.file_name().to_string_lossy();
            if entry.file_type().is_dir() {
                if self.kept(&entry)
                    && !NOT_CODE.contains(&name.as_ref())
                    && !entry.path().join("pyproject.toml").exists()
                    && self.has_modules(entry.path())
                {
                    self.folder(entry.path())?;
                }
            } else if name.ends_with(".py") && !self.is_excepted(&entry) {
                self.file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Adds a folder as an import root, with everything in it.
    pub fn root(&mut self, folder: &Path) -> Result<(), ProjectError> {
        self.imports.push(self.place(folder)?);
        self.folder(folder)
    }

    /// Adds one file, if it is not there yet, and gives its place.
    pub fn file(&mut self, path: &Path) -> Result<String, ProjectError> {
        let dest = self.place(path)?;
        if !self.files.iter().any(|file| file.dest == dest) {
            self.files.push(Source { path: path.to_owned(), dest: dest.clone(), origin: dest.clone() });
        }
        Ok(dest)
    }

    /// Files and import roots.
    pub fn finish(mut self) -> (Vec<Source>, Vec<String>) {
        self.files.sort_by(|a, b| a.dest.cmp(&b.dest));
        self.files.dedup_by(|a, b| a.dest == b.dest);
        (self.files, self.imports)
    }

    fn folder(&mut self, folder: &Path) -> Result<(), ProjectError> {
        let mut found = Vec::new();
        let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name();
        for entry in walk.into_iter().filter_entry(|entry| entry.depth() == 0 || self.kept(entry)) {
            let entry = entry.map_err(|error| AppError::Read { path: folder.to_owned(), source: error.into() })?;
            if entry.file_type().is_file() {
                let dest = self.place(entry.path())?;
                found.push(Source { path: entry.path().to_owned(), dest: dest.clone(), origin: dest });
            }
        }
        self.files.append(&mut found);
        Ok(())
    }

    fn is_excepted(&self, entry: &DirEntry) -> bool {
        self.except.iter().any(|path| path == entry.path())
    }

    fn kept(&self, entry: &DirEntry) -> bool {
        kept(entry) && !self.is_excepted(entry)
    }

    fn has_modules(&self, folder: &Path) -> bool {
        let walk = WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(|entry| entry.depth() == 0 || self.kept(entry));
        walk.filter_map(Result::ok).any(|entry| entry.path().extension().is_some_and(|extension| extension == "py"))
    }

    /// The place of a path in the first-party tree.
    fn place(&self, path: &Path) -> Result<String, ProjectError> {
        let outside = |_| ProjectError::Outside { path: path.to_owned(), base: self.base.clone() };
        let mut place = MAIN_REPOSITORY.to_owned();
        for part in path.strip_prefix(&self.base).map_err(outside)?.components() {
            let part = part.as_os_str().to_str().ok_or_else(|| ProjectError::Name { path: path.to_owned() })?;
            place = format!("{place}/{part}");
        }
        Ok(place)
    }
}

/// Whether an entry is part of an application: not hidden, no cache, no virtual environment, no build file.
fn kept(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    let skipped = name.starts_with('.') || name == "__pycache__" || name.ends_with(".egg-info") || name.starts_with("bazel-");
    let environment = entry.file_type().is_dir() && entry.path().join("pyvenv.cfg").exists();
    !skipped && !environment && !name.ends_with(".pyc") && !BUILD_FILES.contains(&name.as_ref())
}
