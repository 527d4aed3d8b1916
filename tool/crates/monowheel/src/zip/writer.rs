//! The archive writer: STORED members in the order given, every header field by rule.

use std::io::{self, Seek, SeekFrom, Write};

use super::header::{Kind, Member, end_of_directory};

/// Writes one archive into `sink`, from its current position on.
///
/// Sizes and checksums are known before a member is written, so headers are final at once and no data descriptor is needed; the one
/// exception is a [`Writer::reserve`]d member.
#[derive(Debug)]
pub struct Writer<W> {
    sink: W,
    /// Bytes written through this writer, counted from where offsets count.
    position: u64,
    directory: Vec<(Member, u64)>,
}

/// A member whose checksum is filled in when its content has been written.
#[derive(Debug)]
#[must_use = "a reserved member needs Writer::fill"]
pub struct Reserved {
    index: usize,
}

impl<W: Write> Writer<W> {
    /// Starts an archive. Offsets count from `preceding` bytes before the sink's position: the length of a head in front of the archive,
    /// so that readers which do not look for one agree.
    pub const fn new(sink: W, preceding: u64) -> Self {
        Self { sink, position: preceding, directory: Vec::new() }
    }

    /// Adds a directory entry; `name` ends with a slash.
    ///
    /// # Errors
    /// Where the sink cannot be written to.
    pub fn directory(&mut self, name: &str) -> io::Result<()> {
        self.start(Member::directory(name))
    }

    /// Adds a member from memory; size and checksum are its own.
    ///
    /// # Errors
    /// Where the sink cannot be written to.
    pub fn bytes(&mut self, name: &str, executable: bool, content: &[u8]) -> io::Result<()> {
        let member = Member::stored(name, Kind::file(executable), content.len() as u64, super::crc32(content));
        self.start(member)?;
        self.sink.write_all(content)?;
        self.position += content.len() as u64;
        Ok(())
    }

    /// Adds a member whose content is copied from `content`. On Linux, between files, the kernel does the copying.
    ///
    /// # Errors
    /// Where `content` has not exactly the member's size, cannot be read, or the sink cannot be written to.
    pub fn copy<R: io::Read>(&mut self, member: Member, content: R) -> io::Result<()> {
        let size = member.size;
        self.start(member)?;
        // One byte more than expected would show a file that grew.
        let copied = io::copy(&mut content.take(size + 1), &mut self.sink)?;
        if copied != size {
            return Err(io::Error::other(format!("expected {size} bytes but read {copied}: the file changed while it was read")));
        }
        self.position += size;
        Ok(())
    }

    fn start(&mut self, member: Member) -> io::Result<()> {
        let header = member.local_header();
        self.sink.write_all(&header)?;
        let offset = self.position;
        self.position += header.len() as u64;
        self.directory.push((member, offset));
        Ok(())
    }

    /// Writes the central directory and gives the sink back.
    ///
    /// # Errors
    /// Where the sink cannot be written to.
    pub fn finish(mut self) -> io::Result<W> {
        let start = self.position;
        for (member, offset) in &self.directory {
            let header = member.central_header(*offset);
            self.sink.write_all(&header)?;
            self.position += header.len() as u64;
        }
        let end = end_of_directory(self.directory.len() as u64, self.position - start, start);
        self.sink.write_all(&end)?;
        Ok(self.sink)
    }
}

impl<W: Write + Seek> Writer<W> {
    /// Starts a member of a known size whose checksum is not known yet. Write exactly that many bytes to [`Writer::sink`], then
    /// call [`Writer::fill`].
    ///
    /// # Errors
    /// Where the sink cannot be written to.
    pub fn reserve(&mut self, name: &str, size: u64) -> io::Result<Reserved> {
        self.start(Member::stored(name, Kind::Plain, size, 0))?;
        Ok(Reserved { index: self.directory.len() - 1 })
    }

    /// The sink, for the content of a reserved member.
    pub const fn sink(&mut self) -> &mut W {
        &mut self.sink
    }

