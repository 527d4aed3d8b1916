//! The wheels of a project with their facts, which are kept beside the download: a wheel is read once in its life.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use super::Request;
use super::error::ProjectError;
use crate::app::AppError;
use crate::app::input::WheelInput;
use crate::fetch::{self, Wanted};
use crate::lock::{self, Chosen, DEFAULT_INDEX, Location, Lock, Pick};
use crate::tags::Target;
use crate::wheel::{self, FACTS_FORMAT, Limits};
use crate::{json, output};

/// Fetches what the lock chose and reads its facts.
pub fn locked(lock: &Lock, target: Target, chosen: &[Chosen<'_>], request: &Request) -> Result<Vec<WheelInput>, ProjectError> {
    let (options, limits) = (&request.fetch, request.limits);
    let folder = lock.path.parent().unwrap_or_else(|| Path::new(""));
    let (mut wanted, mut own) = (Vec::new(), Vec::new());
    for Chosen { package, wheel } in chosen {
        let name = package.name.clone();
        match wheel {
            Pick::Locked(wheel) => {
                // One without a hash has not been chosen.
                let (file, sha256) = (wheel.file.to_string(), wheel.sha256.clone());
                let (urls, pages) = match &wheel.location {
                    Location::Url(url) => (vec![url.clone()], Vec::new()),
                    Location::Path(path) => (vec![folder.join(path).display().to_string()], Vec::new()),
                    Location::Index(index) => (Vec::new(), pages(lock, &name, index, request)),
                };
                wanted.push(Wanted { project: name, what: lock::Wanted::File { file, sha256 }, urls, pages });
            }
            Pick::OnIndex => {
                let (package_name, version, hashes) = (name.clone(), package.version.clone(), package.hashes.clone());
                let what = lock::Wanted::Release { package: package_name, version, hashes, target };
                let pages = pages(lock, &name, "", request);
                wanted.push(Wanted { project: name, what, urls: Vec::new(), pages });
            }
            Pick::Override(wheel) => own.push(PathBuf::from(&wheel.place)),
        }
    }
    let jobs = fetch::fetch(&wanted, options)?.into_iter().zip(&wanted).map(|(fetched, wanted)| {
        let name = fetched.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let facts = fetched.path.with_file_name(format!("{name}.facts-{FACTS_FORMAT}.json"));
        (fetched.path, facts, Some(fetched.sha256), format!("{} in {}", wanted.project, lock.path.display()))
    });
    let mut inputs = read(&jobs.collect::<Vec<_>>(), limits)?;
    inputs.extend(given(&own, options, limits)?);
    Ok(inputs)
}

/// The pages that may have the files of `project`: of the index that was asked for, then those that the lock names. A hash pins the file, so
/// that it does not matter who has it.
fn pages(lock: &Lock, project: &str, index: &str, request: &Request) -> Vec<String> {
    let asked = request.index_url.as_deref().map(|index| lock::page(index, project));
    let locked = lock.pages(project, index, request.index_url.as_deref().unwrap_or(DEFAULT_INDEX));
    let others: Vec<String> = locked.into_iter().filter(|page| asked.as_ref() != Some(page)).collect();
    asked.into_iter().chain(others).collect()
}

/// Reads the facts of wheels given by path.
pub fn given(wheels: &[PathBuf], options: &fetch::Options, limits: Limits) -> Result<Vec<WheelInput>, ProjectError> {
    let folder = options.cache.join("given");
    let mut jobs = Vec::new();
    for path in wheels {
        fs::create_dir_all(&folder).map_err(|source| AppError::Read { path: folder.clone(), source })?;
        let key = crate::app::digest(path)?.hex();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let facts = folder.join(format!("{key}-{name}.facts-{FACTS_FORMAT}.json"));
        jobs.push((path.clone(), facts, None, path.display().to_string()));
    }
    read(&jobs, limits)
}

type Job = (PathBuf, PathBuf, Option<String>, String);

/// Facts of all wheels, read in as many threads as the machine has.
fn read(jobs: &[Job], limits: Limits) -> Result<Vec<WheelInput>, ProjectError> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(jobs.len().max(1));
    let results: Vec<Result<(), ProjectError>> = thread::scope(|scope| {
        // Each thread takes every n-th wheel, so that neighbours of like size are spread.
        let work = |first| move || jobs.iter().skip(first).step_by(threads).try_for_each(|job| facts(job, limits));
        let running: Vec<_> = (0..threads).map(|first| scope.spawn(work(first))).collect();
        running.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    results.into_iter().collect::<Result<Vec<()>, _>>()?;
    let input = |(path, facts, _, origin): &Job| WheelInput { path: path.clone(), facts: facts.clone(), origin: origin.clone() };
    Ok(jobs.iter().map(input).collect())
}

fn facts((path, facts, sha256, origin): &Job, limits: Limits) -> Result<(), ProjectError> {
    if facts.is_file() {
        return Ok(());
    }
    let options = wheel::Options { sha256: sha256.clone(), origin: Some(origin.clone()), limits };
    let read = wheel::read(path, &options)?;
    let text = json::canonical(&read);
    Ok(output::write(facts, &text).map_err(AppError::from)?)
}
