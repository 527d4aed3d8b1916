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
}

impl Client {
    pub fn new() -> Self {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(SILENCE))
            .user_agent(concat!("monowheel/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.into(), netrc: Netrc::of_user() }
    }

    /// Opens `url`; a passing fault is tried again. The error is one line without credentials.
    pub fn get(&self, url: &str, accept: &str) -> Result<impl Read + use<>, String> {
        let mut attempt = 0;
        loop {
            match self.once(url, accept) {
                Ok(body) => return Ok(body.into_reader()),
                Err((true, _)) if attempt < RETRIES => {
                    thread::sleep(Duration::from_millis(300) * 2_u32.pow(attempt));
                    attempt += 1;
                }
                Err((_, message)) => return Err(message),
            }
        }
    }

    fn once(&self, url: &str, accept: &str) -> Result<Body, (bool, String)> {
        let (bare, credentials) = self.credentials(url);
        let mut request = self.agent.get(&bare).header("Accept", accept);
        if let Some(credentials) = credentials {
            request = request.header("Authorization", format!("Basic {}", STANDARD.encode(credentials)));
        }
        match request.call() {
            Ok(response) => Ok(response.into_body()),
            Err(ureq::Error::StatusCode(code)) => Err((code >= 500 || code == 429, status(code))),
            Err(error) => Err((true, error.to_string())),
        }
    }

    /// The address without credentials, and `user:password` from it or from netrc.
    fn credentials(&self, url: &str) -> (String, Option<String>) {
        let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        match authority.rsplit_once('@') {
            Some((user, host)) => (format!("{scheme}://{host}{path}"), Some(user.to_owned())),
            None => {
                let host = authority.split(':').next().unwrap_or(authority);
                let login = self.netrc.login(host).map(|login| format!("{}:{}", login.user, login.password));
                (url.to_owned(), login)
            }
        }
    }
}

fn status(code: u16) -> String {
    match code {
        401 | 403 => format!("HTTP {code}: not allowed; put the credentials into ~/.netrc"),
        404 => "HTTP 404: not there".to_owned(),
        _ => format!("HTTP {code}"),
    }
}

/// An address that may be shown.
pub fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let authority = &rest[..rest.find('/').unwrap_or(rest.len())];
    match authority.rsplit_once('@') {
        Some((user, _)) => format!("{scheme}://***{}", &rest[user.len()..]),
        None => url.to_owned(),
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
