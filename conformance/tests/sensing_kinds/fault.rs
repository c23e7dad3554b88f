//! Blocking outside of any system call: a page fault that another thread has to serve.
//!
//! The page is registered with a userfaultfd, whose closing lets the fault go on with a page of zeros
//! (fs/userfaultfd.c, `userfaultfd_release`, seen in 6.18).

#![expect(
    unsafe_code,
    reason = "maps a page, registers it by ioctl and reads it; std and rustix have no safe form of these"
)]

use std::ptr;

use rustix::io::Errno;
use rustix::ioctl::{Opcode, Updater, ioctl, opcode};
use rustix::mm::{MapFlags, ProtFlags, UserfaultfdFlags, mmap_anonymous, munmap, userfaultfd};
use rustix::param::page_size;

use crate::ways::Way;

/// linux/userfaultfd.h: faults of user code only, which every user may ask for (Linux 5.11).
const USER_MODE_ONLY: u32 = 1;
/// The version of the interface.
const API: u64 = 0xaa;
/// Faults on pages that are not there.
const MODE_MISSING: u64 = 1;

/// `struct uffdio_api`.
#[repr(C)]
struct Api {
    api: u64,
    features: u64,
    ioctls: u64,
}

/// `struct uffdio_register`.
#[repr(C)]
struct Register {
    start: u64,
    length: u64,
    mode: u64,
    ioctls: u64,
}

const UFFDIO_API: Opcode = opcode::read_write::<Api>(0xaa, 0x3f);
const UFFDIO_REGISTER: Opcode = opcode::read_write::<Register>(0xaa, 0x00);

/// A page that nobody else knows of.
struct Page(*mut u8);

// SAFETY: the page belongs to this value, and one thread at a time has it.
unsafe impl Send for Page {}

impl Page {
    fn touch(&self) -> u8 {
        // SAFETY: mapped readable until the drop; nothing else refers to it. Volatile, so that it is read.
        unsafe { ptr::read_volatile(self.0) }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: exactly the mapping that was made for this value.
        let unmapped = unsafe { munmap(self.0.cast(), page_size()) };
        debug_assert!(unmapped.is_ok(), "a mapping of ours: {unmapped:?}");
    }
}

pub(crate) fn page_fault() -> Result<Way, String> {
    make().map_err(|error| format!("userfaultfd: {error}"))
}

fn make() -> Result<Way, Errno> {
    let flags = UserfaultfdFlags::CLOEXEC | UserfaultfdFlags::from_bits_retain(USER_MODE_ONLY);
    // SAFETY: it is told of no memory but the page below.
    let faults = unsafe { userfaultfd(flags) }?;
    let mut api = Api { api: API, features: 0, ioctls: 0 };
    // SAFETY: the opcode takes this structure and writes nothing else.
    let handshake = unsafe { Updater::<UFFDIO_API, Api>::new(&mut api) };
    // SAFETY: as the opcode demands.
    unsafe { ioctl(&faults, handshake) }?;

    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: the kernel chooses the address, so no mapping that is in use is replaced.
    let page =
        unsafe { mmap_anonymous(ptr::null_mut(), page_size(), protection, MapFlags::PRIVATE) }?;
    let page = Page(page.cast());
    let length = page_size() as u64;
    let start = page.0 as u64;
    let mut register = Register { start, length, mode: MODE_MISSING, ioctls: 0 };
    // SAFETY: the opcode takes this structure and writes nothing else.
    let registration = unsafe { Updater::<UFFDIO_REGISTER, Register>::new(&mut register) };
    // SAFETY: the range is the page of this value, in which nobody has a reference.
    unsafe { ioctl(&faults, registration) }?;
    Ok(Way::new(move || assert_eq!(page.touch(), 0), move || drop(faults)))
}
