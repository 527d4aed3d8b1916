//! Which parts of an interpreter stay out: globs, the last that matches decides, as in a `.gitignore`.

use super::error::InterpreterError;
use crate::app::glob::{fits, is_valid};

/// What is left out by default: what no application needs at run time. Stated in ARCHITECTURE.md, "A bundled interpreter".
pub const DEFAULT: &[&str] = &[
    // Compiled for places and times that are others on the machine where the file runs.
    "**/__pycache__/**",
    // For building extensions and embedding.
    "include/**",
    "**/*.a",
    "lib/pkgconfig/**",
    "lib/python3*/config-*/**",
    // Manuals.
    "share/man/**",
    "share/doc/**",
    // Programs but the interpreter: pip, idle, 2to3, pydoc.
    "bin/**",
    "!bin/python*",
    "bin/python*-config",
    "bin/python*-gdb.py",
    // Tests.
    "lib/python3*/**/test/**",
    "lib/python3*/**/tests/**",
    "lib/python3*/lib-dynload/_*test*",
    "lib/python3*/lib-dynload/xxlimited*",
    // Tkinter, and what needs it.
    "lib/python3*/idlelib/**",
    "lib/python3*/tkinter/**",
    "lib/python3*/turtle.py",
    "lib/python3*/turtledemo/**",
    "lib/python3*/lib-dynload/_tkinter*",
    "lib/tcl*/**",
    "lib/tk*/**",
    "lib/itcl*/**",
    "lib/thread*/**",
    "lib/libtcl*",
    "lib/libtk*",
    // Packages of the interpreter's own: an application sees those of its environment.
    "lib/python3*/site-packages/**",
    "lib/python3*/ensurepip/_bundled/**",
];

/// The globs of one interpreter.
#[derive(Debug)]
pub struct Exclude<'a> {
    globs: Vec<&'a str>,
}

impl<'a> Exclude<'a> {
    /// The default, then `further` ones.
    ///
    /// # Errors
    /// Where one of them can fit nothing.
    pub fn new(further: &'a [String]) -> Result<Self, InterpreterError> {
        match further.iter().find(|text| !is_valid(text.strip_prefix('!').unwrap_or(text))) {
            Some(text) => Err(InterpreterError::Glob { glob: text.clone() }),
            None => Ok(Self { globs: DEFAULT.iter().copied().chain(further.iter().map(String::as_str)).collect() }),
        }
    }

    /// Whether `name` stays out.
    pub fn matches(&self, name: &str) -> bool {
        self.globs.iter().fold(false, |out, glob| {
            let (outcome, glob) = glob.strip_prefix('!').map_or((true, *glob), |glob| (false, glob));
            if out != outcome && fits(glob, name) { outcome } else { out }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Exclude;

    #[test]
    fn the_last_glob_that_matches_decides() {
        let further = ["lib/python3*/sqlite3/**", "!lib/python3.?/test/support/**", "*.txt"].map(str::to_owned);
        let exclude = Exclude::new(&further).unwrap();
        let out = |name: &&str| exclude.matches(name);
        let left_out = [
            "include/python3.11/Python.h",
            "lib/libpython3.11.a",
            "lib/python3.11/test/support/x.py",
            "lib/python3.11/unittest/test/x.py",
            "lib/python3.11/__pycache__/os.cpython-311.pyc",
            "lib/python3.11/sqlite3/dbapi2.py",
            "lib/python3.11/lib-dynload/_testcapi.cpython-311.so",
            "bin/pip3",
            "bin/python3.11-config",
            "a.txt",
        ];
        let kept = [
            "bin/python3.11",
            "bin/python",
            "lib/python3.9/test/support/x.py",
            "lib/python3.11/os.py",
            "lib/python3.11/unittest/case.py",
            "lib/libpython3.11.so.1.0",
            "lib/python3.11/LICENSE.txt",
        ];
        assert_eq!(left_out.iter().filter(|name| !out(name)).collect::<Vec<_>>(), Vec::<&&str>::new());
        assert_eq!(kept.iter().filter(|name| out(name)).collect::<Vec<_>>(), Vec::<&&str>::new());
    }

    #[test]
    fn everything_can_be_taken_back() {
        assert!(!Exclude::new(&["!**".to_owned()]).unwrap().matches("include/python3.11/Python.h"));
    }
}
