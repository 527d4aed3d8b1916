//! The reference page of the command line, `docs/commands.md`, is what `--help` prints: `MONOWHEEL_WRITE_REFERENCE=1 cargo test reference` writes it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

const HEAD: &str = "\
# The commands

What `monowheel help COMMAND` prints. This page is made of it by `MONOWHEEL_WRITE_REFERENCE=1 cargo test reference` in `tool`.
";

fn help(command: &str) -> String {
    let done = Command::new(env!("CARGO_BIN_EXE_monowheel")).args(["help", command]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    // clap leaves blanks at the end of lines that wrap.
    String::from_utf8(done.stdout).unwrap().lines().fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

fn commands() -> Vec<String> {
    let done = Command::new(env!("CARGO_BIN_EXE_monowheel")).arg("help").output().unwrap();
    let text = String::from_utf8(done.stdout).unwrap();
    let (_, rest) = text.split_once("\nCommands:\n").unwrap();
    let (list, _) = rest.split_once("\n\n").unwrap();
    let names = list.lines().filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn page_is_what_help_prints() {
    let names = commands();
    assert!(names.iter().any(|name| name == "build"), "{names:?}");
    let mut page = HEAD.to_owned();
    for name in names {
        write!(page, "\n## {name}\n\n```text\n{}```\n", help(&name)).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/commands.md");
    #[expect(clippy::disallowed_methods, reason = "a switch of the test")]
    if std::env::var_os("MONOWHEEL_WRITE_REFERENCE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/commands.md is not what `--help` prints: MONOWHEEL_WRITE_REFERENCE=1 cargo test reference");
}
