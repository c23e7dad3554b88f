//! Bytes that are allocated in this process, counted by the allocator.
#![allow(unsafe_code)] // an allocator is unsafe by its trait

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::AtomicIsize;
use std::sync::atomic::Ordering::Relaxed;

static ALLOCATED: AtomicIsize = AtomicIsize::new(0);

/// The system's allocator, which counts; a program makes it its global one.
pub struct Counting;

// SAFETY: everything is the system's allocator's; the count touches no memory but itself.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size().cast_signed(), Relaxed);
        // SAFETY: the caller keeps the same promises to us.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size().cast_signed(), Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// Bytes that are allocated now.
pub fn allocated() -> isize {
    ALLOCATED.load(Relaxed)
}
