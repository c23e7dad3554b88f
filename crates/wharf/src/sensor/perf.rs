//! The kernel's own record of one thread's context switches, as shared memory.
//!
//! A software event that counts nothing ("dummy") and has `context_switch` set writes 8 bytes at every
//! switch of its thread. Mapped read-only it overwrites its oldest records and needs no reader; the last one
//! says whether the thread is on a processor, waits for one, or is blocked.
//!
//! # Invariants
//! 1. The mapping is there from `open` until `drop`, in the process that opened it and in no other
//!    (VM_DONTCOPY): whatever touches it, and its unmapping too, comes after a look at the [`Generation`].
//! 2. Nothing is written to it and no reference to it exists: it is read by volatile loads of aligned
//!    words, while the kernel writes.
//! 3. The descriptor is closed at once; the mapping keeps the event recording. Dropping it ends that.
//!
//! # Protocol
//! ```text
//! kernel, at a switch (perf_output_begin .. perf_output_end)  | look
//! store the record                                            | load head
//! store head, behind a barrier                                | fence, acquire
//!                                                             | load the record that ends at head
//! ```
//! The fence pairs with the barrier before the kernel's store of the head (`perf_output_put_handle`,
//! kernel/events/ring_buffer.c of Linux 6.18): the record is as new as the head or newer. Without it the load of
//! the record could come first and find an older one: late by a look, no worse. Between the two loads
//! the kernel may have gone once round the ring and be writing to that record. All records here have the
//! same type and size and differ in one byte (bits 13 and 14 of `misc`), so there is nothing to tear:
//! the answer is that of one moment or another. No model checker sees the kernel's side; the tests on
//! threads that switch all the time are what stands for it.
//!
//! # What it does not tell
//! * Before the first switch since `open` nothing is recorded ([`Ring::look`] answers `None`).
//! * A thread that has ended was last seen running, for ever: its ring has to be dropped.
//! * A thread is "blocked" until it is back on a processor; /proc calls it running from when it is woken,
//!   and is asked.
//!
//! References: perf_event_open(2), include/uapi/linux/perf_event.h. PERF_RECORD_MISC_SWITCH_OUT_PREEMPT
//! came with Linux 4.17; on older ones a thread that waits for a processor looks blocked.

#![expect(
    unsafe_code,
    reason = "a system call that rustix lacks, and memory that the kernel writes"
)]

use std::os::fd::{FromRawFd, OwnedFd};
use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering::Acquire;
use std::sync::atomic::fence;

use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use rustix::param::page_size;
use rustix::thread::Pid;

use super::Seen;
use super::fork::Generation;

/// `struct perf_event_attr` as first published: PERF_ATTR_SIZE_VER0, which every kernel takes.
#[repr(C)]
#[derive(Default)]
struct Attributes {
    kind: u32,
    size: u32,
    config: u64,
    sample_period: u64,
    sample_type: u64,
    read_format: u64,
    flags: u64,
    wakeup_events: u32,
    breakpoint: u32,
    config1: u64,
}

const _: () = assert!(size_of::<Attributes>() == 64);

const PERF_TYPE_SOFTWARE: u32 = 1;
const PERF_COUNT_SW_DUMMY: u64 = 9;
/// For an ordinary user at `perf_event_paranoid` 2.
const EXCLUDE_KERNEL: u64 = flag(5);
/// Records of context switches, of 8 bytes as long as neither `sample_type` nor `sample_id_all` (bit 18)
/// asks for more.
const CONTEXT_SWITCH: u64 = flag(26);
const PERF_FLAG_FD_CLOEXEC: libc::c_ulong = 8;

/// A bit of the attributes' bit field, which C counts from the other end on big-endian machines.
const fn flag(bit: u32) -> u64 {
    if cfg!(target_endian = "big") { 1 << (63 - bit) } else { 1 << bit }
}

/// Where `struct perf_event_mmap_page` has `data_head`: "1k-aligned hole" before it.
const DATA_HEAD_OFFSET: usize = 1024;
const RECORD_BYTES: usize = 8;

