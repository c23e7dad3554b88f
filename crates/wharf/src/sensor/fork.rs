//! Whether this is still the process that something was opened in, or a child that `fork` made since.
//!
//! A child inherits the values that describe sensors but not what they stand for: the rings of perf are
//! not mapped there (VM_DONTCOPY), something else may be at their addresses, and the threads that were
//! looked at do not exist.
//!
//! # Invariants
//! 1. A [`Birth`] taken before a fork is over in the child, and in the child's children.
//! 2. In the process that took it it is never over.
//!
//! # How it knows
//! A private page that the kernel empties in a child (MADV_WIPEONFORK, Linux 4.14) holds a number; zero
//! means that nobody has asked since the fork. Numbers come from a counter, which a child inherits: they grow
//! from parent to child, so none comes back (invariant 1).
//!
//! Comparing process ids would be a system call in each look (measured: 200 ns where a look costs 2), and
//! would be wrong for `clone(CLONE_NEWPID)`: an init has id 1, and so has its child. A `pthread_atfork`
//! handler is not called by a raw `fork` or `clone`. Process ids serve where the kernel does not know the
//! advice; perf is not used there.

#![expect(
    unsafe_code,
    reason = "maps the page that a fork empties; no safe interface to mmap exists"
)]

use std::ptr;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU64};

use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};
use rustix::param::page_size;
use rustix::process::{Pid, getpid};

/// The process in which something was opened.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Birth {
    /// The number in the page.
    Page(Generation),
    /// The process id, where there is no such page.
    Process(Pid),
}

/// A number and the page that holds it for as long as the process is the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Generation {
    page: &'static AtomicU64,
    number: u64,
}

impl Birth {
    /// This process.
    pub(crate) fn here() -> Birth {
        Generation::here().map_or_else(|_| Birth::Process(getpid()), Birth::Page)
    }

    /// Whether this process is a later one.
    #[inline]
    pub(crate) fn is_over(self) -> bool {
        match self {
            Birth::Page(generation) => generation.is_over(),
            Birth::Process(process) => getpid() != process,
        }
    }
}

impl Generation {
    /// This process, by the page alone.
    pub(super) fn here() -> Result<Generation, Errno> {
        /// The last number given; inherited by children.
        static LAST: AtomicU64 = AtomicU64::new(0);

        // All accesses are relaxed: the number publishes nothing, and a fork copies a consistent whole.
        let page = page()?;
        let number = page.load(Relaxed);
        if number != 0 {
            return Ok(Generation { page, number });
        }
        let new = LAST.fetch_add(1, Relaxed) + 1;
        let number = match page.compare_exchange(0, new, Relaxed, Relaxed) {
            Ok(_) => new,
            Err(number) => number, // another thread of this process was first
        };
        Ok(Generation { page, number })
    }

    #[inline]
    pub(super) fn is_over(self) -> bool {
        self.page.load(Relaxed) != self.number
    }
}

/// The page, mapped by whoever asks first, for the life of the process and of its children.
///
/// Not in a `OnceLock`: a fork while another thread initialises one leaves it half made, and the child waits for ever.
fn page() -> Result<&'static AtomicU64, Errno> {
    static PAGE: AtomicPtr<AtomicU64> = AtomicPtr::new(ptr::null_mut());
    /// Why there is no page; 0 if that is not known.
    static REFUSED: AtomicI32 = AtomicI32::new(0);

    // Acquire: pairs with the exchange below. What is there is the kernel's, but nobody has to know that.
    let known = PAGE.load(Acquire);
    if !known.is_null() {
        // SAFETY: from `map`, kept (see below).
        return Ok(unsafe { &*known });
    }
    let refused = REFUSED.load(Relaxed); // a number by itself
    if refused != 0 {
        return Err(Errno::from_raw_os_error(refused));
    }
    let own = map().inspect_err(|error| REFUSED.store(error.raw_os_error(), Relaxed))?;
    match PAGE.compare_exchange(ptr::null_mut(), own, AcqRel, Acquire) {
        // SAFETY: aligned to a page, at least 8 bytes, zero and so a valid number, never unmapped from here on. All accesses
        // are through this atomic. The kernel's emptying happens before a child's first instruction.
        Ok(_) => Ok(unsafe { &*own }),
        Err(first) => {
            // SAFETY: mapped above, and nobody else has seen it.
            let _ = unsafe { munmap(own.cast(), page_size()) };
            // SAFETY: as above, of another thread's page.
            Ok(unsafe { &*first })
        }
    }
}

/// Maps a page that a fork empties.
fn map() -> Result<*mut AtomicU64, Errno> {
    let length = page_size();
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: the kernel chooses the address, so no mapping that is in use is replaced.
    let page = unsafe { mmap_anonymous(ptr::null_mut(), length, protection, MapFlags::PRIVATE)? };
    // SAFETY: exactly the page just mapped, which nothing refers to yet; the advice changes what a child
    // finds in it and nothing here.
    if let Err(error) = unsafe { madvise(page, length, Advice::LinuxWipeOnFork) } {
        // SAFETY: the same page, of no use.
        let _ = unsafe { munmap(page, length) };
        return Err(error);
    }
    Ok(page.cast())
}
