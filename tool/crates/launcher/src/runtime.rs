//! What a program without the standard library must bring: memory, and what to do when it runs out or a bug shows.

use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;

/// The C library's memory.
struct Memory;

#[global_allocator]
static MEMORY: Memory = Memory;

// SAFETY: posix_memalign and free keep the contract: memory of that size and alignment, or null; `realloc` is the default one, made of these.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let mut memory = core::ptr::null_mut();
        let align = layout.align().max(size_of::<usize>());
        if align <= 16 {
            // SAFETY: malloc takes any size; its memory is aligned to 16 bytes on the 64-bit platforms that there are.
            return unsafe { libc::malloc(layout.size()) }.cast();
        }
        // SAFETY: the alignment is a power of two and a multiple of a pointer's size.
        match unsafe { libc::posix_memalign(&raw mut memory, align, layout.size()) } {
            0 => memory.cast(),
            _ => core::ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, memory: *mut u8, _layout: Layout) {
        // SAFETY: it came from `alloc`.
        unsafe { libc::free(memory.cast()) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the conditions are those of `alloc` and, for up to 16 bytes of alignment, calloc's, which has none.
        unsafe {
            if layout.align() <= 16 {
                return libc::calloc(1, layout.size()).cast();
            }
            let memory = self.alloc(layout);
            if !memory.is_null() {
                memory.write_bytes(0, layout.size());
            }
            memory
        }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: memory of at most 16 bytes of alignment came from malloc or calloc; the rest is moved by hand, as the default does.
        unsafe {
            if layout.align() <= 16 {
                return libc::realloc(memory.cast(), size).cast();
            }
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                core::ptr::copy_nonoverlapping(memory, moved, layout.size().min(size));
                self.dealloc(memory, layout);
            }
            moved
        }
    }
}

#[panic_handler]
fn panic(information: &PanicInfo) -> ! {
    let place = information.location().map_or(("", 0), |location| (location.file(), location.line()));
    let text = alloc::format!("monowheel: the launcher has a bug: {}:{}\n", place.0, place.1);
    crate::sys::say(text.as_bytes());
    // SAFETY: abort has no condition.
    unsafe { libc::abort() }
}

// The C library's own way out of a thread is by unwinding, which gcc's library does; ours are never left that way.
#[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
#[link(name = "gcc_eh", kind = "static", modifiers = "-bundle")]
#[link(name = "gcc", kind = "static", modifiers = "-bundle")]
#[link(name = "c", kind = "static", modifiers = "-bundle")]
unsafe extern "C" {}

/// Tables of the precompiled `alloc` name this function; as a panic aborts, nothing ever calls it.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}
