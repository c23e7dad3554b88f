//! Structures and constants of Winsock, with Windows' names and layouts.
#![allow(missing_docs, reason = "Windows' own names, explained there")]

use std::ffi::c_char;
use std::mem::{offset_of, size_of};

use crate::types::WCHAR;

/// Names a socket of the process: its descriptor.
pub type SOCKET = usize;
/// What calls that make a socket answer when they fail.
pub const INVALID_SOCKET: SOCKET = usize::MAX;
/// What other socket calls answer when they fail.
pub const SOCKET_ERROR: i32 = -1;

/// One piece of memory of an operation.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct WSABUF {
    pub len: u32,
    pub buf: *mut c_char,
}
const _: () = assert!(size_of::<WSABUF>() == 16 && offset_of!(WSABUF, buf) == 8);

/// What WSAStartup tells.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WSADATA {
    pub wVersion: u16,
    pub wHighVersion: u16,
    pub iMaxSockets: u16,
    pub iMaxUdpDg: u16,
    pub lpVendorInfo: *mut c_char,
    pub szDescription: [c_char; 257],
    pub szSystemStatus: [c_char; 129],
}
const _: () = assert!(size_of::<WSADATA>() == 408 && offset_of!(WSADATA, szDescription) == 16);

/// 16 bytes that name an extension function, or a provider.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GUID {
    pub data1: u32,
    pub data2: u16,
    pub data3: u16,
    pub data4: [u8; 8],
}
const _: () = assert!(size_of::<GUID>() == 16);

/// Layers of a provider.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WSAPROTOCOLCHAIN {
    pub ChainLen: i32,
    pub ChainEntries: [u32; 7],
}

/// A protocol, as WSASocket and WSADuplicateSocket take it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ProtocolInfo<C> {
    pub dwServiceFlags1: u32,
    pub dwServiceFlags2: u32,
    pub dwServiceFlags3: u32,
    pub dwServiceFlags4: u32,
    pub dwProviderFlags: u32,
    pub ProviderId: GUID,
    pub dwCatalogEntryId: u32,
    pub ProtocolChain: WSAPROTOCOLCHAIN,
    pub iVersion: i32,
    pub iAddressFamily: i32,
    pub iMaxSockAddr: i32,
    pub iMinSockAddr: i32,
    pub iSocketType: i32,
    pub iProtocol: i32,
    pub iProtocolMaxOffset: i32,
    pub iNetworkByteOrder: i32,
    pub iSecurityScheme: i32,
    pub dwMessageSize: u32,
    pub dwProviderReserved: u32,
    pub szProtocol: [C; 256],
}
pub type WSAPROTOCOL_INFOA = ProtocolInfo<c_char>;
pub type WSAPROTOCOL_INFOW = ProtocolInfo<WCHAR>;
const _: () = assert!(size_of::<WSAPROTOCOL_INFOA>() == 372);
const _: () = assert!(offset_of!(WSAPROTOCOL_INFOA, iAddressFamily) == 76);

/// Socket types.
pub const SOCK_STREAM: i32 = 1;
pub const SOCK_DGRAM: i32 = 2;
pub const SOCK_RAW: i32 = 3;
pub const SOCK_RDM: i32 = 4;
pub const SOCK_SEQPACKET: i32 = 5;

/// Protocols.
pub const IPPROTO_ICMP: i32 = 1;
pub const IPPROTO_IGMP: i32 = 2;
pub const BTHPROTO_RFCOMM: i32 = 3;
pub const IPPROTO_TCP: i32 = 6;
pub const IPPROTO_UDP: i32 = 17;
pub const IPPROTO_ICMPV6: i32 = 58;
pub const IPPROTO_RM: i32 = 113;

/// Flags of WSASocket.
pub const WSA_FLAG_OVERLAPPED: u32 = 0x01;
pub const WSA_FLAG_MULTIPOINT_C_ROOT: u32 = 0x02;
pub const WSA_FLAG_MULTIPOINT_C_LEAF: u32 = 0x04;
pub const WSA_FLAG_MULTIPOINT_D_ROOT: u32 = 0x08;
pub const WSA_FLAG_MULTIPOINT_D_LEAF: u32 = 0x10;
pub const WSA_FLAG_ACCESS_SYSTEM_SECURITY: u32 = 0x40;
pub const WSA_FLAG_NO_HANDLE_INHERIT: u32 = 0x80;
pub const WSA_FLAG_REGISTERED_IO: u32 = 0x100;

/// Stands for "as the protocol info says" in WSASocket.
pub const FROM_PROTOCOL_INFO: i32 = -1;
