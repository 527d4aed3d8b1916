//! Writing the file: a head, then the archive (ARCHITECTURE.md, "The file").
//!
//! One pass: wheels are copied without being looked at (their checksums stand in their facts), first-party files are read once. Only the
//! checksum of the nested archive and the digest in the head are filled in afterwards, so memory does not grow with the application.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::error::AppError;
use super::first_party::FirstPartyFile;
use super::interpreter::{Content, Interpreter};
use super::manifest::{Code, Excluded, Manifest, PackedBytecode, PackedWheel, VERSION};
use super::plan::{Plan, PlannedWheel};
use crate::bootstrap::{self, Head};
use crate::checksum::{self, Checksum, Summing};
use crate::json;
use crate::launcher::{self, Bundled};
use crate::output::Output;
use crate::zip::{Kind, Member, Writer, archive_size};

/// Members of the archive.
const MAIN: &str = "__main__.py";
const FOLDER: &str = "monowheel/";
const CODE: &str = "monowheel/code.zip";
const INTERPRETER: &str = "monowheel/interpreter.zip";
const WHEELS: &str = "monowheel/wheels/";
const BYTECODE: &str = "monowheel/bytecode/";
pub(super) const MANIFEST: &str = "monowheel/manifest.json";
/// Stands for the digest until it is known.
const BLANK: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// First-party files up to this size are read into memory once; larger ones are read twice.
const SMALL: u64 = 4 << 20;
/// Keys of cache folders are this many hex digits of a SHA-256: short paths, and 128 bits are no less unique.
const KEY: usize = 32;

/// Writes the application to `output`, whole or not at all.
///
/// # Errors
/// Where an input cannot be read or the output cannot be written.
pub fn assemble(plan: &Plan, output: &Path) -> Result<(), AppError> {
    let mut target = Output::create(output)?;
    let write = |source| AppError::Write { source };
    let main_size = bootstrap::bootstrap().len() as u64;
    // Its length depends neither on the digest nor on the offset, so it is filled in when both are known.
    let unknown = plan.interpreter.as_ref().map(|interpreter| bundled(interpreter, BLANK.to_owned()));
    let blank = head(plan, BLANK, 0, unknown.as_ref())?;
    let mut sink = BufWriter::with_capacity(1 << 18, target.file());
    sink.write_all(&blank).map_err(write)?;
    let mut archive = Writer::new(sink, blank.len() as u64);
    archive.bytes(MAIN, false, bootstrap::bootstrap()).map_err(write)?;
    let main_offset = archive.position() - main_size;
    archive.directory(FOLDER).map_err(write)?;
    let code = write_code(&mut archive, &plan.files)?;
    let interpreter = plan.interpreter.as_ref().map(|interpreter| write_interpreter(&mut archive, interpreter)).transpose()?;
    archive.directory(WHEELS).map_err(write)?;
    let mut wheels = plan.wheels.iter().map(|wheel| write_wheel(&mut archive, wheel)).collect::<Result<Vec<_>, _>>()?;
    for (wheel, bytecode) in wheels.iter_mut().zip(write_bytecode(&mut archive, &plan.wheels)?) {
        wheel.bytecode = bytecode;
    }
    let manifest = json::canonical(&manifest(plan, code, interpreter.clone(), wheels)?);
    archive.bytes(MANIFEST, false, &manifest).map_err(write)?;
    let mut sink = archive.finish().map_err(write)?;
    sink.seek(SeekFrom::Start(0)).map_err(write)?;
    sink.write_all(&head(plan, &checksum::sha256(&manifest), main_offset, interpreter.as_ref())?).map_err(write)?;
    sink.flush().map_err(write)?;
    drop(sink);
    target.commit(true)?;
    Ok(())
}

