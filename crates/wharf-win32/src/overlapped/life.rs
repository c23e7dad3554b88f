//! What changes a socket as a whole: its connection, its association, another socket of the kernel's, its end.
//!
//! # References
//! Contract A5-A8, A12, A17, C39-C41, D23, D24, D35, D40.
#![allow(unsafe_code)] // system calls on the record's own descriptor

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use wharf::Watched;
use wharf_core::status::{Status, code};

use super::accept::withdraw;
use super::cancel::Cancel;
use super::connect::dissolve;
use super::io::Io;
use super::operation::{Operation, Work};
use super::request::SKIP_EVENT_ON_HANDLE;
use super::thread::ThreadId;
use crate::object;
use crate::port::{Binding, IoPort};
use crate::rio;
use crate::socket::waiting::errno;
use crate::socket::{Record, prepare, table};
use crate::thread::alert;
use crate::winsock::options::{Carried, Name};
use crate::winsock::sockaddr::Address;

impl Record {
    /// A connect is over.
    pub(super) fn connect_over(&mut self, stands: bool) {
        self.io.connecting = false;
        self.connected = stands;
        self.active = stands;
        if stands {
            self.note_connected();
        } else {
            dissolve(self.fd);
            self.io.hung_up = false;
        }
        (self.io.input.ready, self.io.output.ready) = (true, true);
        self.drive(true);
    }

    /// Puts another socket of the kernel's under the same number: nothing of the old one is left but the association and
    /// the options. `inherited` are options that the new one has from elsewhere.
    pub(super) fn replace(&mut self, fd: OwnedFd, inherited: &[Name]) -> Result<(), i32> {
        self.unwatch();
        let options = Carried::of(self, inherited);
        for number in std::iter::once(&self.fd).chain(&self.doubles) {
            put_under(&fd, *number)?;
        }
        options.apply(self);
        (self.connected, self.active, self.bound, self.finished) = (false, false, false, false);
        (self.shut_in, self.shut_out) = (false, false);
        let Io { input, output, hung_up, uneven, connecting, .. } = &mut self.io;
        for side in [input, output] {
            (side.ready, side.broken) = (true, None);
        }
        (*hung_up, *uneven, *connecting) = (false, false, false);
        if self.is_pending() {
            self.watch(None).map_err(|_| libc::ENOBUFS)?;
        }
        Ok(())
    }

    /// Makes a socket that has been disconnected as good as new: one that had connected stays bound (D40).
    pub(super) fn renew(&mut self) -> Result<(), i32> {
        let local = self.active.then(|| local_address(self.fd));
        let kind = self.kind | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        // SAFETY: plain numbers.
        let fd = unsafe { libc::socket(self.family, kind, self.protocol) };
        if fd < 0 {
            return Err(errno());
        }
        // SAFETY: just made, and nobody else's.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        prepare(&fd, self.family, self.kind);
        self.replace(fd, &[])?;
        if let Some(local) = local {
            reuse_address(self.fd, true);
            let bound = bind(self.fd, &local);
            match local.socket_addr() {
                // The kernel took the port back with the connection, and somebody has it.
                Some(mut any) if self.notes.any_port && bound == Err(libc::EADDRINUSE) => {
                    any.set_port(0);
                    bind(self.fd, &any.into())?;
                }
                _ => bound?,
            }
            reuse_address(self.fd, false); // what is bound and has no connection keeps others out (D79)
            self.bound = true;
        }
        Ok(())
    }
}

