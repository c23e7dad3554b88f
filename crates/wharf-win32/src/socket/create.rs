//! WSASocket and socket (D5-D10).
#![allow(unsafe_code)] // exported under C names; socket and setsockopt

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use wharf_core::status::{SocketContext, code, winsock_from_errno};

use super::kinds::choose;
use super::record::Record;
use super::table;
use super::types::*;
use super::waiting::errno;
use crate::guard;
use crate::winsock::duplicate::Ticket;
use crate::winsock::options::opens_overlapped;
use crate::winsock::{AF_UNSPEC, duplicate, memory};

const KNOWN_FLAGS: u32 = WSA_FLAG_OVERLAPPED
    | MULTIPOINT
    | WSA_FLAG_ACCESS_SYSTEM_SECURITY
    | WSA_FLAG_NO_HANDLE_INHERIT
    | WSA_FLAG_REGISTERED_IO;
const C_PLANE: u32 = WSA_FLAG_MULTIPOINT_C_ROOT | WSA_FLAG_MULTIPOINT_C_LEAF;
const D_PLANE: u32 = WSA_FLAG_MULTIPOINT_D_ROOT | WSA_FLAG_MULTIPOINT_D_LEAF;
const MULTIPOINT: u32 = C_PLANE | D_PLANE;

/// What of a protocol info counts.
#[derive(Clone, Copy)]
struct Info {
    family: i32,
    kind: i32,
    protocol: i32,
    /// What WSADuplicateSocket left there.
    duplicate: Option<Ticket>,
}

impl Info {
    /// None for null; WSAEFAULT (D8).
    ///
    /// # Safety
    /// A plausible pointer is one to a description.
    unsafe fn read<C: Copy>(info: *const ProtocolInfo<C>) -> Result<Option<Info>, u32> {
        if info.is_null() {
            return Ok(None);
        }
        // SAFETY: the caller's promise.
        let info = unsafe { memory::read(info) }?;
        Ok(Some(Info {
            family: info.iAddressFamily,
            kind: info.iSocketType,
            protocol: info.iProtocol,
            duplicate: Ticket::of(&info),
        }))
    }
}

fn create(
    family: i32,
    kind: i32,
    protocol: i32,
    info: Option<Info>,
    group: u32,
    flags: u32,
) -> Result<SOCKET, u32> {
    super::started()?;
    let (mut family, mut kind, mut protocol) = (family, kind, protocol);
    if let Some(info) = info {
        if let Some(ticket) = info.duplicate {
            check_flags(info.kind, group, flags)?; // what is refused leaves the description good
            return duplicate::redeem(ticket, flags & WSA_FLAG_NO_HANDLE_INHERIT != 0); // D8, D12
        }
        // What the arguments say wins over the structure (D7).
        for (argument, own) in
            [(&mut family, info.family), (&mut kind, info.kind), (&mut protocol, info.protocol)]
        {
            if *argument == FROM_PROTOCOL_INFO || *argument == 0 {
                *argument = own;
            }
        }
        if family == AF_UNSPEC {
            return Err(code::WSAEAFNOSUPPORT);
        }
    }
    let chosen = choose(family, kind, protocol)?;
    check_flags(chosen.kind, group, flags)?;
    let (family, kind, protocol) = chosen.to_kernel()?;
    let inherit = if flags & WSA_FLAG_NO_HANDLE_INHERIT == 0 { 0 } else { libc::SOCK_CLOEXEC };
    // SAFETY: plain numbers.
    let fd = unsafe { libc::socket(family, kind | libc::SOCK_NONBLOCK | inherit, protocol) };
    if fd < 0 {
        return Err(match errno() {
            // The kernel has no such type in this family, whatever it calls that.
            libc::EINVAL | libc::ESOCKTNOSUPPORT => code::WSAESOCKTNOSUPPORT,
            error => winsock_from_errno(error, SocketContext::Plain),
        });
    }
    // SAFETY: just made, and nobody else's.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    prepare(&fd, family, kind);
    table::open(fd, |fd, generation| {
        let mut record = Record::new(fd, generation, family, kind, protocol);
        record.overlapped = flags & WSA_FLAG_OVERLAPPED != 0;
        record.registered = (flags & WSA_FLAG_REGISTERED_IO != 0).then_some(0);
        record.private = flags & WSA_FLAG_NO_HANDLE_INHERIT != 0;
        record
    })
}

