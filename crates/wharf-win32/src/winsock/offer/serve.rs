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
    /// The claim that is being served.
    claim: Mutex<Option<OwnedFd>>,
    /// What the thread watches for it.
    watched: Mutex<Vec<u64>>,
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
    found.shared = true;
    drop(found);
    let failed = |error| match error {
        Errno::MFILE | Errno::NFILE => code::WSAEMFILE,
        _ => code::WSAENOBUFS,
    };
    let listener =
        rustix::net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, FLAGS, None)
            .map_err(failed)?;
    rustix::net::bind(&listener, &address(ticket)?).map_err(failed)?;
    rustix::net::listen(&listener, BACKLOG).map_err(failed)?;
    let (process, claim, watched) = (getpid(), Mutex::default(), Mutex::default());
    let offer =
        Arc::new(Offer { ticket, target, process, socket, state, listener, claim, watched });
    offer.watch(offer.listener.as_fd())?;
    offer.watch(offer.target.end.as_fd())?;
    offers().get_or_insert_default().insert(ticket, Arc::clone(&offer));
    offer.ready(); // the process may have ended before it was watched
    Ok(())
}

impl Offer {
    fn watched(&self) -> MutexGuard<'_, Vec<u64>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(self: &Arc<Self>, fd: BorrowedFd<'_>) -> Result<(), u32> {
        let target = Arc::downgrade(self) as Weak<dyn Ready>;
        let number = reactor::watch(fd, target).map_err(|_| code::WSAENOBUFS)?;
        self.watched().push(number);
        Ok(())
    }

    /// The offer is over.
    fn give_up(&self) {
        let own = offers().as_mut().and_then(|offers| offers.remove(&self.ticket));
        drop(own); // the caller has it still
        overlapped::feed(); // descriptors are closed soon
    }

    /// Takes the next claim; false if there is none.
    fn accept(&self, claim: &mut Option<OwnedFd>) -> bool {
        match rustix::net::accept_with(&self.listener, FLAGS) {
            Ok(link) => {
                // Anybody else, and whoever does not read, gets the end of the connection.
                if self.target.is(&link) && self.send(&link) {
                    *claim = Some(link);
                }
                true
            }
            Err(Errno::INTR | Errno::CONNABORTED) => true,
            Err(Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::NOBUFS) => {
                let ticket = self.ticket;
                let again = move || {
                    let offer = offers().as_ref().and_then(|offers| offers.get(&ticket).cloned());
                    if let Some(offer) = offer {
                        offer.ready();
                    }
                };
                // Without the clock's thread the claim fails when its patience ends.
                let _ = clock::at(Moment::now().plus(LATER_NANOS), again);
                false
            }
            Err(_) => false,
        }
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
        let mut claim = self.claim.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(link) = &*claim {
                match rustix::net::recv(link, &mut [0_u8; 1], RecvFlags::DONTWAIT) {
                    Ok((_, 1)) => return true,
                    Err(Errno::AGAIN) => return false,
                    Err(Errno::INTR) => continue,
                    _ => *claim = None,
                }
            }
            if !self.accept(&mut claim) {
                return false;
            }
            if let Some(link) = &*claim
                && self.watch(link.as_fd()).is_err()
            {
                *claim = None;
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
