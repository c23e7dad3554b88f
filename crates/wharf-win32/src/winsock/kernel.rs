//! Socket calls of the kernel, in the shape that this room uses them: results and Winsock codes.
#![allow(unsafe_code)] // system calls

use std::net::SocketAddr;
use std::os::fd::RawFd;

use wharf_core::status::{SocketContext, winsock_from_errno};

use super::sockaddr::Address;
use crate::socket::waiting::errno;

/// What the errno of a failed call reads on Windows.
pub(super) fn code(errno: i32) -> u32 {
    winsock_from_errno(errno, SocketContext::Plain)
}

/// What a call answered: nothing, or its errno.
pub(super) fn done(result: libc::c_int) -> Result<(), i32> {
    if result < 0 { Err(errno()) } else { Ok(()) }
}

/// Sets an option that is a number.
pub(super) fn set(fd: RawFd, level: i32, name: i32, value: i32) -> Result<(), i32> {
    set_value(fd, level, name, &value)
}

/// Sets an option.
pub(super) fn set_value<T: Copy>(fd: RawFd, level: i32, name: i32, value: &T) -> Result<(), i32> {
    let length = libc::socklen_t::try_from(size_of::<T>()).map_err(|_| libc::EINVAL)?;
    // SAFETY: a value with its length.
    done(unsafe { libc::setsockopt(fd, level, name, std::ptr::from_ref(value).cast(), length) })
}

/// An option that is a number.
pub(super) fn get(fd: RawFd, level: i32, name: i32) -> Result<i32, i32> {
    get_value(fd, level, name)
}

/// An option: a type of plain numbers.
pub(super) fn get_value<T: Copy + Default>(fd: RawFd, level: i32, name: i32) -> Result<T, i32> {
    let mut value = T::default();
    let mut length = libc::socklen_t::try_from(size_of::<T>()).map_err(|_| libc::EINVAL)?;
    // SAFETY: room with its length; any bytes are a value of such types.
    done(unsafe { libc::getsockopt(fd, level, name, (&raw mut value).cast(), &raw mut length) })?;
    Ok(value)
}

/// The socket's own address.
pub(super) fn own_address(fd: RawFd) -> Result<Address, i32> {
    let mut address = Address::empty();
    let (name, length) = address.for_answer();
    // SAFETY: room with its length.
    done(unsafe { libc::getsockname(fd, name, length) })?;
    Ok(address)
}

/// The peer's address.
pub(super) fn peer_address(fd: RawFd) -> Result<Address, i32> {
    let mut address = Address::empty();
    let (name, length) = address.for_answer();
    // SAFETY: room with its length.
    done(unsafe { libc::getpeername(fd, name, length) })?;
    Ok(address)
}

/// Whether a socket has an address of its own: a port, or a path.
pub(super) fn is_bound(fd: RawFd) -> bool {
    own_address(fd).is_ok_and(|address| match address.socket_addr() {
        Some(address) => address.port() != 0,
        None => !address.is_unnamed(),
    })
}

/// Begins a connect, or dissolves one.
pub(super) fn connect(fd: RawFd, address: &Address) -> Result<(), i32> {
    let (name, length) = address.for_kernel();
    // SAFETY: an address with its length.
    done(unsafe { libc::connect(fd, name, length) })
}

pub(super) fn bind(fd: RawFd, address: &Address) -> Result<(), i32> {
    let (name, length) = address.for_kernel();
    // SAFETY: an address with its length.
    done(unsafe { libc::bind(fd, name, length) })
}

/// Takes the error that is pending; 0 for none.
pub(crate) fn take_error(fd: RawFd) -> i32 {
    get(fd, libc::SOL_SOCKET, libc::SO_ERROR).unwrap_or(0)
}

/// What is ready at this moment.
pub(super) fn ready(fd: RawFd, events: i16) -> i16 {
    let mut entry = libc::pollfd { fd, events, revents: 0 };
    // SAFETY: one entry, alive for the call.
    unsafe { libc::poll(&raw mut entry, 1, 0) };
    entry.revents
}

/// Bytes that can be read at once; of the first datagram.
pub(super) fn available(fd: RawFd) -> u32 {
    let mut bytes: libc::c_int = 0;
    // SAFETY: room for a number.
    unsafe { libc::ioctl(fd, libc::FIONREAD, &raw mut bytes) };
    u32::try_from(bytes).unwrap_or(0)
}

/// The peer's Internet address, if it has one.
pub(super) fn peer(fd: RawFd) -> Option<SocketAddr> {
    peer_address(fd).ok().and_then(|address| address.socket_addr())
}