fn head(plan: &Plan, digest: &str, main_offset: u64, interpreter: Option<&Bundled>) -> Result<Vec<u8>, AppError> {
    let main_size = bootstrap::bootstrap().len() as u64;
    let (application, python) = (&plan.application, &plan.python);
    let (versions, default) = (&python.versions, python.default.as_deref());
    let head =
        Head { digest, main_offset, main_size, versions, default, interpreter_args: &application.interpreter_args, env: &application.env };
    let origin = || application.origin.clone();
    // Rendered in any case: what a shell cannot say is refused for both heads.
    let portable = bootstrap::head(&head).map_err(|source| AppError::Head { origin: origin(), source })?;
    let (Some(program), Some(path)) = (&plan.launcher, &application.launcher) else { return Ok(portable) };
    launcher::head(program, &head, interpreter).map_err(|source| AppError::Launcher { origin: origin(), path: path.clone(), source })
}

fn manifest(plan: &Plan, code: Code, interpreter: Option<Bundled>, wheels: Vec<PackedWheel>) -> Result<Manifest, AppError> {
    let imports: Vec<String> = plan.imports.iter().cloned().collect();
    Ok(Manifest {
        version: VERSION,
        entry: plan.entry.clone(),
        args: plan.application.args.clone(),
        env: plan.application.env.clone(),
        interpreter_args: plan.application.interpreter_args.clone(),
        python: plan.python.clone(),
        platform: plan.application.platform.clone(),
        bootstrap: checksum::sha256(bootstrap::bootstrap()),
        interpreter,
        code,
        dependencies: dependencies_key(&imports, &wheels),
        imports,
        wheels,
    })
}

/// The key of the dependency tree: of what it is made of, and nothing else, so that a deploy that changes first-party code alone keeps it.
#[must_use]
pub fn dependencies_key(imports: &[String], wheels: &[PackedWheel]) -> String {
    let tree: Vec<(&str, &[String])> = wheels.iter().map(|wheel| (wheel.sha256.as_str(), wheel.drop.as_slice())).collect();
    let bytecode = wheels.iter().filter_map(|wheel| wheel.bytecode.as_ref());
    let bytecode: Vec<&str> = bytecode.map(|bytecode| bytecode.sha256.as_str()).collect();
    let key = if bytecode.is_empty() {
        json::canonical(&(bootstrap::LAYOUT, imports, tree))
    } else {
        json::canonical(&(bootstrap::LAYOUT, imports, tree, bytecode))
    };
    checksum::sha256(&key)[..KEY].to_owned()
}

fn packed(wheel: &PlannedWheel) -> PackedWheel {
    let facts = &wheel.facts;
    PackedWheel {
        file: facts.file.clone(),
        name: facts.name.clone(),
        version: facts.wheel_version.clone(),
        sha256: facts.sha256.clone(),
        size: facts.size,
        dist_info: facts.dist_info.clone(),
        data: facts.data.clone(),
        purelib: facts.purelib,
        console_scripts: facts.console_scripts.clone(),
        gui_scripts: facts.gui_scripts.clone(),
        drop: wheel.drop.iter().cloned().collect(),
        bytecode: None,
        excluded: None,
    }
}

/// Copies a wheel, or rewrites it where files of it are left out; gives what the manifest says of it.
fn write_wheel<W: Write + Seek>(archive: &mut Writer<W>, wheel: &PlannedWheel) -> Result<PackedWheel, AppError> {
    let (facts, mut packed) = (&wheel.facts, packed(wheel));
    let read = |source| AppError::Read { path: wheel.path.clone(), source };
    let file = File::open(&wheel.path).map_err(read)?;
    let name = format!("{WHEELS}{}", facts.file);
    let Some(rewrite) = &wheel.rewrite else {
        archive.copy(Member::stored(&name, Kind::Plain, facts.size, facts.crc32), file).map_err(read)?;
        return Ok(packed);
    };
    packed.size = rewrite.size();
    packed.sha256 = write_nested(archive, &name, packed.size, |nested| rewrite.write(file, nested).map_err(read))?;
    packed.excluded =
        Some(Excluded { files: rewrite.files, bytes: rewrite.bytes, original_sha256: facts.sha256.clone(), original_size: facts.size });
    Ok(packed)
}

