//! Options across a change of the kernel's socket under a SOCKET, and from a listener to its connections (D26, D27, D40).
//!
//! AcceptEx puts the connection, a new socket of the kernel's, in the place of the accepting one; a socket that is to be
//! used again gets a new one. What the program has set before stays set. And what the kernel has a connection inherit of
//! its listener comes, for AcceptEx, only with SO_UPDATE_ACCEPT_CONTEXT.
//!
//! # Invariants
//! 1. `Notes::own_options` names each option that the program has set and that the kernel keeps, once, by the name that
//!    reads all of it; a socket without such options costs nothing here.
//!
//! # Known difference
//! A buffer size that the listener has, and the accepting socket not, is inherited at once: the kernel's own choice cannot
//! be set again.

use super::internet::{IP_DONTFRAGMENT, IP_MTU_DISCOVER, IPV6_DONTFRAG, IPV6_MTU_DISCOVER};
use super::socket_level::{self, SO_DONTLINGER, SO_LINGER, SO_RCVBUF, SO_SNDBUF};
use super::transport::{TCP_MAXRT, TCP_MAXRTMS};
use super::{IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, SOL_SOCKET, get, set};
use crate::socket::record::Record;

/// Level and name, Windows' numbers.
pub(crate) type Name = (i32, i32);

/// Longer than any option that is carried.
const ROOM: usize = 64;

/// The option that reads all that this one sets; none if nothing of it is the kernel's.
fn whole(name: Name) -> Option<Name> {
    match name {
        (SOL_SOCKET, SO_DONTLINGER) => Some((SOL_SOCKET, SO_LINGER)),
        (SOL_SOCKET, name) if !socket_level::is_kernels(name) => None,
        (IPPROTO_IP, IP_DONTFRAGMENT) => Some((IPPROTO_IP, IP_MTU_DISCOVER)),
        (IPPROTO_IPV6, IPV6_DONTFRAG) => Some((IPPROTO_IPV6, IPV6_MTU_DISCOVER)),
        (IPPROTO_TCP, TCP_MAXRT) => Some((IPPROTO_TCP, TCP_MAXRTMS)),
        name => Some(name),
    }
}

/// The program has set an option.
pub(in crate::winsock) fn note(record: &mut Record, name: Name) {
    if let Some(name) = whole(name)
        && !record.notes.own_options.contains(&name)
    {
        record.notes.own_options.push(name);
    }
}

/// Values of options, to be set elsewhere.
pub(crate) struct Carried(Vec<(Name, Vec<u8>)>);

fn read(record: &mut Record, names: Vec<Name>) -> Carried {
    let value = |name: Name| {
        let bytes = get(record, name.0, name.1, ROOM).and_then(|value| value.bytes(ROOM));
        Some((name, bytes.ok()?)) // what cannot be read any more is not carried
    };
    Carried(names.into_iter().filter_map(value).collect())
}

impl Carried {
    /// What a socket is to keep when the kernel's is replaced by one that has inherited `foreign`.
    pub(crate) fn of(record: &mut Record, foreign: &[Name]) -> Carried {
        let mut names = record.notes.own_options.clone();
        let is_size = |name: &Name| matches!(*name, (SOL_SOCKET, SO_SNDBUF | SO_RCVBUF));
        let inherited: Vec<Name> = foreign
            .iter()
            .copied()
            .filter(|name| !names.contains(name) && !is_size(name))
            .collect();
        names.extend(inherited);
        read(record, names)
    }

    /// What a listener has set.
    pub(super) fn of_listener(record: &mut Record) -> Carried {
        let names = record.notes.own_options.clone();
        read(record, names)
    }

    /// Sets them. What the other socket refuses, as some options are refused once there is a connection, it has not.
    pub(crate) fn apply(self, record: &mut Record) {
        for ((level, name), value) in self.0 {
            let _ = set(record, level, name, &value);
        }
    }
}
