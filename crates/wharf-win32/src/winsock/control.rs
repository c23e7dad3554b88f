//! ioctlsocket, and the codes of WSAIoctl that are no extension functions.
//!
//! WSAIoctl itself, its OVERLAPPED and its packet are `overlapped`'s; it asks [`control`] for what a code does.
#![allow(unsafe_code)] // exported under a C name; the program's buffers
#![allow(missing_docs, reason = "Windows' own names, explained there")]

use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use wharf_core::status::code;

use super::interfaces::{self, Interface};
use super::options::{
    self, IPPROTO_TCP, SO_KEEPALIVE, SOL_SOCKET, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL,
};
use super::sockaddr::Address;
use super::{kernel, memory};
use crate::guard;
use crate::socket::record::Record;
use crate::socket::started;
use crate::socket::table::find;
use crate::socket::types::{SOCKET, SOCKET_ERROR};

/// Sets the blocking mode.
pub const FIONBIO: i32 = 0x8004_667E_u32.cast_signed();
/// How much can be read.
pub const FIONREAD: i32 = 0x4004_667F;
/// Whether all urgent data have been read.
pub const SIOCATMARK: i32 = 0x4004_7307;
pub const SIO_GET_INTERFACE_LIST: u32 = 0x4004_747F;
pub const SIO_IDEAL_SEND_BACKLOG_QUERY: u32 = 0x4004_747B;
pub const SIO_ENABLE_CIRCULAR_QUEUEING: u32 = 0x2800_0002;
pub const SIO_FLUSH: u32 = 0x2800_0004;
pub const SIO_GET_BROADCAST_ADDRESS: u32 = 0x4800_0005;
pub const SIO_ADDRESS_LIST_QUERY: u32 = 0x4800_0016;
pub const SIO_BSP_HANDLE: u32 = 0x4800_001B;
pub const SIO_BSP_HANDLE_SELECT: u32 = 0x4800_001C;
pub const SIO_BSP_HANDLE_POLL: u32 = 0x4800_001D;
pub const SIO_BASE_HANDLE: u32 = 0x4800_0022;
pub const SIO_MULTIPOINT_LOOPBACK: u32 = 0x8800_0009;
pub const SIO_MULTICAST_SCOPE: u32 = 0x8800_000A;
pub const SIO_KEEPALIVE_VALS: u32 = 0x9800_0004;
pub const SIO_UDP_CONNRESET: u32 = 0x9800_000C;
pub const SIO_UDP_NETRESET: u32 = 0x9800_000F;
pub const SIO_LOOPBACK_FAST_PATH: u32 = 0x9800_0010;
pub const SIO_TCP_INITIAL_RTO: u32 = 0x9800_0011;
pub const SIO_TCP_SET_ACK_FREQUENCY: u32 = 0x9800_0017;
pub const SIO_ROUTING_INTERFACE_QUERY: u32 = 0xC800_0014;

/// What SIO_KEEPALIVE_VALS takes; milliseconds.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct tcp_keepalive {
    pub onoff: u32,
    pub keepalivetime: u32,
    pub keepaliveinterval: u32,
}
const _: () = assert!(size_of::<tcp_keepalive>() == 12);

/// SIOCATMARK of Linux.
const LINUX_SIOCATMARK: libc::Ioctl = 0x8905;
/// Probes that Windows sends before it gives up.
const PROBES: i32 = 10;

/// A refusal, and how many bytes the output should have had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: u32,
    pub(crate) bytes: u32,
}

impl From<u32> for Refusal {
    fn from(code: u32) -> Self {
        Refusal { code, bytes: 0 }
    }
}

/// Carries a code out: the bytes of output, or why not. None for a code that is not known here.
///
/// # Safety
/// Null, or plausible pointers to as many bytes as their lengths say.
pub(crate) unsafe fn control(
    s: SOCKET,
    request: u32,
    input: *const u8,
    input_length: u32,
    output: *mut u8,
    output_length: u32,
) -> Option<Result<u32, Refusal>> {
    // SAFETY: the caller's promise.
    let input = unsafe { memory::bytes(input, input_length as usize) };
    let answer = answer(s, request, input, output, output_length as usize)?;
    Some(answer.and_then(|bytes| {
        let length = u32::try_from(bytes.len()).map_err(|_| code::WSAENOBUFS)?;
        if length > output_length {
            return Err(Refusal { code: code::WSAEFAULT, bytes: length });
        }
        // SAFETY: the caller's promise; it fits.
        unsafe { memory::store(output, &bytes) }?;
        Ok(length)
    }))
}