/// A context switch as recorded: `struct perf_event_header` with nothing behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Switch {
    /// On to a processor.
    In,
    /// Off it, blocked.
    Out,
    /// Off it, but ready to run.
    Preempted,
}

impl Switch {
    /// `None` if it is no record of a switch.
    fn decode(record: u64) -> Option<Switch> {
        const PERF_RECORD_SWITCH: u32 = 14;
        const MISC_OUT: u16 = 0x2000;
        const MISC_PREEMPT: u16 = 0x4000;

        let [a, b, c, d, e, f, g, h] = record.to_ne_bytes();
        let (kind, misc) = (u32::from_ne_bytes([a, b, c, d]), u16::from_ne_bytes([e, f]));
        let size = u16::from_ne_bytes([g, h]);
        if kind != PERF_RECORD_SWITCH || usize::from(size) != RECORD_BYTES {
            return None;
        }
        Some(match (misc & MISC_OUT != 0, misc & MISC_PREEMPT != 0) {
            (false, _) => Switch::In,
            (true, false) => Switch::Out,
            (true, true) => Switch::Preempted,
        })
    }
}

/// The ring of one thread: a page about it and a page of records.
#[derive(Debug)]
pub(super) struct Ring {
    base: NonNull<u8>,
    page: usize,
    generation: Generation,
}

// SAFETY: the mapping belongs to the process, not to a thread, and the value is the only owner of it.
unsafe impl Send for Ring {}
// SAFETY: through `&Ring` memory is only loaded from (invariant 2); unmapping takes `&mut` (drop).
unsafe impl Sync for Ring {}

impl Ring {
    /// Opens and maps the event of a thread of this process.
    ///
    /// # Errors
    /// EPERM, EACCES, ENOSYS, ENOENT: refused by a setting, a filter or a kernel without it. EINVAL: older than
    /// Linux 4.3. EPERM of the mapping: no more locked memory. EMFILE, ENFILE, ENOMEM. ESRCH: no such thread.
    pub(super) fn open(tid: Pid) -> Result<Ring, Errno> {
        if cfg!(not(target_pointer_width = "64")) {
            return Err(Errno::NOSYS); // the two loads have to be one access each
        }
        let generation = Generation::here()?;
        let event = open_event(tid)?;
        let page = page_size();
        // SAFETY: the kernel chooses the address, so no mapping that is in use is replaced; the memory is
        // reached through this value only.
        let base = unsafe {
            mmap(ptr::null_mut(), 2 * page, ProtFlags::READ, MapFlags::SHARED, &event, 0)?
        };
        let base = NonNull::new(base.cast()).ok_or(Errno::NOMEM)?;
        Ok(Ring { base, page, generation })
    }

    /// What the thread does by its last record; `None` while there is none.
    #[inline]
    pub(super) fn look(&self) -> Option<Seen> {
        if self.generation.is_over() {
            return Some(Seen::Unknown);
        }
        let head = self.head();
        if head == 0 {
            return None;
        }
        Some(match self.record_before(head) {
            Some(Switch::In | Switch::Preempted) => Seen::Running,
            Some(Switch::Out) => Seen::Blocked,
            None => Seen::Unknown,
        })
    }

    /// Whether a sleep that the thread has come back from is there: OUT, and IN behind it.
    pub(super) fn has_sleep(&self) -> bool {
        if self.generation.is_over() {
            return false;
        }
        let newest = self.head();
        let record = |back: u64| {
            let end = newest.checked_sub(back * RECORD_BYTES as u64).filter(|&end| end > 0)?;
            self.record_before(end)
        };
        let oldest = (self.page / RECORD_BYTES) as u64;
        (0..oldest).any(|at| (record(at + 1), record(at)) == (Some(Switch::Out), Some(Switch::In)))
    }

    /// Where it is mapped, for the tests that fork.
    #[cfg(test)]
    pub(super) fn address(&self) -> usize {
        self.base.as_ptr() as usize
    }

