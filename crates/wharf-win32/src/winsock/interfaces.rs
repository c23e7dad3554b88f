//! The network interfaces of this machine, as the ioctls list them.
#![allow(unsafe_code)] // getifaddrs

use std::net::SocketAddr;
use std::ptr;

use wharf_core::status::code;

use super::sockaddr::Address;

/// One address of an interface.
pub(super) struct Interface {
    pub(super) address: SocketAddr,
    pub(super) broadcast: Option<SocketAddr>,
    pub(super) netmask: Option<SocketAddr>,
    /// IFF_* of Linux.
    flags: u32,
}

/// IFF_* of Windows.
const IFF_UP: u32 = 0x01;
const IFF_BROADCAST: u32 = 0x02;
const IFF_LOOPBACK: u32 = 0x04;
const IFF_POINTTOPOINT: u32 = 0x08;
const IFF_MULTICAST: u32 = 0x10;

/// Linux' flags and Windows' that mean the same.
const FLAGS: [(i32, u32); 5] = [
    (libc::IFF_UP, IFF_UP),
    (libc::IFF_BROADCAST, IFF_BROADCAST),
    (libc::IFF_LOOPBACK, IFF_LOOPBACK),
    (libc::IFF_POINTOPOINT, IFF_POINTTOPOINT),
    (libc::IFF_MULTICAST, IFF_MULTICAST),
];

impl Interface {
    /// IFF_* of Windows.
    pub(super) fn windows_flags(&self) -> u32 {
        let set = FLAGS.iter().filter(|pair| self.flags & pair.0.cast_unsigned() != 0);
        set.fold(0, |all, pair| all | pair.1)
    }

    pub(super) fn is_loopback(&self) -> bool {
        self.flags & libc::IFF_LOOPBACK.cast_unsigned() != 0
    }

    pub(super) fn is_up(&self) -> bool {
        self.flags & libc::IFF_UP.cast_unsigned() != 0
    }
}

/// Every Internet address of this machine.
pub(super) fn all() -> Result<Vec<Interface>, u32> {
    let mut list = ptr::null_mut();
    // SAFETY: room for a pointer.
    if unsafe { libc::getifaddrs(&raw mut list) } != 0 {
        return Err(code::WSAENETDOWN);
    }
    let mut interfaces = Vec::new();
    let mut at = list;
    // SAFETY: null, or an entry of the list, which is freed below.
    while let Some(entry) = unsafe { at.as_ref() } {
        if let Some(address) = internet(entry.ifa_addr) {
            interfaces.push(Interface {
                address,
                broadcast: internet(entry.ifa_ifu),
                netmask: internet(entry.ifa_netmask),
                flags: entry.ifa_flags,
            });
        }
        at = entry.ifa_next;
    }
    // SAFETY: answered by getifaddrs, and freed once.
    unsafe { libc::freeifaddrs(list) };
    Ok(interfaces)
}

/// An address of the list, if it is one of the Internet.
fn internet(address: *const libc::sockaddr) -> Option<SocketAddr> {
    // SAFETY: null, or an address of the list.
    let family = i32::from(unsafe { address.as_ref() }?.sa_family);
    let bytes = match family {
        libc::AF_INET => size_of::<libc::sockaddr_in>(),
        libc::AF_INET6 => size_of::<libc::sockaddr_in6>(),
        _ => return None,
    };
    let mut copy = Address::empty();
    let (room, length) = copy.for_answer();
    // SAFETY: an address of this family has so many bytes, and they fit.
    unsafe { room.cast::<u8>().copy_from_nonoverlapping(address.cast(), bytes) };
    // SAFETY: a field of ours.
    unsafe { *length = libc::socklen_t::try_from(bytes).ok()? };
    copy.socket_addr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_is_there() {
        let all = all().unwrap();
        let loopback = all.iter().find(|one| one.address.ip().to_string() == "127.0.0.1");
        let loopback = loopback.expect("every machine has one");
        assert!(loopback.is_loopback() && loopback.is_up());
        assert_eq!(loopback.windows_flags() & (IFF_UP | IFF_LOOPBACK), IFF_UP | IFF_LOOPBACK);
    }
}
