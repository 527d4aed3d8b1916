//! The long way: what is missing in the cache is made, once, whoever else starts at the same time. The steps, locks and names are those
//! of the bootstrap's `fill.py`.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::archive::{Archive, Entry};
use crate::bytes::{Bytes, base, cat, decimal, hex, parent};
use crate::cache::Cache;
use crate::environment::{self, Parts, code_key, content};
use crate::error::{At, Error, Result};
use crate::interpreter::{Interpreter, Search};
use crate::json::{self, Value};
use crate::settings::Bundled;
use crate::unpack::{self, SITE_PACKAGES, Source};
use crate::{Start, mend, roots, sys};

/// Cleaners of /tmp and /var/tmp take files that nobody has touched for ten days and longer.
const DAYS_AMONG_TEMPORARY_FILES: i64 = 5;

/// The file itself: its members and its manifest.
struct Application<'a> {
    outer: Archive<'a>,
    members: Vec<Entry>,
    manifest: Value,
}

impl<'a> Application<'a> {
    fn open(start: &'a Start) -> Result<Self> {
        let size = rustix::fs::fstat(&start.fd).at(&start.file)?.st_size;
        let outer = Archive::new(&start.fd, 0, u64::try_from(size).unwrap_or(0), start.file.clone());
        let members = outer.entries()?;
        let mut application = Self { outer, members, manifest: Value::Null };
        let text = content(&application.outer, application.member(b"monowheel/manifest.json")?)?;
        if hex(&Sha256::digest(&text)) != start.block.digest {
            return Err(application.outer.damaged(b"its manifest is not the one that it was made with"));
        }
        application.manifest = json::parse(&text).ok_or_else(|| application.outer.damaged(b"its manifest is no JSON"))?;
        Ok(application)
    }

    fn member(&self, name: &[u8]) -> Result<&Entry> {
        let found = self.members.iter().find(|entry| entry.name.as_bytes() == name);
        found.ok_or_else(|| self.outer.damaged(&cat(&[name, b" is missing"])))
    }

    fn nested(&self, name: &[u8]) -> Result<Archive<'a>> {
        self.outer.nested(self.member(name)?)
    }

    /// Whether any wheel is built for a platform.
    fn is_native(&self) -> bool {
        self.manifest.get("wheels").list().iter().any(|wheel| !wheel.get("file").text().ends_with("-any.whl"))
    }
}

/// Gives an environment for the application, made now if need be.
pub fn fill(start: &Start) -> Result<Bytes> {
    let asked = start.environ.set(b"MONOWHEEL_PYTHON").is_some();
    let bundled = start.settings.interpreter().filter(|_| !asked);
    // Asked now, it answers while wheels are unpacked.
    let mut search = if bundled.is_some() { None } else { Some(Search::new(start)) };
    let result = with(start, asked, bundled.as_ref(), &mut search);
    match (result, search) {
        // Where no interpreter fits, nothing else matters.
        (Err(error @ (Error::Failure(_) | Error::System(..))), Some(search)) => {
            let manifest = Application::open(start).map_or(Value::Null, |application| application.manifest);
            search.finish(start, &manifest)?;
            Err(error)
        }
        (result, Some(search)) => {
            search.end();
            result
        }
        (result, None) => result,
    }
}

fn with(start: &Start, asked: bool, bundled: Option<&Bundled>, search: &mut Option<Search>) -> Result<Bytes> {
    let application = Application::open(start)?;
    let wheels = application.manifest.get("wheels").list();
    crate::trace(&[b"file read: ", &decimal(wheels.len() as u64), b" wheels"]);
    let mut find = |bundled: Option<(&Bundled, &Cache)>| match (bundled, search.take()) {
        (Some((bundled, cache)), _) => Ok(inside(bundled, cache)),
        (None, Some(search)) => search.finish(start, &application.manifest),
        (None, None) => Err(Error::Handover("its interpreter is not known")),
    };
    let known = if asked { Some(find(None)?) } else { None };
    let mut name = start.block.digest[..32].to_vec();
    if let Some(interpreter) = &known {
        if let Some(app) = crate::found(start, Some(&interpreter.real)) {
            return Ok(app);
        }
        name = cat(&[&name, b"-", &key(&interpreter.real)]);
    }
    let root = roots::choose(&start.environ, application.is_native() || bundled.is_some())?;
    crate::trace(&[b"cache: ", &root]);
    if let Some(interpreter) = &known {
        // The first environment, where it is of the same interpreter, is as good as one of its own.
        let first = cat(&[&root, b"/apps/", &start.block.digest[..32]]);
        if sys::read_link(&cat(&[&first, b"/bin/python"])).as_ref() == Some(&interpreter.real) {
            name = start.block.digest[..32].to_vec();
        }
    }
    let mut cache = Cache::new(root, progress(start, application.outer.size))?;
    cache.lock(&name);
    if let Some(app) = crate::found(start, known.as_ref().map(|known| known.real.as_slice())) {
        crate::trace(&[b"another start has made it: ", &app]);
        return Ok(app);
    }
    let tree = application.manifest.get("dependencies").bytes();
    cache.lock(tree);
    let is_temporary = roots::temporary(&start.environ).iter().any(|base| base == parent(&cache.root));
    for (kind, key) in [(b"deps".as_slice(), tree), (b"code", code_key(&application.manifest))] {
        let is_doubtful = is_temporary || !cache.is_kept(kind, key);
        if is_doubtful && sys::is_folder(&cache.path(kind, key)) {
            return Err(Error::Handover("its cache needs to be checked"));
        }
    }
    // Where cleaners walk, an interpreter that another application brought may lack files.
    unpack(start, &application, &mut cache, bundled, if is_temporary { Check::Sizes } else { Check::Notes })?;
    let bootstrap = content(&application.outer, application.member(b"__main__.py")?)?;
    let asked_for = known.as_ref().map(|known| known.real.clone());
    let interpreter = match (known, bundled) {
        (Some(known), _) => known,
        (None, Some(bundled)) => find(Some((bundled, &cache)))?,
        (None, None) => find(None)?,
    };
    // Without locks another start may have been faster: its environment runs already, and must not be taken away.
    if let Some(app) = crate::found(start, asked_for.as_deref()) {
        return Ok(app);
    }
    let days = is_temporary.then_some(DAYS_AMONG_TEMPORARY_FILES);
    let parts = Parts { manifest: &application.manifest, bootstrap: &bootstrap, interpreter: &interpreter, days };
    let app = environment::make(&mut cache, &name, &parts)?;
    if let Some(heard) = &interpreter.heard {
        heard.keep(&mut cache);
    }
    Ok(app)
}

