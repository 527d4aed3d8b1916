//! Letting the Python bootstrap in the file do it: what is rare (control variables, checking and mending trees, odd compression) is written
//! once, in Python. The reply is the one that `head.sh` reads.

use alloc::vec::Vec;

use crate::Start;
use crate::bytes::{Bytes, cat, decimal};
use crate::child::{Child, exec};
use crate::error::{Error, Result};
use crate::{interpreter, sys};

/// As in `head.py`, without what an earlier start has compiled.
const RUN: &[u8] = br#"import sys
sys.path[:] = [p for p in sys.path if p]
FILE = open(sys.argv[1], "rb", 0)
TEXT = []
def read():
    if TEXT: return TEXT
    FILE.seek(int(sys.argv[2]))
    text = FILE.read(int(sys.argv[3]))
    if not (text[3:].startswith(b"Starts the") and text.endswith(b"main()\n")): sys.stdout.write("again ."); sys.exit(1)
    place = text.index(b"\nSOURCES.update(")
    TEXT[:] = text[:place], text[place:]
    return TEXT
exec(compile(read()[0], "__main__.py", "exec"))
main()"#;

/// Gives the environment that the bootstrap made or found; ends the process where it says that nothing is to be run.
pub fn run(start: &Start, bundled: Option<Bytes>) -> Result<Bytes> {
    let candidates = bundled.map_or_else(|| interpreter::candidates(start), |python| [python].into());
    let mut refused = Bytes::new();
    for candidate in candidates {
        let (offset, size) = (decimal(start.block.main_offset), decimal(start.block.main_size));
        let command: [&[u8]; 10] = [&candidate, b"-E", b"-S", b"-s", b"-c", RUN, &start.file, &offset, &size, &start.block.digest];
        let command = [command.as_slice(), &[&candidate]].concat();
        crate::trace(&[b"the bootstrap takes over, with ", &candidate]);
        let done = Child::start(&command, &start.environ)?.finish();
        let (word, text) = split(&done.output);
        match word {
            b"ok" => return Ok(text.to_vec()),
            b"end" => {
                sys::print(text);
                return Err(Error::Said(done.status));
            }
            b"again" => return Err(again(start)),
            b"no" => refused.extend(cat(&[b"\n  ", &candidate, b": ", text])),
            _ if [129, 130, 131, 137, 143].contains(&done.status) => return Err(Error::Said(done.status)),
            _ => {
                let code = decimal(u64::try_from(done.status).unwrap_or(1));
                refused.extend(cat(&[b"\n  ", &candidate, b": it does not start (exit code ", &code, b")"]));
            }
        }
    }
    Err(interpreter::none(start, &refused))
}

/// A reply's word, and its text without the full stop that ends it.
fn split(reply: &[u8]) -> (&[u8], &[u8]) {
    let space = reply.iter().position(|byte| *byte == b' ').unwrap_or(reply.len());
    let text = reply.get(space + 1..).and_then(|text| text.strip_suffix(b"."));
    text.map_or((b"", b""), |text| (&reply[..space], text))
}

/// Starts the file that has taken this one's place.
fn again(start: &Start) -> Error {
    if start.environ.set(b"MONOWHEEL_AGAIN").is_none() {
        let mut environ = start.environ.clone();
        environ.put(b"MONOWHEEL_AGAIN", b"yes");
        let arguments = start.arguments.iter().map(|argument| argument.as_slice());
        let command: Vec<&[u8]> = core::iter::once(start.file.as_slice()).chain(arguments).collect();
        drop(exec(&command, &environ));
    }
    Error::failure(&[&start.file, b" is damaged\nhint: copy the file anew"])
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn replies() {
        assert_eq!(split(b"ok /a b."), (b"ok".as_slice(), b"/a b".as_slice()));
        assert_eq!(split(b"end ."), (b"end".as_slice(), b"".as_slice()));
        assert_eq!([split(b""), split(b"ok /a"), split(b"Traceback")], [(b"".as_slice(), b"".as_slice()); 3]);
    }
}
