//! Lines of a requirements file.

use super::super::builder::sha256;
use super::super::document::Source;
use super::super::error::{LockError, Problem};
use super::super::requirement;
use super::Place;
use super::annotation::{self, Via};

/// What a line says.
#[derive(Debug)]
pub(super) enum Line {
    Pin(Box<Pin>),
    Folder(Folder),
    Option(Option_, Place),
}

/// A folder of the project's own, editable or not: first-party, thus nothing to lock.
#[derive(Debug)]
pub(super) struct Folder {
    pub path: String,
    pub via: Option<Via>,
    pub place: Place,
}

/// A pinned requirement, or one that a constraint pins.
#[derive(Clone, Debug, Default)]
pub(super) struct Pin {
    /// As it stands there, without hashes.
    pub text: String,
    pub name: String,
    pub extras: Vec<String>,
    pub version: Option<String>,
    pub url: Option<String>,
    pub marker: Option<String>,
    /// SHA-256 digits.
    pub hashes: Vec<String>,
    pub via: Option<Via>,
    pub place: Place,
}

/// An option that stands on a line of its own. Those that say nothing about which files are taken are left out.
#[derive(Debug)]
pub(super) enum Option_ {
    Requirement(String),
    Constraint(String),
    Index(String),
    ExtraIndex(String),
    FindLinks(String),
    NoIndex,
}

/// A line with those that continue it, and the comments that belong to it.
struct Logical {
    text: String,
    comments: Vec<String>,
    line: usize,
}

/// Reads the lines of a file.
pub(super) fn lines(source: &Source) -> Result<Vec<Line>, LockError> {
    let mut lines = Vec::new();
    for logical in logical(&source.text) {
        let place = Place { path: source.path.clone(), line: logical.line };
        if let Some(line) = read(&logical, &place)? {
            lines.push(line);
        }
    }
    Ok(lines)
}

fn logical(text: &str) -> Vec<Logical> {
    let mut all: Vec<Logical> = Vec::new();
    let mut open = false;
    for (number, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if let Some(comment) = trimmed.strip_prefix('#') {
            // Comments behind a requirement belong to it; pip allows them within as well.
            if let Some(last) = all.last_mut().filter(|_| open || line.starts_with([' ', '\t'])) {
                last.comments.push(comment.trim().to_owned());
            }
            continue;
        }
        let (body, comment) = match trimmed.find(" #") {
            Some(at) => (trimmed.get(..at).unwrap_or_default().trim_end(), trimmed.get(at + 2..).map(str::trim)),
            None => (trimmed, None),
        };
        let (body, continues) = body.strip_suffix('\\').map_or((body, false), |body| (body.trim_end(), true));
        match all.last_mut().filter(|_| open) {
            Some(last) => {
                last.text.push(' ');
                last.text.push_str(body);
                last.comments.extend(comment.map(str::to_owned));
            }
            None if body.is_empty() => {}
            None => {
                all.push(Logical { text: body.to_owned(), comments: comment.map(str::to_owned).into_iter().collect(), line: number + 1 })
            }
        }
        open = continues;
    }
    all
}

fn read(logical: &Logical, place: &Place) -> Result<Option<Line>, LockError> {
    let text = logical.text.trim();
    let editable = ["-e", "--editable"].into_iter().find_map(|option| text.strip_prefix(option));
    if let Some(path) = editable.map(|rest| rest.trim_start_matches(['=', ' ', '\t'])).filter(|rest| is_path(rest)) {
        return Ok(Some(folder(path, logical, place)));
    }
    if text.starts_with('-') {
        return Ok(option(text, place)?.map(|option| Line::Option(option, place.clone())));
    }
    // A path to a wheel is a requirement, another one a folder.
    let (bare, options) = text.split_once(" --").map_or((text, String::new()), |(bare, rest)| (bare, format!(" --{rest}")));
    let bare = bare.trim();
    if is_path(bare) && !bare.split([';', '#']).next().unwrap_or_default().trim().ends_with(".whl") {
        return Ok(Some(folder(bare, logical, place)));
    }
    let mut pin = if is_path(bare) { path(bare, place)? } else { named(bare, place)? };
    pin.text = bare.to_owned();
    pin.via = annotation::read(&logical.comments);
    pin.place = place.clone();
    hashes(&options, &mut pin)?;
    Ok(Some(Line::Pin(Box::new(pin))))
}

fn folder(text: &str, logical: &Logical, place: &Place) -> Line {
    // Extras and markers may follow.
    let path = text.split([';', '[', '#']).next().unwrap_or_default().trim().trim_matches(['"', '\'']);
    Line::Folder(Folder { path: path.to_owned(), via: annotation::read(&logical.comments), place: place.clone() })
}

fn is_path(text: &str) -> bool {
    text.starts_with(['.', '/'])
        || text.starts_with("file:")
        || text.split([' ', '[', ';', '@', '=', '<', '>']).next().unwrap_or_default().contains('/')
}

/// A path or an address in place of a name: the file's name tells the project.
fn path(text: &str, place: &Place) -> Result<Pin, LockError> {
    let (url, marker) = text.split_once(" ;").map_or((text, None), |(url, marker)| (url, Some(marker.trim().to_owned())));
    let file = super::file_name(url.trim());
    let wheel: crate::tags::WheelFilename = file.parse().map_err(|error| place.error(Problem::WheelName(error)))?;
    Ok(Pin { name: wheel.name(), url: Some(url.trim().to_owned()), marker, ..Pin::default() })
}