    /// Switches recorded so far, for tests that must not be fooled by one. Only in the ring's own process.
    #[cfg(test)]
    pub(super) fn switches(&self) -> u64 {
        assert!(!self.generation.is_over());
        self.head() / RECORD_BYTES as u64
    }

    /// Bytes recorded so far. Call it only where the generation is not over.
    #[inline]
    fn head(&self) -> u64 {
        let head = self.base.as_ptr().wrapping_add(DATA_HEAD_OFFSET).cast::<u64>();
        // SAFETY: mapped, since the caller has looked at the generation (invariant 1); 8 bytes within the
        // first page and aligned, as 1024 is; volatile because the kernel writes it (invariant 2).
        let head = unsafe { head.read_volatile() };
        fence(Acquire); // see Protocol
        head
    }

    /// The record that ends at a head. Call it only where the generation is not over.
    #[inline]
    fn record_before(&self, head: u64) -> Option<Switch> {
        // The size of the ring is a power of two and divides 2^64, so truncating and wrapping are exact.
        let offset =
            (head as usize).wrapping_sub(RECORD_BYTES) & (self.page - 1) & !(RECORD_BYTES - 1);
        let record = self.base.as_ptr().wrapping_add(self.page + offset).cast::<u64>();
        // SAFETY: mapped, as in `head`; the masks keep it within the second page and aligned whatever
        // the kernel put into the head.
        let record = unsafe { record.read_volatile() };
        Switch::decode(record)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        if self.generation.is_over() {
            return; // a child's: not mapped there, and the address may be somebody else's by now
        }
        // SAFETY: the two pages that `open` mapped, still ours (invariant 1); nothing refers to them.
        let unmapped = unsafe { munmap(self.base.as_ptr().cast(), 2 * self.page) };
        debug_assert!(unmapped.is_ok(), "whole mapping of ours: {unmapped:?}");
    }
}

/// The event of one thread, on whichever processor it runs.
fn open_event(tid: Pid) -> Result<OwnedFd, Errno> {
    let attributes = Attributes {
        kind: PERF_TYPE_SOFTWARE,
        size: size_of::<Attributes>() as u32,
        config: PERF_COUNT_SW_DUMMY,
        flags: EXCLUDE_KERNEL | CONTEXT_SWITCH,
        ..Attributes::default()
    };
    let (any_processor, no_group) = (-1_i32, -1_i32);
    // SAFETY: the kernel reads `size` bytes of the attributes, which live until it returns, and writes
    // none as long as `size` is one that it knows, which 64 is. The other arguments are numbers.
    let result = unsafe {
        libc::syscall(
            libc::SYS_perf_event_open,
            &raw const attributes,
            tid.as_raw_nonzero().get(),
            any_processor,
            no_group,
            PERF_FLAG_FD_CLOEXEC,
        )
    };
    let Ok(fd @ 0..) = i32::try_from(result) else {
        return Err(super::proc::errno(&std::io::Error::last_os_error()));
    };
    // SAFETY: a descriptor that the kernel has just given to this call and that nobody else knows.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u32, misc: u16, size: u16) -> u64 {
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&kind.to_ne_bytes());
        bytes[4..6].copy_from_slice(&misc.to_ne_bytes());
        bytes[6..].copy_from_slice(&size.to_ne_bytes());
        u64::from_ne_bytes(bytes)
    }

    #[test]
    fn what_records_say() {
        let cases = [
            (record(14, 0, 8), Some(Switch::In)),
            (record(14, 0x2000, 8), Some(Switch::Out)),
            (record(14, 0x6000, 8), Some(Switch::Preempted)),
            (record(14, 0x4000, 8), Some(Switch::In)),
            (record(14, 0x2000, 24), None), // with more behind it
            (record(9, 0x2000, 8), None),
            (0, None),
        ];
        for (record, expected) in cases {
            assert_eq!(Switch::decode(record), expected, "{record:#x}");
        }
    }
}
