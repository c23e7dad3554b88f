//! recvmsg and sendmsg with control data, and options that rustix does not know.
//!
//! # Invariant
//! The kernel gets memory that outlives the call and nothing else: everything is borrowed for the call by its caller.
#![allow(unsafe_code)] // recvmsg(2), sendmsg(2), setsockopt(2) by libc, for control data of kinds rustix has no names for

use std::mem::zeroed;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd, BorrowedFd};

use libc::{c_int, c_void, iovec, msghdr, sockaddr_storage};
use rustix::io::Errno;

use super::control::Control;

/// What recvmsg says.
pub(super) struct Received {
    /// Length of the datagram, which may be more than fits.
    pub(super) length: usize,
    pub(super) from: Option<SocketAddr>,
    /// There was more control data than fits.
    pub(super) control_truncated: bool,
}

/// One recvmsg into `bytes`; control data goes to `control`.
pub(super) fn receive(
    fd: BorrowedFd<'_>,
    bytes: &mut [u8],
    control: &mut Control,
    flags: c_int,
) -> Result<Received, Errno> {
    // SAFETY: a structure of numbers, for which zeros are a value.
    let mut name: sockaddr_storage = unsafe { zeroed() };
    let mut vector = iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
    // SAFETY: a structure of numbers and pointers, for which zeros are a value.
    let mut header: msghdr = unsafe { zeroed() };
    header.msg_name = (&raw mut name).cast();
    header.msg_namelen = size_of::<sockaddr_storage>() as u32;
    header.msg_iov = &raw mut vector;
    header.msg_iovlen = 1;
    header.msg_control = control.bytes.as_mut_ptr().cast();
    header.msg_controllen = control.bytes.len() as _;
    // SAFETY: every pointer of the header is to memory that this call borrows, with its length.
    let length = unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut header, flags) };
    let Ok(length) = usize::try_from(length) else { return Err(last_error()) };
    control.length = header.msg_controllen as usize;
    Ok(Received {
        length,
        from: address(&name, header.msg_namelen as usize),
        control_truncated: header.msg_flags & libc::MSG_CTRUNC != 0,
    })
}

/// One sendmsg of `bytes` with control data.
pub(super) fn send(
    fd: BorrowedFd<'_>,
    bytes: &[u8],
    to: Option<SocketAddr>,
    control: &mut Control,
) -> Result<usize, Errno> {
    let (mut name, length) = name(to);
    let mut vector = iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    // SAFETY: a structure of numbers and pointers, for which zeros are a value.
    let mut header: msghdr = unsafe { zeroed() };
    if length > 0 {
        header.msg_name = (&raw mut name).cast();
        header.msg_namelen = length as u32;
    }
    header.msg_iov = &raw mut vector;
    header.msg_iovlen = 1;
    if control.length > 0 {
        header.msg_control = control.bytes.as_mut_ptr().cast();
        header.msg_controllen = control.length as _;
    }
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: as for recvmsg; sendmsg reads through all of them only.
    let sent = unsafe { libc::sendmsg(fd.as_raw_fd(), &raw const header, flags) };
    usize::try_from(sent).map_err(|_| last_error())
}

/// Sets an option that is a number.
pub(super) fn set_option(
    fd: BorrowedFd<'_>,
    level: c_int,
    option: c_int,
    value: c_int,
) -> Result<(), Errno> {
    let length = size_of::<c_int>() as u32;
    let value: *const c_void = (&raw const value).cast();
    // SAFETY: reads a number of ours.
    match unsafe { libc::setsockopt(fd.as_raw_fd(), level, option, value, length) } {
        0 => Ok(()),
        _ => Err(last_error()),
    }
}

fn last_error() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).expect("errno is set by a failed call")
}

/// The address that the kernel has written, of which `length` bytes count.
fn address(name: &sockaddr_storage, length: usize) -> Option<SocketAddr> {
    match c_int::from(name.ss_family) {
        libc::AF_INET if length >= size_of::<libc::sockaddr_in>() => {
            // SAFETY: the family says which; a sockaddr_storage has room and alignment for it.
            let name = unsafe { &*(&raw const *name).cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(u32::from_be(name.sin_addr.s_addr));
            Some(SocketAddrV4::new(ip, u16::from_be(name.sin_port)).into())
        }
        libc::AF_INET6 if length >= size_of::<libc::sockaddr_in6>() => {
            // SAFETY: as above.
            let name = unsafe { &*(&raw const *name).cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(name.sin6_addr.s6_addr);
            let port = u16::from_be(name.sin6_port);
            Some(SocketAddrV6::new(ip, port, name.sin6_flowinfo, name.sin6_scope_id).into())
        }
        _ => None,
    }
}

/// An address as the kernel reads it, and its length; 0 for none.
fn name(address: Option<SocketAddr>) -> (sockaddr_storage, usize) {
    // SAFETY: a structure of numbers, for which zeros are a value.
    let mut name: sockaddr_storage = unsafe { zeroed() };
    let length = match address {
        None => 0,
        Some(SocketAddr::V4(address)) => {
            // SAFETY: a sockaddr_storage has room and alignment for it, and zeros are a value of it.
            let name = unsafe { &mut *(&raw mut name).cast::<libc::sockaddr_in>() };
            name.sin_family = libc::AF_INET as u16;
            name.sin_port = address.port().to_be();
            name.sin_addr.s_addr = u32::from(*address.ip()).to_be();
            size_of::<libc::sockaddr_in>()
        }
        Some(SocketAddr::V6(address)) => {
            // SAFETY: as above.
            let name = unsafe { &mut *(&raw mut name).cast::<libc::sockaddr_in6>() };
            name.sin6_family = libc::AF_INET6 as u16;
            name.sin6_port = address.port().to_be();
            name.sin6_addr.s6_addr = address.ip().octets();
            name.sin6_flowinfo = address.flowinfo();
            name.sin6_scope_id = address.scope_id();
            size_of::<libc::sockaddr_in6>()
        }
    };
    (name, length)
}
