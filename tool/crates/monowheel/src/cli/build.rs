//! `monowheel build`: a project and its lock file to one file, without a build system.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::Exit;
use super::limits::LimitOptions;
use crate::app::project::{self, Request};
use crate::app::{Exclude, InterpreterInput, Settlement};
use crate::fetch::Options;
use crate::lock::Override;
use crate::tags::{Platform, Python};

/// Build a project and its locked wheels into one executable file
///
/// Finds pyproject.toml in PROJECT and the lock file beside it or above it (uv.lock, poetry.lock, pylock.toml, requirements.txt), downloads the
/// wheels that it names by hash, and writes one file. The same inputs give the same bytes as the Bazel rules do.
///
/// Example: monowheel build --script uvicorn -o service && ./service main:app
#[derive(Args, Debug)]
pub(super) struct Build {
    /// Folder of the project
    #[arg(default_value = ".", hide_default_value = true)]
    project: PathBuf,
    /// File to write [default: dist/<project name>]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Run this console script, of a dependency or of the project
    #[arg(long, value_name = "NAME", help_heading = "What to run", conflicts_with_all = ["entry_point", "main"])]
    script: Option<String>,
    /// Call this function: package.module:attribute
    #[arg(long, short, value_name = "ENTRY", help_heading = "What to run", conflicts_with = "main")]
    entry_point: Option<String>,
    /// Run this file, as `python FILE` does
    #[arg(long, value_name = "FILE", help_heading = "What to run")]
    main: Option<PathBuf>,
    /// Put this argument before the user's; may be repeated
    #[arg(long = "arg", value_name = "ARG", help_heading = "What to run", allow_hyphen_values = true)]
    args: Vec<String>,
    /// Set this variable unless the environment has it; may be repeated
    #[arg(long = "env", value_name = "NAME=VALUE", help_heading = "What to run", value_parser = pair)]
    env: Vec<(String, String)>,

    /// Read this lock file
    #[arg(long, value_name = "FILE", help_heading = "What goes in")]
    lock: Option<PathBuf>,
    /// Build this member of the workspace
    #[arg(long, value_name = "NAME", help_heading = "What goes in")]
    package: Option<String>,
    /// Add this extra of the project; may be repeated
    #[arg(long = "extra", value_name = "NAME", help_heading = "What goes in")]
    extras: Vec<String>,
    /// Add this dependency group of the project; may be repeated
    #[arg(long = "group", value_name = "NAME", help_heading = "What goes in")]
    groups: Vec<String>,
    /// Pack this wheel as it is, with no lock or beside it; may be repeated
    #[arg(long = "wheel", value_name = "FILE", help_heading = "What goes in")]
    wheels: Vec<PathBuf>,
    /// Take this wheel for PACKAGE, whatever the lock has; may be repeated
    #[arg(long = "override", value_name = "PACKAGE=FILE", help_heading = "What goes in")]
    overrides: Vec<Override>,
    /// Take first-party code from this folder, an import root; may be repeated [default: by the project's layout]
    #[arg(long = "source", short = 'D', value_name = "DIR", help_heading = "What goes in")]
    sources: Vec<PathBuf>,
    /// Where two wheels have PATH, take PROJECT's; may be repeated
    #[arg(long = "conflict", value_name = "PATH=PROJECT", help_heading = "What goes in", value_parser = pair)]
    conflicts: Vec<(String, String)>,
    /// Leave out the files of wheels, or of PACKAGE's, whose path fits GLOB, such as '**/tests/**'; may be repeated
    #[arg(long = "exclude", value_name = "[PACKAGE=]GLOB", help_heading = "What goes in", value_parser = exclude)]
    excludes: Vec<Exclude>,

    /// Build for this platform, such as aarch64-unknown-linux-gnu [default: this machine's]
    #[arg(long, value_name = "NAME", help_heading = "Target")]
    platform: Option<Platform>,
    /// Build for this Python version [default: .python-version, else the lowest that the lock admits]
    #[arg(long, value_name = "VERSION", help_heading = "Target")]
    python: Option<Python>,

    /// Start with this native launcher instead of the shell script; `native`: the program monowheel-launcher beside this one
    #[arg(long, value_name = "FILE|native", help_heading = "How it starts")]
    launcher: Option<PathBuf>,
    /// Put this interpreter into the file: a folder or an `install_only` archive; asks for --launcher
    #[arg(long, value_name = "ARCHIVE|DIR", help_heading = "How it starts", requires = "launcher")]
    interpreter: Option<PathBuf>,
    /// Leave out the files of the interpreter that fit GLOB; `!GLOB` takes back what was left out; may be repeated
    #[arg(long = "interpreter-exclude", value_name = "GLOB", help_heading = "How it starts", requires = "interpreter")]
    interpreter_excludes: Vec<String>,

