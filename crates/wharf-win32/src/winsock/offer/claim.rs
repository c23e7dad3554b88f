//! The side of an offer that is to have the socket.

use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendFlags,
    SocketFlags, SocketType,
};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use wharf_core::status::code;

use super::{ROOM, address, peer, state, user};
use crate::socket::record::Record;
use crate::socket::table;
use crate::socket::types::SOCKET;
use crate::winsock::duplicate::Ticket;

/// How long a process that has been stopped is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Claims the socket that a ticket stands for. WSAEINVAL if there is no such offer to this process, or none any more;
/// WSAEMFILE, and the offer stands; WSAENETDOWN if the other process does not answer.
pub(in crate::winsock) fn claim(ticket: Ticket, private: bool) -> Result<SOCKET, u32> {
    wharf::blocking(|| take(ticket, private))
}

fn take(ticket: Ticket, private: bool) -> Result<SOCKET, u32> {
    let failed = |error| match error {
        Errno::MFILE | Errno::NFILE => code::WSAEMFILE,
        Errno::NOMEM | Errno::NOBUFS => code::WSAENOBUFS,
        Errno::AGAIN => code::WSAENETDOWN,
        _ => code::WSAEINVAL,
    };
    let (family, kind) = (AddressFamily::UNIX, SocketType::SEQPACKET);
    let link =
        rustix::net::socket_with(family, kind, SocketFlags::CLOEXEC, None).map_err(failed)?;
    let end = Instant::now() + PATIENCE;
    loop {
        // What is left, each time: signals do not make it longer.
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(code::WSAENETDOWN);
        }
        set_socket_timeout(&link, Timeout::Send, Some(left)).map_err(failed)?;
        match rustix::net::connect(&link, &address(ticket)?) {
            Err(Errno::INTR) => {}
            connected => break connected.map_err(failed)?,
        }
    }
    let (source, its_user) = peer(&link).ok_or(code::WSAEINVAL)?;
    if its_user != user() && its_user != 0 {
        return Err(code::WSAEINVAL);
    }
    wait(&link, source, end)?;
    let (fd, state) = receive(&link)?;
    if !private {
        fcntl_setfd(&fd, FdFlags::empty()).map_err(|_| code::WSAEINVAL)?;
    }
    let (family, kind, protocol) = state::kind(&state).ok_or(code::WSAEINVAL)?;
    let socket = table::open(fd, |fd, generation| {
        let mut record = Record::new(fd, generation, family, kind, protocol);
        state::read(&state, &mut record);
        record.private = private;
        record
    })?;
    // The other process may have ended meanwhile; the socket is here.
    let _ = rustix::net::send(&link, &[1], SendFlags::NOSIGNAL);
    Ok(socket)
}

/// Waits for the answer, or the end of the process that is to give it: a child of that one may keep the connection.
fn wait(link: &OwnedFd, source: u32, end: Instant) -> Result<(), u32> {
    let source = i32::try_from(source).ok().and_then(Pid::from_raw);
    let source = source.and_then(|source| pidfd_open(source, PidfdFlags::empty()).ok());
    loop {
        let mut entries = vec![PollFd::new(link, PollFlags::IN)];
        entries.extend(source.as_ref().map(|source| PollFd::new(source, PollFlags::IN)));
        let left = end.saturating_duration_since(Instant::now());
        let left =
            Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: left.subsec_nanos().into() };
        match poll(&mut entries, Some(&left)) {
            Ok(0) => return Err(code::WSAENETDOWN),
            Ok(_) if !entries[0].revents().is_empty() => return Ok(()),
            Ok(_) => return Err(code::WSAEINVAL),
            Err(Errno::INTR) => {}
            Err(_) => return Err(code::WSAENOBUFS),
        }
    }
}

/// Descriptor and state; WSAEINVAL for the end of the connection.
fn receive(link: &OwnedFd) -> Result<(OwnedFd, Vec<u32>), u32> {
    let mut bytes = vec![0; ROOM];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
    let got = loop {
        let mut pieces = [IoSliceMut::new(&mut bytes)];
        match rustix::net::recvmsg(link, &mut pieces, &mut control, flags) {
            Err(Errno::INTR) => {}
            got => break got.map_err(|_| code::WSAEINVAL)?,
        }
    };
    let descriptor = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    // A descriptor that the process has no number for is left out.
    let lost = got.flags.contains(ReturnFlags::CTRUNC);
    let none = if lost { code::WSAEMFILE } else { code::WSAEINVAL };
    let (words, _) = bytes[..got.bytes.min(ROOM)].as_chunks();
    let state = words.iter().map(|word| u32::from_ne_bytes(*word)).collect();
    Ok((descriptor.ok_or(none)?, state))
}
