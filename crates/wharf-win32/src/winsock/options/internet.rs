//! IPPROTO_IP and IPPROTO_IPV6: almost no number is the same on both sides.

use wharf_core::status::code;

use super::{Answer, IPPROTO_IP, IPPROTO_IPV6, Kind, groups, keep, kept};
use crate::socket::record::Record;
use crate::winsock::kernel;

pub(super) const IP_DONTFRAGMENT: i32 = 14;
pub(super) const IPV6_DONTFRAG: i32 = 14;
pub(super) const IP_MTU_DISCOVER: i32 = 71;
pub(super) const IPV6_MTU_DISCOVER: i32 = 71;
const IP_RECEIVE_BROADCAST: i32 = 22;
const IPV6_PROTECTION_LEVEL: i32 = 23;
const IP_OPTIONS: i32 = 1;

/// Level and name of Windows, how a value is passed, level and name of Linux.
type Row = (i32, i32, Kind, i32, i32);

#[rustfmt::skip] // one row a line, in columns
const KERNEL: &[Row] = &[
    (IPPROTO_IP,   2,  Kind::Flag,   libc::IPPROTO_IP,   libc::IP_HDRINCL),
    (IPPROTO_IP,   3,  Kind::Number, libc::IPPROTO_IP,   libc::IP_TOS),
    (IPPROTO_IP,   4,  Kind::Number, libc::IPPROTO_IP,   libc::IP_TTL),
    (IPPROTO_IP,   10, Kind::Number, libc::IPPROTO_IP,   libc::IP_MULTICAST_TTL),
    (IPPROTO_IP,   11, Kind::Flag,   libc::IPPROTO_IP,   libc::IP_MULTICAST_LOOP),
    (IPPROTO_IP,   19, Kind::Flag,   libc::IPPROTO_IP,   libc::IP_PKTINFO),
    (IPPROTO_IP,   21, Kind::Flag,   libc::IPPROTO_IP,   libc::IP_RECVTTL),
    (IPPROTO_IP,   31, Kind::Number, libc::IPPROTO_IP,   50 /* IP_UNICAST_IF */),
    (IPPROTO_IP,   40, Kind::Flag,   libc::IPPROTO_IP,   libc::IP_RECVTOS),
    (IPPROTO_IP,   73, Kind::Number, libc::IPPROTO_IP,   libc::IP_MTU),
    (IPPROTO_IPV6, 4,  Kind::Number, libc::IPPROTO_IPV6, libc::IPV6_UNICAST_HOPS),
    (IPPROTO_IPV6, 9,  Kind::Number, libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_IF),
    (IPPROTO_IPV6, 10, Kind::Number, libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_HOPS),
    (IPPROTO_IPV6, 11, Kind::Flag,   libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_LOOP),
    (IPPROTO_IPV6, 19, Kind::Flag,   libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO),
    (IPPROTO_IPV6, 21, Kind::Flag,   libc::IPPROTO_IPV6, libc::IPV6_RECVHOPLIMIT),
    (IPPROTO_IPV6, 26, Kind::Number, libc::IPPROTO_IPV6, 7 /* IPV6_CHECKSUM */),
    (IPPROTO_IPV6, 27, Kind::Flag,   libc::IPPROTO_IPV6, libc::IPV6_V6ONLY),
    (IPPROTO_IPV6, 31, Kind::Number, libc::IPPROTO_IPV6, 76 /* IPV6_UNICAST_IF */),
    (IPPROTO_IPV6, 39, Kind::Number, libc::IPPROTO_IPV6, libc::IPV6_TCLASS),
    (IPPROTO_IPV6, 40, Kind::Flag,   libc::IPPROTO_IPV6, libc::IPV6_RECVTCLASS),
    (IPPROTO_IPV6, 72, Kind::Number, libc::IPPROTO_IPV6, libc::IPV6_MTU),
];

/// Options that change nothing here, and what they read before they are set.
const KEPT: &[(i32, i32, Kind, u32)] = &[
    (IPPROTO_IP, IP_RECEIVE_BROADCAST, Kind::Flag, 1),
    (IPPROTO_IPV6, IPV6_PROTECTION_LEVEL, Kind::Number, 20),
];

