//! The side of an offer that has the socket. The thread that watches pipes and processes serves it, and sleeps until the
//! other process comes or ends.

use std::collections::HashMap;
use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, Shutdown,
    SocketFlags, SocketType,
};
use rustix::process::{Pid, PidfdFlags, getpid, pidfd_open, test_kill_process};
use wharf_core::status::code;

use super::{ROOM, address, peer, state, user};
use crate::file::reactor::{self, Ready};
use crate::fork::Lock;
use crate::overlapped;
use crate::socket::table::Found;
use crate::sync::futex::Moment;
use crate::wait::clock;
use crate::winsock::duplicate::Ticket;

const FLAGS: SocketFlags = SocketFlags::CLOEXEC.union(SocketFlags::NONBLOCK);
/// Claims that may wait for the one that is being served. There should be one.
const BACKLOG: i32 = 8;
/// When to look again for a descriptor, if the process has none for a claim.
const LATER_NANOS: u64 = 10_000_000;

/// A process that a socket is offered to.
pub(in crate::winsock) struct Target {
    id: Pid,
    end: OwnedFd,
}

/// The process of a number: WSAEINVAL for one that is none, has ended, or is another user's.
pub(in crate::winsock) fn target(process: u32) -> Result<Target, u32> {
    let id = i32::try_from(process).ok().and_then(Pid::from_raw).ok_or(code::WSAEINVAL)?;
    let end = pidfd_open(id, PidfdFlags::empty()).map_err(|error| match error {
        Errno::MFILE | Errno::NFILE => code::WSAEMFILE,
        Errno::NOSYS => code::WSAEOPNOTSUPP,
        _ => code::WSAEINVAL,
    })?;
    test_kill_process(id).map_err(|_| code::WSAEINVAL)?;
    let target = Target { id, end };
    if target.has_ended() { Err(code::WSAEINVAL) } else { Ok(target) }
}

impl Target {
    fn has_ended(&self) -> bool {
        let mut entry = [PollFd::new(&self.end, PollFlags::IN)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut entry, Some(&now)).is_ok_and(|ready| ready > 0)
    }

    /// Whether this is who asks.
    fn is(&self, link: &OwnedFd) -> bool {
        let Some((process, its_user)) = peer(link) else { return false };
        let may = its_user == user() || user() == 0;
        process == self.id.as_raw_nonzero().get().unsigned_abs() && may && !self.has_ended()
    }
}

pub(crate) struct Offer {
    ticket: Ticket,
    target: Target,
    /// Who offers; a child made by fork has all this too, and leaves it alone.
    process: Pid,
    socket: OwnedFd,
    /// What goes along.
    state: Vec<u8>,
    listener: OwnedFd,
    served: Mutex<Served>,
    /// What the thread watches for it, beside a claim.
    watched: Mutex<Vec<u64>>,
}

/// Who is being served (invariant 2).
#[derive(Default)]
enum Served {
    #[default]
    Nobody,
    One(Claim),
    /// A claim has succeeded: whoever looks before the offer is given up finds no further one.
    Over,
}

/// A claim that has been sent the socket, and the number that it is watched by.
struct Claim {
    link: OwnedFd,
    number: u64,
}

impl Drop for Claim {
    fn drop(&mut self) {
        reactor::forget(self.number);
    }
}

/// The offers that stand.
pub(crate) static OFFERS: Lock<Option<HashMap<Ticket, Arc<Offer>>>> =
    Lock::renewed(None, |offers| *offers = None);

fn offers() -> MutexGuard<'static, Option<HashMap<Ticket, Arc<Offer>>>> {
    OFFERS.lock()
}

/// Offers a socket to a process: WSAEMFILE, WSAENOBUFS.
pub(in crate::winsock) fn make(
    mut found: Found,
    target: Target,
    ticket: Ticket,
) -> Result<(), u32> {
    let words = state::write(&mut found);
    let state: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    if state.len() > ROOM {
        return Err(code::WSAENOBUFS);
    }
    let socket = found.copy_descriptor()?;
    let failed = |error| match error {
        Errno::MFILE | Errno::NFILE => code::WSAEMFILE,
        _ => code::WSAENOBUFS,
    };
    let listener =
        rustix::net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, FLAGS, None)
            .map_err(failed)?;
    rustix::net::bind(&listener, &address(ticket)?).map_err(failed)?;
    rustix::net::listen(&listener, BACKLOG).map_err(failed)?;
    let (process, served, watched) = (getpid(), Mutex::default(), Mutex::default());
    let offer =
        Arc::new(Offer { ticket, target, process, socket, state, listener, served, watched });
    for fd in [offer.listener.as_fd(), offer.target.end.as_fd()] {
        let number = offer.watch(fd)?;
        offer.watched().push(number);
    }
    // Nothing fails from here on, and nobody has been served: the map has no such offer yet.
    found.shared = true;
    drop(found);
    offers().get_or_insert_default().insert(ticket, Arc::clone(&offer));
    offer.ready(); // the process may have ended before it was watched
    Ok(())
}

