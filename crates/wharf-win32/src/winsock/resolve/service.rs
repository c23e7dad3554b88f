//! Services: the numbers behind names such as `http`.
//!
//! The system's /etc/services is asked first. Containers often have none, Windows always has: the table here is
//! the part of the register of well-known ports that programs ask for by name.
#![allow(unsafe_code)] // getservbyname_r and getservbyport_r of the C library

use std::ffi::{CStr, CString, c_char, c_int};
use std::mem::MaybeUninit;
use std::ptr;

unsafe extern "C" {
    /// Of glibc and musl; the crate libc has no declaration of it for Linux.
    fn getservbyname_r(
        name: *const c_char,
        protocol: *const c_char,
        entry: *mut libc::servent,
        buffer: *mut c_char,
        length: usize,
        result: *mut *mut libc::servent,
    ) -> c_int;
    fn getservbyport_r(
        port: c_int,
        protocol: *const c_char,
        entry: *mut libc::servent,
        buffer: *mut c_char,
        length: usize,
        result: *mut *mut libc::servent,
    ) -> c_int;
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) name: CString,
    pub(super) aliases: Vec<CString>,
    /// In host order.
    pub(super) port: u16,
    pub(super) protocol: CString,
}

const TCP: u8 = 1;
const UDP: u8 = 2;
const BOTH: u8 = TCP | UDP;

/// Well-known services: name, port, protocols, another name.
#[rustfmt::skip] // one row a line, in columns
const WELL_KNOWN: &[(&CStr, u16, u8, Option<&CStr>)] = &[
    (c"echo",         7,    BOTH, None),
    (c"discard",      9,    BOTH, Some(c"sink")),
    (c"systat",       11,   BOTH, Some(c"users")),
    (c"daytime",      13,   BOTH, None),
    (c"qotd",         17,   BOTH, Some(c"quote")),
    (c"chargen",      19,   BOTH, Some(c"ttytst")),
    (c"ftp-data",     20,   TCP,  None),
    (c"ftp",          21,   TCP,  None),
    (c"ssh",          22,   TCP,  None),
    (c"telnet",       23,   TCP,  None),
    (c"smtp",         25,   TCP,  Some(c"mail")),
    (c"time",         37,   BOTH, Some(c"timserver")),
    (c"nameserver",   42,   BOTH, Some(c"name")),
    (c"nicname",      43,   TCP,  Some(c"whois")),
    (c"domain",       53,   BOTH, None),
    (c"bootps",       67,   UDP,  Some(c"dhcps")),
    (c"bootpc",       68,   UDP,  Some(c"dhcpc")),
    (c"tftp",         69,   UDP,  None),
    (c"gopher",       70,   TCP,  None),
    (c"finger",       79,   TCP,  None),
    (c"http",         80,   TCP,  Some(c"www")),
    (c"kerberos",     88,   BOTH, Some(c"krb5")),
    (c"pop3",         110,  TCP,  None),
    (c"sunrpc",       111,  BOTH, Some(c"portmap")),
    (c"auth",         113,  TCP,  Some(c"ident")),
    (c"nntp",         119,  TCP,  Some(c"usenet")),
    (c"ntp",          123,  UDP,  None),
    (c"epmap",        135,  BOTH, Some(c"loc-srv")),
    (c"netbios-ns",   137,  BOTH, Some(c"nbname")),
    (c"netbios-dgm",  138,  UDP,  Some(c"nbdatagram")),
    (c"netbios-ssn",  139,  TCP,  Some(c"nbsession")),
    (c"imap",         143,  TCP,  Some(c"imap4")),
    (c"snmp",         161,  UDP,  None),
    (c"snmptrap",     162,  UDP,  Some(c"snmp-trap")),
    (c"bgp",          179,  TCP,  None),
    (c"irc",          194,  TCP,  None),
    (c"ldap",         389,  TCP,  None),
    (c"https",        443,  BOTH, Some(c"MCom")),
    (c"microsoft-ds", 445,  BOTH, None),
    (c"syslog",       514,  UDP,  None),
    (c"printer",      515,  TCP,  Some(c"spooler")),
    (c"ldaps",        636,  TCP,  Some(c"sldap")),
    (c"imaps",        993,  TCP,  Some(c"imap4s")),
    (c"pop3s",        995,  TCP,  Some(c"spop3")),
    (c"socks",        1080, TCP,  None),
    (c"ms-sql-s",     1433, BOTH, None),
    (c"ms-sql-m",     1434, BOTH, None),
    (c"nfsd",         2049, UDP,  Some(c"nfs")),
    (c"ms-wbt-server", 3389, TCP, None),
];

