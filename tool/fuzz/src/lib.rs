//! What the fuzz targets do with their bytes. A reader may refuse anything; it must not panic, overflow or hang, and what it takes must hold.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::Path;

use monowheel::lock::{self, Format};
use monowheel::markers::{Active, Marker};
use monowheel::tags::{PLATFORMS, Python, TagsTable, Target};
use monowheel::wheel::{Archive, EntryPoints, Kind, Limits, MemberPath, Metadata, Record, WheelFile, WheelFilename};
use monowheel::zip::{self, Member, Records, Writer};

/// Small ones: a fuzzer that meets a bomb has found nothing.
const LIMITS: Limits = Limits { members: 1000, size: 1 << 22, ratio: 200 };

fn text(data: &[u8]) -> &str {
    str::from_utf8(data).unwrap_or_default()
}

fn targets() -> impl Iterator<Item = Target> {
    [9, 11, 14]
        .into_iter()
        .flat_map(|minor| PLATFORMS.iter().map(move |platform| Target { platform: *platform, python: Python::minor(minor) }))
}

/// See `fuzz_targets/archive.rs`.
pub fn archive(data: &[u8]) {
    let _ = Records::read(&mut Cursor::new(data));
    let Ok(mut archive) = Archive::open(Cursor::new(data), &LIMITS) else { return };
    for entry in archive.entries().to_vec() {
        let mut content = Vec::new();
        if archive.read(&entry, |piece| content.extend_from_slice(piece)).is_ok() {
            assert_eq!(content.len() as u64, entry.size);
            assert_eq!(zip::crc32(&content), entry.crc32);
            assert!(entry.path.as_str().split('/').all(|part| !matches!(part, "" | "." | "..")));
        }
    }
}

/// See `fuzz_targets/record.rs`.
pub fn record(data: &[u8]) {
    let Ok(record) = Record::parse(data) else { return };
    let again = Record::without(data, |_| true).expect("it was parsed");
    assert_eq!(Record::parse(&again).expect("what was written is a RECORD"), record);
}

/// See `fuzz_targets/metadata.rs`.
pub fn metadata(data: &[u8]) {
    let _ = Metadata::parse(data);
    let _ = WheelFile::parse(data);
}

/// See `fuzz_targets/entry_points.rs`.
pub fn entry_points(data: &[u8]) {
    let _ = EntryPoints::parse(data);
}

/// See `fuzz_targets/file_name.rs`.
pub fn file_name(data: &[u8]) {
    let strict = text(data).parse::<WheelFilename>();
    let lenient = text(data).parse::<monowheel::tags::WheelFilename>();
    if let Ok(lenient) = &lenient {
        assert_eq!(lenient.to_string(), text(data));
        let _ = (lenient.version(), lenient.build(), lenient.tags_text());
    }
    if let Ok(strict) = strict {
        assert_eq!(strict.to_string(), text(data));
        let lenient = lenient.expect("what installs can be chosen");
        assert_eq!(strict.name.to_string(), lenient.name());
        assert!(!strict.tags().is_empty());
    }
}

/// See `fuzz_targets/tags.rs`.
pub fn tags(data: &[u8]) {
    if let Ok(target) = text(data).parse::<Target>() {
        assert_eq!(target.to_string().parse::<Target>().expect("what was written is a name"), target);
    }
    let Ok(file) = text(data).parse::<monowheel::tags::WheelFilename>() else { return };
    let mut table = TagsTable::default();
    let set = table.number(&file);
    for target in targets() {
        let tags = table.rank(&target);
        let _ = (tags.fits_platform(&set), tags.fit(&set));
    }
}

/// See `fuzz_targets/marker.rs`.
pub fn marker(data: &[u8]) {
    let Ok(marker) = text(data).parse::<Marker>() else { return };
    assert_eq!(marker.to_string().parse::<Marker>().expect("what was written is a marker"), marker);
    let extras = marker.extras();
    let _ = marker.with_extras(&extras);
    for target in targets() {
        let _ = marker.holds(&target.markers(), &Active::default());
    }
}

/// See `fuzz_targets/lock_*.rs`.
pub fn lock(format: Format, data: &[u8]) {
    // A folder that is not there: what the text refers to is not found.
    let path = Path::new("/nonexistent/monowheel-fuzz/lock");
    let _ = lock::parse(format, path, text(data).to_owned(), &lock::Options::default());
}

/// See `fuzz_targets/round_trip.rs`: lines of names, the contents of which are the lines themselves.
pub fn round_trip(data: &[u8]) {
    let mut seen = BTreeSet::new();
    let names = text(data).split('\n').filter(|name| name.parse::<MemberPath>().is_ok());
    let names: Vec<&str> = names.filter(|name| seen.insert(*name)).collect();
    let mut writer = Writer::new(Vec::new(), 0);
    let mut members = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let content = name.repeat(index % 4);
        writer.bytes(name, index % 2 == 0, content.as_bytes()).expect("memory takes it");
        members.push(Member::stored(name, zip::Kind::file(index % 2 == 0), content.len() as u64, zip::crc32(content.as_bytes())));
    }
    let bytes = writer.finish().expect("memory takes it");
    assert_eq!(bytes.len() as u64, zip::archive_size(&members));
    let records = Records::read(&mut Cursor::new(&bytes)).expect("what was written is an archive");
    assert_eq!(records.entries.len(), names.len());
    // A name may be a folder of another one's.
    let Ok(mut archive) = Archive::open(Cursor::new(&bytes), &Limits::default()) else {
        assert!(names.iter().any(|name| names.iter().any(|other| other.starts_with(&format!("{name}/")))));
        return;
    };
    for (entry, (index, name)) in archive.entries().to_vec().iter().zip(names.iter().enumerate()) {
        let mut content = Vec::new();
        archive.read(entry, |piece| content.extend_from_slice(piece)).expect("what was written is read");
        assert_eq!((entry.path.as_str(), entry.kind, entry.executable), (*name, Kind::File, index % 2 == 0));
        assert_eq!(content, name.repeat(index % 4).as_bytes());
    }
}
