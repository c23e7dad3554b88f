//! The catalogue of protocols: WSAEnumProtocols, and what describes one socket.
#![allow(unsafe_code)] // exported under C names; structures as bytes

use std::ffi::c_char;

use wharf_core::status::code;

use super::family::{AF_INET, AF_INET6};
use super::memory;
use super::sockaddr::{SOCKADDR_IN, SOCKADDR_IN6};
use crate::guard;
use crate::socket::record::Record;
use crate::socket::started;
use crate::socket::types::{
    GUID, ProtocolInfo, SOCKET_ERROR, WSAPROTOCOL_INFOA, WSAPROTOCOL_INFOW, WSAPROTOCOLCHAIN,
};
use crate::types::WCHAR;

const XP1_CONNECTIONLESS: u32 = 0x0000_0001;
const XP1_GUARANTEED_DELIVERY: u32 = 0x0000_0002;
const XP1_GUARANTEED_ORDER: u32 = 0x0000_0004;
const XP1_MESSAGE_ORIENTED: u32 = 0x0000_0008;
const XP1_GRACEFUL_CLOSE: u32 = 0x0000_0020;
const XP1_EXPEDITED_DATA: u32 = 0x0000_0040;
const XP1_SUPPORT_BROADCAST: u32 = 0x0000_0200;
const XP1_SUPPORT_MULTIPOINT: u32 = 0x0000_0400;
const XP1_IFS_HANDLES: u32 = 0x0002_0000;
const PFL_MATCHES_PROTOCOL_ZERO: u32 = 0x8;

const STREAM_FLAGS: u32 = XP1_GUARANTEED_DELIVERY
    | XP1_GUARANTEED_ORDER
    | XP1_GRACEFUL_CLOSE
    | XP1_EXPEDITED_DATA
    | XP1_IFS_HANDLES;
const DATAGRAM_FLAGS: u32 = XP1_CONNECTIONLESS
    | XP1_MESSAGE_ORIENTED
    | XP1_SUPPORT_BROADCAST
    | XP1_SUPPORT_MULTIPOINT
    | XP1_IFS_HANDLES;

/// Windows' names of its providers for IPv4 and IPv6.
const PROVIDER_V4: GUID = GUID {
    data1: 0xe70f_1aa0,
    data2: 0xab8b,
    data3: 0x11cf,
    data4: [0x8c, 0xa3, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92],
};
const PROVIDER_V6: GUID = GUID {
    data1: 0xf9ea_b0c0,
    data2: 0x26d4,
    data3: 0x11d0,
    data4: [0xbb, 0xbf, 0x00, 0xaa, 0x00, 0x6c, 0x34, 0xe4],
};

/// What the catalogue has: family, type, protocol, name.
const CATALOGUE: [(i32, i32, i32, &str); 4] = [
    (AF_INET, libc::SOCK_STREAM, libc::IPPROTO_TCP, "MSAFD Tcpip [TCP/IP]"),
    (AF_INET, libc::SOCK_DGRAM, libc::IPPROTO_UDP, "MSAFD Tcpip [UDP/IP]"),
    (AF_INET6, libc::SOCK_STREAM, libc::IPPROTO_TCP, "MSAFD Tcpip [TCP/IPv6]"),
    (AF_INET6, libc::SOCK_DGRAM, libc::IPPROTO_UDP, "MSAFD Tcpip [UDP/IPv6]"),
];
/// Number of the first entry.
const FIRST_ENTRY: u32 = 1001;
/// What Windows says of UDP's longest message.
const MESSAGE_SIZE: u32 = 65_467;

fn describe<C: Copy + Default>(
    family: i32,
    kind: i32,
    protocol: i32,
    entry: u32,
    name: impl Iterator<Item = C>,
) -> ProtocolInfo<C> {
    let stream = kind == libc::SOCK_STREAM;
    let address = match family {
        AF_INET => size_of::<SOCKADDR_IN>(),
        AF_INET6 => size_of::<SOCKADDR_IN6>(),
        _ => 110,
    };
    let address = i32::try_from(address).unwrap_or(0);
    let mut chars = [C::default(); 256];
    // The last one stays zero.
    chars[..255].iter_mut().zip(name).for_each(|(to, from)| *to = from);
    ProtocolInfo {
        dwServiceFlags1: if stream { STREAM_FLAGS } else { DATAGRAM_FLAGS },
        dwServiceFlags2: 0,
        dwServiceFlags3: 0,
        dwServiceFlags4: 0,
        dwProviderFlags: PFL_MATCHES_PROTOCOL_ZERO,
        ProviderId: if family == AF_INET6 { PROVIDER_V6 } else { PROVIDER_V4 },
        dwCatalogEntryId: entry,
        ProtocolChain: WSAPROTOCOLCHAIN { ChainLen: 1, ChainEntries: [0; 7] },
        iVersion: 2,
        iAddressFamily: family,
        iMaxSockAddr: address,
        iMinSockAddr: address,
        iSocketType: kind,
        iProtocol: protocol,
        iProtocolMaxOffset: 0,
        iNetworkByteOrder: 0,
        iSecurityScheme: 0,
        dwMessageSize: if stream { 0 } else { MESSAGE_SIZE },
        dwProviderReserved: 0,
        szProtocol: chars,
    }
}