    /// Look here before the index: a folder or a page of links; may be repeated
    #[arg(long, short, value_name = "PLACE", help_heading = "Downloads")]
    find_links: Vec<String>,
    /// Package index to ask first for files whose address the lock does not have; by default the lock's own, else the public one
    #[arg(long, short, value_name = "URL", help_heading = "Downloads")]
    index_url: Option<String>,
    /// Use only what is in the cache or in local folders
    #[arg(long, help_heading = "Downloads")]
    offline: bool,
    /// Keep downloads here [default: the folder downloads in Monowheel's cache]
    #[arg(long, value_name = "DIR", help_heading = "Downloads")]
    cache_dir: Option<PathBuf>,

    #[command(flatten)]
    limits: LimitOptions,
}

impl Build {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let cache = self.cache_dir.unwrap_or_else(default_cache);
        let settlements = self.conflicts.into_iter().map(|(path, winner)| Settlement { path, winner: Some(winner) });
        let launcher = self.launcher.map(|file| if file == Path::new("native") { own_launcher(self.platform) } else { Ok(file) });
        let exclude = self.interpreter_excludes;
        let interpreter = self.interpreter.map(|path| InterpreterInput { path: Some(path), exclude, ..InterpreterInput::default() });
        let built = project::build(&Request {
            project: self.project,
            lock: self.lock,
            package: self.package,
            extras: self.extras,
            groups: self.groups,
            wheels: self.wheels,
            overrides: self.overrides,
            sources: self.sources,
            main: self.main,
            entry_point: self.entry_point,
            script: self.script,
            platform: self.platform,
            python: self.python,
            args: self.args,
            env: self.env.into_iter().collect::<BTreeMap<_, _>>(),
            settlements: settlements.collect(),
            excludes: self.excludes,
            launcher: launcher.transpose()?,
            interpreter,
            index_url: self.index_url,
            fetch: Options { cache, find_links: self.find_links, offline: self.offline },
            limits: self.limits.into(),
            output: self.output,
        })?;
        let target = if built.target.is_empty() { String::new() } else { format!(" for {}", built.target) };
        eprintln!("{}: {} wheels, {} files, {}{target}", built.output.display(), built.wheels, built.files, size(built.size));
        Ok(Exit::Done)
    }
}

/// The launcher that was installed beside this program: one for the same platform.
fn own_launcher(target: Option<Platform>) -> anyhow::Result<PathBuf> {
    let build = "`tool/crates/launcher/build TRIPLE` builds one; name it: --launcher FILE";
    // It is linked with no C library of the machine, so all of Linux is one platform to it.
    let kind = |platform: Platform| (platform.cpu, std::mem::discriminant(&platform.os));
    if let Some(target) = target.filter(|target| project::host().map(kind) != Some(kind(*target))) {
        anyhow::bail!("the launcher beside this program is for its own platform, and not for {target}\nhint: {build}");
    }
    let program = env::current_exe().and_then(|path| path.canonicalize())?;
    let path = program.with_file_name(format!("monowheel-launcher{}", env::consts::EXE_SUFFIX));
    if !path.is_file() {
        anyhow::bail!("there is no native launcher beside this program: `{}`\nhint: {build}", path.display());
    }
    Ok(path)
}

fn pair(text: &str) -> Result<(String, String), String> {
    text.split_once('=').map(|(left, right)| (left.to_owned(), right.to_owned())).ok_or_else(|| "expected a `=`".to_owned())
}

/// `numpy=**/tests/**`, or without a package for all of them.
#[expect(clippy::unnecessary_wraps, reason = "clap asks for a result")]
fn exclude(text: &str) -> Result<Exclude, String> {
    let (project, glob) = text.split_once('=').unwrap_or(("*", text));
    Ok(Exclude { project: project.to_owned(), paths: vec![glob.to_owned()] })
}

/// A size for people.
#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
fn size(bytes: u64) -> String {
    if bytes < 1_000_000 { format!("{:.0} kB", bytes as f64 / 1e3) } else { format!("{:.1} MB", bytes as f64 / 1e6) }
}

/// The folder `downloads` of the cache that the runtime has too (ARCHITECTURE.md, "The cache at run time").
#[expect(clippy::disallowed_methods, reason = "where downloads are kept reaches no output byte")]
fn default_cache() -> PathBuf {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || set("HOME").or_else(|| set("USERPROFILE")).unwrap_or_else(env::temp_dir);
    let root = set("MONOWHEEL_ROOT").or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("monowheel"))).unwrap_or_else(|| {
        if cfg!(target_os = "macos") { home().join("Library/Caches/monowheel") } else { home().join(".cache/monowheel") }
    });
    root.join("downloads")
}