/// Copies the bytecode of what is installed. Nobody has written down a checksum: its bytes are read once, on their way.
fn write_bytecode<W: Write + Seek>(archive: &mut Writer<W>, wheels: &[PlannedWheel]) -> Result<Vec<Option<PackedBytecode>>, AppError> {
    let write = |source| AppError::Write { source };
    if wheels.iter().any(|wheel| wheel.bytecode.is_some()) {
        archive.directory(BYTECODE).map_err(write)?;
    }
    let one = |wheel: &PlannedWheel| {
        let Some(bytecode) = &wheel.bytecode else { return Ok(None) };
        let read = |source| AppError::Read { path: bytecode.path.clone(), source };
        let (size, file) = (bytecode.size(), PackedBytecode::file_name(&wheel.facts.file, &bytecode.tag));
        let mut source = BufReader::with_capacity(1 << 18, File::open(&bytecode.path).map_err(read)?);
        let sha256 = write_nested(archive, &format!("{BYTECODE}{file}"), size, |nested| {
            let mut place = 0;
            for pyc in &bytecode.pycs {
                // They stand one after the other, so this mostly stays within the buffer.
                source.seek_relative(i64::try_from(pyc.data - place).map_err(|error| read(io::Error::other(error)))?).map_err(read)?;
                nested.copy(pyc.member.clone(), (&mut source).take(pyc.member.size)).map_err(read)?;
                place = pyc.data + pyc.member.size;
            }
            Ok(())
        })?;
        Ok(Some(PackedBytecode { file, tag: bytecode.tag.clone(), sha256, size }))
    };
    wheels.iter().map(one).collect()
}

/// Writes the nested archive of the first-party tree as one member.
fn write_code<W: Write + Seek>(archive: &mut Writer<W>, files: &[FirstPartyFile]) -> Result<Code, AppError> {
    let members = members(files);
    let size = archive_size(members.iter().map(|(member, _)| member));
    let sha256 = write_nested(archive, CODE, size, |nested| {
        for (member, file) in members {
            match file {
                Some(file) => write_file(nested, member, file)?,
                None => nested.directory(&member.name).map_err(|source| AppError::Write { source })?,
            }
        }
        Ok(())
    })?;
    Ok(Code { sha256, size, files: files.len() })
}

/// Writes an archive as one member, and gives its SHA-256.
fn write_nested<W: Write + Seek>(
    archive: &mut Writer<W>,
    name: &str,
    size: u64,
    members: impl FnOnce(&mut Writer<Hashing<&mut W>>) -> Result<(), AppError>,
) -> Result<String, AppError> {
    let write = |source| AppError::Write { source };
    let reserved = archive.reserve(name, size).map_err(write)?;
    let mut nested = Writer::new(Hashing::new(archive.sink()), 0);
    members(&mut nested)?;
    let checksum = nested.finish().map_err(write)?.finish();
    archive.fill(reserved, checksum.crc32).map_err(write)?;
    Ok(checksum.hex())
}

/// Writes the nested archive of the interpreter as one member.
fn write_interpreter<W: Write + Seek>(archive: &mut Writer<W>, interpreter: &Interpreter) -> Result<Bundled, AppError> {
    let size = interpreter.archive_size();
    let sha256 = write_nested(archive, INTERPRETER, size, |nested| {
        for (member, content) in &interpreter.members {
            let read = |path: &Path, source| AppError::Read { path: path.to_owned(), source };
            match content {
                Content::File(path) => {
                    let file = File::open(path).map_err(|source| read(path, source))?;
                    nested.copy(member.clone(), file).map_err(|source| read(path, source))?;
                }
                Content::Bytes(bytes) => nested.copy(member.clone(), bytes.as_slice()).map_err(|source| AppError::Write { source })?,
            }
        }
        Ok(())
    })?;
    Ok(bundled(interpreter, sha256))
}

