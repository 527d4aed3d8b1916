//! One file or page over the network, or from a local folder: complete and as asked for, or refused.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::client::{Client, Fault, bare, shown};
use super::error::FetchError;
use crate::checksum::Summing;
use crate::lock::{self, Located};
use crate::output::Output;

/// What an index page may be: JSON (PEP 691, "Version + Format Selection"), else HTML.
const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";
/// An index page larger than this is none.
const LARGEST_PAGE: u64 = 64 << 20;

/// A file as a lock names it.
pub struct Sought<'a> {
    /// Its name, for messages.
    pub file: &'a str,
    /// What its content must be, lower-case hex.
    pub sha256: &'a str,
}

/// Why an address did not give what was asked for.
pub enum Refusal {
    /// Another address may have it.
    Tried(String),
    /// Nothing else will help.
    Final(FetchError),
}

impl Refusal {
    /// The line about `address` in the list of what was tried.
    ///
    /// # Errors
    /// The error itself, where another address is no help.
    pub fn line(self, address: &str) -> Result<String, FetchError> {
        match self {
            Self::Tried(message) => Ok(format!("  {}: {message}\n", shown(address))),
            Self::Final(error) => Err(error),
        }
    }
}

impl Client {
    /// Looks for a file on a page of an index.
    pub fn locate(&self, page: &str, what: &lock::Wanted) -> Result<Located, Refusal> {
        let text = self.get(page, ACCEPT, |reader| {
            let mut text = String::new();
            reader.take(LARGEST_PAGE).read_to_string(&mut text).map_err(|error| Fault::Passing(error.to_string()))?;
            Ok(text)
        });
        let text = text.map_err(|fault| Refusal::Tried(fault.message()))?;
        // What is found there, and said of it, has no credentials: the client knows them by the place.
        lock::locate(&text, &bare(page), what).map_err(|error| Refusal::Tried(error.to_string()))
    }

    /// Copies `url` to `place`, if its content is the one asked for.
    pub fn copy(&self, url: &str, sought: &Sought<'_>, place: &Path) -> Result<(), Refusal> {
        let at_place = |source| Refusal::Final(FetchError::Cache { path: place.to_owned(), source });
        let mut output = Output::create(place).map_err(|error| at_place(error.source))?;
        let done = match local_path(url) {
            Some(path) => File::open(path).map_err(Broken::Read).and_then(|mut reader| transfer(&mut reader, output.file())),
            None => {
                let read = |reader: &mut dyn Read| match transfer(reader, output.file()) {
                    Err(Broken::Read(error)) => Err(Fault::Passing(format!("the transfer broke: {error}"))),
                    done => Ok(done),
                };
                self.get(url, "*/*", read).map_err(|fault| Refusal::Tried(fault.message()))?
            }
        };
        let found = done.map_err(|broken| match broken {
            Broken::Read(error) => Refusal::Tried(error.to_string()),
            Broken::Write(error) => at_place(error),
        })?;
        if found != sought.sha256 {
            let (file, expected) = (sought.file.to_owned(), sought.sha256.to_owned());
            return Err(Refusal::Final(FetchError::Hash { file, url: shown(url), expected, found }));
        }
        output.commit(false).map_err(|error| at_place(error.source))
    }
}

/// What broke a transfer.
enum Broken {
    Read(io::Error),
    Write(io::Error),
}

/// Copies `reader` to the beginning of `file`, in place of what an attempt before left there, and gives its SHA-256.
fn transfer(reader: &mut dyn Read, file: &mut File) -> Result<String, Broken> {
    file.rewind().and_then(|()| file.set_len(0)).map_err(Broken::Write)?;
    let mut summing = Summing::default();
    let mut buffer = vec![0; 1 << 17];
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Broken::Read(error)),
        };
        summing.update(&buffer[..count]);
        file.write_all(&buffer[..count]).map_err(Broken::Write)?;
    }
    Ok(summing.finish().hex())
}

/// A local path where `address` is one: `file://…` or no scheme at all.
pub fn local_path(address: &str) -> Option<PathBuf> {
    match address.split_once("://") {
        None => Some(PathBuf::from(address)),
        Some(("file", path)) => Some(PathBuf::from(path.replace("%20", " "))),
        Some(_) => None,
    }
}
