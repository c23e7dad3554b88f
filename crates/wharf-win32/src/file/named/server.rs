//! The server's side: CreateNamedPipe, ConnectNamedPipe, DisconnectNamedPipe.
#![allow(unsafe_code)] // exported under C names

use std::os::fd::{AsRawFd, OwnedFd};

use rustix::net::{SocketFlags, accept_with};

use super::super::create::SECURITY_ATTRIBUTES;
use super::super::path::{self, Place};
use super::end::{End, Form};
use super::name::{self, Name, Wish};
use crate::object;
use crate::overlapped::request::Request;
use crate::types::{BOOL, FALSE, HANDLE, INVALID_HANDLE_VALUE, OVERLAPPED, TRUE, WCHAR};
use crate::{arg, code, guard};

const ACCESS: u32 = 3;
const FIRST_INSTANCE: u32 = 0x8_0000;
const OVERLAPPED_FLAG: u32 = 0x4000_0000;
const WRITE_THROUGH: u32 = 0x8000_0000;
const NOWAIT: u32 = 1;
const READMODE_MESSAGE: u32 = 2;
const TYPE_MESSAGE: u32 = 4;
/// PIPE_REJECT_REMOTE_CLIENTS: there are none.
const REJECT_REMOTE: u32 = 8;

/// What a client hears first: that it has an instance, or that all are busy.
pub(super) const WELCOME: u8 = b'K';
pub(super) const BUSY: u8 = b'B';

fn create(name: &[u8], open: u32, mode: u32, most: u32) -> Result<HANDLE, u32> {
    let Place::Pipe(text) = path::locate(name)? else { return Err(code::ERROR_INVALID_NAME) };
    let access = open & ACCESS;
    let message = mode & TYPE_MESSAGE != 0;
    let reads_messages = mode & READMODE_MESSAGE != 0;
    let known = ACCESS | FIRST_INSTANCE | OVERLAPPED_FLAG | WRITE_THROUGH;
    let sane = access != 0
        && open & !known == 0
        && mode & !(NOWAIT | READMODE_MESSAGE | TYPE_MESSAGE | REJECT_REMOTE) == 0
        && (1..=255).contains(&most)
        && (message || !reads_messages);
    if !sane {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    // PIPE_UNLIMITED_INSTANCES.
    let most = if most == 255 { u32::MAX } else { most };
    let first = open & FIRST_INSTANCE != 0;
    let make = |name| {
        End::new(Form {
            name: Some(name),
            overlapped: open & OVERLAPPED_FLAG != 0,
            readable: access & 1 != 0,
            writable: access & 2 != 0,
            message,
            reads_messages,
            nowait: mode & NOWAIT != 0,
        })
    };
    object::insert(name::instance(&text, &Wish { message, access, most, first }, make)?)
}

/// Makes an instance of a named pipe. Sizes, the default time-out and security are not looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateNamedPipeA(
    name: *const u8,
    open: u32,
    mode: u32,
    most: u32,
    _out_size: u32,
    _in_size: u32,
    _time_out: u32,
    _security: *const SECURITY_ATTRIBUTES,
) -> HANDLE {
    guard::call(INVALID_HANDLE_VALUE, || {
        // SAFETY: the caller's name.
        let name = unsafe { arg::string(name) }.map_err(|_| code::ERROR_INVALID_NAME)?;
        create(&name, open, mode, most)
    })
}

/// Makes an instance of a named pipe. Sizes, the default time-out and security are not looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateNamedPipeW(
    name: *const WCHAR,
    open: u32,
    mode: u32,
    most: u32,
    _out_size: u32,
    _in_size: u32,
    _time_out: u32,
    _security: *const SECURITY_ATTRIBUTES,
) -> HANDLE {
    guard::call(INVALID_HANDLE_VALUE, || {
        // SAFETY: the caller's name.
        let name = unsafe { arg::wide(name) }.map_err(|_| code::ERROR_INVALID_NAME)?;
        create(&name, open, mode, most)
    })
}

/// Waits for a client: ERROR_PIPE_CONNECTED for one that is there (E11).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ConnectNamedPipe(pipe: HANDLE, overlapped: *mut OVERLAPPED) -> BOOL {
    guard::call(FALSE, || {
        let end = object::get::<End>(pipe)?;
        if end.name.is_none() {
            return Err(code::ERROR_INVALID_FUNCTION);
        }
        let request = if end.overlapped && !overlapped.is_null() {
            // SAFETY: the caller lends it until the operation's end.
            let request = unsafe { Request::begin(overlapped, None) }?;
            end.bound.begin(&request);
            Some(request)
        } else {
            None
        };
        end.listen(request).map(|()| TRUE)
    })
}

/// Takes the client's end away from an instance, which ConnectNamedPipe then offers again.
#[unsafe(no_mangle)]
pub extern "C" fn DisconnectNamedPipe(pipe: HANDLE) -> BOOL {
    guard::call(FALSE, || {
        let end = object::get::<End>(pipe)?;
        if end.name.is_none() {
            return Err(code::ERROR_INVALID_FUNCTION);
        }
        end.disconnect().map(|()| TRUE)
    })
}

/// The process at the client's end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetNamedPipeClientProcessId(pipe: HANDLE, id: *mut u32) -> BOOL {
    guard::call(FALSE, || {
        let end = object::get::<End>(pipe)?;
        let process = peer(end.connection(&end.state())?).pid;
        // SAFETY: the caller's variable.
        unsafe { arg::store(id, process.cast_unsigned()) }?;
        Ok(TRUE)
    })
}

fn peer(fd: &OwnedFd) -> libc::ucred {
    let mut peer = libc::ucred { pid: 0, uid: u32::MAX, gid: u32::MAX };
    let mut length = size_of::<libc::ucred>() as u32;
    let (level, option) = (libc::SOL_SOCKET, libc::SO_PEERCRED);
    let to = (&raw mut peer).cast();
    // SAFETY: a structure of ours, of that length.
    unsafe { libc::getsockopt(fd.as_raw_fd(), level, option, to, &raw mut length) };
    peer
}

/// Clients have come: each gets an instance, or hears that there is none.
pub(super) fn accept(name: &Name) {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    name.with_listener(|listener| {
        while let Ok(fd) = accept_with(listener, flags) {
            let user = peer(&fd).uid;
            if user == 0 || user == rustix::process::geteuid().as_raw() {
                admit(name, fd);
            }
        }
    });
}

fn admit(name: &Name, fd: OwnedFd) {
    let greet = |fd: &OwnedFd, word: u8| {
        let greeting = [word, name.access as u8];
        // A client that has gone already needs none.
        let _ = rustix::net::send(fd, &greeting, rustix::net::SendFlags::NOSIGNAL);
    };
    let mut fd = fd;
    for instance in name.instances() {
        match instance.attach(fd, |fd| greet(fd, WELCOME)) {
            Ok(()) => return,
            Err(back) => fd = back,
        }
    }
    greet(&fd, BUSY);
}
