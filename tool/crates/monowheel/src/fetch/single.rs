//! One file to a place of the caller's: an action of a build system, which has no cache of its own and whose network may be none.

use std::path::Path;

use super::client::Client;
use super::error::FetchError;
use super::transfer::{Refusal, Sought};
use crate::lock;

const HINT: &str = "check the network and the proxy of the machine that runs this; where actions have neither, \
     `fetch = \"repository\"` of `wheels.lock` leaves it to Bazel's own downloader";

/// Gets one file by its SHA-256, from the first of `urls` that has it, else from the first of `pages` that has a link to it.
///
/// # Errors
/// Where none has it, with every address tried and what each said; or where what came is not the file.
pub fn fetch_one(file: &str, sha256: &str, urls: &[String], pages: &[String], output: &Path) -> Result<(), FetchError> {
    let client = Client::new(pages.iter().map(String::as_str));
    let sought = Sought { file, sha256 };
    let what = lock::Wanted::File { file: file.to_owned(), sha256: sha256.to_owned() };
    let mut tried = String::new();
    let mut attempt = |address: &str, result: Result<(), Refusal>| match result {
        Ok(()) => Ok(true),
        Err(refusal) => refusal.line(address).map(|line| {
            tried += &line;
            false
        }),
    };
    for url in urls {
        if attempt(url, client.copy(url, &sought, output))? {
            return Ok(());
        }
    }
    for page in pages {
        let found = client.locate(page, &what);
        if attempt(page, found.and_then(|found| client.copy(&found.url, &sought, output)))? {
            return Ok(());
        }
    }
    Err(FetchError::Unreachable { file: file.to_owned(), tried, hint: HINT.to_owned() })
}
