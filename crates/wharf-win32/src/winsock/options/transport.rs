//! IPPROTO_TCP and IPPROTO_UDP.

use wharf_core::status::code;

use super::{Answer, IPPROTO_TCP, IPPROTO_UDP, Kind, keep, kept};
use crate::socket::record::Record;
use crate::winsock::kernel;

const TCP_NODELAY: i32 = 1;
const TCP_EXPEDITED_1122: i32 = 2;
pub(in crate::winsock) const TCP_KEEPIDLE: i32 = 3;
const TCP_MAXSEG: i32 = 4;
pub(super) const TCP_MAXRT: i32 = 5;
const TCP_STDURG: i32 = 6;
const TCP_NOSYNRETRIES: i32 = 9;
const TCP_TIMESTAMPS: i32 = 10;
const TCP_OFFLOAD_PREFERENCE: i32 = 11;
const TCP_CONGESTION_ALGORITHM: i32 = 12;
const TCP_DELAY_FIN_ACK: i32 = 13;
pub(super) const TCP_MAXRTMS: i32 = 14;
const TCP_FASTOPEN: i32 = 15;
pub(in crate::winsock) const TCP_KEEPCNT: i32 = 16;
pub(in crate::winsock) const TCP_KEEPINTVL: i32 = 17;
const TCP_FAIL_CONNECT_ON_ICMP_ERROR: i32 = 18;
const TCP_BSDURGENT: i32 = 0x7000;
const UDP_NOCHECKSUM: i32 = 1;
const UDP_SEND_MSG_SIZE: i32 = 2;
const UDP_CHECKSUM_COVERAGE: i32 = 20;

/// SO_NO_CHECK and UDP_SEGMENT of Linux, which the crate libc has not on every target.
const LINUX_NO_CHECK: i32 = 11;
const LINUX_UDP_SEGMENT: i32 = 103;

/// Level and name of Windows, how a value is passed, level and name of Linux.
type Row = (i32, i32, Kind, i32, i32);

#[rustfmt::skip] // one row a line, in columns
const KERNEL: &[Row] = &[
    (IPPROTO_TCP, TCP_NODELAY,       Kind::Flag,   libc::IPPROTO_TCP, libc::TCP_NODELAY),
    (IPPROTO_TCP, TCP_KEEPIDLE,      Kind::Number, libc::IPPROTO_TCP, libc::TCP_KEEPIDLE),
    (IPPROTO_TCP, TCP_MAXSEG,        Kind::Number, libc::IPPROTO_TCP, libc::TCP_MAXSEG),
    (IPPROTO_TCP, TCP_KEEPCNT,       Kind::Number, libc::IPPROTO_TCP, libc::TCP_KEEPCNT),
    (IPPROTO_TCP, TCP_KEEPINTVL,     Kind::Number, libc::IPPROTO_TCP, libc::TCP_KEEPINTVL),
    (IPPROTO_TCP, TCP_MAXRTMS,       Kind::Number, libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT),
    (IPPROTO_UDP, UDP_NOCHECKSUM,    Kind::Flag,   libc::SOL_SOCKET,  LINUX_NO_CHECK),
    (IPPROTO_UDP, UDP_SEND_MSG_SIZE, Kind::Number, libc::IPPROTO_UDP, LINUX_UDP_SEGMENT),
];

/// Options that only tune, and what they read before they are set.
const KEPT: &[(i32, i32, Kind, u32)] = &[
    (IPPROTO_TCP, TCP_EXPEDITED_1122, Kind::Flag, 0),
    (IPPROTO_TCP, TCP_STDURG, Kind::Flag, 0),
    (IPPROTO_TCP, TCP_NOSYNRETRIES, Kind::Flag, 0),
    (IPPROTO_TCP, TCP_TIMESTAMPS, Kind::Flag, 0),
    (IPPROTO_TCP, TCP_OFFLOAD_PREFERENCE, Kind::Number, 0),
    (IPPROTO_TCP, TCP_CONGESTION_ALGORITHM, Kind::Number, 0),
    (IPPROTO_TCP, TCP_DELAY_FIN_ACK, Kind::Flag, 0),
    (IPPROTO_TCP, TCP_FASTOPEN, Kind::Flag, 0),
    (IPPROTO_TCP, TCP_FAIL_CONNECT_ON_ICMP_ERROR, Kind::Flag, 0),
    (IPPROTO_TCP, TCP_BSDURGENT, Kind::Flag, 1),
    (IPPROTO_UDP, UDP_CHECKSUM_COVERAGE, Kind::Number, 0),
];

/// WSAENOPROTOOPT where the socket has another transport.
fn check(record: &Record, level: i32) -> Result<(), u32> {
    let inet = matches!(record.family, libc::AF_INET | libc::AF_INET6);
    let fits = match level {
        IPPROTO_TCP => record.kind == libc::SOCK_STREAM,
        _ => record.kind == libc::SOCK_DGRAM,
    };
    if inet && fits { Ok(()) } else { Err(code::WSAENOPROTOOPT) }
}

pub(super) fn set(record: &mut Record, level: i32, name: i32, value: &[u8]) -> Result<(), u32> {
    check(record, level)?;
    if let Some(row) = KERNEL.iter().find(|row| (row.0, row.1) == (level, name)) {
        let value = row.2.read(value)?;
        let value = if row.2 == Kind::Flag { i32::from(value != 0) } else { value.cast_signed() };
        return kernel::set(record.fd, row.3, row.4, value).map_err(kernel::code);
    }
    if let Some(row) = KEPT.iter().find(|row| (row.0, row.1) == (level, name)) {
        let value = row.2.read(value)?;
        keep(record, level, name, value);
        return Ok(());
    }
    if (level, name) == (IPPROTO_TCP, TCP_MAXRT) {
        // Seconds; all ones is without end, which is Linux' 0.
        let seconds = Kind::Number.read(value)?;
        let millis = if seconds == u32::MAX { 0 } else { seconds.saturating_mul(1000) };
        let millis = i32::try_from(millis).unwrap_or(i32::MAX);
        return kernel::set(record.fd, libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT, millis)
            .map_err(kernel::code);
    }
    Err(code::WSAENOPROTOOPT)
}

pub(super) fn get(record: &Record, level: i32, name: i32) -> Result<Answer, u32> {
    check(record, level)?;
    if let Some(row) = KERNEL.iter().find(|row| (row.0, row.1) == (level, name)) {
        let value = kernel::get(record.fd, row.3, row.4).map_err(kernel::code)?;
        return Ok(row.2.answer(value.cast_unsigned()));
    }
    if let Some(row) = KEPT.iter().find(|row| (row.0, row.1) == (level, name)) {
        return Ok(row.2.answer(kept(record, level, name).unwrap_or(row.3)));
    }
    if (level, name) == (IPPROTO_TCP, TCP_MAXRT) {
        let millis = kernel::get(record.fd, libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT)
            .map_err(kernel::code)?;
        let seconds = if millis == 0 { u32::MAX } else { millis.cast_unsigned().div_ceil(1000) };
        return Ok(Answer::Number(seconds));
    }
    Err(code::WSAENOPROTOOPT)
}