/// Path MTU discovery: Windows' values by Linux'. Its "not set" is what Linux calls the routes' own choice.
const DISCOVER: [(u32, i32); 4] = [
    (0, libc::IP_PMTUDISC_WANT),
    (1, libc::IP_PMTUDISC_DO),
    (2, libc::IP_PMTUDISC_DONT),
    (3, libc::IP_PMTUDISC_PROBE),
];

/// Linux' option for path MTU discovery, at each level.
fn discovery(level: i32) -> (i32, i32) {
    if level == IPPROTO_IP {
        (libc::IPPROTO_IP, libc::IP_MTU_DISCOVER)
    } else {
        (libc::IPPROTO_IPV6, libc::IPV6_MTU_DISCOVER)
    }
}

/// WSAEINVAL where a socket of IPv4 is asked for IPv6.
fn check(record: &Record, level: i32) -> Result<(), u32> {
    match record.family {
        libc::AF_INET6 => Ok(()),
        libc::AF_INET if level == IPPROTO_IP => Ok(()),
        libc::AF_INET => Err(code::WSAEINVAL),
        _ => Err(code::WSAENOPROTOOPT),
    }
}

pub(super) fn set(record: &mut Record, level: i32, name: i32, value: &[u8]) -> Result<(), u32> {
    check(record, level)?;
    let fd = record.fd;
    if let Some(row) = KERNEL.iter().find(|row| (row.0, row.1) == (level, name)) {
        let value = row.2.read(value)?;
        let value = if row.2 == Kind::Flag { i32::from(value != 0) } else { value.cast_signed() };
        return kernel::set(fd, row.3, row.4, value).map_err(kernel::code);
    }
    if let Some(row) = KEPT.iter().find(|row| (row.0, row.1) == (level, name)) {
        let value = row.2.read(value)?;
        keep(record, level, name, value);
        return Ok(());
    }
    match (level, name) {
        (IPPROTO_IP, IP_DONTFRAGMENT) | (IPPROTO_IPV6, IPV6_DONTFRAG) => {
            let on = Kind::Flag.read(value)? != 0;
            let (level, name) = discovery(level);
            let mode = if on { libc::IP_PMTUDISC_DO } else { libc::IP_PMTUDISC_DONT };
            kernel::set(fd, level, name, mode).map_err(kernel::code)
        }
        (IPPROTO_IP, IP_MTU_DISCOVER) | (IPPROTO_IPV6, IPV6_MTU_DISCOVER) => {
            let wanted = Kind::Number.read(value)?;
            let pair = DISCOVER.iter().find(|pair| pair.0 == wanted).ok_or(code::WSAEINVAL)?;
            let (level, name) = discovery(level);
            kernel::set(fd, level, name, pair.1).map_err(kernel::code)
        }
        (IPPROTO_IP, IP_OPTIONS) if value.is_empty() => Ok(()),
        _ => groups::set(record, level, name, value),
    }
}

pub(super) fn get(record: &Record, level: i32, name: i32) -> Result<Answer, u32> {
    check(record, level)?;
    let fd = record.fd;
    if let Some(row) = KERNEL.iter().find(|row| (row.0, row.1) == (level, name)) {
        let value = kernel::get(fd, row.3, row.4).map_err(kernel::code)?;
        return Ok(row.2.answer(value.cast_unsigned()));
    }
    if let Some(row) = KEPT.iter().find(|row| (row.0, row.1) == (level, name)) {
        return Ok(row.2.answer(kept(record, level, name).unwrap_or(row.3)));
    }
    let mode = || {
        let (level, name) = discovery(level);
        kernel::get(fd, level, name).map_err(kernel::code)
    };
    match (level, name) {
        (IPPROTO_IP, IP_DONTFRAGMENT) | (IPPROTO_IPV6, IPV6_DONTFRAG) => {
            Ok(Answer::Flag(mode()? == libc::IP_PMTUDISC_DO))
        }
        (IPPROTO_IP, IP_MTU_DISCOVER) | (IPPROTO_IPV6, IPV6_MTU_DISCOVER) => {
            let mode = mode()?;
            let pair = DISCOVER.iter().find(|pair| pair.1 == mode);
            Ok(Answer::Number(pair.map_or(0, |pair| pair.0)))
        }
        (IPPROTO_IP, IP_OPTIONS) => Ok(Answer::Bytes(Vec::new())),
        _ => groups::get(record, level, name),
    }
}
