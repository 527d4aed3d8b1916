//! The Python of a file as one source text.
//!
//! `python/__main__.py` is what runs; the modules of `python/monowheel_boot/` stand in it as string literals, in the dictionary
//! `SOURCES`, and are compiled when they are imported. So a start that finds its environment compiles a page of code and not all of it,
//! and a Python too old to parse the modules can still be told so in a sentence.

use std::sync::LazyLock;

use crate::checksum;

/// The line of `__main__.py` that the dictionary takes the place of.
const PLACE: &str = "SOURCES = {}\n";

/// The line that their checksum takes the place of.
const KEY: &str = "KEY = \"\"\n";

/// The entry, which interprets itself on every Python there is.
const MAIN: &str = include_str!("python/__main__.py");

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
    ("monowheel_boot.unpack", include_str!("python/monowheel_boot/unpack.py")),
    ("monowheel_boot.verify", include_str!("python/monowheel_boot/verify.py")),
];

static BOOTSTRAP: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut sources = String::from("SOURCES = {\n");
    for (name, source) in MODULES {
        sources.push_str(&format!("    \"{name}\": r'''{source}''',\n"));
    }
    sources.push_str("}\n");
    let key = format!("KEY = \"{}\"\n", checksum::sha256(sources.as_bytes()));
    MAIN.replacen(PLACE, &sources, 1).replacen(KEY, &key, 1).into_bytes()
});

/// The bytes of `__main__.py`.
#[must_use]
pub fn bootstrap() -> &'static [u8] {
    &BOOTSTRAP
}

#[cfg(test)]
mod tests {
    use super::{KEY, MAIN, MODULES, PLACE};

    #[test]
    fn every_module_can_stand_in_a_raw_literal() {
        assert_eq!([PLACE, KEY].map(|line| MAIN.matches(line).count()), [1, 1]);
        assert!(MAIN.is_ascii(), "Python 2 reads ASCII only");
        assert!(MODULES.is_sorted());
        for (name, source) in MODULES {
            assert!(!source.contains("'''") && source.ends_with('\n') && !source.ends_with("\\\n"), "{name}");
            assert!(source.is_ascii(), "{name}: Python 2 reads ASCII only");
        }
    }
}
