//! Which sockets there are: from the three arguments of WSASocket to the kernel's (D6).
//!
//! The order of the checks is the order in which Windows finds fault: nothing to go by, then the type, the
//! family, and at last whether the protocol goes with both.

use wharf_core::status::code;

use super::types::*;
use crate::winsock::{
    AF_APPLETALK, AF_BTH, AF_INET, AF_INET6, AF_IPX, AF_IRDA, AF_NETBIOS, AF_UNIX, AF_UNSPEC,
    family,
};

/// A socket to be made, in Windows' numbers; all three are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) family: i32,
    pub(super) kind: i32,
    pub(super) protocol: i32,
}

/// What can be had: a protocol of a family and type. A raw socket takes any.
struct Row(i32, i32, Option<i32>);

/// In Windows' order, in which what is left open is filled in.
const CATALOG: &[Row] = &[
    Row(AF_INET, SOCK_STREAM, Some(IPPROTO_TCP)),
    Row(AF_INET, SOCK_DGRAM, Some(IPPROTO_UDP)),
    Row(AF_INET, SOCK_RAW, None),
    Row(AF_INET6, SOCK_STREAM, Some(IPPROTO_TCP)),
    Row(AF_INET6, SOCK_DGRAM, Some(IPPROTO_UDP)),
    Row(AF_INET6, SOCK_RAW, None),
    Row(AF_UNIX, SOCK_STREAM, Some(0)),
    // Protocols that a kernel may have: it is asked.
    Row(AF_BTH, SOCK_STREAM, Some(BTHPROTO_RFCOMM)),
    Row(AF_APPLETALK, SOCK_DGRAM, None),
];

/// Families that Windows has a number for, whether or not anything serves them.
const FAMILIES: &[i32] =
    &[AF_UNIX, AF_INET, AF_IPX, AF_APPLETALK, AF_NETBIOS, AF_INET6, AF_IRDA, AF_BTH];

/// Fills in what is left open, or says in Windows' code what cannot be had.
pub(super) fn choose(family: i32, kind: i32, protocol: i32) -> Result<Kind, u32> {
    if family == AF_UNSPEC && protocol == 0 {
        return Err(code::WSAEINVAL);
    }
    if !(0..=SOCK_SEQPACKET).contains(&kind) {
        return Err(code::WSAESOCKTNOSUPPORT);
    }
    if family != AF_UNSPEC && !FAMILIES.contains(&family) {
        return Err(code::WSAEAFNOSUPPORT);
    }
    let of_family = |row: &&Row| family == AF_UNSPEC || row.0 == family;
    let rows = || CATALOG.iter().filter(of_family);
    if rows().next().is_none() {
        return Err(code::WSAEAFNOSUPPORT);
    }
    let of_kind = |row: &&Row| kind == 0 || row.1 == kind;
    if !rows().any(|row| of_kind(&row)) {
        return Err(code::WSAESOCKTNOSUPPORT);
    }
    let fits = |row: &&Row| match row.2 {
        _ if protocol == 0 => true,
        // Nobody who leaves the type open means a raw socket, unless nothing else has the protocol.
        None => row.1 == SOCK_RAW && (0..256).contains(&protocol),
        Some(own) => own == protocol,
    };
    let found = rows().filter(of_kind).find(fits).ok_or(code::WSAEPROTONOSUPPORT)?;
    let protocol = if protocol == 0 { found.2.unwrap_or(0) } else { protocol };
    Ok(Kind { family: found.0, kind: found.1, protocol })
}

impl Kind {
    /// The arguments of socket(2): all three numbers of the kernel.
    pub(super) fn to_kernel(self) -> Result<(i32, i32, i32), u32> {
        let family = family::to_linux(self.family).ok_or(code::WSAEAFNOSUPPORT)?;
        // The types have the same numbers, and so have the protocols.
        Ok((family, self.kind, self.protocol))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D6, row by row.
    #[test]
    fn the_outcome_table() {
        const NONE: i32 = 0x1234;
        let kind = |family, kind, protocol| Ok(Kind { family, kind, protocol });
        let tcp = kind(AF_INET, SOCK_STREAM, IPPROTO_TCP);
        let udp = kind(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
        let rows = [
            (NONE, SOCK_STREAM, IPPROTO_TCP, Err(code::WSAEAFNOSUPPORT)),
            (NONE, SOCK_STREAM, IPPROTO_UDP, Err(code::WSAEAFNOSUPPORT)),
            (NONE, SOCK_STREAM, NONE, Err(code::WSAEAFNOSUPPORT)),
            (NONE, NONE, IPPROTO_TCP, Err(code::WSAESOCKTNOSUPPORT)),
            (AF_INET, NONE, NONE, Err(code::WSAESOCKTNOSUPPORT)),
            (AF_INET, NONE, 0, Err(code::WSAESOCKTNOSUPPORT)),
            (AF_INET, SOCK_STREAM, NONE, Err(code::WSAEPROTONOSUPPORT)),
            (AF_INET, 0, NONE, Err(code::WSAEPROTONOSUPPORT)),
            (AF_INET, SOCK_STREAM, IPPROTO_UDP, Err(code::WSAEPROTONOSUPPORT)),
            (AF_INET, SOCK_DGRAM, IPPROTO_TCP, Err(code::WSAEPROTONOSUPPORT)),
            (AF_INET, SOCK_DGRAM, IPPROTO_ICMP, Err(code::WSAEPROTONOSUPPORT)),
            (AF_INET, SOCK_RDM, IPPROTO_RM, Err(code::WSAESOCKTNOSUPPORT)),
            (AF_INET, SOCK_SEQPACKET, 0, Err(code::WSAESOCKTNOSUPPORT)),
            (AF_IRDA, SOCK_STREAM, 0, Err(code::WSAEAFNOSUPPORT)),
            (AF_NETBIOS, SOCK_DGRAM, 0, Err(code::WSAEAFNOSUPPORT)),
            (AF_INET, SOCK_STREAM, 0, tcp),
            (AF_INET, SOCK_DGRAM, 0, udp),
            (AF_INET, 0, IPPROTO_TCP, tcp),
            (AF_INET, 0, IPPROTO_UDP, udp),
            (AF_INET, 0, 0, tcp),
            (AF_INET, SOCK_RAW, IPPROTO_ICMP, kind(AF_INET, SOCK_RAW, IPPROTO_ICMP)),
            (AF_INET6, SOCK_RAW, IPPROTO_ICMPV6, kind(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6)),
            (AF_BTH, SOCK_STREAM, BTHPROTO_RFCOMM, kind(AF_BTH, SOCK_STREAM, BTHPROTO_RFCOMM)),
            (AF_UNSPEC, SOCK_STREAM, IPPROTO_TCP, tcp),
            (AF_UNSPEC, 0, IPPROTO_TCP, tcp),
            (AF_UNSPEC, 0, IPPROTO_UDP, udp),
            (AF_UNSPEC, NONE, IPPROTO_UDP, Err(code::WSAESOCKTNOSUPPORT)),
            (AF_UNSPEC, SOCK_STREAM, NONE, Err(code::WSAEPROTONOSUPPORT)),
            (AF_UNSPEC, 0, NONE, Err(code::WSAEPROTONOSUPPORT)),
            (AF_UNSPEC, SOCK_STREAM, 0, Err(code::WSAEINVAL)),
            (AF_UNSPEC, NONE, 0, Err(code::WSAEINVAL)),
        ];
        for (family, kind, protocol, expected) in rows {
            assert_eq!(choose(family, kind, protocol), expected, "{family} {kind} {protocol}");
        }
    }
}
