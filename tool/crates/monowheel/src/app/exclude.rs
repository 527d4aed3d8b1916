//! Leaving files of wheels out: tests, type stubs, documents. Such a wheel is rewritten when the application is written.
//!
//! Dropping them when the wheel is unpacked was rejected: the bytes would travel all the same. Rewriting copies what stays as it is
//! compressed, so no compressor reaches the output here either.

use std::fs::File;

use super::error::{AppError, nearest};
use super::glob;
use super::input::Exclude;
use super::plan::PlannedWheel;
use crate::tags::normalize;
use crate::wheel::{Rewrite, WheelError};

/// The name of a project that stands for all.
const ALL: &str = "*";

/// A glob and whether it has met a file.
struct Glob<'a> {
    project: String,
    text: &'a str,
    met: bool,
}

/// Plans the rewriting of all wheels that lose files, which are gone from their facts then.
///
/// # Errors
/// Where a glob is not valid, meets no file or one that must stay, a project is not there, or a wheel cannot be read.
pub(super) fn apply(origin: &str, excludes: &[Exclude], wheels: &mut [PlannedWheel]) -> Result<(), AppError> {
    let mut globs = Vec::new();
    for exclude in excludes {
        let project = if exclude.project == ALL { ALL.to_owned() } else { normalize(&exclude.project) };
        if project != ALL && !wheels.iter().any(|wheel| wheel.facts.name == project) {
            let nearest = nearest(&exclude.project, wheels.iter().map(|wheel| wheel.facts.name.as_str()));
            return Err(AppError::ExcludeProject { origin: origin.to_owned(), project: exclude.project.clone(), nearest });
        }
        for text in &exclude.paths {
            if !glob::is_valid(text) {
                return Err(AppError::ExcludeGlob { origin: origin.to_owned(), glob: text.clone() });
            }
            globs.push(Glob { project: project.clone(), text, met: false });
        }
    }
    for wheel in wheels.iter_mut() {
        let mut own: Vec<&mut Glob<'_>> = globs.iter_mut().filter(|glob| glob.project == ALL || glob.project == wheel.facts.name).collect();
        if !own.is_empty() {
            one(origin, wheel, &mut own)?;
        }
    }
    match globs.iter().find(|glob| !glob.met) {
        Some(glob) => {
            let project = if glob.project == ALL { "any package".to_owned() } else { format!("`{}`", glob.project) };
            Err(AppError::ExcludeNothing { origin: origin.to_owned(), glob: glob.text.to_owned(), project })
        }
        None => Ok(()),
    }
}

fn one(origin: &str, wheel: &mut PlannedWheel, globs: &mut [&mut Glob<'_>]) -> Result<(), AppError> {
    let facts = &wheel.facts;
    let info = format!("{}/", facts.dist_info);
    let mut protected = None;
    let leave_out = |path: &str| {
        let mut out = false;
        for glob in globs.iter_mut().filter(|glob| glob::fits(glob.text, path)) {
            if path.starts_with(&info) {
                protected.get_or_insert_with(|| (glob.text.to_owned(), path.to_owned()));
            }
            (glob.met, out) = (true, true);
        }
        out
    };
    let file = File::open(&wheel.path).map_err(|source| AppError::Read { path: wheel.path.clone(), source })?;
    let rewrite = Rewrite::new(file, &facts.name, &facts.dist_info, facts.data.as_deref(), leave_out);
    if let Some((glob, path)) = protected {
        return Err(AppError::ExcludeProtected { origin: origin.to_owned(), glob, file: facts.file.clone(), path });
    }
    let failed = |problem| WheelError { path: wheel.path.clone(), origin: Some(wheel.origin.clone()), problem };
    let rewrite = rewrite.map_err(|problem| AppError::Wheel { source: failed(problem) })?;
    if rewrite.files > 0 {
        wheel.facts.files.retain(|file| rewrite.places.contains(&file.path));
        wheel.rewrite = Some(rewrite);
    }
    Ok(())
}