/// D10: one flag of each plane at most, only where there are several peers, and only planes without a root, as
/// IP multicast is. A group is none, or a new one.
fn check_flags(kind: i32, group: u32, flags: u32) -> Result<(), u32> {
    let multipoint = flags & MULTIPOINT;
    let leaves = WSA_FLAG_MULTIPOINT_C_LEAF | WSA_FLAG_MULTIPOINT_D_LEAF;
    if group > 2 || flags & !KNOWN_FLAGS != 0 {
        return Err(code::WSAEINVAL);
    }
    if multipoint != 0 && (multipoint != leaves || kind != SOCK_DGRAM) {
        return Err(code::WSAEINVAL);
    }
    // SAFETY: reads a number.
    let privileged = unsafe { libc::geteuid() } == 0;
    if flags & WSA_FLAG_ACCESS_SYSTEM_SECURITY != 0 && !privileged {
        return Err(code::WSAEACCES);
    }
    Ok(())
}

/// Where a new socket of the kernel differs from one of Windows.
pub(crate) fn prepare(fd: &OwnedFd, family: i32, kind: i32) {
    if family == libc::AF_INET6 {
        // An IPv6 socket takes no IPv4 unless it is told to (D79).
        set(fd, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY);
    }
    // A datagram that found no receiver is told of on sockets without a peer too (D62).
    match (kind, family) {
        (libc::SOCK_DGRAM, libc::AF_INET) => set(fd, libc::IPPROTO_IP, libc::IP_RECVERR),
        (libc::SOCK_DGRAM, libc::AF_INET6) => set(fd, libc::IPPROTO_IPV6, libc::IPV6_RECVERR),
        _ => {}
    }
}

fn set(fd: &OwnedFd, level: i32, name: i32) {
    let on = 1_i32;
    let len = u32::try_from(size_of_val(&on)).expect("small");
    // SAFETY: one number, alive for the call. It cannot fail on a socket that has just been made.
    unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, (&raw const on).cast(), len) };
}

/// Makes a socket, overlapped only with WSA_FLAG_OVERLAPPED (D5). The outcomes are contract D6.
///
/// # Safety
/// `info` is null or valid.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSASocketW(
    af: i32,
    kind: i32,
    protocol: i32,
    info: *const WSAPROTOCOL_INFOW,
    g: u32,
    flags: u32,
) -> SOCKET {
    guard::call(INVALID_SOCKET, || {
        // SAFETY: the caller's promise.
        let info = unsafe { Info::read(info) }?;
        create(af, kind, protocol, info, g, flags)
    })
}

/// As [`WSASocketW`].
///
/// # Safety
/// `info` is null or valid.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSASocketA(
    af: i32,
    kind: i32,
    protocol: i32,
    info: *const WSAPROTOCOL_INFOA,
    g: u32,
    flags: u32,
) -> SOCKET {
    guard::call(INVALID_SOCKET, || {
        // SAFETY: the caller's promise.
        let info = unsafe { Info::read(info) }?;
        create(af, kind, protocol, info, g, flags)
    })
}

/// Makes an overlapped socket, unless SO_OPENTYPE says otherwise on this thread.
// SAFETY: prefixed, so that it is not the C library's.
#[unsafe(export_name = "wharf_socket")]
pub extern "C" fn socket(af: i32, kind: i32, protocol: i32) -> SOCKET {
    let flags = if opens_overlapped() { WSA_FLAG_OVERLAPPED } else { 0 };
    guard::call(INVALID_SOCKET, || create(af, kind, protocol, None, 0, flags))
}
