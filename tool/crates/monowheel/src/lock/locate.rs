//! Which file of an index page a lock means: by name, or by hash and by what fits the target.
//!
//! A page is HTML (PEP 503) or JSON (PEP 691) of an index, or any page of links. No network here: whoever has one brings the page.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::builder::file_name;
use crate::tags::{TagsTable, Target, WheelFilename};

/// What is looked for.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// A file by its name, of which the lock has the hash.
    File {
        /// File name.
        file: String,
        /// SHA-256, lower-case hex.
        sha256: String,
    },
    /// The wheel of a release that fits best, of those that have one of the hashes (any, where there are none).
    Release {
        /// Normalized project name.
        package: String,
        /// Version.
        version: String,
        /// SHA-256 of each file that the lock allows, lower-case hex.
        hashes: Vec<String>,
        /// Where it will run.
        target: Target,
    },
}

/// A file on a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Located {
    /// File name.
    pub file: String,
    /// Its address.
    pub url: String,
    /// SHA-256, lower-case hex.
    pub sha256: String,
}

/// A page that does not have what is looked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LocateError {
    message: String,
}

/// A link of a page.
struct Link {
    file: String,
    url: String,
    sha256: Option<String>,
}

/// Finds a file on a page.
///
/// # Errors
/// Where the page does not have it; the message says what it has instead.
pub fn locate(page: &str, page_url: &str, wanted: &Wanted) -> Result<Located, LocateError> {
    let links = links(page, page_url);
    match wanted {
        Wanted::File { file, sha256 } => {
            let mut of_name =
                links.into_iter().filter(|link| link.file == *file && link.sha256.as_ref().is_none_or(|other| other == sha256));
            let link = of_name
                .next()
                .ok_or_else(|| LocateError { message: format!("No file `{file}` with the locked hash on the page: `{page_url}`") })?;
            Ok(Located { file: link.file, url: link.url, sha256: sha256.clone() })
        }
        Wanted::Release { package, version, hashes, target } => release(links, page_url, (package, version), hashes, target),
    }
}

fn release(
    links: Vec<Link>,
    page_url: &str,
    (package, version): (&str, &str),
    hashes: &[String],
    target: &Target,
) -> Result<Located, LocateError> {
    let mut table = TagsTable::default();
    let mut candidates = Vec::new();
    for link in links {
        let Ok(file) = link.file.parse::<WheelFilename>() else { continue };
        // A page without hashes is enough where the lock has but one.
        let sha256 = match (link.sha256, hashes) {
            (Some(sha256), _) if hashes.is_empty() || hashes.contains(&sha256) => sha256,
            (None, [only]) => only.clone(),
            _ => continue,
        };
        if file.name() == package && same_version(&file, version) {
            candidates.push((table.number(&file), file, link.url, sha256));
        }
    }
    let tags = table.rank(target);
    let ranked =
        candidates.iter().filter_map(|(set, file, url, sha256)| Some((tags.fit(set).ok()?, Reverse(file.build()), file, url, sha256)));
    let Some((_, _, file, url, sha256)) = ranked.min_by_key(|(fit, build, ..)| (*fit, *build)) else {
        let mut message =
            format!("No wheel of {package} {version} fits Python {} on {}, on the page: `{page_url}`", target.python, target.platform);
        for (_, file, ..) in &candidates {
            message.push_str(&format!("\n  {file}"));
        }
        if candidates.is_empty() {
            message.push_str("\n  it has no wheel with a hash that the lock file allows");
        }
        message.push_str(super::error::OWN_WHEEL);
        return Err(LocateError { message });
    };
    Ok(Located { file: file.to_string(), url: url.clone(), sha256: sha256.clone() })
}

fn same_version(file: &WheelFilename, version: &str) -> bool {
    file.raw_version() == version || matches!((file.version(), version.parse()), (Ok(one), Ok(other)) if one == other)
}

#[derive(Deserialize)]
struct Project {
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: std::collections::BTreeMap<String, String>,
}

