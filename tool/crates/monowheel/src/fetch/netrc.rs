//! Credentials from `~/.netrc` (or the file that `NETRC` names), as curl, pip and uv read them.

use std::env;
use std::fs;
use std::path::PathBuf;

/// Login and password for one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// User name.
    pub user: String,
    /// Password or token.
    pub password: String,
}

/// All entries of a file, in its order.
#[derive(Clone, Debug, Default)]
pub struct Netrc {
    entries: Vec<(Option<String>, Login)>,
}

impl Netrc {
    /// Reads the user's file; a missing one is empty. An action has no `HOME`: there the password database says where the user's home is.
    #[expect(clippy::disallowed_methods, reason = "credentials are the user's; they reach no output")]
    pub fn of_user() -> Self {
        let path = env::var_os("NETRC").map(PathBuf::from).or_else(|| env::home_dir().map(|home| home.join(".netrc")));
        path.and_then(|path| fs::read_to_string(path).ok()).map(|text| Self::parse(&text)).unwrap_or_default()
    }

    /// Reads tokens as ftp(1) describes them: `machine NAME`, `default`, `login`, `password`, `account`, `macdef` up to an empty line.
    fn parse(text: &str) -> Self {
        let mut entries: Vec<(Option<String>, Login)> = Vec::new();
        let mut macro_body = false;
        for line in text.lines() {
            if macro_body {
                macro_body = !line.trim().is_empty();
                continue;
            }
            let mut tokens = line.split_whitespace().take_while(|token| !token.starts_with('#'));
            while let Some(token) = tokens.next() {
                let blank = || Login { user: String::new(), password: String::new() };
                match token {
                    "default" => entries.push((None, blank())),
                    "machine" => entries.push((tokens.next().map(str::to_owned), blank())),
                    "macdef" => {
                        macro_body = true;
                        break;
                    }
                    "login" | "password" | "account" => {
                        let value = tokens.next().unwrap_or_default().to_owned();
                        match (token, entries.last_mut()) {
                            ("login", Some((_, login))) => login.user = value,
                            ("password", Some((_, login))) => login.password = value,
                            _ => {}
                        }
                    }
                    _ => {}
                }
            }
        }
        Self { entries }
    }

    /// The credentials for `host`.
    pub fn login(&self, host: &str) -> Option<&Login> {
        self.entries.iter().find(|(machine, _)| machine.as_deref().is_none_or(|machine| machine == host)).map(|(_, login)| login)
    }
}

#[cfg(test)]
mod tests {
    use super::Netrc;

    #[test]
    fn finds_the_machine_or_the_default() {
        let netrc = Netrc::parse(
            "# comment\nmachine one login me password p1\nmacdef x\nmachine fake login no password no\n\nmachine two\n  login you\n  password p2\ndefault login any password p3\n",
        );
        let found = |host| netrc.login(host).map(|login| format!("{}:{}", login.user, login.password));
        assert_eq!(found("one").as_deref(), Some("me:p1"));
        assert_eq!(found("two").as_deref(), Some("you:p2"));
        assert_eq!(found("fake").as_deref(), Some("any:p3"));
        assert_eq!(Netrc::parse("").login("one"), None);
    }
}