impl Offer {
    fn watched(&self) -> MutexGuard<'_, Vec<u64>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(self: &Arc<Self>, fd: BorrowedFd<'_>) -> Result<u64, u32> {
        let target = Arc::downgrade(self) as Weak<dyn Ready>;
        reactor::watch(fd, target).map_err(|_| code::WSAENOBUFS)
    }

    /// The offer is over.
    fn give_up(&self) {
        let own = offers().as_mut().and_then(|offers| offers.remove(&self.ticket));
        drop(own); // the caller has it still
        overlapped::feed(); // descriptors are closed soon
    }

    /// The next who comes; none if there is nobody.
    fn accept(&self) -> Option<OwnedFd> {
        loop {
            match rustix::net::accept_with(&self.listener, FLAGS) {
                Ok(link) => return Some(link),
                Err(Errno::INTR | Errno::CONNABORTED) => {}
                Err(error) => {
                    self.accept_later(error);
                    return None;
                }
            }
        }
    }

    /// Without a descriptor for who comes: looks again soon.
    fn accept_later(&self, error: Errno) {
        match error {
            Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::NOBUFS => {
                let ticket = self.ticket;
                let again = move || {
                    let offer = offers().as_ref().and_then(|offers| offers.get(&ticket).cloned());
                    if let Some(offer) = offer {
                        offer.ready();
                    }
                };
                // Without the clock's thread the claim fails when its patience ends.
                let _ = clock::at(Moment::now().plus(LATER_NANOS), again);
            }
            _ => {}
        }
    }

    /// Sends the socket to whom it is offered. Anybody else, and whoever does not read, gets the end of the connection.
    fn answer(self: &Arc<Self>, link: OwnedFd) -> Option<Claim> {
        if !self.target.is(&link) {
            return None;
        }
        // First: whoever has the socket is heard of.
        let claim = Claim { number: self.watch(link.as_fd()).ok()?, link };
        self.send(&claim.link).then_some(claim)
    }

    fn send(&self, link: &OwnedFd) -> bool {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let rights = [self.socket.as_fd()];
        control.push(SendAncillaryMessage::ScmRights(&rights));
        let pieces = [IoSlice::new(&self.state)];
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        rustix::net::sendmsg(link, &pieces, &mut control, flags).is_ok()
    }

    /// Serves whoever has come; whether a claim has succeeded.
    fn serve(self: &Arc<Self>) -> bool {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match &*served {
                Served::Over => return false,
                Served::One(claim) => {
                    match rustix::net::recv(&claim.link, &mut [0_u8; 1], RecvFlags::DONTWAIT) {
                        Ok((_, 1)) => {
                            *served = Served::Over;
                            return true;
                        }
                        Err(Errno::AGAIN) => return false,
                        Err(Errno::INTR) => continue,
                        _ => *served = Served::Nobody,
                    }
                }
                Served::Nobody => {}
            }
            let Some(link) = self.accept() else { return false };
            if let Some(claim) = self.answer(link) {
                *served = Served::One(claim);
            }
        }
    }
}

impl Ready for Offer {
    fn ready(&self) {
        // The map has it as long as it stands.
        let own = offers().as_ref().and_then(|offers| offers.get(&self.ticket).cloned());
        if let Some(own) = own
            && (own.target.has_ended() || own.serve())
        {
            own.give_up();
        }
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        if self.process != getpid() {
            return;
        }
        self.watched().drain(..).for_each(reactor::forget);
        // A child made by fork may have the listener still: nobody is to connect to it.
        let _ = rustix::net::shutdown(&self.listener, Shutdown::Both);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::socket::record::Record;
    use crate::socket::table::{self, find};
    use crate::socket::types::SOCKET;

    fn ticket() -> Ticket {
        Ticket::new().unwrap()
    }

    fn socket() -> SOCKET {
        let fd = rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, FLAGS, None);
        table::open(fd.unwrap(), |fd, generation| Record::new(fd, generation, 2, 1, 6)).unwrap()
    }

    fn own_process() -> Target {
        target(std::process::id()).unwrap()
    }

    fn connect(ticket: Ticket) -> OwnedFd {
        let (family, kind) = (AddressFamily::UNIX, SocketType::SEQPACKET);
        let link = rustix::net::socket_with(family, kind, SocketFlags::CLOEXEC, None).unwrap();
        rustix::net::connect(&link, &address(ticket).unwrap()).unwrap();
        link
    }

    /// Invariant 2. Method: who has found the offer before it was given up looks again, beside a second claim.
    #[test]
    fn no_claim_is_served_after_one_that_succeeded() {
        let (socket, ticket) = (socket(), ticket());
        make(find(socket).unwrap(), own_process(), ticket).unwrap();
        let offer = Arc::clone(&offers().as_ref().unwrap()[&ticket]);
        let first = connect(ticket);
        let (_, length) = rustix::net::recv(&first, &mut [0_u8; ROOM], RecvFlags::empty()).unwrap();
        assert!(length > 0);
        rustix::net::send(&first, &[1], SendFlags::NOSIGNAL).unwrap();
        while offers().as_ref().is_some_and(|offers| offers.contains_key(&ticket)) {
            std::thread::yield_now();
        }
        drop(first);
        let second = connect(ticket);
        assert!(!offer.serve());
        let nothing = rustix::net::recv(&second, &mut [0_u8; 1], RecvFlags::DONTWAIT);
        assert_eq!(nothing.err(), Some(Errno::AGAIN));
        drop(table::take(socket));
    }

    /// A socket that could not be offered is no other process'.
    #[test]
    fn an_offer_that_failed_shares_nothing() {
        let (taken, socket, ticket) = (socket(), socket(), ticket());
        make(find(taken).unwrap(), own_process(), ticket).unwrap();
        let again = make(find(socket).unwrap(), own_process(), ticket);
        assert_eq!(again, Err(code::WSAENOBUFS));
        assert!(find(taken).unwrap().shared && !find(socket).unwrap().shared);
        let offer = Arc::clone(&offers().as_ref().unwrap()[&ticket]);
        offer.give_up();
        drop((table::take(taken), table::take(socket)));
    }
}
