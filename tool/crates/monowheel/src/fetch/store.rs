//! The cache of downloads: `<cache>/<sha256>/<file>`, complete or absent.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::client::{Client, Fault, bare, shown};
use super::error::FetchError;
use super::progress::Progress;
use super::{Fetched, Options, Wanted};
use crate::lock;
use crate::output::Output;

/// What an index page may be: JSON (PEP 691, "Version + Format Selection"), else HTML.
const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";
/// An index page larger than this is none.
const LARGEST_PAGE: u64 = 64 << 20;

/// Gets files from the cache, local folders and the network.
pub struct Store<'a> {
    options: &'a Options,
    client: Client,
}

impl<'a> Store<'a> {
    pub fn new(options: &'a Options) -> Self {
        let indexes = options.find_links.iter().map(String::as_str).chain([options.index_url.as_str()]);
        Self { options, client: Client::new(indexes) }
    }

    /// The place of `wanted`, fetched where the cache does not have it.
    pub fn get(&self, wanted: &Wanted, progress: &Progress) -> Result<Fetched, FetchError> {
        let mut tried = String::new();
        if let lock::Wanted::File { file, sha256 } = &wanted.what {
            let place = self.place(file, sha256);
            if place.is_file() {
                return Ok(Fetched { path: place, sha256: sha256.clone() });
            }
            for url in self.known(wanted, file) {
                match self.copy(&url, file, sha256, progress) {
                    Ok(fetched) => return Ok(fetched),
                    Err(Refusal::Tried(message)) => tried += &format!("  {}: {message}\n", shown(&url)),
                    Err(Refusal::Final(error)) => return Err(error),
                }
            }
        }
        if self.options.offline {
            return Err(FetchError::Offline { file: wanted.name() });
        }
        if wanted.urls.is_empty() {
            let index = format!("{}/{}/", self.options.index_url.trim_end_matches('/'), wanted.project);
            let pages = self.options.find_links.iter().filter(|link| local_path(link).is_none()).cloned().chain([index]);
            for page in pages {
                match self.on_page(&page, &wanted.what, progress) {
                    Ok(fetched) => return Ok(fetched),
                    Err(Refusal::Tried(message)) => tried += &format!("  {}: {message}\n", shown(&page)),
                    Err(Refusal::Final(error)) => return Err(error),
                }
            }
        }
        let hint = "check the network, the proxy settings and --index-url, or put the wheel into a folder named with --find-links";
        Err(FetchError::Unreachable { file: wanted.name(), tried, hint: hint.to_owned() })
    }

    fn place(&self, file: &str, sha256: &str) -> PathBuf {
        self.options.cache.join(sha256).join(file)
    }

    /// Addresses known without asking anyone: local folders, then the lock's own.
    fn known(&self, wanted: &Wanted, file: &str) -> Vec<String> {
        let folders = self.options.find_links.iter().filter_map(|link| local_path(link));
        let local = folders.map(|folder| folder.join(file)).filter(|path| path.is_file()).map(|path| path.display().to_string());
        let own = wanted.urls.iter().filter(|url| !self.options.offline || local_path(url).is_some()).cloned();
        local.chain(own).collect()
    }

    /// Looks for a file on a page and fetches it.
    fn on_page(&self, page: &str, what: &lock::Wanted, progress: &Progress) -> Result<Fetched, Refusal> {
        let text = self.client.get(page, ACCEPT, |reader| {
            let mut text = String::new();
            reader.take(LARGEST_PAGE).read_to_string(&mut text).map_err(|error| Fault::Passing(error.to_string()))?;
            Ok(text)
        });
        let text = text.map_err(|fault| Refusal::Tried(fault.message()))?;
        // What is found there, and said of it, has no credentials: the client knows them by the place.
        let found = lock::locate(&text, &bare(page), what).map_err(|error| Refusal::Tried(error.to_string()))?;
        self.copy(&found.url, &found.file, &found.sha256, progress)
    }

    /// Copies `url` into the cache, if its content is the one asked for.
    fn copy(&self, url: &str, file: &str, sha256: &str, progress: &Progress) -> Result<Fetched, Refusal> {
        let place = self.place(file, sha256);
        let cache = |source| Refusal::Final(FetchError::Cache { path: place.clone(), source });
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).map_err(cache)?;
        }
        progress.downloading(file);
        let mut output = Output::create(&place).map_err(|error| cache(error.source))?;
        let found = match local_path(url) {
            Some(path) => {
                let opened = File::open(path).map_err(Transfer::Read);
                opened.and_then(|mut reader| transfer(&mut reader, output.file()))
            }
            None => {
                let read = |reader: &mut dyn Read| match transfer(reader, output.file()) {
                    Err(Transfer::Read(error)) => Err(Fault::Passing(format!("the transfer broke: {error}"))),
                    done => Ok(done),
                };
                match self.client.get(url, "*/*", read) {
                    Ok(done) => done,
                    Err(fault) => return Err(Refusal::Tried(fault.message())),
                }
            }
        };
        let found = match found {
            Ok(found) => found,
            Err(Transfer::Read(error)) => return Err(Refusal::Tried(error.to_string())),
            Err(Transfer::Write(error)) => return Err(cache(error)),
        };
        if found != sha256 {
            let (file, expected) = (file.to_owned(), sha256.to_owned());
            return Err(Refusal::Final(FetchError::Hash { file, url: shown(url), expected, found }));
        }
        output.commit(false).map_err(|error| cache(error.source))?;
        Ok(Fetched { path: place, sha256: found })
    }
}

/// What broke a transfer.
enum Transfer {
    Read(io::Error),
    Write(io::Error),
}

/// Copies `reader` to the beginning of `file`, in place of what an attempt before left there, and gives its SHA-256.
fn transfer(reader: &mut dyn Read, file: &mut File) -> Result<String, Transfer> {
    file.rewind().and_then(|()| file.set_len(0)).map_err(Transfer::Write)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 17];
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Transfer::Read(error)),
        };
        hasher.update(&buffer[..count]);
        file.write_all(&buffer[..count]).map_err(Transfer::Write)?;
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

enum Refusal {
    /// Another address may have it.
    Tried(String),
    /// Nothing else will help.
    Final(FetchError),
}

/// A local path where `address` is one: `file://…` or no scheme at all.
fn local_path(address: &str) -> Option<PathBuf> {
    match address.split_once("://") {
        None => Some(PathBuf::from(address)),
        Some(("file", path)) => Some(PathBuf::from(path.replace("%20", " "))),
        Some(_) => None,
    }
}
