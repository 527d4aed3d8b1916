//! HTTP: proxies and certificates as the system has them, credentials from the address or netrc, retries.

use std::io::Read;
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::netrc::Netrc;

const CONNECT: Duration = Duration::from_secs(20);
/// Without a byte for this long, a connection counts as broken.
const SILENCE: Duration = Duration::from_secs(60);
const RETRIES: u32 = 3;

/// A client for one run.
pub struct Client {
    agent: Agent,
    netrc: Netrc,
    /// Scheme and authority of the indexes that were named with credentials, and these: pages of an index name its files without.
    named: Vec<(String, String)>,
}

impl Client {
    /// A client that has the user's netrc, and the credentials that `indexes` carry in their addresses.
    pub fn new<'a>(indexes: impl Iterator<Item = &'a str>) -> Self {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(SILENCE))
            .user_agent(concat!("monowheel/", env!("CARGO_PKG_VERSION")))
            .build();
        let named = indexes.filter_map(|address| {
            let (site, user) = Site::of(address)?;
            Some((site.origin(), user?.to_owned()))
        });
        Self { agent: config.into(), netrc: Netrc::of_user(), named: named.collect() }
    }

    /// Opens `url`, and has `read` read it; a passing fault of either is tried again. The error is one line without credentials.
    pub fn get<T>(&self, url: &str, accept: &str, mut read: impl FnMut(&mut dyn Read) -> Result<T, Fault>) -> Result<T, Fault> {
        let mut attempt = 0;
        loop {
            match self.once(url, accept).and_then(|body| read(&mut body.into_reader())) {
                Err(Fault::Passing(_)) if attempt < RETRIES => {
                    thread::sleep(Duration::from_millis(300) * 2_u32.pow(attempt));
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    fn once(&self, url: &str, accept: &str) -> Result<Body, Fault> {
        let (bare, credentials) = self.credentials(url);
        let mut request = self.agent.get(&bare).header("Accept", accept);
        if let Some(credentials) = credentials {
            request = request.header("Authorization", format!("Basic {}", STANDARD.encode(credentials)));
        }
        match request.call() {
            Ok(response) => Ok(response.into_body()),
            Err(ureq::Error::StatusCode(code)) if code >= 500 || code == 429 => Err(Fault::Passing(status(code))),
            Err(ureq::Error::StatusCode(code)) => Err(Fault::Lasting(status(code))),
            Err(error) => Err(Fault::Passing(error.to_string())),
        }
    }

    /// The address without credentials, and `user:password` from it, from the index that it is on, or from netrc.
    fn credentials(&self, url: &str) -> (String, Option<String>) {
        let Some((site, user)) = Site::of(url) else { return (url.to_owned(), None) };
        let (origin, host) = (site.origin(), site.authority.split(':').next().unwrap_or(site.authority));
        let of_index = || self.named.iter().find(|(named, _)| *named == origin).map(|(_, user)| user.clone());
        let of_netrc = || self.netrc.login(host).map(|login| format!("{}:{}", login.user, login.password));
        (format!("{origin}{}", site.path), user.map(str::to_owned).or_else(of_index).or_else(of_netrc))
    }
}

/// What went wrong with a request, in one line.
#[derive(Debug)]
pub enum Fault {
    /// It may go well the next time.
    Passing(String),
    /// It will not.
    Lasting(String),
}

impl Fault {
    /// The line.
    pub fn message(self) -> String {
        match self {
            Self::Passing(message) | Self::Lasting(message) => message,
        }
    }
}

/// An address taken apart.
#[derive(Debug)]
struct Site<'a> {
    scheme: &'a str,
    /// Host and port, without credentials.
    authority: &'a str,
    path: &'a str,
}

impl<'a> Site<'a> {
    /// The address, and the credentials in it.
    fn of(url: &'a str) -> Option<(Self, Option<&'a str>)> {
        let (scheme, rest) = url.split_once("://")?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (user, authority) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        Some((Self { scheme, authority, path }, user))
    }

    fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }
}

fn status(code: u16) -> String {
    match code {
        401 | 403 => format!("HTTP {code}: not allowed; put the credentials into ~/.netrc"),
        404 => "HTTP 404: not there".to_owned(),
        _ => format!("HTTP {code}"),
    }
}

/// An address without credentials.
pub fn bare(url: &str) -> String {
    Site::of(url).map_or_else(|| url.to_owned(), |(site, _)| format!("{}{}", site.origin(), site.path))
}

/// An address that may be shown.
pub fn shown(url: &str) -> String {
    match Site::of(url) {
        Some((site, Some(_))) => format!("{}://***@{}{}", site.scheme, site.authority, site.path),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn credentials_are_never_shown() {
        assert_eq!(shown("https://me:secret@host/x@y"), "https://***@host/x@y");
        assert_eq!(shown("https://host/x@y"), "https://host/x@y");
        assert_eq!(shown("/local/path"), "/local/path");
    }
}
