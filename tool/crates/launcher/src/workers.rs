//! Threads that share one list of work.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;

use crate::error::{Error, Result};

/// What a thread does: it asks for the next index until there is none.
pub type Work<'a> = dyn Fn(&mut dyn FnMut() -> Option<usize>) -> Result<()> + Sync + 'a;

/// What all threads see.
struct Shared<'a> {
    work: &'a Work<'a>,
    count: usize,
    next: AtomicUsize,
    error: AtomicPtr<Error>,
    done: OwnedFd,
}

impl Shared<'_> {
    fn drain(&self) {
        let mut next = || Some(self.next.fetch_add(1, Ordering::Relaxed)).filter(|index| *index < self.count);
        if let Err(error) = (self.work)(&mut next) {
            // Nothing further is begun; the first error counts.
            self.next.store(self.count, Ordering::Relaxed);
            let error = Box::into_raw(Box::new(error));
            if self.error.compare_exchange(core::ptr::null_mut(), error, Ordering::AcqRel, Ordering::Acquire).is_err() {
                // SAFETY: it came from Box::into_raw just now, and nobody else has seen it.
                drop(unsafe { Box::from_raw(error) });
            }
        }
        let _ = rustix::io::write(&self.done, b".");
    }
}

extern "C" fn enter(shared: *mut libc::c_void) -> *mut libc::c_void {
    // SAFETY: `run` gives a pointer to its `Shared`, which lives until it has joined this thread.
    let shared = unsafe { &*shared.cast::<Shared<'_>>() };
    shared.drain();
    core::ptr::null_mut()
}

/// Runs `work` in `threads` threads; it asks for the next index of `count` until there is none. Gives the first error. `slow` is called once if it takes
/// longer than a second.
pub fn run(threads: usize, count: usize, work: &Work<'_>, slow: &mut dyn FnMut()) -> Result<()> {
    let threads = threads.min(count);
    let pipe = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC);
    let (ready, done) = pipe.map_err(|errno| Error::System(errno, Vec::new()))?;
    let shared = Shared { work, count, next: AtomicUsize::new(0), error: AtomicPtr::new(core::ptr::null_mut()), done };
    let mut handles = Vec::new();
    for _ in 0..threads {
        let mut handle = core::mem::MaybeUninit::<libc::pthread_t>::uninit();
        let argument = (&raw const shared).cast_mut().cast();
        // SAFETY: `enter` has the signature asked for; `shared` outlives the thread, which is joined below; what it holds is Sync.
        if unsafe { libc::pthread_create(handle.as_mut_ptr(), core::ptr::null(), enter, argument) } != 0 {
            break;
        }
        // SAFETY: pthread_create has succeeded, so it has written the handle.
        handles.push(unsafe { handle.assume_init() });
    }
    if handles.is_empty() {
        shared.drain();
    } else {
        let second = Timespec { tv_sec: 1, tv_nsec: 0 };
        let mut told = false;
        let mut ended = 0;
        while ended < handles.len() {
            let mut wait = [PollFd::new(&ready, PollFlags::IN)];
            match poll(&mut wait, if told { None } else { Some(&second) }) {
                Ok(0) => {
                    told = true;
                    slow();
                }
                Ok(_) => ended += rustix::io::read(&ready, &mut [0; 64]).unwrap_or(0),
                Err(_) => {}
            }
        }
        for handle in handles {
            // SAFETY: the handle is of a thread that was made above and has not been joined.
            unsafe { libc::pthread_join(handle, core::ptr::null_mut()) };
        }
    }
    let error = shared.error.load(Ordering::Acquire);
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: not null, so from Box::into_raw, and all threads are gone.
    Err(*unsafe { Box::from_raw(error) })
}

/// How many processors this process may use.
pub fn processors() -> usize {
    #[cfg(target_os = "linux")]
    // SAFETY: cpu_set_t is a plain bit field, for which zero is a value; the kernel writes no more than the size given.
    unsafe {
        let mut set = core::mem::zeroed::<libc::cpu_set_t>();
        if libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) == 0 {
            return usize::try_from(libc::CPU_COUNT(&set)).unwrap_or(1).max(1);
        }
    }
    // SAFETY: sysconf takes a number and has no other condition.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) }).unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::{AtomicUsize, Ordering};

    use super::run;
    use crate::error::{Error, Result};

    #[test]
    fn everything_is_done_once_and_the_first_error_comes_back() {
        let sum = AtomicUsize::new(0);
        let add = |next: &mut dyn FnMut() -> Option<usize>| -> Result<()> {
            while let Some(index) = next() {
                sum.fetch_add(index, Ordering::Relaxed);
            }
            Ok(())
        };
        run(3, 1000, &add, &mut || {}).unwrap();
        assert_eq!(sum.load(Ordering::Relaxed), 499_500);
        let fail = |next: &mut dyn FnMut() -> Option<usize>| -> Result<()> { next().map_or(Ok(()), |_| Err(Error::Handover("tested"))) };
        assert!(matches!(run(3, 1000, &fail, &mut || {}), Err(Error::Handover("tested"))));
    }
}
