//! The Python of a file as one source text.
//!
//! `python/__main__.py` is what runs; the modules of `python/monowheel_boot/` stand in it as string literals, in the dictionary
//! `SOURCES`, and are compiled when they are imported. So a start that finds its environment compiles a page of code and not all of it,
//! and a Python too old to parse the modules can still be told so in a sentence. The head splits the text at [`PLACE`], and runs what is
//! above: where the cache has the modules compiled, not even the literals are read.

use std::sync::LazyLock;

use crate::checksum;

/// The line of `__main__.py` that the dictionary takes the place of.
const PLACE: &str = "SOURCES.update({})\n";

/// The line that the checksum takes the place of.
const KEY: &str = "KEY = \"\"\n";

/// The entry, which interprets itself on every Python there is.
const MAIN: &str = include_str!("python/__main__.py");

/// What the head gives to `python -c`.
const HEAD: &str = include_str!("python/head.py");

/// What a docstring begins and ends with.
const QUOTES: &str = "\"\"\"";

/// The line of `head.py` that the definitions take the place of.
const SHARED: &str = "from __main__ import recall  # noqa: E402 (in the head, its definition stands here)\n";

/// The modules by name, sorted.
const MODULES: &[(&str, &str)] = &[
    ("monowheel_boot", include_str!("python/monowheel_boot/__init__.py")),
    ("monowheel_boot.archive", include_str!("python/monowheel_boot/archive.py")),
    ("monowheel_boot.asked", include_str!("python/monowheel_boot/asked.py")),
    ("monowheel_boot.cache", include_str!("python/monowheel_boot/cache.py")),
    ("monowheel_boot.choice", include_str!("python/monowheel_boot/choice.py")),
    ("monowheel_boot.compiled", include_str!("python/monowheel_boot/compiled.py")),
    ("monowheel_boot.control", include_str!("python/monowheel_boot/control.py")),
    ("monowheel_boot.direct", include_str!("python/monowheel_boot/direct.py")),
    ("monowheel_boot.environment", include_str!("python/monowheel_boot/environment.py")),
    ("monowheel_boot.export", include_str!("python/monowheel_boot/export.py")),
    ("monowheel_boot.fill", include_str!("python/monowheel_boot/fill.py")),
    ("monowheel_boot.interpreter", include_str!("python/monowheel_boot/interpreter.py")),
    ("monowheel_boot.prune", include_str!("python/monowheel_boot/prune.py")),
    ("monowheel_boot.rare", include_str!("python/monowheel_boot/rare.py")),
    ("monowheel_boot.roots", include_str!("python/monowheel_boot/roots.py")),
    ("monowheel_boot.run", include_str!("python/monowheel_boot/run.py")),
    ("monowheel_boot.start", include_str!("python/monowheel_boot/start.py")),
    ("monowheel_boot.system", include_str!("python/monowheel_boot/system.py")),
    ("monowheel_boot.unpack", include_str!("python/monowheel_boot/unpack.py")),
    ("monowheel_boot.verify", include_str!("python/monowheel_boot/verify.py")),
];

static SOURCES: LazyLock<String> = LazyLock::new(|| {
    let modules: String = MODULES.iter().map(|(name, source)| format!("    \"{name}\": r'''{source}''',\n")).collect();
    format!("SOURCES.update({{\n{modules}}})\n")
});

/// The line that names all of it, for what is kept compiled.
static NAMED: LazyLock<String> = LazyLock::new(|| {
    let text = MAIN.replacen(PLACE, &SOURCES, 1);
    format!("KEY = \"{}\"\n", &checksum::sha256(text.as_bytes())[..32])
});

static BOOTSTRAP: LazyLock<Vec<u8>> = LazyLock::new(|| MAIN.replacen(PLACE, &SOURCES, 1).replacen(KEY, &NAMED, 1).into_bytes());

/// The bytes of `__main__.py`.
#[must_use]
pub fn bootstrap() -> &'static [u8] {
    &BOOTSTRAP
}

/// The program that the head gives to `python -c`, without what only people read: an interpreter compiles it at every first start.
pub(super) fn program() -> String {
    let shared = [NAMED.trim_end(), definition("kept"), definition("recall"), ""].join("\n");
    // Behind its docstring.
    let text = HEAD.splitn(3, QUOTES).nth(2).unwrap_or_default().replacen(SHARED, &shared, 1);
    let is_read_by_people = |line: &&str| [QUOTES, "#"].iter().any(|start| line.trim_start().starts_with(start)) || line.is_empty();
    let lines = text.lines().filter(|line| !is_read_by_people(line)).map(|line| line.split("  # ").next().unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// A function of `__main__.py`.
fn definition(name: &str) -> &'static str {
    let begin = MAIN.find(&format!("def {name}("));
    begin.and_then(|begin| MAIN[begin..].split("\n\n\n").next()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{KEY, MAIN, MODULES, NAMED, PLACE, SHARED, program};

    #[test]
    fn the_program_of_the_head_is_whole_and_short() {
        let text = program();
        assert!(super::HEAD.contains(SHARED), "the line is another one now");
        for part in [NAMED.trim_end(), "\ndef kept():\n", "\ndef recall(root):\n", "\ndef read():\n", "\nmain(KNOWN)"] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
        assert!(text.starts_with("import sys\nsys.path[:] = "), "{text}");
        assert!(!text.contains('\''), "old shells do not read every quote within a command substitution:\n{text}");
        assert!(!text.contains("\n\n") && !text.contains("# ") && text.lines().count() < 40, "{text}");
    }

    #[test]
    fn every_module_can_stand_in_a_raw_literal() {
        assert_eq!(["\nSOURCES.update(", PLACE, KEY].map(|line| MAIN.matches(line).count()), [1; 3]);
        assert!(MAIN.is_ascii(), "Python 2 reads ASCII only");
        assert!(MODULES.is_sorted());
        for (name, source) in MODULES {
            assert!(!source.contains("'''") && source.ends_with('\n') && !source.ends_with("\\\n"), "{name}");
            assert!(source.is_ascii(), "{name}: Python 2 reads ASCII only");
        }
    }
}