fn answer(
    s: SOCKET,
    request: u32,
    input: Result<&[u8], u32>,
    output: *mut u8,
    room: usize,
) -> Option<Result<Vec<u8>, Refusal>> {
    let number = |input: Result<&[u8], u32>| -> Result<u32, u32> {
        input?.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes)).ok_or(code::WSAEFAULT)
    };
    let nothing = |result: Result<(), u32>| result.map(|()| Vec::new()).map_err(Refusal::from);
    let mut found = match find(s) {
        Ok(found) => found,
        Err(error) => return Some(Err(error.into())),
    };
    Some(match (request, request.cast_signed()) {
        (_, FIONBIO) => nothing(number(input).and_then(|on| set_mode(&mut found, on))),
        (_, FIONREAD) => Ok(kernel::available(found.fd).to_ne_bytes().to_vec()),
        (_, SIOCATMARK) => {
            at_mark(&found).map(|at| u32::from(at).to_ne_bytes().to_vec()).map_err(Refusal::from)
        }
        (SIO_KEEPALIVE_VALS, _) => nothing(input.and_then(|input| keep_alive(&mut found, input))),
        (SIO_UDP_CONNRESET, _) => nothing(number(input).map(|on| found.reports = on != 0)),
        (SIO_LOOPBACK_FAST_PATH | SIO_TCP_INITIAL_RTO | SIO_TCP_SET_ACK_FREQUENCY, _) => {
            // They tune, and TCP only.
            let known = if found.is_stream() { Ok(()) } else { Err(code::WSAEOPNOTSUPP) };
            nothing(known)
        }
        (SIO_UDP_NETRESET, _) if !found.is_stream() => nothing(number(input).map(drop)),
        (SIO_ENABLE_CIRCULAR_QUEUEING | SIO_FLUSH, _) => Ok(Vec::new()),
        (SIO_BASE_HANDLE | SIO_BSP_HANDLE | SIO_BSP_HANDLE_SELECT | SIO_BSP_HANDLE_POLL, _) => {
            Ok(s.to_ne_bytes().to_vec())
        }
        (SIO_IDEAL_SEND_BACKLOG_QUERY, _) if found.is_stream() => {
            backlog(&found).map_err(Refusal::from)
        }
        (SIO_MULTIPOINT_LOOPBACK, _) => nothing(number(input).and_then(|on| {
            multicast(&found, libc::IP_MULTICAST_LOOP, libc::IPV6_MULTICAST_LOOP, (on != 0).into())
        })),
        (SIO_MULTICAST_SCOPE, _) => nothing(number(input).and_then(|scope| {
            multicast(
                &found,
                libc::IP_MULTICAST_TTL,
                libc::IPV6_MULTICAST_HOPS,
                scope.cast_signed(),
            )
        })),
        (SIO_GET_INTERFACE_LIST, _) => interface_list().map_err(Refusal::from),
        (SIO_ADDRESS_LIST_QUERY, _) => address_list(found.family, output, room),
        (SIO_GET_BROADCAST_ADDRESS, _) if found.family == libc::AF_INET => {
            let all = SocketAddr::from(([255, 255, 255, 255], 0));
            Ok(windows(all))
        }
        (SIO_ROUTING_INTERFACE_QUERY, _) => {
            input.and_then(|input| route(found.family, input)).map_err(Refusal::from)
        }
        _ => return None,
    })
}

/// An address in Windows' form.
fn windows(address: SocketAddr) -> Vec<u8> {
    let (bytes, used) = Address::from(address).windows();
    bytes[..used].to_vec()
}

/// FIONBIO. A socket with a selection stays non-blocking.
fn set_mode(record: &mut Record, on: u32) -> Result<(), u32> {
    if on == 0 && record.notes.selection.is_some() {
        return Err(code::WSAEINVAL);
    }
    record.blocking = on == 0;
    Ok(())
}

/// Whether no urgent data are before what a receive would take.
fn at_mark(record: &Record) -> Result<bool, u32> {
    if !record.is_stream() {
        return Err(code::WSAEINVAL);
    }
    let mut at: libc::c_int = 0;
    // SAFETY: room for a number.
    let result = unsafe { libc::ioctl(record.fd, LINUX_SIOCATMARK, &raw mut at) };
    kernel::done(result).map_err(kernel::code)?;
    // Windows asks the other way round: true if there is nothing urgent left to read.
    let urgent = kernel::ready(record.fd, libc::POLLPRI) & libc::POLLPRI != 0;
    Ok(at != 0 || !urgent)
}

/// SIO_KEEPALIVE_VALS: milliseconds there, seconds here, rounded up.
fn keep_alive(record: &mut Record, input: &[u8]) -> Result<(), u32> {
    let words = input.first_chunk::<12>().ok_or(code::WSAEFAULT)?;
    let word =
        |at: usize| u32::from_ne_bytes([words[at], words[at + 1], words[at + 2], words[at + 3]]);
    if !record.is_stream() {
        return Err(code::WSAEOPNOTSUPP);
    }
    let on = word(0) != 0;
    kernel::set(record.fd, libc::SOL_SOCKET, libc::SO_KEEPALIVE, on.into())
        .map_err(kernel::code)?;
    options::note(record, (SOL_SOCKET, SO_KEEPALIVE));
    if !on {
        return Ok(());
    }
    // Linux takes no more than 32767 seconds.
    let seconds =
        |millis: u32| i32::try_from(millis.div_ceil(1000).clamp(1, 32_767)).unwrap_or(32_767);
    for (name, own, value) in [
        (libc::TCP_KEEPIDLE, TCP_KEEPIDLE, seconds(word(4))),
        (libc::TCP_KEEPINTVL, TCP_KEEPINTVL, seconds(word(8))),
        (libc::TCP_KEEPCNT, TCP_KEEPCNT, PROBES),
    ] {
        kernel::set(record.fd, libc::IPPROTO_TCP, name, value).map_err(kernel::code)?;
        options::note(record, (IPPROTO_TCP, own));
    }
    Ok(())
}