/// What tells the environments of one application apart that are of different interpreters.
pub fn key(real: &[u8]) -> Bytes {
    hex(&Sha256::digest(real)[..6])
}

/// The interpreter in the file, where it has been unpacked.
fn inside(bundled: &Bundled, cache: &Cache) -> Interpreter {
    let path = cat(&[&bundled.folder(&cache.root), b"/", &bundled.executable]);
    let real = sys::real(&path).unwrap_or(path);
    Interpreter { threaded: bundled.executable.ends_with(b"t"), real, version: bundled.version.clone(), heard: None }
}

/// Unpacks what has no name in the cache yet, then names it.
fn unpack(start: &Start, application: &Application, cache: &mut Cache, bundled: Option<&Bundled>, check: Check) -> Result<()> {
    let manifest = &application.manifest;
    let mut sources = Vec::new();
    let mut finish: Finish<'_> = Vec::new();
    if let Some(bundled) = bundled {
        interpreter(application, cache, bundled, check, &mut sources, &mut finish)?;
    }
    let code = code_key(manifest);
    if !sys::is_folder(&cache.path(b"code", code)) {
        let staged = staged(cache)?;
        sources.push(Source::plain(application.nested(b"monowheel/code.zip")?, staged.clone()));
        finish.push((staged, b"code", code));
    }
    let tree = manifest.get("dependencies").bytes();
    if !sys::is_folder(&cache.path(b"deps", tree)) {
        dependencies(application, cache, &mut sources, &mut finish)?;
    }
    if !finish.is_empty() {
        publish(start, application, cache, &sources, &finish)?;
    }
    Ok(())
}