/// Associates a socket with a port: ERROR_INVALID_PARAMETER if it is not overlapped or has one (A5, A6). What is
/// pending goes on, and its packets come (A12).
pub(crate) fn associate(record: &mut Record, binding: Binding) -> Result<(), u32> {
    if !record.overlapped || record.io.binding.is_some() || record.bound_elsewhere {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    record.io.binding = Some(binding);
    if record.rewatch().is_err() {
        record.io.binding = None;
        return Err(code::ERROR_NO_SYSTEM_RESOURCES);
    }
    if record.io.modes & SKIP_EVENT_ON_HANDLE == 0 {
        record.io.signal.set(true); // as a file (A22)
    }
    Ok(())
}

/// A port has been closed: its sockets go on, and somebody else watches them (A17).
pub(crate) fn orphan(port: &IoPort) {
    for mut record in table::records() {
        if record.io.watched_by.as_ref().is_some_and(|by| std::ptr::eq(&raw const **by, port)) {
            // Without a watcher what is pending stays pending until its socket is closed.
            let _ = record.rewatch();
        }
    }
}

/// A socket has been closed: everything that is pending on it ends (C39, C40).
pub(crate) fn end_all(record: &mut Record) {
    end_told(record);
    record.io.output.pending.drain().for_each(drop); // what nobody is told of
}

/// A SOCKET has been closed that owes data (D53, D78): all else ends as usual, and the rest goes out. Its port may be gone
/// before that, so somebody else watches it.
pub(crate) fn linger(name: Watched) {
    let Some(mut record) = table::find_generation(name.index, name.generation) else { return };
    end_told(&mut record);
    record.io.lingers = true;
    record.io.binding = None;
    record.notes.selection = None;
    record.notes.registration = None;
    record.notes.end_due = false; // the close ends the stream
    let watched = record.rewatch().is_ok();
    record.drive_again(false);
    let over = !watched || !record.is_pending();
    let shared = record.shared;
    drop(record);
    if shared {
        alert::wake_all(); // who waits for it: its end is not the kernel's to tell
    }
    if over {
        table::reap(name);
    }
}

fn end_told(record: &mut Record) {
    if let Some(queue) = record.registered.take() {
        rio::end_of_socket(queue);
    }
    let status = if record.is_stream() && record.connected {
        Status::CONNECTION_ABORTED
    } else {
        Status::CANCELLED
    };
    for input in [true, false] {
        let (silent, told): (Vec<_>, Vec<_>) =
            record.io.side(input).pending.drain().partition(|one| one.request.is_silent());
        for rest in silent {
            record.requeue(rest);
        }
        for operation in told {
            let bytes = operation.transferred;
            let accepts = matches!(operation.work, Work::Accept(_)) || operation.via.is_some();
            let status = if accepts { Status::CANCELLED } else { status };
            record.finish(operation, status, bytes);
        }
    }
    if let Some(listener) = record.accepting.take() {
        withdraw(listener, record.name());
    }
    if record.listening {
        cancel_accepts(record.name(), |_| true);
    }
}

/// Ends accepts of a listener that have their connection and wait for data (D24); answers how many that was.
pub(crate) fn cancel_accepts(listener: Watched, wanted: impl Fn(&Operation) -> bool) -> usize {
    let of_listener = |operation: &Operation| {
        operation.via.as_ref().is_some_and(|via| via.listener == listener) && wanted(operation)
    };
    table::records().map(|mut record| record.cancel(of_listener)).sum()
}

/// A thread has ended: what it has issued ends with it, but for what only a packet tells of (C43).
pub(crate) fn end_of_thread(thread: ThreadId) {
    for mut record in table::records() {
        let bound = record.io.binding.is_some();
        record.cancel(|operation| {
            let bound = operation.via.as_ref().map_or(bound, |via| via.binding.is_some());
            operation.request.is_meant(Cancel::EndOf(thread), bound)
        });
    }
    for object in object::all() {
        // What has no operations refuses, and so has none to end.
        let _ = object.cancel(Cancel::EndOf(thread));
    }
}

/// Makes a number, which is one of a socket's own, name another one of the kernel's. Whether programs that this one starts
/// inherit it stays as it was.
fn put_under(fd: &OwnedFd, number: i32) -> Result<(), i32> {
    // SAFETY: a number.
    let private = unsafe { libc::fcntl(number, libc::F_GETFD) } & libc::FD_CLOEXEC != 0;
    let flags = if private { libc::O_CLOEXEC } else { 0 };
    // SAFETY: closes the old socket, which is the record's own, and makes its number name the new one.
    if unsafe { libc::dup3(fd.as_raw_fd(), number, flags) } < 0 { Err(errno()) } else { Ok(()) }
}

fn bind(fd: i32, address: &Address) -> Result<(), i32> {
    let (name, length) = address.for_kernel();
    // SAFETY: an address of that length.
    if unsafe { libc::bind(fd, name, length) } != 0 { Err(errno()) } else { Ok(()) }
}

fn local_address(fd: i32) -> Address {
    let mut address = Address::empty();
    let (name, length) = address.for_answer();
    // SAFETY: room for any address.
    unsafe { libc::getsockname(fd, name, length) };
    address
}

/// Whether another socket of the kernel's may have the address, if that has the option too. A connection that is to leave
/// its address to its successor needs it before its last minutes begin (TIME_WAIT keeps what the socket had).
pub(super) fn reuse_address(fd: i32, on: bool) {
    let on = i32::from(on);
    let (level, name) = (libc::SOL_SOCKET, libc::SO_REUSEADDR);
    // SAFETY: one number, alive for the call.
    unsafe { libc::setsockopt(fd, level, name, (&raw const on).cast(), 4) };
}
