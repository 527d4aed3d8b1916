//! Inflating one member in constant memory, held to what the central directory says of it.

use std::io::{self, BufRead, BufReader, Read, Take};

use super::error::ArchiveError;
use super::{Entry, Method};

const BUFFER: usize = 64 * 1024;
/// Dictionaries beyond this are refused rather than allocated: the largest preset of `xz` has 64 MiB.
const MAX_LZMA_DICTIONARY: u64 = 256 << 20;
/// Zstandard's own default limit, 128 MiB.
const MAX_ZSTD_WINDOW_LOG: u32 = 27;

type Input<R> = BufReader<Take<R>>;

enum Decoder<R: Read> {
    Stored(Input<R>),
    Deflate(flate2::bufread::DeflateDecoder<Input<R>>),
    Bzip2(bzip2::bufread::BzDecoder<Input<R>>),
    Lzma(Box<lzma_rust2::LzmaReader<Input<R>>>),
    Zstd(zstd::Decoder<'static, Input<R>>),
}

impl<R: Read> Decoder<R> {
    fn new(entry: &Entry, input: R) -> io::Result<Self> {
        let mut input = BufReader::with_capacity(BUFFER, input.take(entry.compressed));
        Ok(match entry.method {
            Method::Stored => Self::Stored(input),
            Method::Deflate => Self::Deflate(flate2::bufread::DeflateDecoder::new(input)),
            Method::Bzip2 => Self::Bzip2(bzip2::bufread::BzDecoder::new(input)),
            Method::Lzma => {
                let (properties, dictionary) = lzma_header(&mut input)?;
                if u64::from(dictionary).min(entry.size) > MAX_LZMA_DICTIONARY {
                    return Err(io::Error::other("its dictionary is larger than 256 MiB"));
                }
                let mut decoder = lzma_rust2::LzmaReader::new_with_props(input, entry.size, properties, dictionary, None)?;
                decoder.set_relaxed_end_condition(false);
                Self::Lzma(Box::new(decoder))
            }
            Method::Zstd => {
                let mut decoder = zstd::Decoder::with_buffer(input)?.single_frame();
                decoder.window_log_max(MAX_ZSTD_WINDOW_LOG)?;
                Self::Zstd(decoder)
            }
        })
    }

    /// Whether all of the compressed bytes were used.
    fn used_up(self) -> io::Result<bool> {
        let mut input = match self {
            Self::Stored(input) => input,
            Self::Deflate(decoder) => decoder.into_inner(),
            Self::Bzip2(decoder) => decoder.into_inner(),
            Self::Lzma(decoder) => {
                let (input, unused) = decoder.into_parts();
                if !unused.is_empty() {
                    return Ok(false);
                }
                input
            }
            Self::Zstd(decoder) => decoder.finish(),
        };
        Ok(input.fill_buf()?.is_empty())
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stored(decoder) => decoder.read(buffer),
            Self::Deflate(decoder) => decoder.read(buffer),
            Self::Bzip2(decoder) => decoder.read(buffer),
            Self::Lzma(decoder) => decoder.read(buffer),
            Self::Zstd(decoder) => decoder.read(buffer),
        }
    }
}

/// The header of LZMA in zip (5.8.8): version, size of the properties, and these.
fn lzma_header(input: &mut impl Read) -> io::Result<(u8, u32)> {
    let mut header = [0; 9];
    input.read_exact(&mut header)?;
    let [_, _, size, 0, properties, dictionary @ ..] = header else { return Err(io::Error::other("its LZMA header is not valid")) };
    if size != 5 {
        return Err(io::Error::other("its LZMA properties are not 5 bytes"));
    }
    Ok((properties, u32::from_le_bytes(dictionary)))
}

