//! Taking out again what went in.

use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::application::Application;
use super::error::ExplainError;
use super::package;
use crate::app::PackedWheel;
use crate::checksum;
use crate::output::Output;
use crate::tags;

/// The wheels that `name` means: a project name in any spelling, or a file name.
///
/// # Errors
/// Where there is none.
pub fn wheel<'a>(application: &'a Application, name: &str) -> Result<&'a PackedWheel, ExplainError> {
    let normalized = tags::normalize(name);
    let wheels = &application.manifest.wheels;
    wheels.iter().find(|wheel| wheel.file == name || wheel.name == normalized).ok_or_else(|| {
        let near = |wheel: &&PackedWheel| strsim::jaro_winkler(&wheel.name, &normalized) > 0.8;
        let mut inside: Vec<String> = wheels.iter().filter(near).map(|wheel| wheel.name.clone()).collect();
        if inside.is_empty() {
            inside = wheels.iter().map(|wheel| wheel.name.clone()).collect();
        }
        ExplainError::NoWheel { name: name.to_owned(), inside }
    })
}

/// Writes a wheel into `folder`, byte for byte, when its sha256 is the manifest's.
///
/// # Errors
/// Where it cannot be read or written, or is not the one that the manifest names.
pub fn write_wheel(application: &Application, wheel: &PackedWheel, folder: &Path) -> Result<PathBuf, ExplainError> {
    let mut content = package::content(application, wheel)?;
    write(application, &wheel.file, &mut content, &wheel.sha256, &folder.join(&wheel.file))
}

/// Writes the first-party tree into `folder` as `code.zip`.
///
/// # Errors
/// As for [`write_wheel`].
pub fn write_code(application: &Application, folder: &Path) -> Result<PathBuf, ExplainError> {
    let (_, mut content) = application.code()?;
    write(application, "code.zip", &mut content, &application.manifest.code.sha256, &folder.join("code.zip"))
}

fn write<R: Read + Seek>(
    application: &Application,
    name: &str,
    content: &mut R,
    sha256: &str,
    place: &Path,
) -> Result<PathBuf, ExplainError> {
    let failed = |source| application.failed(name, source);
    // Before the output: nothing that was changed leaves by this door.
    let found = checksum::of(content).map_err(failed)?.hex();
    if found != *sha256 {
        return Err(failed(io::Error::other(format!("its sha256 is {found}, but the manifest says {sha256}"))));
    }
    content.rewind().map_err(failed)?;
    let mut output = Output::create(place)?;
    io::copy(content, output.file()).and_then(|_| output.file().flush()).map_err(failed)?;
    output.commit(false)?;
    Ok(place.to_owned())
}
