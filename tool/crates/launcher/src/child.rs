//! Child processes: an interpreter that is asked what it is, or that runs the bootstrap.

use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::c_char;

use rustix::fd::{AsRawFd, RawFd};
use rustix::process::{Pid, WaitOptions, waitpid};

use crate::bytes::Bytes;
use crate::environ::Environ;
use crate::error::{Error, Result};
use crate::sys;

/// A process whose standard output we read.
pub struct Child {
    pid: Pid,
    output: sys::File,
}

/// What came of it.
pub struct Done {
    /// Its standard output.
    pub output: Bytes,
    /// Its exit code as a shell says it: 128 and the signal's number for one that was killed.
    pub status: i32,
}

/// Pointers to texts, with the null at the end that the system asks for.
fn pointers(texts: &[CString]) -> Vec<*const c_char> {
    texts.iter().map(|text| text.as_ptr()).chain([core::ptr::null()]).collect()
}

fn c_strings(texts: &[&[u8]]) -> Vec<CString> {
    texts.iter().filter_map(|text| CString::new(*text).ok()).collect()
}

impl Child {
    /// Starts a program; its standard error leads nowhere, and its descriptor 3 is the real one.
    pub fn start(command: &[&[u8]], environ: &Environ) -> Result<Self> {
        let system = |errno| Error::System(errno, Vec::new());
        let (output, input) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).map_err(system)?;
        let nowhere = sys::nowhere().map_err(system)?;
        let (arguments, variables) = (c_strings(command), environ.strings());
        let (arguments, variables) = (pointers(&arguments), pointers(&variables));
        // SAFETY: only this thread runs now (workers live within `workers::run`), and the child calls nothing but what is safe after fork.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            become_child(&arguments, &variables, input.as_raw_fd(), nowhere.as_raw_fd());
        }
        let pid = Pid::from_raw(pid).filter(|pid| pid.as_raw_nonzero().get() > 0);
        pid.map(|pid| Self { pid, output }).ok_or_else(|| system(rustix::io::Errno::AGAIN))
    }

    /// Waits until it has ended.
    pub fn finish(self) -> Done {
        const SIGNALLED: i32 = 128;
        let output = sys::read_all(&self.output).unwrap_or_default();
        loop {
            match waitpid(Some(self.pid), WaitOptions::empty()) {
                Err(rustix::io::Errno::INTR) => {}
                Ok(Some((_, status))) => {
                    let killed = status.terminating_signal().map(|signal| SIGNALLED + signal);
                    return Done { output, status: status.exit_status().or(killed).unwrap_or(1) };
                }
                _ => return Done { output, status: 1 },
            }
        }
    }
}

fn become_child(arguments: &[*const c_char], variables: &[*const c_char], output: RawFd, nowhere: RawFd) -> ! {
    const REAL_ERROR: RawFd = 3;
    const NOT_STARTED: i32 = 127;
    // SAFETY: dup, dup2, execve and _exit may be called between fork and exec; the lists end with a null and outlive the call. `output` and `nowhere` are
    // moved out of the way first, for one of them may be 0 to 3 itself.
    unsafe {
        let output = libc::fcntl(output, libc::F_DUPFD_CLOEXEC, 10);
        let nowhere = libc::fcntl(nowhere, libc::F_DUPFD_CLOEXEC, 10);
        libc::dup2(output, 1);
        libc::dup2(2, REAL_ERROR);
        libc::dup2(nowhere, 2);
        libc::execve(arguments[0], arguments.as_ptr(), variables.as_ptr());
        libc::_exit(NOT_STARTED)
    }
}

/// Becomes another program; gives the error where that does not work.
pub fn exec(command: &[&[u8]], environ: &Environ) -> Error {
    let (arguments, variables) = (c_strings(command), environ.strings());
    let (arguments, variables) = (pointers(&arguments), pointers(&variables));
    // SAFETY: both lists are of C strings that live until the call returns, and end with a null.
    unsafe { libc::execve(arguments[0], arguments.as_ptr(), variables.as_ptr()) };
    // SAFETY: errno belongs to this thread and is always readable.
    let number = unsafe { *errno() };
    Error::System(rustix::io::Errno::from_raw_os_error(number), command[0].to_vec())
}

#[cfg(target_os = "linux")]
unsafe fn errno() -> *const i32 {
    // SAFETY: has no condition.
    unsafe { libc::__errno_location() }
}

#[cfg(not(target_os = "linux"))]
unsafe fn errno() -> *const i32 {
    // SAFETY: has no condition.
    unsafe { libc::__error() }
}
