//! Exit codes of the command line.

use std::process::ExitCode;

/// How a command ended. Code 2 is a mistake in the command line itself, which clap reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done; for a comparison, equal.
    Done,
    /// 1: an input was refused, or an output could not be written; the message says which and what to do.
    Failed,
    /// 3: everything could be read, but it is not the same: `diff` found a difference, `verify` something that is not as it should be.
    Differs,
    /// 4: `verify` found everything as the manifest says, but head or bootstrap are another version's, so that this one cannot vouch for them.
    OtherVersion,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Differs => 3,
            Exit::OtherVersion => 4,
        })
    }
}