fn bundled(interpreter: &Interpreter, sha256: String) -> Bundled {
    let (executable, version) = (interpreter.executable.clone(), interpreter.version.clone());
    Bundled { sha256, size: interpreter.archive_size(), executable, version }
}

/// Files and every directory above them, sorted by name.
fn members(files: &[FirstPartyFile]) -> Vec<(Member, Option<&FirstPartyFile>)> {
    let mut members: Vec<(Member, Option<&FirstPartyFile>)> = Vec::new();
    for file in files {
        let above = file.dest.match_indices('/').map(|(end, _)| (Member::directory(&file.dest[..=end]), None));
        members.extend(above);
        members.push((Member::stored(&file.dest, Kind::Plain, file.size, 0), Some(file)));
    }
    members.sort_by(|a, b| a.0.name.cmp(&b.0.name));
    members.dedup_by(|a, b| a.0.name == b.0.name);
    members
}

fn write_file<W: Write>(nested: &mut Writer<W>, mut member: Member, file: &FirstPartyFile) -> Result<(), AppError> {
    let read = |source| AppError::Read { path: file.path.clone(), source };
    let mut source = File::open(&file.path).map_err(read)?;
    if file.size <= SMALL {
        let mut content = Vec::with_capacity(usize::try_from(file.size).unwrap_or_default() + 1);
        (&mut source).take(SMALL + 1).read_to_end(&mut content).map_err(read)?;
        member.crc32 = crate::zip::crc32(&content);
        member.kind = Kind::file(is_executable(&content));
        return nested.copy(member, content.as_slice()).map_err(read);
    }
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; 1 << 18];
    let mut first = true;
    loop {
        let count = source.read(&mut buffer).map_err(read)?;
        if count == 0 {
            break;
        }
        if first {
            member.kind = Kind::file(is_executable(&buffer[..count]));
            first = false;
        }
        hasher.update(&buffer[..count]);
    }
    member.crc32 = hasher.finalize();
    source.seek(SeekFrom::Start(0)).map_err(read)?;
    nested.copy(member, source).map_err(read)
}

/// Mode by content, never by the input's mode, which a checkout, an umask or a cache may change: scripts and programs are executable.
pub fn is_executable(content: &[u8]) -> bool {
    const ELF_TYPE: usize = 16;
    const ELF_EXECUTABLE: u8 = 2;
    const MACH_O_TYPE: usize = 12;
    const MACH_O_EXECUTE: u8 = 2;
    match content {
        [b'#', b'!', ..] => true,
        [0x7f, b'E', b'L', b'F', ..] => content.get(ELF_TYPE) == Some(&ELF_EXECUTABLE) || has_interpreter(content),
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] => content.get(MACH_O_TYPE) == Some(&MACH_O_EXECUTE),
        _ => false,
    }
}

/// Position-independent programs have the type of shared libraries, but name the loader: segment type `PT_INTERP`, 3 (64-bit ELF).
fn has_interpreter(content: &[u8]) -> bool {
    let half = |at: usize| content.get(at..at + 2).map(|b| usize::from(u16::from_le_bytes([b[0], b[1]])));
    let (Some(size), Some(count)) = (half(54), half(56)) else { return false };
    let Some(table) = content.get(32..40).map(|b| b.iter().rev().fold(0_usize, |n, byte| n.wrapping_shl(8) | usize::from(*byte))) else {
        return false;
    };
    (0..count).any(|index| {
        let at = table.saturating_add(index * size);
        content.get(at..at.saturating_add(4)) == Some(&[3, 0, 0, 0])
    })
}

/// A sink that takes SHA-256 and CRC-32 of what passes through.
struct Hashing<W> {
    sink: W,
    summing: Summing,
}

impl<W: Write> Hashing<W> {
    fn new(sink: W) -> Self {
        Self { sink, summing: Summing::default() }
    }

    fn finish(self) -> Checksum {
        self.summing.finish()
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.sink.write(bytes)?;
        self.summing.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}