fn named(text: &str, place: &Place) -> Result<Pin, LockError> {
    let requirement = requirement::parse(text).map_err(|message| place.error(Problem::Other { message }))?;
    let exact = requirement.specifiers.strip_prefix("===").or_else(|| requirement.specifiers.strip_prefix("=="));
    let version = exact.map(str::trim).filter(|version| !version.contains([',', '*'])).map(str::to_owned);
    Ok(Pin {
        name: requirement.name,
        extras: requirement.extras,
        version,
        url: requirement.url.map(str::to_owned),
        marker: requirement.marker.map(str::to_owned),
        ..Pin::default()
    })
}

/// `--hash=KIND:DIGITS`, any number of times. pip knows SHA-2 of 256, 384 and 512 bits; a file is pinned here by the first.
fn hashes(options: &str, pin: &mut Pin) -> Result<(), LockError> {
    let mut other = None;
    let mut words = options.split_whitespace();
    while let Some(word) = words.next() {
        let hash = match word.strip_prefix("--hash") {
            Some("") => words.next().unwrap_or_default(),
            Some(rest) => rest.trim_start_matches('='),
            None => continue,
        };
        match hash.split_once(':') {
            Some(("sha384" | "sha512", _)) => other = Some(hash),
            _ => pin.hashes.push(sha256(hash).map_err(|problem| pin.place.error(problem))?),
        }
    }
    if let Some(digits) = pin.url.as_deref().and_then(|url| url.split_once("#sha256=")).map(|(_, digits)| digits) {
        let digits = digits.split('&').next().unwrap_or_default();
        pin.hashes.push(super::super::builder::sha256_digits(digits).map_err(|problem| pin.place.error(problem))?);
    }
    match other {
        Some(hash) if pin.hashes.is_empty() => {
            let hint = "a file is pinned by `sha256:`";
            Err(pin.place.error(Problem::Hash { hash: hash.to_owned(), hint }))
        }
        _ => Ok(()),
    }
}

fn option(text: &str, place: &Place) -> Result<Option<Option_>, LockError> {
    let end = text.find(['=', ' ', '\t']).unwrap_or(text.len());
    let (name, value) = text.split_at(end);
    // `-rfile`: short options may have their value at once.
    let (name, value) = match name.get(..2) {
        Some(short @ ("-r" | "-c" | "-i" | "-f" | "-e")) if name.len() > 2 && !name.starts_with("--") => {
            (short, text.get(2..).unwrap_or_default())
        }
        _ => (name, value),
    };
    let value = value.trim_start_matches(['=', ' ', '\t']).trim().trim_matches(['"', '\'']).to_owned();
    let need = |value: String| {
        let message = format!("Option without a value: `{text}`");
        if value.is_empty() { Err(place.error(Problem::Other { message })) } else { Ok(value) }
    };
    Ok(Some(match name {
        "-r" | "--requirement" => Option_::Requirement(need(value)?),
        "-c" | "--constraint" => Option_::Constraint(need(value)?),
        "-i" | "--index-url" | "--pypi-url" => Option_::Index(need(value)?),
        "--extra-index-url" => Option_::ExtraIndex(need(value)?),
        "-f" | "--find-links" => Option_::FindLinks(need(value)?),
        "--no-index" => Option_::NoIndex,
        // `-e` of what is no folder is fetched and built by others; the rest says how to do so.
        "-e" | "--editable" | "--pre" | "--prefer-binary" | "--require-hashes" | "--trusted-host" | "--no-binary" | "--only-binary"
        | "--use-feature" | "--emit-index-url" => return Ok(None),
        _ => return Err(place.error(Problem::Other { message: format!("Unknown option: `{name}`") })),
    }))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Line, Pin, Source, lines};

    fn pins(text: &str) -> Vec<Pin> {
        let source = Source::new(Path::new("requirements.txt"), text.to_owned());
        let pin = |line| if let Line::Pin(pin) = line { Some(*pin) } else { None };
        lines(&source).unwrap().into_iter().filter_map(pin).collect()
    }

    #[test]
    fn a_pin_with_all() {
        let hash = "ab".repeat(32);
        let text = format!(
            "--index-url https://host/simple\n\nFoo[a,b]==1.0 ; python_version < '3.12' \\\n    --hash=sha256:{hash} \\\n    --hash=sha512:00\n    # via\n    #   bar\n    #   -r in.txt\n./local\n-e ./other\n"
        );
        let pins = pins(&text);
        let [pin] = pins.as_slice() else { panic!("{pins:?}") };
        assert_eq!(
            (pin.name.as_str(), pin.version.as_deref(), pin.marker.as_deref()),
            ("foo", Some("1.0"), Some("python_version < '3.12'"))
        );
        assert_eq!((pin.hashes.as_slice(), pin.place.line), ([hash].as_slice(), 3));
        assert_eq!(pin.via.as_ref().unwrap().0, ["bar", "-r in.txt"]);
    }

    #[test]
    fn comments_are_no_requirements() {
        let pins = pins(
            "# head\nfoo==1  # via bar\n  # more\n#tail\nbar @ https://host/bar-1-py3-none-any.whl#sha256=0\n"
                .replace("=0", &format!("={}", "0".repeat(64)))
                .as_str(),
        );
        assert_eq!(pins.iter().map(|pin| pin.name.as_str()).collect::<Vec<_>>(), ["foo", "bar"]);
        assert_eq!(pins[1].hashes.len(), 1);
    }

    #[test]
    fn refused() {
        for text in ["foo==1 --hash=md5:00", "foo==1 --hash=sha512:00", "--frobnicate", "-r", "foo bar", "./a.whl", "foo==1 --hash"] {
            let source = Source::new(Path::new("requirements.txt"), text.to_owned());
            lines(&source).unwrap_err();
        }
    }
}