fn links(page: &str, page_url: &str) -> Vec<Link> {
    if let Ok(project) = serde_json::from_str::<Project>(page) {
        let link = |file: File| Link { url: resolve(page_url, &file.url), sha256: file.hashes.get("sha256").cloned(), file: file.filename };
        return project.files.into_iter().map(link).collect();
    }
    let link = |reference: String| {
        let (bare, fragment) = reference.split_once('#').unwrap_or((&reference, ""));
        let sha256 = fragment.split('&').find_map(|part| part.strip_prefix("sha256=")).map(str::to_ascii_lowercase);
        Link { file: file_name(bare), url: resolve(page_url, bare), sha256 }
    };
    anchors(page).into_iter().map(link).collect()
}

/// The targets of all anchors, with the character references that addresses have decoded.
fn anchors(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find("href=") {
        rest = rest.get(at + "href=".len()..).unwrap_or_default();
        let Some(quote @ ('"' | '\'')) = rest.chars().next() else { continue };
        let Some((target, tail)) = rest.get(1..).and_then(|rest| rest.split_once(quote)) else { break };
        found.push(target.replace("&amp;", "&").replace("&#43;", "+"));
        rest = tail;
    }
    found
}

/// Resolves a reference against the page that it stands on (RFC 3986, section 5.2, for the forms that indexes use).
fn resolve(page: &str, reference: &str) -> String {
    if reference.contains("://") {
        return reference.to_owned();
    }
    let (scheme, rest) = page.split_once("://").unwrap_or(("https", page));
    if let Some(other) = reference.strip_prefix("//") {
        return format!("{scheme}://{other}");
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let absolute = if reference.starts_with('/') { reference.to_owned() } else { format!("{folder}/{reference}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in absolute.split('/').skip(1) {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    format!("{scheme}://{authority}/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{Wanted, locate, resolve};
    use crate::tags::{Platform, Python, Target};

    #[test]
    fn references() {
        let page = "https://host/simple/six/?x";
        assert_eq!(resolve(page, "../../packages/six.whl"), "https://host/packages/six.whl");
        assert_eq!(resolve(page, "/six.whl"), "https://host/six.whl");
        assert_eq!(resolve(page, "//cdn/six.whl"), "https://cdn/six.whl");
        assert_eq!(resolve(page, "https://cdn/six.whl"), "https://cdn/six.whl");
    }

    fn wanted(hashes: &[&str]) -> Wanted {
        let target = Target { platform: "linux".parse::<Platform>().unwrap(), python: Python::minor(11) };
        let hashes = hashes.iter().map(|hash| (*hash).to_owned()).collect();
        Wanted::Release { package: "six".to_owned(), version: "1.0".to_owned(), hashes, target }
    }

    #[test]
    fn by_hash_and_fit() {
        let page = r#"<a href="six-1.0-py3-none-any.whl#sha256=AA">x</a> <a href='six-1.0-cp311-cp311-manylinux1_x86_64.whl#sha256=bb'>x</a>
            <a href="six-1.0-cp311-cp311-win_amd64.whl#sha256=cc">x</a> <a href="six-1.0.tar.gz#sha256=dd">x</a> <a href="six-1.1-py3-none-any.whl#sha256=ee">"#;
        let find = |hashes: &[&str]| locate(page, "https://host/six/", &wanted(hashes)).map(|located| located.url);
        assert_eq!(find(&["aa", "bb"]).unwrap(), "https://host/six/six-1.0-cp311-cp311-manylinux1_x86_64.whl");
        assert_eq!(find(&["aa", "cc"]).unwrap(), "https://host/six/six-1.0-py3-none-any.whl");
        assert!(find(&["cc"]).unwrap_err().to_string().contains("win_amd64"));
        find(&["ee"]).unwrap_err();
        let file = Wanted::File { file: "six-1.0.tar.gz".to_owned(), sha256: "dd".to_owned() };
        assert_eq!(locate(page, "https://host/six/", &file).unwrap().url, "https://host/six/six-1.0.tar.gz");
    }

    #[test]
    fn json() {
        let page = r#"{"files": [{"filename": "six-1.0-py3-none-any.whl", "url": "../six.whl", "hashes": {"sha256": "aa"}}]}"#;
        assert_eq!(locate(page, "https://host/simple/six/", &wanted(&["aa"])).unwrap().url, "https://host/simple/six.whl");
    }
}
