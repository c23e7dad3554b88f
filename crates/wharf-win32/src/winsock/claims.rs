//! Who of this process's sockets has which address, and what that means for another that asks for it (D79).
//!
//! Windows lets a wildcard and a specific address share a port, unless one is exclusive; the kernel does not, unless
//! both sockets have SO_REUSEPORT. That option also lets others of the same user in, on the very same address, so it is
//! given only where this process has found that the two addresses differ. Between processes the kernel's rule stands.

use std::net::{IpAddr, SocketAddr};
use std::sync::MutexGuard;

use wharf::Watched;
use wharf_core::status::code;

use super::kernel;
use crate::fork::Lock;
use crate::socket::record::Record;
use crate::socket::table::{self, find_generation};

/// One bind at a time: what was found about others holds until the kernel has decided.
pub(crate) static BINDS: Lock<()> = Lock::new(());

pub(super) fn one_at_a_time() -> MutexGuard<'static, ()> {
    BINDS.lock()
}

/// An address, and how it is held or asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) address: SocketAddr,
    /// SOCK_STREAM or another: each has ports of its own.
    pub(super) kind: i32,
    /// SO_REUSEADDR, SO_EXCLUSIVEADDRUSE.
    pub(super) shares: bool,
    pub(super) exclusive: bool,
}

/// What a claim means for a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    Apart,
    /// Both may be, if the kernel is told so.
    Beside,
    /// The later one is refused with this code.
    Refused(u32),
}

impl Claim {
    /// What a held claim means for one that is asked for.
    fn judges(&self, asked: &Claim) -> Verdict {
        if self.kind != asked.kind || self.address.port() != asked.address.port() {
            return Verdict::Apart;
        }
        let (held, wanted) = (self.address.ip(), asked.address.ip());
        if held == wanted {
            return match (self.shares, asked.shares) {
                (true, true) => Verdict::Apart,
                (false, true) => Verdict::Refused(code::WSAEACCES),
                (_, false) => Verdict::Refused(code::WSAEADDRINUSE),
            };
        }
        // An exclusive wildcard covers its own family, and that of IPv6 both.
        let covers = |wide: &Claim, narrow: IpAddr| {
            let (ip, exclusive) = (wide.address.ip(), wide.exclusive);
            exclusive && ip.is_unspecified() && (ip.is_ipv6() || narrow.is_ipv4())
        };
        if covers(self, wanted) {
            return Verdict::Refused(code::WSAEACCES);
        }
        if covers(asked, held) {
            return Verdict::Refused(code::WSAEADDRINUSE);
        }
        let same_family = held.is_ipv4() == wanted.is_ipv4();
        let wild = held.is_unspecified() || wanted.is_unspecified();
        if same_family && wild { Verdict::Beside } else { Verdict::Apart }
    }
}

/// What a socket holds: none without a port, and none for an accepted connection, which has its listener's.
fn held(record: &Record) -> Option<Claim> {
    if record.connected && !record.active && record.is_stream() {
        return None;
    }
    let address = kernel::own_address(record.fd).ok()?.socket_addr()?;
    let claim = Claim {
        address,
        kind: record.kind,
        shares: record.notes.reuse,
        exclusive: record.notes.exclusive,
    };
    Some(claim).filter(|claim| claim.address.port() != 0)
}

/// Asks all sockets of this process: why the claim is refused, or those that it can only be beside.
pub(super) fn ask(own: Watched, asked: &Claim) -> Result<Vec<Watched>, u32> {
    let mut beside = Vec::new();
    for found in table::records().filter(|found| found.name() != own) {
        let verdict = held(&found).map(|held| held.judges(asked));
        match verdict {
            Some(Verdict::Refused(code)) => return Err(code),
            Some(Verdict::Beside) => beside.push(found.name()),
            Some(Verdict::Apart) | None => {}
        }
    }
    Ok(beside)
}

/// Tells the kernel that these sockets may have another beside them.
pub(super) fn admit_beside(sockets: &[Watched]) {
    let find = |name: &Watched| find_generation(name.index, name.generation);
    for found in sockets.iter().filter_map(find) {
        // What was closed or refused meanwhile shows in the bind that follows.
        let _ = kernel::set(found.fd, libc::SOL_SOCKET, libc::SO_REUSEPORT, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: (bool, bool) = (false, false);
    const SHARES: (bool, bool) = (true, false);
    const EXCLUSIVE: (bool, bool) = (false, true);

    fn claim(address: &str, (shares, exclusive): (bool, bool)) -> Claim {
        Claim { address: address.parse().unwrap(), kind: 1, shares, exclusive }
    }

    /// D79, row by row.
    #[test]
    fn the_table() {
        let (any, one) = ("0.0.0.0:7", "127.0.0.1:7");
        let (any6, one6) = ("[::]:7", "[::1]:7");
        let (in_use, access) =
            (Verdict::Refused(code::WSAEADDRINUSE), Verdict::Refused(code::WSAEACCES));
        for (held, how, asked, how_asked, verdict) in [
            (one, PLAIN, one, PLAIN, in_use),
            (one, PLAIN, one, SHARES, access),
            (one, SHARES, one, SHARES, Verdict::Apart),
            (one, SHARES, one, PLAIN, in_use),
            (any, EXCLUSIVE, one, PLAIN, access),
            (any6, EXCLUSIVE, one, PLAIN, access),
            (any, PLAIN, one, EXCLUSIVE, Verdict::Beside),
            (any, EXCLUSIVE, one, EXCLUSIVE, access),
            (one, EXCLUSIVE, any, PLAIN, Verdict::Beside),
            (one, PLAIN, any, EXCLUSIVE, in_use),
            (one, PLAIN, any6, EXCLUSIVE, in_use),
            (one6, PLAIN, any, EXCLUSIVE, Verdict::Apart),
            (one6, EXCLUSIVE, one, EXCLUSIVE, Verdict::Apart),
            (any6, EXCLUSIVE, any, PLAIN, access),
            (any6, PLAIN, any, EXCLUSIVE, Verdict::Apart),
            (any, PLAIN, any, EXCLUSIVE, in_use),
            (any, PLAIN, any, PLAIN, in_use),
            (any6, PLAIN, any, PLAIN, Verdict::Apart),
            (one, EXCLUSIVE, one, PLAIN, in_use),
            (any, PLAIN, "127.0.0.1:8", EXCLUSIVE, Verdict::Apart),
        ] {
            let (held, asked) = (claim(held, how), claim(asked, how_asked));
            assert_eq!(held.judges(&asked), verdict, "{held:?} {asked:?}");
        }
        let other = Claim { kind: 2, ..claim(one, PLAIN) };
        assert_eq!(claim(one, PLAIN).judges(&other), Verdict::Apart);
    }
}
