//! Socket addresses: Windows' layouts, and their translation to and from the kernel's.
//!
//! The layouts agree but for the number of the family, so an address is a copy with the family renumbered. The
//! names of the types are Windows'; what a program passes is bytes and a length, and both are checked here.
//!
//! # Invariants
//! 1. An [`Address`] holds the kernel's form, zero behind its length.
//! 2. A read answers WSAEFAULT for a pointer that is none and for a length that its family does not fit in, and
//!    WSAEAFNOSUPPORT for a family that Linux has not.
//! 3. A write stores the whole address or nothing: too short a buffer is WSAEFAULT (D61).
#![allow(unsafe_code)] // reads and writes addresses in the program's memory

use std::mem;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use wharf_core::status::code;

use super::{family, memory};

/// An address whose family is yet to be looked at.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SOCKADDR {
    /// AF_*.
    pub sa_family: u16,
    /// The rest, by family.
    pub sa_data: [i8; 14],
}

/// An IPv4 address, its bytes in network order.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IN_ADDR {
    /// All four bytes as one number, in network order.
    pub S_addr: u32,
}

/// Address and port of IPv4.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SOCKADDR_IN {
    /// AF_INET.
    pub sin_family: u16,
    /// In network order.
    pub sin_port: u16,
    /// The address.
    pub sin_addr: IN_ADDR,
    /// Not used.
    pub sin_zero: [i8; 8],
}

/// An IPv6 address.
#[repr(C, align(2))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IN6_ADDR {
    /// Its bytes.
    pub Byte: [u8; 16],
}

/// Address and port of IPv6.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SOCKADDR_IN6 {
    /// AF_INET6: 23.
    pub sin6_family: u16,
    /// In network order.
    pub sin6_port: u16,
    /// Flow information.
    pub sin6_flowinfo: u32,
    /// The address.
    pub sin6_addr: IN6_ADDR,
    /// The interface of a link-local address.
    pub sin6_scope_id: u32,
}

/// Room for any address.
#[repr(C, align(8))]
#[derive(Clone, Copy, Debug)]
pub struct SOCKADDR_STORAGE {
    /// AF_*.
    pub ss_family: u16,
    /// The rest, by family.
    pub __ss_pad: [u8; 126],
}

const _: () = {
    assert!(size_of::<SOCKADDR>() == 16 && size_of::<SOCKADDR_IN>() == 16);
    assert!(size_of::<SOCKADDR_IN6>() == 28 && size_of::<SOCKADDR_STORAGE>() == 128);
    assert!(size_of::<SOCKADDR_IN6>() == size_of::<libc::sockaddr_in6>());
    assert!(
        mem::offset_of!(SOCKADDR_IN6, sin6_addr) == mem::offset_of!(libc::sockaddr_in6, sin6_addr)
    );
    assert!(size_of::<SOCKADDR_STORAGE>() == size_of::<libc::sockaddr_storage>());
};

/// Bytes of the family number, before everything else.
const FAMILY: usize = size_of::<u16>();

/// An address as the kernel takes it.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct Address {
    bytes: [u8; 128],
    length: libc::socklen_t,
}

impl Address {
    /// Empty, to be filled by the kernel.
    pub(crate) const fn empty() -> Self {
        Self { bytes: [0; 128], length: 0 }
    }

    /// Reads what the program passes: `length` bytes in Windows' form.
    ///
    /// # Safety
    /// A plausible `name` is one to `length` readable bytes.
    pub(crate) unsafe fn read(name: *const SOCKADDR, length: i32) -> Result<Self, u32> {
        let length = usize::try_from(length).map_err(|_| code::WSAEFAULT)?;
        if length < FAMILY {
            return Err(code::WSAEFAULT);
        }
        // More than any address needs is allowed, and not looked at.
        // SAFETY: the caller's promise.
        let bytes = unsafe { memory::bytes(name.cast(), length.min(128)) }?;
        Self::from_windows(bytes)
    }

