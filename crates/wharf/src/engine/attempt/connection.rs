//! Tries of what makes and ends connections.

use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::net::sockopt::{socket_domain, socket_error};
use rustix::net::{
    AddressFamily, Shutdown, SocketFlags, acceptfrom_with, connect, getpeername, shutdown,
};

use super::{Attempt, done, failed, receive};
use crate::Buffer;
use crate::engine::operation::{About, Operation, Work};

pub(super) fn accept<T>(fd: BorrowedFd<'_>, operation: &mut Operation<T>) -> Attempt {
    match acceptfrom_with(fd, SocketFlags::CLOEXEC) {
        Ok((socket, peer)) => {
            operation.socket = Some(socket);
            operation.about = peer
                .and_then(|peer| SocketAddr::try_from(peer).ok())
                .map(|peer| Box::new(About { peer: Some(peer), ancillary: None }));
            done(0, false)
        }
        // accept(2): errors of the connection that was to be taken, not of the listener.
        Err(
            Errno::CONNABORTED
            | Errno::PROTO
            | Errno::NETDOWN
            | Errno::NOPROTOOPT
            | Errno::HOSTDOWN
            | Errno::NONET
            | Errno::HOSTUNREACH
            | Errno::NETUNREACH
            | Errno::TIMEDOUT,
        ) => failed(Errno::INTR),
        Err(error) => failed(error),
    }
}

/// Takes a connection, and what it has sent (D18); without room, the connection is enough (D17).
pub(super) fn accept_data<T>(fd: BorrowedFd<'_>, operation: &mut Operation<T>) -> Attempt {
    if operation.socket.is_some() {
        return first_data(operation); // it has one already
    }
    match accept(fd, operation) {
        Attempt::Done { result: Ok(_), .. } => first_data(operation),
        other => other,
    }
}

/// Tries to receive into the buffer of an accept from the connection that it has taken.
pub(super) fn first_data<T>(operation: &mut Operation<T>) -> Attempt {
    let Operation { work: Work::AcceptData(buffer), socket: Some(connection), .. } = operation
    else {
        unreachable!("an accept with data that has taken a connection");
    };
    if buffer.capacity() == 0 {
        return done(0, false);
    }
    loop {
        let received = match buffer {
            Buffer::Owned(bytes) => receive::receive(connection.as_fd(), bytes),
            Buffer::List(list) => receive::receive_list(connection.as_fd(), list),
            Buffer::OnDemand(_) => receive::receive_on_demand(connection.as_fd(), buffer),
            // Refused at issue.
            Buffer::Aligned(_) | Buffer::Lent(_) | Buffer::Shared(_) | Buffer::Static(_) => {
                failed(Errno::INVAL)
            }
        };
        match received {
            Attempt::Done { result: Err(Errno::INTR), .. } => {}
            Attempt::Done { result, .. } => {
                operation.transferred = result.unwrap_or(0);
                return Attempt::Done { result, exhausted: false }; // it says nothing of the listener
            }
            _ => return Attempt::Arrived,
        }
    }
}

/// Makes a call that has no flag for "do not wait". Descriptors of somebody else's making may be blocking.
fn without_blocking<R>(fd: BorrowedFd<'_>, call: impl FnOnce() -> R) -> R {
    let flags = fcntl_getfl(fd).unwrap_or(OFlags::NONBLOCK);
    if flags.contains(OFlags::NONBLOCK) {
        return call();
    }
    let set = fcntl_setfl(fd, flags | OFlags::NONBLOCK);
    debug_assert!(set.is_ok(), "an open descriptor: {set:?}");
    let result = call();
    let _ = fcntl_setfl(fd, flags);
    result
}

pub(super) fn connect_to(fd: BorrowedFd<'_>, to: &SocketAddr, asked: &mut bool) -> Attempt {
    if !*asked {
        if socket_domain(fd)
            != Ok(if to.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 })
        {
            return failed(Errno::AFNOSUPPORT);
        }
        *asked = true;
        return match without_blocking(fd, || connect(fd, to)) {
            Ok(()) => done(0, false),
            Err(Errno::INPROGRESS | Errno::INTR) => Attempt::Later,
            Err(error) => failed(error),
        };
    }
    match socket_error(fd) {
        Ok(Ok(())) => match getpeername(fd) {
            Ok(_) => done(0, false),
            Err(Errno::NOTCONN) => Attempt::Later, // an edge that was not the answer
            Err(error) => failed(error),
        },
        Ok(Err(error)) | Err(error) => failed(error),
    }
}

/// Connects; the operation goes on as a send (D32).
pub(super) fn connect_data(fd: BorrowedFd<'_>, work: &mut Work) -> Attempt {
    let Work::ConnectData(parts) = work else { unreachable!("called for this kind") };
    match connect_to(fd, &parts.to, &mut parts.asked) {
        Attempt::Done { result: Ok(_), .. } => {
            *work = Work::Send(std::mem::take(&mut parts.data));
            Attempt::Connected
        }
        other => other,
    }
}

/// Ends the connection: sends the end of the stream, and for reuse waits until nothing of the connection is left
/// (D38, D40). The kernel wakes us when it is so (tcp_done calls sk_state_change).
pub(super) fn disconnect(fd: BorrowedFd<'_>, reuse: bool, asked: &mut bool) -> Attempt {
    if !*asked {
        *asked = true;
        match shutdown(fd, Shutdown::Write) {
            // ENOTCONN: it has ended without us.
            Ok(()) | Err(Errno::NOTCONN) => {}
            Err(error) => return failed(error),
        }
    }
    // inet_getname: ENOTCONN in the state CLOSE only, where data and end are acknowledged, and the peer's end is here.
    match getpeername(fd) {
        _ if !reuse => done(0, false),
        Ok(_) => Attempt::Later,
        Err(Errno::NOTCONN | Errno::INVAL) => done(0, false),
        Err(error) => failed(error),
    }
}
