//! A part of a file as a file of its own: how a STORED member is read without being copied out.

use std::io::{self, Read, Seek, SeekFrom};

/// The bytes from `start` to `start + size` of `inner`.
#[derive(Debug)]
pub struct Section<R> {
    inner: R,
    start: u64,
    size: u64,
    position: u64,
}

impl<R: Read + Seek> Section<R> {
    /// Takes the part of `inner` that begins at `start`.
    pub const fn new(inner: R, start: u64, size: u64) -> Self {
        Self { inner, start, size, position: 0 }
    }

    /// A part of this part.
    pub const fn part(&self, start: u64, size: u64) -> Self
    where
        R: Copy,
    {
        Self { inner: self.inner, start: self.start.saturating_add(start), size, position: 0 }
    }

    /// How many bytes there are.
    pub const fn size(&self) -> u64 {
        self.size
    }
}

impl<R: Read + Seek> Read for Section<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        // The place is set for each read, because several sections may share one file.
        self.inner.seek(SeekFrom::Start(self.start.saturating_add(self.position)))?;
        let count = self.inner.read(&mut buffer[..wanted])?;
        self.position += count as u64;
        Ok(count)
    }
}

impl<R: Read + Seek> Seek for Section<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = place.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn a_section_ends_where_it_says() {
        let mut section = Section::new(Cursor::new(b"before|inside|after"), 7, 6);
        let mut text = String::new();
        section.read_to_string(&mut text).unwrap();
        assert_eq!(text, "inside");
        section.seek(SeekFrom::End(-2)).unwrap();
        text.clear();
        section.read_to_string(&mut text).unwrap();
        assert_eq!(text, "de");
        assert!(section.seek(SeekFrom::End(-7)).is_err());
    }
}