    /// Takes an address in Windows' form.
    pub(crate) fn from_windows(bytes: &[u8]) -> Result<Self, u32> {
        let family = bytes.first_chunk::<FAMILY>().ok_or(code::WSAEFAULT)?;
        let windows = i32::from(u16::from_ne_bytes(*family));
        let linux = family::to_linux(windows).ok_or(code::WSAEAFNOSUPPORT)?;
        let length = match windows {
            family::AF_INET => size_of::<SOCKADDR_IN>(),
            family::AF_INET6 => size_of::<SOCKADDR_IN6>(),
            _ => bytes.len().min(128),
        };
        let rest = bytes.get(FAMILY..length).ok_or(code::WSAEFAULT)?;
        let mut address = Self::empty();
        address.put_family(linux);
        address.bytes[FAMILY..length].copy_from_slice(rest);
        address.length = u32::try_from(length).map_err(|_| code::WSAEFAULT)?;
        if windows == family::AF_UNIX {
            address.trim_path();
        }
        Ok(address)
    }

    /// A path ends at its first zero, whatever length was passed with it; an abstract name keeps its length.
    fn trim_path(&mut self) {
        let path = &self.bytes[FAMILY..self.length as usize];
        if let Some(end @ 1..) = path.iter().position(|&byte| byte == 0) {
            self.length = u32::try_from(FAMILY + end + 1).unwrap_or(self.length);
        }
    }

    /// Stores it in Windows' form, and its length.
    ///
    /// # Safety
    /// A plausible `length` is one to a number, a plausible `name` one to as many writable bytes.
    pub(crate) unsafe fn write(&self, name: *mut SOCKADDR, length: *mut i32) -> Result<(), u32> {
        // SAFETY: the caller's promise.
        let room = unsafe { memory::read(length) }?;
        let (bytes, used) = self.windows();
        if usize::try_from(room).map_err(|_| code::WSAEFAULT)? < used {
            return Err(code::WSAEFAULT);
        }
        // SAFETY: the caller's promise, and `used` is no more than it.
        unsafe { memory::store(name.cast(), &bytes[..used]) }?;
        // SAFETY: the caller's promise.
        unsafe { memory::write(length, i32::try_from(used).map_err(|_| code::WSAEFAULT)?) }
    }

    /// Its bytes in Windows' form, and how many of them count. An unnamed local socket is its family alone.
    pub(crate) fn windows(&self) -> ([u8; 128], usize) {
        let mut bytes = self.bytes;
        let linux = i32::from(self.raw_family());
        // What Windows has no number for keeps Linux'; none of our sockets has such a family.
        let windows = family::from_linux(linux).unwrap_or(linux);
        bytes[..FAMILY].copy_from_slice(&u16::try_from(windows).unwrap_or(0).to_ne_bytes());
        (bytes, self.length as usize)
    }

    /// The family, Windows' number.
    pub(crate) fn family(&self) -> i32 {
        let linux = i32::from(self.raw_family());
        family::from_linux(linux).unwrap_or(linux)
    }

    /// The family, Linux' number.
    pub(crate) fn kernel_family(&self) -> i32 {
        self.raw_family().into()
    }

    /// No address: what dissolves the association of a datagram socket with its peer.
    pub(crate) fn unspecified() -> Self {
        Self { length: 16, ..Self::empty() }
    }

    /// Whether there is nothing but a family: a local socket without a name.
    pub(crate) fn is_unnamed(&self) -> bool {
        self.length as usize <= FAMILY
    }

    /// What a kernel call reads.
    pub(crate) fn for_kernel(&self) -> (*const libc::sockaddr, libc::socklen_t) {
        (self.bytes.as_ptr().cast(), self.length)
    }

    /// What a kernel call writes; it finds the whole room as the length.
    pub(crate) fn for_answer(&mut self) -> (*mut libc::sockaddr, *mut libc::socklen_t) {
        self.length = 128;
        (self.bytes.as_mut_ptr().cast(), &raw mut self.length)
    }

    /// How much of it the kernel stored, where that is told elsewhere: in a message.
    pub(crate) fn set_length(&mut self, length: libc::socklen_t) {
        self.length = length.min(128);
    }

    /// The port, for the Internet families.
    pub(crate) fn port(&self) -> Option<u16> {
        self.socket_addr().map(|address| address.port())
    }

    /// Whether the kernel stored one: a receive on a connected stream does not.
    pub(crate) fn is_empty(&self) -> bool {
        (self.length as usize) < FAMILY
    }

