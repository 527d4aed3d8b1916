//! The cache of downloads: `<cache>/<sha256>/<file>`, complete or absent.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::client::{Client, shown};
use super::error::FetchError;
use super::progress::Progress;
use super::{Options, Wanted, index};
use crate::output::Output;

/// Gets files from the cache, local folders and the network.
pub struct Store<'a> {
    options: &'a Options,
    client: Client,
}

impl<'a> Store<'a> {
    pub fn new(options: &'a Options) -> Self {
        Self { options, client: Client::new() }
    }

    /// The place of `wanted`, fetched where the cache does not have it.
    pub fn get(&self, wanted: &Wanted, progress: &Progress) -> Result<PathBuf, FetchError> {
        let folder = self.options.cache.join(&wanted.sha256);
        let place = folder.join(&wanted.file);
        if place.is_file() {
            return Ok(place);
        }
        let cache = |source| FetchError::Cache { path: place.clone(), source };
        fs::create_dir_all(&folder).map_err(cache)?;
        let mut tried = String::new();
        for url in self.addresses(wanted, &mut tried) {
            let local = local_path(&url);
            if local.is_none() && self.options.offline {
                continue;
            }
            progress.downloading(&wanted.file);
            match self.copy(&url, local.as_deref(), wanted, &place) {
                Ok(()) => return Ok(place),
                Err(Refusal::Tried(message)) => tried += &format!("  {}: {message}\n", shown(&url)),
                Err(Refusal::Final(error)) => return Err(error),
            }
        }
        if self.options.offline {
            return Err(FetchError::Offline { file: wanted.file.clone() });
        }
        let hint = "check the network, the proxy settings and --index-url, or put the wheel into a folder named with --find-links";
        Err(FetchError::Unreachable { file: wanted.file.clone(), tried, hint: hint.to_owned() })
    }

    /// Where to look: local folders, the lock's own addresses, pages of links, the index; what failed to answer goes to `tried`.
    fn addresses(&self, wanted: &Wanted, tried: &mut String) -> Vec<String> {
        let mut found = Vec::new();
        let mut pages = Vec::new();
        for link in &self.options.find_links {
            match local_path(link) {
                Some(folder) if folder.join(&wanted.file).is_file() => found.push(folder.join(&wanted.file).display().to_string()),
                Some(_) => {}
                None => pages.push(link),
            }
        }
        found.extend(wanted.urls.iter().cloned());
        if found.is_empty() && !self.options.offline {
            let looked = pages.iter().map(|page| (index::links(&self.client, page, &wanted.file), page.as_str()));
            let of_index =
                || (index::find(&self.client, &self.options.index_url, &wanted.project, &wanted.file), self.options.index_url.as_str());
            for (result, page) in looked.chain(std::iter::once_with(of_index)) {
                match result {
                    Ok(url) => {
                        found.push(url);
                        break;
                    }
                    Err(message) => *tried += &format!("  {}: {message}\n", shown(page)),
                }
            }
        }
        found
    }

    fn copy(&self, url: &str, local: Option<&Path>, wanted: &Wanted, place: &Path) -> Result<(), Refusal> {
        let cache = |source| Refusal::Final(FetchError::Cache { path: place.to_owned(), source });
        let mut reader: Box<dyn Read> = match local {
            Some(path) => Box::new(File::open(path).map_err(|error| Refusal::Tried(error.to_string()))?),
            None => Box::new(self.client.get(url, "*/*").map_err(Refusal::Tried)?),
        };
        let mut output = Output::create(place).map_err(|error| cache(error.source))?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 1 << 17];
        loop {
            let count = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Refusal::Tried(format!("the transfer broke: {error}"))),
            };
            hasher.update(&buffer[..count]);
            output.file().write_all(&buffer[..count]).map_err(cache)?;
        }
        let found: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        if found != wanted.sha256 {
            let (file, expected) = (wanted.file.clone(), wanted.sha256.clone());
            return Err(Refusal::Final(FetchError::Hash { file, url: shown(url), expected, found }));
        }
        output.commit(false).map_err(|error| cache(error.source))
    }
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
