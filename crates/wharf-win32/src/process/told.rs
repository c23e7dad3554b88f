//! Exit codes of more than 8 bits, which is what wait(2) has: a process tells its parent before it ends.
//!
//! The parent has a datagram socket with an abstract name that its number makes. A process whose code does not fit sends
//! it there; the kernel says who the sender is (SCM_CREDENTIALS, unix(7)), so nobody can speak for another. A parent that is no
//! program of ours has no such socket, and gets the 8 bits.
//!
//! # Invariants
//! 1. What a process has sent is in the queue before its end can be seen: who has seen an end reads the queue first.
//! 2. A code counts for the process that sent it, once, and only if its lowest 8 bits are those that the kernel reports.
//! 3. `tell` is system calls only, for a handler of a signal may be its caller.
#![allow(unsafe_code)] // sockets with credentials

use std::collections::HashMap;
use std::mem::{offset_of, size_of, zeroed};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::file::reactor::{self, Ready};
use crate::fork::Once;

/// How long the end of a process waits for its parent to read, if that lags far behind.
const PATIENCE_MICROS: libc::suseconds_t = 500_000;
/// Codes that nobody has asked for: of processes that this library has not started.
const MOST: usize = 4096;

/// The abstract name of a process's socket, and its length.
fn address(process: u32) -> (libc::sockaddr_un, libc::socklen_t) {
    const PREFIX: &[u8] = b"\0wharf-exit-";
    // SAFETY: all zeros are a value.
    let mut address: libc::sockaddr_un = unsafe { zeroed() };
    address.sun_family = libc::AF_UNIX as libc::sa_family_t;
    // Eight digits, without formatting: that may allocate.
    let digits: [u8; 8] =
        std::array::from_fn(|at| b"0123456789abcdef"[(process >> (28 - 4 * at)) as usize & 15]);
    let name = PREFIX.iter().chain(&digits);
    for (to, byte) in address.sun_path.iter_mut().zip(name) {
        *to = libc::c_char::from_ne_bytes([*byte]);
    }
    let length = offset_of!(libc::sockaddr_un, sun_path) + PREFIX.len() + digits.len();
    (address, length as libc::socklen_t)
}

fn socket(flags: i32) -> Option<OwnedFd> {
    // SAFETY: plain numbers.
    let fd =
        unsafe { libc::socket(libc::AF_UNIX, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC | flags, 0) };
    // SAFETY: just made.
    (fd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(fd) })
}

fn set<T>(fd: &OwnedFd, name: i32, value: &T) {
    let (value, length) = (std::ptr::from_ref(value).cast(), size_of::<T>() as libc::socklen_t);
    // SAFETY: a value with its length.
    unsafe { libc::setsockopt(fd.as_raw_fd(), libc::SOL_SOCKET, name, value, length) };
}

/// Tells the parent with which code this process is about to end, if that is not what wait(2) says.
pub(crate) fn tell(code: u32) {
    if code <= 0xFF {
        return;
    }
    // SAFETY: no arguments.
    let parent = unsafe { libc::getppid() };
    let Some(fd) = socket(0) else { return };
    set(&fd, libc::SO_SNDTIMEO, &libc::timeval { tv_sec: 0, tv_usec: PATIENCE_MICROS });
    let (address, length) = address(parent.cast_unsigned());
    let (bytes, to) = (code.to_ne_bytes(), (&raw const address).cast());
    // SAFETY: four bytes and an address. A parent that is not there is not told.
    unsafe {
        libc::sendto(fd.as_raw_fd(), bytes.as_ptr().cast(), 4, libc::MSG_NOSIGNAL, to, length)
    };
}

#[cfg(target_env = "gnu")]
mod hook {
    use std::ffi::{c_int, c_void};

    unsafe extern "C" {
        fn on_exit(function: extern "C" fn(c_int, *mut c_void), argument: *mut c_void) -> c_int;
    }

    extern "C" fn told(code: c_int, _argument: *mut c_void) {
        super::tell(code.cast_unsigned());
    }

    extern "C" fn enter() {
        // SAFETY: the function stays. First in, last called: the program's own come before it.
        unsafe { on_exit(told, std::ptr::null_mut()) };
    }

    // `exit`, and the return from `main`, know the whole code.
    // SAFETY: the loader calls what is in this section, once, before `main`.
    #[used]
    #[unsafe(link_section = ".init_array")]
    static ENTER: extern "C" fn() = enter;
}

/// The parent's side.
pub(crate) struct Inbox {
    fd: OwnedFd,
    codes: Mutex<HashMap<u32, u32>>,
}

pub(crate) static OWN: Once<Arc<Inbox>> = Once::new();

/// Before the first process is started.
pub(super) fn listen() {
    let make = || {
        let fd = socket(libc::SOCK_NONBLOCK)?;
        set(&fd, libc::SO_PASSCRED, &1_i32);
        let (address, length) = address(std::process::id());
        // SAFETY: an address with its length. If somebody else has the name, codes have 8 bits.
        if unsafe { libc::bind(fd.as_raw_fd(), (&raw const address).cast(), length) } != 0 {
            return None;
        }
        let own = Arc::new(Inbox { fd, codes: Mutex::default() });
        let target: Weak<dyn Ready> = Arc::downgrade(&own) as Weak<dyn Ready>;
        reactor::watch(&own.fd, target).ok()?;
        Some(own)
    };
    let _ = OWN.get_or_make(|| make().ok_or(()));
}

/// The whole code of a process that has ended; `low` is what the kernel says.
pub(super) fn whole(process: u32, low: u32) -> u32 {
    let Some(own) = OWN.get() else { return low };
    own.ready(); // invariant 1
    let told = own.codes.lock().unwrap_or_else(PoisonError::into_inner).remove(&process);
    told.filter(|told| told & 0xFF == low & 0xFF).unwrap_or(low)
}

impl Ready for Inbox {
    fn ready(&self) {
        // The lock is around the reading: who finds the queue empty finds the codes in their place.
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((process, code)) = receive(&self.fd) {
            if codes.len() >= MOST {
                codes.clear();
            }
            codes.insert(process, code);
        }
    }
}

/// The next code and its sender.
fn receive(fd: &OwnedFd) -> Option<(u32, u32)> {
    loop {
        let (mut bytes, mut control) = ([0_u8; 4], [0_u64; 8]);
        let mut piece = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: 4 };
        // SAFETY: all zeros are a value.
        let mut message: libc::msghdr = unsafe { zeroed() };
        message.msg_iov = &raw mut piece;
        message.msg_iovlen = 1;
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = size_of_val(&control) as _;
        // SAFETY: room that the header describes.
        let got =
            unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut message, libc::MSG_CMSG_CLOEXEC) };
        if got < 0 {
            return None;
        }
        // SAFETY: what the kernel has filled.
        let first = unsafe { libc::CMSG_FIRSTHDR(&raw const message) };
        if got != 4 || first.is_null() {
            continue;
        }
        // SAFETY: not null.
        let header = unsafe { first.read() };
        if (header.cmsg_level, header.cmsg_type) != (libc::SOL_SOCKET, libc::SCM_CREDENTIALS) {
            continue;
        }
        // SAFETY: a header of that type has this behind it.
        let data = unsafe { libc::CMSG_DATA(first) };
        // SAFETY: as above.
        let sender = unsafe { data.cast::<libc::ucred>().read_unaligned() };
        return Some((sender.pid.cast_unsigned(), u32::from_ne_bytes(bytes)));
    }
}