/// Unpacks, then gives the trees their names.
fn publish(start: &Start, application: &Application, cache: &mut Cache, sources: &[Source<'_>], finish: &Finish<'_>) -> Result<()> {
    if finish.is_empty() {
        return Ok(());
    }
    crate::trace(&[b"unpacking ", &decimal(sources.len() as u64), b" archives"]);
    let mut shown = false;
    let result = unpack::run(sources, &mut || {
        shown = sys::is_terminal();
        if shown {
            sys::say(&progress(start, application.outer.size));
        }
    });
    if shown {
        sys::say(sys::LINE_AWAY);
    }
    result?;
    crate::trace(&[b"unpacked"]);
    // Before there is a tree: one that got its name by a start that is killed then would never be found by its wheels.
    if finish.iter().any(|(_, kind, _)| *kind == b"deps") {
        point(&application.manifest, cache)?;
    }
    for (staged, kind, key) in finish {
        cache.note_unsynced(kind, key)?;
        cache.publish(staged, kind, key)?;
    }
    crate::trace(&[b"published"]);
    Ok(())
}

/// What a dependency tree is made of: the manifest's words on each wheel and on its bytecode, with the folder of their members. Bytecode is unpacked
/// whatever the interpreter: a tree is a function of its key, and may be asked for by another one later.
fn packed(manifest: &Value) -> impl Iterator<Item = (&Value, &'static [u8])> {
    manifest.get("wheels").list().iter().flat_map(|wheel| {
        let bytecode = Some(wheel.get("bytecode")).filter(|bytecode| **bytecode != Value::Null);
        let bytecode = bytecode.map(|bytecode| (bytecode, b"monowheel/bytecode/".as_slice()));
        core::iter::once((wheel, b"monowheel/wheels/".as_slice())).chain(bytecode)
    })
}

/// Notes for each wheel which tree has it, so that the next tree takes links from there.
fn point(manifest: &Value, cache: &mut Cache) -> Result<()> {
    let target = cat(&[b"../deps/", manifest.get("dependencies").bytes()]);
    for (wheel, _) in packed(manifest) {
        let path = cache.path(b"wheels", wheel.get("sha256").bytes());
        // Where another wheel has won a place, the tree has not all of this one.
        if wheel.get("drop").list().is_empty() && !sys::is_folder(&path) {
            let beside = cache.stage()?;
            rustix::fs::symlink(target.as_slice(), beside.as_slice()).at(&beside)?;
            rustix::fs::rename(beside.as_slice(), path.as_slice()).at(&path)?;
        }
    }
    Ok(())
}

fn staged(cache: &mut Cache) -> Result<Bytes> {
    let path = cache.stage()?;
    sys::make(&path).at(&path)?;
    Ok(path)
}

type Finish<'a> = Vec<(Bytes, &'a [u8], &'a [u8])>;

/// Begins a dependency tree: notes the wheels to be unpacked or linked, and what is to be named then.
fn dependencies<'a>(
    application: &'a Application<'a>,
    cache: &mut Cache,
    sources: &mut Vec<Source<'a>>,
    finish: &mut Finish<'a>,
) -> Result<()> {
    let manifest = &application.manifest;
    let tree = staged(cache)?;
    let site = cat(&[&tree, b"/", SITE_PACKAGES]);
    sys::folders(&site).at(&site)?;
    let mut imports = Bytes::new();
    for import in manifest.get("imports").list() {
        let slash: &[u8] = if import.bytes().is_empty() { b"" } else { b"/" };
        imports.extend(cat(&[b"../../../code", slash, import.bytes(), b"\n"]));
    }
    let path = cat(&[&site, b"/monowheel.pth"]);
    sys::write(&path, 0o644, &imports).at(&path)?;
    for (wheel, folder) in packed(manifest) {
        let other = Some(cache.path(b"wheels", wheel.get("sha256").bytes())).filter(|other| sys::is_folder(other));
        let archive = application.nested(&cat(&[folder, wheel.get("file").bytes()]))?;
        sources.push(Source::wheel(archive, wheel, tree.clone(), other));
    }
    finish.push((tree, b"deps", manifest.get("dependencies").bytes()));
    Ok(())
}

/// Notes the interpreter to be unpacked. One that is there is compared with the file where there is reason to doubt it: it may have lost files when the
/// machine went down, or to a cleaner.
fn interpreter<'a>(
    application: &'a Application<'a>,
    cache: &mut Cache,
    bundled: &'a Bundled,
    check: Check,
    sources: &mut Vec<Source<'a>>,
    finish: &mut Finish<'a>,
) -> Result<()> {
    const KIND: &[u8] = b"interpreters";
    let folder = cat(&[&cache.root, b"/interpreters"]);
    sys::make(&folder).at(&folder)?;
    cache.lock(&bundled.sha256);
    let archive = application.nested(b"monowheel/interpreter.zip")?;
    let folder = bundled.folder(&cache.root);
    if !sys::is_folder(&folder) {
        let staged = staged(cache)?;
        sources.push(Source::plain(archive, staged.clone()));
        finish.push((staged, KIND, &bundled.sha256));
        return Ok(());
    }
    if check != Check::Notes || !cache.is_kept(KIND, &bundled.sha256) {
        let mended = mend::mend(&archive, &folder, check == Check::Content)?;
        crate::trace(&[b"interpreter checked, ", &decimal(mended as u64), b" files mended"]);
        cache.note_unsynced(KIND, &bundled.sha256)?;
    }
    Ok(())
}

/// How closely to look at an interpreter that is there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Check {
    /// Only where a note says that the machine has been down since.
    Notes,
    /// Whether every file is there with its size.
    Sizes,
    /// The checksums as well.
    Content,
}

/// What is said on a terminal when a first start takes long.
fn progress(start: &Start, size: u64) -> Bytes {
    cat(&[b"first start of ", base(&start.file), b": unpacking ", &decimal(size >> 20), b" MB ..."])
}

/// The program of the interpreter inside, unpacked if need be.
pub fn bundled(start: &Start, bundled: &Bundled) -> Result<Bytes> {
    let application = Application::open(start)?;
    let mut cache = Cache::new(roots::choose(&start.environ, true)?, progress(start, application.outer.size))?;
    let (mut sources, mut finish) = (Vec::new(), Vec::new());
    let check = if start.environ.set(b"MONOWHEEL_VERIFY").is_some() { Check::Content } else { Check::Sizes };
    interpreter(&application, &mut cache, bundled, check, &mut sources, &mut finish)?;
    publish(start, &application, &mut cache, &sources, &finish)?;
    Ok(inside(bundled, &cache).real)
}
