//! The cache of downloads: `<cache>/<sha256>/<file>`, complete or absent.

use std::fs;
use std::path::PathBuf;

use super::client::Client;
use super::error::FetchError;
use super::progress::Progress;
use super::transfer::{Refusal, Sought, local_path};
use super::{Fetched, Options, Wanted};
use crate::lock;

/// Gets files from the cache, local folders and the network.
pub struct Store<'a> {
    options: &'a Options,
    client: Client,
}

impl<'a> Store<'a> {
    pub fn new(options: &'a Options, wanted: &[Wanted]) -> Self {
        let pages = options.find_links.iter().chain(wanted.iter().flat_map(|wanted| &wanted.pages));
        Self { options, client: Client::new(pages.map(String::as_str)) }
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
                match self.keep(&url, file, sha256, progress) {
                    Ok(fetched) => return Ok(fetched),
                    Err(refusal) => tried += &refusal.line(&url)?,
                }
            }
        }
        if self.options.offline {
            return Err(FetchError::Offline { file: wanted.name() });
        }
        if wanted.urls.is_empty() {
            let linked = self.options.find_links.iter().filter(|link| local_path(link).is_none());
            for page in linked.chain(&wanted.pages) {
                let found = self.client.locate(page, &wanted.what);
                match found.and_then(|found| self.keep(&found.url, &found.file, &found.sha256, progress)) {
                    Ok(fetched) => return Ok(fetched),
                    Err(refusal) => tried += &refusal.line(page)?,
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

    /// Copies `url` into the cache, if its content is the one asked for.
    fn keep(&self, url: &str, file: &str, sha256: &str, progress: &Progress) -> Result<Fetched, Refusal> {
        let place = self.place(file, sha256);
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).map_err(|source| Refusal::Final(FetchError::Cache { path: place.clone(), source }))?;
        }
        progress.downloading(file);
        self.client.copy(url, &Sought { file, sha256 }, &place)?;
        Ok(Fetched { path: place, sha256: sha256.to_owned() })
    }
}
