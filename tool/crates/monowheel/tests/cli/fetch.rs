//! `monowheel fetch`: one file from a server on loopback, whole and as asked for, or one error and nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::harness::hex;

const FILE: &str = "alpha-1.0-py3-none-any.whl";
const CONTENT: &[u8] = b"the wheel of alpha";

/// A server of fixed pages; everything else is not there. Lines that it was sent are kept.
struct Server {
    address: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(pages: BTreeMap<&'static str, Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let lines: Vec<String> = BufReader::new(&stream).lines().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
                let path = lines[0].split(' ').nth(1).unwrap();
                let (status, body) = pages.get(path).map_or(("404 Not Found", &[][..]), |body| ("200 OK", body));
                write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len()).unwrap();
                stream.write_all(body).unwrap();
                kept.lock().unwrap().extend(lines);
            }
        });
        Self { address, heard }
    }

    fn of_alpha() -> Self {
        let page = format!("<a href=\"../../files/{FILE}#sha256={}\">{FILE}</a>", sha256());
        Self::start(BTreeMap::from([("/files/alpha-1.0-py3-none-any.whl", CONTENT.to_vec()), ("/simple/alpha/", page.into_bytes())]))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }
}

fn sha256() -> String {
    hex(&Sha256::digest(CONTENT))
}

/// Runs `fetch` into `folder`, with no more of an environment than its home.
fn fetch(folder: &Path, digest: &str, addresses: &[(&str, String)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_monowheel"));
    command.args(["fetch", "--file", FILE, "--sha256", digest, "--origin", "@pypi//alpha", "--output", FILE]);
    for (option, address) in addresses {
        command.args([*option, address]);
    }
    command.env_clear().env("HOME", folder.join("home")).current_dir(folder).output().unwrap()
}

fn refused(folder: &Path, digest: &str, addresses: &[(&str, String)]) -> String {
    let output = fetch(folder, digest, addresses);
    assert_eq!(output.status.code(), Some(1));
    assert!(walkdir::WalkDir::new(folder).min_depth(1).into_iter().next().is_none(), "something was left behind");
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.starts_with("error: Failed to get a wheel of `@pypi//alpha`\n"), "{words}");
    words
}

#[test]
fn takes_the_first_address_that_has_it() {
    let (server, folder) = (Server::of_alpha(), TempDir::new().unwrap());
    let addresses = [("--url", server.url("/gone.whl")), ("--url", server.url(&format!("/files/{FILE}")))];
    let output = fetch(folder.path(), &sha256().to_uppercase(), &addresses);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read(folder.path().join(FILE)).unwrap(), CONTENT);
}

#[test]
fn finds_it_on_a_page() {
    let (server, folder) = (Server::of_alpha(), TempDir::new().unwrap());
    let output = fetch(folder.path(), &sha256(), &[("--page", server.url("/simple/alpha/"))]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read(folder.path().join(FILE)).unwrap(), CONTENT);
}

#[test]
fn names_every_address_that_was_tried() {
    let (server, folder) = (Server::of_alpha(), TempDir::new().unwrap());
    let (one, two) = (server.url("/one.whl"), server.url("/simple/beta/"));
    let words = refused(folder.path(), &sha256(), &[("--url", one.clone()), ("--page", two.clone())]);
    assert!(words.contains(&format!("  {one}: HTTP 404: not there\n  {two}: HTTP 404: not there\nhint: ")), "{words}");
    assert!(words.contains("`fetch = \"repository\"`"), "{words}");
}

#[test]
fn refuses_another_file() {
    let (server, folder) = (Server::of_alpha(), TempDir::new().unwrap());
    let url = server.url(&format!("/files/{FILE}"));
    let words = refused(folder.path(), &"0".repeat(64), &[("--url", url.clone())]);
    assert!(words.contains(&format!("the file at {url} has sha256 {}, but the lock says {}", sha256(), "0".repeat(64))), "{words}");
}

#[test]
fn gives_the_credentials_of_netrc() {
    let (server, folder) = (Server::of_alpha(), TempDir::new().unwrap());
    fs::create_dir(folder.path().join("home")).unwrap();
    fs::write(folder.path().join("home/.netrc"), "machine 127.0.0.1 login me password secret\n").unwrap();
    assert!(fetch(folder.path(), &sha256(), &[("--url", server.url(&format!("/files/{FILE}")))]).status.success());
    let heard = server.heard.lock().unwrap();
    assert!(heard.iter().any(|line| line.eq_ignore_ascii_case("authorization: Basic bWU6c2VjcmV0")), "{heard:?}");
}

#[test]
fn an_address_is_needed() {
    let folder = TempDir::new().unwrap();
    assert_eq!(fetch(folder.path(), &sha256(), &[]).status.code(), Some(2));
}
