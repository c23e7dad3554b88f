//! Protocols by name and number; the register is short and fixed, so no file is asked.

use std::ffi::CStr;

/// A protocol: its name, its number, its name in capitals.
pub(super) type Protocol = (&'static CStr, u8, &'static CStr);

#[rustfmt::skip] // one row a line, in columns
const PROTOCOLS: &[Protocol] = &[
    (c"ip",         0,   c"IP"),
    (c"icmp",       1,   c"ICMP"),
    (c"igmp",       2,   c"IGMP"),
    (c"ggp",        3,   c"GGP"),
    (c"tcp",        6,   c"TCP"),
    (c"egp",        8,   c"EGP"),
    (c"pup",        12,  c"PUP"),
    (c"udp",        17,  c"UDP"),
    (c"hmp",        20,  c"HMP"),
    (c"xns-idp",    22,  c"XNS-IDP"),
    (c"rdp",        27,  c"RDP"),
    (c"ipv6",       41,  c"IPv6"),
    (c"ipv6-route", 43,  c"IPv6-Route"),
    (c"ipv6-frag",  44,  c"IPv6-Frag"),
    (c"esp",        50,  c"ESP"),
    (c"ah",         51,  c"AH"),
    (c"ipv6-icmp",  58,  c"IPv6-ICMP"),
    (c"ipv6-nonxt", 59,  c"IPv6-NoNxt"),
    (c"ipv6-opts",  60,  c"IPv6-Opts"),
    (c"rvd",        66,  c"RVD"),
    (c"rm",         113, c"RM"),
];

pub(super) fn by_name(name: &CStr) -> Option<&'static Protocol> {
    let name = name.to_bytes();
    PROTOCOLS.iter().find(|row| row.0.to_bytes().eq_ignore_ascii_case(name))
}

pub(super) fn by_number(number: i32) -> Option<&'static Protocol> {
    PROTOCOLS.iter().find(|row| i32::from(row.1) == number)
}