    /// Completes a reserved member.
    ///
    /// # Errors
    /// Where the sink cannot be written to.
    pub fn fill(&mut self, reserved: Reserved, crc32: u32) -> io::Result<()> {
        let (member, offset) = &mut self.directory[reserved.index];
        member.crc32 = crc32;
        let back = self.position - *offset;
        self.sink.seek(SeekFrom::Current(-(i64::try_from(back + member.size).map_err(io::Error::other)?)))?;
        self.sink.write_all(&member.local_header())?;
        self.sink.seek(SeekFrom::Current(i64::try_from(member.size).map_err(io::Error::other)?))?;
        self.position += member.size;
        Ok(())
    }

    /// Where the next member's header will stand.
    pub const fn position(&self) -> u64 {
        self.position
    }
}

/// Size of the archive that `members` make, in this order, with offsets from 0.
#[must_use]
pub fn archive_size<'a>(members: impl IntoIterator<Item = &'a Member>) -> u64 {
    let (mut position, mut directory, mut count) = (0, 0, 0);
    for member in members {
        directory += member.central_size(position);
        position += member.local_size();
        count += 1;
    }
    position + directory + end_of_directory(count, directory, position).len() as u64
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use super::*;

    fn sample(writer: &mut Writer<Cursor<Vec<u8>>>) {
        writer.directory("pkg/").unwrap();
        writer.bytes("pkg/é.py", false, b"print()\n").unwrap();
        writer.bytes("run", true, b"#!/bin/sh\n").unwrap();
    }

    #[test]
    fn reads_back_with_names_modes_and_times() {
        let mut writer = Writer::new(Cursor::new(Vec::new()), 0);
        sample(&mut writer);
        let bytes = writer.finish().unwrap();
        let mut archive = zip::ZipArchive::new(bytes).unwrap();
        let mut seen = Vec::new();
        for index in 0..archive.len() {
            let mut file = archive.by_index(index).unwrap();
            let mut content = String::new();
            file.read_to_string(&mut content).unwrap();
            let time = file.last_modified().unwrap();
            assert_eq!((time.year(), time.month(), time.day(), time.hour()), (1980, 1, 1, 0));
            seen.push((file.name().unwrap().into_owned(), file.unix_mode().unwrap(), content));
        }
        assert_eq!(
            seen,
            [
                ("pkg/".to_owned(), 0o040_755, String::new()),
                ("pkg/é.py".into(), 0o100_644, "print()\n".into()),
                ("run".into(), 0o100_755, "#!/bin/sh\n".into()),
            ]
        );
    }

    #[test]
    fn size_is_known_before_writing() {
        let mut writer = Writer::new(Cursor::new(Vec::new()), 0);
        sample(&mut writer);
        let size = archive_size(writer.directory.iter().map(|(member, _)| member));
        assert_eq!(size, writer.finish().unwrap().into_inner().len() as u64);
    }

    #[test]
    fn reserved_member_gets_its_checksum() {
        let mut writer = Writer::new(Cursor::new(Vec::new()), 0);
        writer.bytes("first", false, b"1").unwrap();
        let reserved = writer.reserve("nested", 3).unwrap();
        writer.sink().write_all(b"abc").unwrap();
        writer.fill(reserved, super::super::crc32(b"abc")).unwrap();
        writer.bytes("last", false, b"2").unwrap();
        let mut archive = zip::ZipArchive::new(writer.finish().unwrap()).unwrap();
        for (name, expected) in [("first", "1"), ("nested", "abc"), ("last", "2")] {
            let mut content = String::new();
            archive.by_name(name).unwrap().read_to_string(&mut content).unwrap();
            assert_eq!(content, expected);
        }
    }

    #[test]
    fn a_file_that_changed_size_is_refused() {
        for content in ["short", "much too long"] {
            let mut writer = Writer::new(Cursor::new(Vec::new()), 0);
            let member = Member::stored("x", Kind::Plain, 7, 0);
            let error = writer.copy(member, content.as_bytes()).unwrap_err();
            assert!(error.to_string().contains("changed while it was read"), "{error}");
        }
    }

    #[test]
    fn more_members_than_16_bits_count_need_zip64() {
        let mut writer = Writer::new(Cursor::new(Vec::new()), 0);
        for number in 0..70_000 {
            writer.bytes(&format!("{number:05}"), false, b"").unwrap();
        }
        let archive = zip::ZipArchive::new(writer.finish().unwrap()).unwrap();
        assert_eq!(archive.len(), 70_000);
    }
}
