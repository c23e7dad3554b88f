//! What the tests need from the kernel and no safe interface has: filters, children, page faults.

#![expect(unsafe_code, reason = "seccomp, fork and userfaultfd have no safe interface")]

use std::io;
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use rustix::io::Errno;
use rustix::ioctl::{Opcode, Updater, ioctl, opcode};
use rustix::mm::{MapFlags, ProtFlags, UserfaultfdFlags, mmap_anonymous, userfaultfd};
use rustix::param::page_size;
use rustix::process::{Pid, WaitOptions, WaitStatus, waitpid};

/// Makes a system call end like this (SECCOMP_RET_..) in this thread and those that it starts.
pub(super) fn filter(call: libc::c_long, action: u32) -> io::Result<()> {
    rustix::thread::set_no_new_privs(true)?;
    let instruction = |code, jt, jf, k| libc::sock_filter { code: code as u16, jt, jf, k };
    let mut program = [
        instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0), // seccomp_data.nr
        instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, call as u32),
        instruction(libc::BPF_RET | libc::BPF_K, 0, 0, action),
        instruction(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    // SAFETY: the kernel copies the program, whose length is that of the array, before it returns.
    let result = unsafe {
        libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Runs `body` in a child made by fork; how the child ended.
pub(super) fn in_child(body: impl FnOnce() -> bool) -> WaitStatus {
    // SAFETY: the child is a copy of this thread alone. `body` keeps to what glibc allows there in
    // practice, memory and threads, and its process ends without going back to libtest.
    let id = unsafe { libc::fork() };
    if id == 0 {
        let passed = catch_unwind(AssertUnwindSafe(body)).unwrap_or(false);
        // SAFETY: ends the child; nothing of the parent's is flushed twice.
        unsafe { libc::_exit(if passed { 0 } else { 1 }) }
    }
    let child = Pid::from_raw(id).expect("fork");
    waitpid(Some(child), WaitOptions::empty()).expect("own child").expect("waited for").1
}

/// Whether memory can be mapped at an address, keeps its content while `then` runs, and is there still.
pub(super) fn survives_at(address: usize, length: usize, then: impl FnOnce()) -> bool {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    let flags = MapFlags::PRIVATE | MapFlags::FIXED_NOREPLACE;
    // SAFETY: NOREPLACE fails where anything is mapped already.
    let Ok(page) = (unsafe { mmap_anonymous(address as *mut _, length, protection, flags) }) else {
        return false;
    };
    // SAFETY: just mapped for reading and writing, aligned, and reached through this reference only.
    let word = unsafe { &*page.cast::<AtomicU64>() };
    word.store(7, Relaxed);
    then();
    word.load(Relaxed) == 7
}

/// Reads a word, whatever is there.
pub(super) fn touch(address: usize) -> u64 {
    // SAFETY: none: the caller is a child that finds out whether it dies of this.
    unsafe { (address as *const u64).read_volatile() }
}

/// A page on which a thread blocks when it touches it, until this is dropped.
pub(super) struct FaultPage {
    page: &'static AtomicU64,
    _handler: OwnedFd,
}

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

const UFFD_API: u64 = 0xaa;
const UFFDIO_API: Opcode = opcode::read_write::<Api>(0xaa, 0x3f);
const UFFDIO_REGISTER: Opcode = opcode::read_write::<Register>(0xaa, 0x00);
const UFFDIO_REGISTER_MODE_MISSING: u64 = 1;

impl FaultPage {
    pub(super) fn new() -> Result<FaultPage, Errno> {
        // SAFETY: the descriptor is used for the one page below only.
        let handler = unsafe { userfaultfd(UserfaultfdFlags::CLOEXEC)? };
        let length = page_size();
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the kernel chooses the address.
        let page =
            unsafe { mmap_anonymous(ptr::null_mut(), length, protection, MapFlags::PRIVATE)? };
        let mut api = Api { api: UFFD_API, features: 0, ioctls: 0 };
        // SAFETY: the opcode's structure, as linux/userfaultfd.h lays it out.
        let api = unsafe { Updater::<UFFDIO_API, Api>::new(&mut api) };
        // SAFETY: a userfaultfd; the call writes within the structure.
        unsafe { ioctl(&handler, api)? };
        let mode = UFFDIO_REGISTER_MODE_MISSING;
        let mut register = Register { start: page as u64, length: length as u64, mode, ioctls: 0 };
        // SAFETY: the opcode's structure, as linux/userfaultfd.h lays it out.
        let register = unsafe { Updater::<UFFDIO_REGISTER, Register>::new(&mut register) };
        // SAFETY: a userfaultfd, and the one page that was mapped for it.
        unsafe { ioctl(&handler, register)? };
        // SAFETY: aligned, never unmapped (the test leaks it), zero once the fault is over.
        let page = unsafe { &*page.cast::<AtomicU64>() };
        Ok(FaultPage { page, _handler: handler })
    }

    /// What a thread blocks in.
    pub(super) fn toucher(&self) -> impl FnOnce() + Send + use<> {
        let page = self.page;
        move || {
            page.store(1, Relaxed);
        }
    }
}
