//! Multicast: groups, sources, and the interface to send by.
//!
//! Windows takes an interface's number where IPv4 has an interface's address, as an address in 0/8; Linux has a
//! structure of its own for that. Structures with a source have their fields in another order.

use wharf_core::status::code;

use super::{Answer, IPPROTO_IP, IPPROTO_IPV6, Kind};
use crate::socket::record::Record;
use crate::winsock::family;
use crate::winsock::kernel;

const IP_MULTICAST_IF: i32 = 9;
const IP_ADD_MEMBERSHIP: i32 = 12;
const IP_DROP_MEMBERSHIP: i32 = 13;
const IP_ADD_SOURCE_MEMBERSHIP: i32 = 15;
const IP_DROP_SOURCE_MEMBERSHIP: i32 = 16;
const IP_BLOCK_SOURCE: i32 = 17;
const IP_UNBLOCK_SOURCE: i32 = 18;
const IPV6_ADD_MEMBERSHIP: i32 = 12;
const IPV6_DROP_MEMBERSHIP: i32 = 13;

/// Options whose structure has a number and one or two addresses of any family: Windows' name, Linux' name, how many
/// addresses.
const ANY_FAMILY: [(i32, i32, usize); 6] = [
    (41, libc::MCAST_JOIN_GROUP, 1),
    (42, libc::MCAST_LEAVE_GROUP, 1),
    (43, libc::MCAST_BLOCK_SOURCE, 2),
    (44, libc::MCAST_UNBLOCK_SOURCE, 2),
    (45, libc::MCAST_JOIN_SOURCE_GROUP, 2),
    (46, libc::MCAST_LEAVE_SOURCE_GROUP, 2),
];
/// Their layout: the number, and at 8 the addresses of 128 bytes.
const FIRST_ADDRESS: usize = 8;
const ADDRESS: usize = 128;

/// IPv4's structure of a group and an interface, Linux' longer form.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Membership {
    group: [u8; 4],
    address: [u8; 4],
    index: i32,
}

/// An interface as Windows has it, an address or, in 0/8, a number, and Linux' structure.
fn membership(group: [u8; 4], interface: [u8; 4]) -> Membership {
    match interface {
        [0, rest @ ..] => {
            let index = i32::from_be_bytes([0, rest[0], rest[1], rest[2]]);
            Membership { group, address: [0; 4], index }
        }
        address => Membership { group, address, index: 0 },
    }
}

/// The next four bytes.
fn word(value: &[u8], at: usize) -> Result<[u8; 4], u32> {
    value.get(at..).and_then(|rest| rest.first_chunk()).copied().ok_or(code::WSAEFAULT)
}

pub(super) fn set(record: &Record, level: i32, name: i32, value: &[u8]) -> Result<(), u32> {
    let fd = record.fd;
    let done = |result: Result<(), i32>| {
        result.map_err(|error| match error {
            // Already there, or not there: Windows calls both a bad address or argument.
            libc::EADDRINUSE => code::WSAEINVAL,
            error => kernel::code(error),
        })
    };
    if let Some(&(_, linux, addresses)) = ANY_FAMILY.iter().find(|row| row.0 == name) {
        return done(any_family(record, level, linux, addresses, value)?);
    }
    match (level, name) {
        (IPPROTO_IP, IP_MULTICAST_IF) => {
            let value = membership([0; 4], word(value, 0)?);
            done(kernel::set_value(fd, libc::IPPROTO_IP, libc::IP_MULTICAST_IF, &value))
        }
        (IPPROTO_IP, IP_ADD_MEMBERSHIP | IP_DROP_MEMBERSHIP) => {
            let value = membership(word(value, 0)?, word(value, 4)?);
            let add = name == IP_ADD_MEMBERSHIP;
            let linux = if add { libc::IP_ADD_MEMBERSHIP } else { libc::IP_DROP_MEMBERSHIP };
            done(kernel::set_value(fd, libc::IPPROTO_IP, linux, &value))
        }
        (
            IPPROTO_IP,
            IP_ADD_SOURCE_MEMBERSHIP
            | IP_DROP_SOURCE_MEMBERSHIP
            | IP_BLOCK_SOURCE
            | IP_UNBLOCK_SOURCE,
        ) => {
            let linux = match name {
                IP_ADD_SOURCE_MEMBERSHIP => libc::IP_ADD_SOURCE_MEMBERSHIP,
                IP_DROP_SOURCE_MEMBERSHIP => libc::IP_DROP_SOURCE_MEMBERSHIP,
                IP_BLOCK_SOURCE => libc::IP_BLOCK_SOURCE,
                _ => libc::IP_UNBLOCK_SOURCE,
            };
            // Group, source, interface there; group, interface, source here.
            let value = [word(value, 0)?, word(value, 8)?, word(value, 4)?];
            done(kernel::set_value(fd, libc::IPPROTO_IP, linux, &value))
        }
        (IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP | IPV6_DROP_MEMBERSHIP) => {
            // Address and number, on both sides.
            let value = value.first_chunk::<20>().ok_or(code::WSAEFAULT)?;
            let add = name == IPV6_ADD_MEMBERSHIP;
            let linux = if add { libc::IPV6_ADD_MEMBERSHIP } else { libc::IPV6_DROP_MEMBERSHIP };
            done(kernel::set_value(fd, libc::IPPROTO_IPV6, linux, value))
        }
        _ => Err(code::WSAENOPROTOOPT),
    }
}

/// Renumbers the families in the structure.
fn any_family(
    record: &Record,
    level: i32,
    linux: i32,
    addresses: usize,
    value: &[u8],
) -> Result<Result<(), i32>, u32> {
    let mut copy = [0_u8; FIRST_ADDRESS + 2 * ADDRESS];
    let used = FIRST_ADDRESS + addresses * ADDRESS;
    let value = value.get(..used).ok_or(code::WSAEFAULT)?;
    copy[..used].copy_from_slice(value);
    for at in 0..addresses {
        let start = FIRST_ADDRESS + at * ADDRESS;
        let windows = i32::from(u16::from_ne_bytes([copy[start], copy[start + 1]]));
        let family = family::to_linux(windows).and_then(|family| u16::try_from(family).ok());
        let family = family.ok_or(code::WSAEAFNOSUPPORT)?;
        copy[start..start + 2].copy_from_slice(&family.to_ne_bytes());
    }
    let level = if level == IPPROTO_IP { libc::IPPROTO_IP } else { libc::IPPROTO_IPV6 };
    Ok(match addresses {
        1 => {
            let one = copy.first_chunk::<{ FIRST_ADDRESS + ADDRESS }>().ok_or(code::WSAEFAULT)?;
            kernel::set_value(record.fd, level, linux, one)
        }
        _ => kernel::set_value(record.fd, level, linux, &copy),
    })
}

pub(super) fn get(record: &Record, level: i32, name: i32) -> Result<Answer, u32> {
    match (level, name) {
        (IPPROTO_IP, IP_MULTICAST_IF) => {
            let value = kernel::get(record.fd, libc::IPPROTO_IP, libc::IP_MULTICAST_IF);
            Ok(Kind::Number.answer(value.map_err(kernel::code)?.cast_unsigned()))
        }
        _ => Err(code::WSAENOPROTOOPT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_by_number_or_address() {
        let by_number = membership([224, 0, 0, 9], [0, 0, 1, 2]);
        assert_eq!((by_number.index, by_number.address), (258, [0; 4]));
        let by_address = membership([224, 0, 0, 9], [127, 0, 0, 1]);
        assert_eq!((by_address.index, by_address.address), (0, [127, 0, 0, 1]));
    }
}