fn narrow(name: &str) -> impl Iterator<Item = c_char> {
    name.bytes().map(|byte| c_char::from_ne_bytes([byte]))
}

fn wide(name: &str) -> impl Iterator<Item = WCHAR> {
    name.chars().map(|character| u32::from(character).cast_signed())
}

/// Family, type, protocol, entry and name of a socket.
fn of(record: &Record) -> (i32, i32, i32, u32, &'static str) {
    let family = super::family::from_linux(record.family).unwrap_or(record.family);
    let protocol = match (record.protocol, record.kind) {
        (0, libc::SOCK_STREAM) if matches!(family, AF_INET | AF_INET6) => libc::IPPROTO_TCP,
        (0, libc::SOCK_DGRAM) if matches!(family, AF_INET | AF_INET6) => libc::IPPROTO_UDP,
        (protocol, _) => protocol,
    };
    let place =
        CATALOGUE.iter().position(|row| (row.0, row.1, row.2) == (family, record.kind, protocol));
    let entry = place.and_then(|at| u32::try_from(at).ok()).map_or(0, |at| FIRST_ENTRY + at);
    (family, record.kind, protocol, entry, place.map_or("", |at| CATALOGUE[at].3))
}

pub(super) fn of_narrow(record: &Record) -> WSAPROTOCOL_INFOA {
    let (family, kind, protocol, entry, name) = of(record);
    describe(family, kind, protocol, entry, narrow(name))
}

pub(super) fn of_wide(record: &Record) -> WSAPROTOCOL_INFOW {
    let (family, kind, protocol, entry, name) = of(record);
    describe(family, kind, protocol, entry, wide(name))
}

/// The bytes of a description.
pub(super) fn bytes<C: Copy>(info: &ProtocolInfo<C>) -> Vec<u8> {
    // SAFETY: numbers of four bytes and a GUID in a row, and then characters: there is no padding.
    let bytes = unsafe {
        std::slice::from_raw_parts(std::ptr::from_ref(info).cast::<u8>(), size_of_val(info))
    };
    bytes.to_vec()
}

/// The entries that a program asks for, in its buffer; how many.
///
/// # Safety
/// The list is null or ends in a zero; plausible pointers are ones to a number and to so much room.
unsafe fn list<C: Copy + Default, I: Iterator<Item = C>>(
    wanted: *const i32,
    buffer: *mut ProtocolInfo<C>,
    length: *mut u32,
    name: impl Fn(&'static str) -> I,
) -> Result<i32, u32> {
    started()?;
    let mut protocols = Vec::new();
    while !wanted.is_null() {
        // SAFETY: the zero has not come yet, so the list goes on.
        match unsafe { memory::read(wanted.wrapping_add(protocols.len())) }? {
            0 => break,
            protocol => protocols.push(protocol),
        }
    }
    let listed = |protocol: i32| protocols.is_empty() || protocols.contains(&protocol);
    let rows = (FIRST_ENTRY..).zip(CATALOGUE).filter(|(_, row)| listed(row.2));
    let infos: Vec<ProtocolInfo<C>> =
        rows.map(|(entry, row)| describe(row.0, row.1, row.2, entry, name(row.3))).collect();
    let needed = u32::try_from(infos.len() * size_of::<ProtocolInfo<C>>()).unwrap_or(u32::MAX);
    // SAFETY: the caller's promise.
    let room = unsafe { memory::read(length) }?;
    // SAFETY: the caller's promise.
    unsafe { memory::write(length, needed) }?;
    if room < needed {
        return Err(code::WSAENOBUFS);
    }
    for (at, info) in infos.iter().enumerate() {
        // SAFETY: the caller's promise; there is room for all.
        unsafe { memory::write(buffer.wrapping_add(at), *info) }?;
    }
    i32::try_from(infos.len()).map_err(|_| code::WSAENOBUFS)
}

/// Describes the protocols of a list, or all; answers how many. WSAENOBUFS if the buffer is too short, and the length
/// says what is needed.
///
/// # Safety
/// The list is null or ends in a zero; plausible pointers are ones to a number and to so much room.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAEnumProtocolsA(
    wanted: *const i32,
    buffer: *mut WSAPROTOCOL_INFOA,
    length: *mut u32,
) -> i32 {
    // SAFETY: the caller's promise.
    guard::call(SOCKET_ERROR, || unsafe { list(wanted, buffer, length, narrow) })
}

/// The wide form of [`WSAEnumProtocolsA`].
///
/// # Safety
/// As there.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAEnumProtocolsW(
    wanted: *const i32,
    buffer: *mut WSAPROTOCOL_INFOW,
    length: *mut u32,
) -> i32 {
    // SAFETY: the caller's promise.
    guard::call(SOCKET_ERROR, || unsafe { list(wanted, buffer, length, wide) })
}