/// Inflates a member, whose compressed bytes `input` begins with, piece by piece into `sink`.
pub(super) fn inflate(entry: &Entry, input: impl Read, mut sink: impl FnMut(&[u8])) -> Result<(), ArchiveError> {
    let broken = |source| ArchiveError::Content { member: entry.path.to_string(), source };
    let size = |found| ArchiveError::Size { member: entry.path.to_string(), expected: entry.size, found };
    let mut decoder = Decoder::new(entry, input).map_err(broken)?;
    let mut buffer = vec![0; BUFFER];
    let (mut total, mut crc32) = (0_u64, crc32fast::Hasher::new());
    loop {
        let count = match decoder.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(broken(error)),
        };
        total += count as u64;
        if total > entry.size {
            return Err(size("more".to_owned()));
        }
        crc32.update(&buffer[..count]);
        sink(&buffer[..count]);
    }
    if total < entry.size {
        return Err(size(total.to_string()));
    }
    if !decoder.used_up().map_err(broken)? {
        return Err(ArchiveError::ContentTrailing { member: entry.path.to_string() });
    }
    let found = crc32.finalize();
    if found != entry.crc32 {
        return Err(ArchiveError::Crc { member: entry.path.to_string(), expected: entry.crc32, found });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::wheel::testing::{BZIP2, DEFLATE, LZMA, Member, STORED, ZSTD, Zip};

    const COMPRESSED: [u16; 4] = [DEFLATE, BZIP2, LZMA, ZSTD];

    /// Enough to need several buffers, and not just a run.
    fn text() -> Vec<u8> {
        (0..60_000_u32).flat_map(|number| (number.wrapping_mul(2_654_435_761) >> 20).to_le_bytes()).collect()
    }

    #[test]
    fn every_method_is_read() {
        for method in [STORED, DEFLATE, BZIP2, LZMA, ZSTD] {
            let zip = Zip::new([
                Member::compressed("empty", "", method),
                Member::compressed("small", "x", method),
                Member::compressed("large", text(), method),
            ]);
            let contents: Vec<_> = zip.contents().into_iter().map(|(_, content)| content).collect();
            assert_eq!(contents, [Vec::new(), b"x".to_vec(), text()], "{method}");
        }
    }

    #[test]
    fn sizes_must_be_true() {
        for method in COMPRESSED {
            let lie = |size: u32| Zip::new([Member::compressed("a", "0123456789", method).both(|header| header.size = size)]).problem();
            let (more, fewer) = (lie(9), lie(11));
            // LZMA is told the size to decode, so it is the decoder that notices.
            if method == LZMA {
                assert!(more.starts_with("Member's content is broken: `a`"), "{more}");
                assert!(fewer.starts_with("Member"), "{fewer}");
            } else {
                assert_eq!(more, "Member has another size than it says: expected 9 bytes, found more: `a`");
                assert_eq!(fewer, "Member has another size than it says: expected 11 bytes, found 10: `a`");
            }
        }
        let stored = Member::new("a", "0123456789").both(|header| header.size = 11);
        assert_eq!(Zip::new([stored]).problem(), "Member has another size than it says: expected 11 bytes, found 10: `a`");
    }

    #[test]
    fn a_wrong_crc_is_refused() {
        for method in [STORED, DEFLATE, BZIP2, LZMA, ZSTD] {
            let member = Member::compressed("a", "text", method).both(|header| header.crc32 = 1);
            let expected = "Member has another CRC-32 than it says: expected 00000001, found 3b8ba7c7: `a`";
            assert_eq!(Zip::new([member]).problem(), expected);
        }
    }

    #[test]
    fn bytes_behind_the_compressed_content_are_refused() {
        for method in COMPRESSED {
            for tail in [b"x".to_vec(), vec![0; 100_000]] {
                let mut member = Member::compressed("a", text(), method).both(|header| header.compressed += tail.len() as u32);
                member.data.extend(&tail);
                let expected = "Member's compressed content is followed by other bytes: `a`";
                assert_eq!(Zip::new([member]).problem(), expected, "{method}");
            }
        }
    }

    #[test]
    fn a_second_stream_is_refused() {
        for method in COMPRESSED {
            let mut member = Member::compressed("a", "text", method);
            let again = member.data.clone();
            member = member.both(|header| header.compressed *= 2);
            member.data.extend(again);
            assert_eq!(Zip::new([member]).problem(), "Member's compressed content is followed by other bytes: `a`", "{method}");
        }
    }

    #[test]
    fn broken_content_is_refused() {
        for method in COMPRESSED {
            let mut cut = Member::compressed("a", text(), method).both(|header| header.compressed -= 10);
            cut.data.truncate(cut.central.compressed as usize);
            let problem = Zip::new([cut]).problem();
            assert!(problem.starts_with("Member"), "{method}: {problem}");
            let mut garbage = Member::compressed("a", text(), method);
            garbage.data.fill(0xff);
            let problem = Zip::new([garbage]).problem();
            assert!(problem.starts_with("Member's content is broken: `a`: "), "{method}: {problem}");
        }
    }

    #[test]
    fn what_would_take_too_much_memory_is_refused() {
        let mut member = Member::compressed("a", "text", LZMA).both(|header| header.size = 2_000_000_000);
        member.data[5..9].copy_from_slice(&2_000_000_000_u32.to_le_bytes());
        let limits = crate::wheel::Limits { ratio: u64::MAX, ..Default::default() };
        let error = crate::wheel::testing::contents(&Zip::new([member]).bytes(), &limits).unwrap_err();
        assert_eq!(crate::wheel::testing::text(&error), "Member's content is broken: `a`: its dictionary is larger than 256 MiB");
    }
}
