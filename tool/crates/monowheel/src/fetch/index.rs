//! Finding a file's address by its name: in a package index (PEP 503, and PEP 691's JSON where the index has it) or on any page of links.

use std::io::Read;

use serde::Deserialize;

use super::client::Client;

/// PEP 691, "Version + Format Selection".
const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";
/// An index page larger than this is none.
const LARGEST: u64 = 64 << 20;

#[derive(Deserialize)]
struct Project {
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    url: String,
}

/// The address of `file` on the page of `project` in the index at `index`.
pub fn find(client: &Client, index: &str, project: &str, file: &str) -> Result<String, String> {
    links(client, &format!("{}/{project}/", index.trim_end_matches('/')), file)
}

/// The address of `file` on the page at `page`.
pub fn links(client: &Client, page: &str, file: &str) -> Result<String, String> {
    let mut text = String::new();
    client.get(page, ACCEPT)?.take(LARGEST).read_to_string(&mut text).map_err(|error| error.to_string())?;
    let found = match serde_json::from_str::<Project>(&text) {
        Ok(project) => project.files.into_iter().find(|entry| entry.filename == file).map(|entry| entry.url),
        Err(_) => anchors(&text).into_iter().find(|url| file_name(url) == file),
    };
    found.map(|url| join(page, &url)).ok_or_else(|| format!("the page has no `{file}`"))
}

/// The targets of all anchors, HTML character references decoded as far as addresses have them.
fn anchors(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find("href=") {
        rest = &rest[at + "href=".len()..];
        let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
        let Some(end) = rest[1..].find(quote) else { break };
        found.push(rest[1..=end].replace("&amp;", "&").replace("&#43;", "+"));
        rest = &rest[end + 2..];
    }
    found
}

/// The file name in an address, percent-decoded (local versions have a `+`).
fn file_name(url: &str) -> String {
    let path = url.split(['#', '?']).next().unwrap_or(url);
    path.rsplit('/').next().unwrap_or(path).replace("%2B", "+").replace("%2b", "+")
}

/// Resolves a reference against the page it stands on (RFC 3986, section 5.2, for the forms that indexes use).
fn join(page: &str, reference: &str) -> String {
    let reference = reference.split('#').next().unwrap_or(reference);
    if reference.contains("://") {
        return reference.to_owned();
    }
    let (scheme, rest) = page.split_once("://").unwrap_or(("https", page));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if let Some(other) = reference.strip_prefix("//") {
        return format!("{scheme}://{other}");
    }
    let absolute = if reference.starts_with('/') {
        reference.to_owned()
    } else {
        format!("{}/{reference}", path.rsplit_once('/').map_or("", |(folder, _)| folder))
    };
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
    use super::*;

    #[test]
    fn references_are_resolved() {
        let page = "https://host/simple/six/";
        assert_eq!(join(page, "../../packages/six.whl#sha256=0"), "https://host/packages/six.whl");
        assert_eq!(join(page, "/six.whl"), "https://host/six.whl");
        assert_eq!(join(page, "six.whl"), "https://host/simple/six/six.whl");
        assert_eq!(join(page, "//cdn/six.whl"), "https://cdn/six.whl");
        assert_eq!(join(page, "https://cdn/six.whl"), "https://cdn/six.whl");
    }

    #[test]
    fn anchors_of_a_page() {
        let html = "<a href=\"a-1.whl#sha256=1\">a</a> <a data-x href='b-1%2Bcpu.whl?x&amp;y'>b</a> <a href=>";
        let names: Vec<String> = anchors(html).iter().map(|url| file_name(url)).collect();
        assert_eq!(names, ["a-1.whl", "b-1+cpu.whl"]);
    }
}