    /// Address and port, for the Internet families.
    pub(crate) fn socket_addr(&self) -> Option<SocketAddr> {
        let port = u16::from_be_bytes([self.bytes[2], self.bytes[3]]);
        let word = |at: usize| self.bytes[at..].first_chunk::<4>().copied().unwrap_or_default();
        match i32::from(self.raw_family()) {
            libc::AF_INET => Some(SocketAddrV4::new(Ipv4Addr::from(word(4)), port).into()),
            libc::AF_INET6 => {
                let ip = self.bytes[8..].first_chunk::<16>().copied().unwrap_or_default();
                let (flow, scope) = (u32::from_ne_bytes(word(4)), u32::from_ne_bytes(word(24)));
                Some(SocketAddrV6::new(Ipv6Addr::from(ip), port, flow, scope).into())
            }
            _ => None,
        }
    }

    fn raw_family(&self) -> u16 {
        u16::from_ne_bytes([self.bytes[0], self.bytes[1]])
    }

    fn put_family(&mut self, linux: i32) {
        self.bytes[..FAMILY].copy_from_slice(&u16::try_from(linux).unwrap_or(0).to_ne_bytes());
    }
}

impl From<SocketAddr> for Address {
    fn from(from: SocketAddr) -> Self {
        let mut address = Self::empty();
        address.bytes[2..4].copy_from_slice(&from.port().to_be_bytes());
        match (from.ip(), from) {
            (IpAddr::V4(ip), _) => {
                address.put_family(libc::AF_INET);
                address.bytes[4..8].copy_from_slice(&ip.octets());
                address.length = 16;
            }
            (IpAddr::V6(ip), from) => {
                address.put_family(libc::AF_INET6);
                address.bytes[8..24].copy_from_slice(&ip.octets());
                if let SocketAddr::V6(from) = from {
                    address.bytes[4..8].copy_from_slice(&from.flowinfo().to_ne_bytes());
                    address.bytes[24..28].copy_from_slice(&from.scope_id().to_ne_bytes());
                }
                address.length = 28;
            }
        }
        address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_the_round_trip() {
        for text in ["127.0.0.1:80", "[fe80::1%7]:65535", "[::]:0", "255.255.255.255:1"] {
            let from: SocketAddr = text.parse().unwrap();
            let address = Address::from(from);
            let (bytes, used) = address.windows();
            assert_eq!(bytes[0], if from.is_ipv4() { 2 } else { 23 }, "{text}");
            assert_eq!(address.bytes[0], if from.is_ipv4() { 2 } else { 10 }, "{text}");
            let back = Address::from_windows(&bytes[..used]).unwrap();
            assert_eq!(back.socket_addr(), Some(from));
        }
    }

    #[test]
    fn lengths_and_families_are_checked() {
        let (bytes, _) = Address::from("[::1]:7".parse::<SocketAddr>().unwrap()).windows();
        assert_eq!(Address::from_windows(&bytes[..27]).err(), Some(code::WSAEFAULT));
        assert_eq!(Address::from_windows(&bytes).map(|address| address.length), Ok(28));
        assert_eq!(Address::from_windows(&[6, 0, 0, 0]).err(), Some(code::WSAEAFNOSUPPORT));
        assert_eq!(Address::from_windows(&[10, 0, 0, 0]).err(), Some(code::WSAEAFNOSUPPORT));
        // SAFETY: null is no plausible pointer.
        let null = unsafe { Address::read(std::ptr::null(), 16) };
        assert_eq!(null.err(), Some(code::WSAEFAULT));
    }

    #[test]
    fn a_short_buffer_stays_as_it_was() {
        let address = Address::from("1.2.3.4:5".parse::<SocketAddr>().unwrap());
        let mut name = SOCKADDR { sa_family: 77, sa_data: [7; 14] };
        let mut length = 15;
        // SAFETY: both point to variables.
        assert_eq!(unsafe { address.write(&mut name, &mut length) }, Err(code::WSAEFAULT));
        assert_eq!((name.sa_family, length), (77, 15));
        length = 16;
        // SAFETY: both point to variables.
        assert_eq!(unsafe { address.write(&mut name, &mut length) }, Ok(()));
        assert_eq!((name.sa_family, name.sa_data[1], name.sa_data[2]), (2, 5, 1));
    }
}