/// How much to have under way: what the kernel's buffer holds.
fn backlog(record: &Record) -> Result<Vec<u8>, u32> {
    if !record.connected {
        return Err(code::WSAENOTCONN);
    }
    let size = kernel::get(record.fd, libc::SOL_SOCKET, libc::SO_SNDBUF).map_err(kernel::code)?;
    Ok(size.to_ne_bytes().to_vec())
}

fn multicast(record: &Record, v4: i32, v6: i32, value: i32) -> Result<(), u32> {
    let (level, name) = match record.family {
        libc::AF_INET => (libc::IPPROTO_IP, v4),
        libc::AF_INET6 => (libc::IPPROTO_IPV6, v6),
        _ => return Err(code::WSAEOPNOTSUPP),
    };
    kernel::set(record.fd, level, name, value).map_err(kernel::code)
}

/// Rows of flags, address, broadcast address and netmask, each address in 24 bytes: of IPv4.
fn interface_list() -> Result<Vec<u8>, u32> {
    let mut list = Vec::new();
    for one in interfaces::all()?.iter().filter(|one| one.address.is_ipv4() && one.is_up()) {
        list.extend(one.windows_flags().to_ne_bytes());
        for address in [Some(one.address), one.broadcast, one.netmask] {
            let mut bytes = address.filter(SocketAddr::is_ipv4).map(windows).unwrap_or_default();
            bytes.resize(24, 0);
            list.extend(bytes);
        }
    }
    Ok(list)
}

/// A count, so many pairs of pointer and length, and the addresses that the pointers point to, in the program's
/// buffer.
fn address_list(family: i32, output: *mut u8, room: usize) -> Result<Vec<u8>, Refusal> {
    let fits = |one: &&Interface| {
        let v4 = family == libc::AF_INET;
        one.address.is_ipv4() == v4 && one.is_up() && !one.is_loopback()
    };
    let all = interfaces::all()?;
    let addresses: Vec<Vec<u8>> = all.iter().filter(fits).map(|one| windows(one.address)).collect();
    let mut list = u64::try_from(addresses.len()).unwrap_or(0).to_ne_bytes().to_vec();
    let mut at = list.len() + 16 * addresses.len();
    let needed = at + addresses.iter().map(Vec::len).sum::<usize>();
    if needed > room {
        let bytes = u32::try_from(needed).unwrap_or(u32::MAX);
        return Err(Refusal { code: code::WSAEFAULT, bytes });
    }
    for address in &addresses {
        list.extend((output as usize + at).to_ne_bytes());
        list.extend(u64::try_from(address.len()).unwrap_or(0).to_ne_bytes());
        at += address.len();
    }
    list.extend(addresses.concat());
    Ok(list)
}

/// The own address by which another would be reached: a connect of a datagram socket asks nobody but the routes.
fn route(family: i32, input: &[u8]) -> Result<Vec<u8>, u32> {
    let to = Address::from_windows(input)?;
    if to.kernel_family() != family {
        return Err(code::WSAEAFNOSUPPORT);
    }
    let mut to = to.socket_addr().ok_or(code::WSAEAFNOSUPPORT)?;
    to.set_port(9);
    // SAFETY: plain numbers.
    let fd = unsafe { libc::socket(family, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) };
    kernel::done(fd).map_err(kernel::code)?;
    // SAFETY: just made, and nobody else's.
    let probe = unsafe { OwnedFd::from_raw_fd(fd) };
    kernel::connect(probe.as_raw_fd(), &Address::from(to)).map_err(kernel::code)?;
    let own = kernel::own_address(probe.as_raw_fd()).map_err(kernel::code)?;
    let mut own = own.socket_addr().ok_or(code::WSAENETUNREACH)?;
    own.set_port(0);
    debug_assert!(matches!(
        (own.ip(), family),
        (IpAddr::V4(_), libc::AF_INET) | (IpAddr::V6(_), _)
    ));
    Ok(windows(own))
}

/// FIONBIO, FIONREAD and SIOCATMARK: WSAEOPNOTSUPP for another request, WSAEFAULT, WSAEINVAL.
///
/// # Safety
/// A plausible pointer is one to a number.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ioctlsocket(s: SOCKET, request: i32, argument: *mut u32) -> i32 {
    guard::call(SOCKET_ERROR, || {
        started()?;
        find(s)?;
        if !matches!(request, FIONBIO | FIONREAD | SIOCATMARK) {
            return Err(code::WSAEOPNOTSUPP);
        }
        memory::room(argument)?;
        // SAFETY: the caller's promise, for input and output.
        let done =
            unsafe { control(s, request.cast_unsigned(), argument.cast(), 4, argument.cast(), 4) };
        done.ok_or(code::WSAEOPNOTSUPP)?.map(|_| 0).map_err(|refusal| refusal.code)
    })
}