/// Whether a row has the protocol, and which it is then; `None` takes the first.
fn protocol_of(row: u8, wanted: Option<&CStr>) -> Option<&'static CStr> {
    let known = [(TCP, c"tcp"), (UDP, c"udp")];
    let fits = |name: &CStr| wanted.is_none_or(|wanted| same(wanted, name));
    known.iter().find(|(bit, name)| row & bit != 0 && fits(name)).map(|known| known.1)
}

fn same(one: &CStr, other: &CStr) -> bool {
    one.to_bytes().eq_ignore_ascii_case(other.to_bytes())
}

fn well_known(
    protocol: Option<&CStr>,
    is: impl Fn(&CStr, u16, Option<&CStr>) -> bool,
) -> Option<Service> {
    WELL_KNOWN.iter().find_map(|&(name, port, protocols, alias)| {
        let protocol = protocol_of(protocols, protocol)?;
        is(name, port, alias).then(|| Service {
            name: name.to_owned(),
            aliases: alias.map(CStr::to_owned).into_iter().collect(),
            port,
            protocol: protocol.to_owned(),
        })
    })
}

/// A service by its name, or another of its names; of either protocol if none is given.
pub(super) fn by_name(name: &CStr, protocol: Option<&CStr>) -> Option<Service> {
    let pointer = protocol.map_or(ptr::null(), CStr::as_ptr);
    // SAFETY: strings that end in a zero or null, and room with its length.
    let ask = |entry: *mut _, buffer: *mut _, length, result: *mut _| unsafe {
        getservbyname_r(name.as_ptr(), pointer, entry, buffer, length, result)
    };
    let is = |candidate: &CStr, _, alias: Option<&CStr>| {
        same(candidate, name) || alias.is_some_and(|alias| same(alias, name))
    };
    system(ask).or_else(|| well_known(protocol, is))
}

/// A service by its port.
pub(super) fn by_port(port: u16, protocol: Option<&CStr>) -> Option<Service> {
    let pointer = protocol.map_or(ptr::null(), CStr::as_ptr);
    // SAFETY: a string that ends in a zero or null, and room with its length.
    let ask = |entry: *mut _, buffer: *mut _, length, result: *mut _| unsafe {
        getservbyport_r(port.to_be().into(), pointer, entry, buffer, length, result)
    };
    system(ask).or_else(|| well_known(protocol, |_, candidate, _| candidate == port))
}

/// What /etc/services says.
fn system(
    ask: impl Fn(*mut libc::servent, *mut c_char, usize, *mut *mut libc::servent) -> c_int,
) -> Option<Service> {
    let mut entry = MaybeUninit::<libc::servent>::uninit();
    let mut buffer = [0 as c_char; 4096];
    let mut result = ptr::null_mut();
    let status = ask(entry.as_mut_ptr(), buffer.as_mut_ptr(), buffer.len(), &raw mut result);
    // SAFETY: null, or `entry`, filled.
    let entry = unsafe { result.as_ref() }.filter(|_| status == 0)?;
    // SAFETY: strings in `buffer`.
    let text = |pointer: *const c_char| unsafe { CStr::from_ptr(pointer) }.to_owned();
    let mut aliases = Vec::new();
    for at in 0.. {
        // SAFETY: no null has come yet, so the list goes on here.
        let here = unsafe { entry.s_aliases.add(at) };
        // SAFETY: likewise.
        let alias = unsafe { here.read() };
        if alias.is_null() {
            break;
        }
        aliases.push(text(alias));
    }
    // The port is 16 bits in network order, in an int.
    let port = u16::from_be(u16::try_from(entry.s_port).ok()?);
    Some(Service { name: text(entry.s_name), aliases, port, protocol: text(entry.s_proto) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_services_need_no_file() {
        let find = |name: &'static CStr, protocol| {
            well_known(protocol, move |candidate, _, alias| {
                same(candidate, name) || alias.is_some_and(|alias| same(alias, name))
            })
        };
        assert_eq!(find(c"HTTP", None).map(|found| found.port), Some(80));
        assert_eq!(find(c"www", Some(c"tcp")).map(|found| found.name), Some(c"http".to_owned()));
        assert_eq!(find(c"ntp", Some(c"tcp")), None);
        assert_eq!(
            find(c"domain", Some(c"UDP")).map(|found| found.protocol),
            Some(c"udp".to_owned())
        );
        let found = well_known(None, |_, port, _| port == 443);
        assert_eq!(found.map(|found| found.name), Some(c"https".to_owned()));
    }
}
