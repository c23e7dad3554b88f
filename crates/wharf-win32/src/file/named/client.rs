//! The client's side: CreateFile on a pipe, WaitNamedPipe.
#![allow(unsafe_code)] // exported under C names

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_setfl};

use super::super::path::{self, Place};
use super::end::{End, Form, Phase};
use super::name::{self, address, socket, socket_name};
use super::server::WELCOME;
use crate::object;
use crate::types::{BOOL, FALSE, HANDLE, TRUE, WCHAR};
use crate::{arg, code, guard};

/// Opens the client's end of a pipe: ERROR_FILE_NOT_FOUND if nobody has made it, ERROR_PIPE_BUSY if no instance listens.
pub(crate) fn open(
    text: &str,
    (reads, writes): (bool, bool),
    overlapped: bool,
) -> Result<HANDLE, u32> {
    for message in [false, true] {
        let fd = socket(message)?;
        if !address(text, message).connect(&fd) {
            continue;
        }
        let mut greeting = [0; 2];
        let heard = wharf::blocking(|| rustix::io::read(&fd, &mut greeting));
        // A server that goes away says nothing.
        if heard.unwrap_or(0) < 2 {
            return Err(code::ERROR_FILE_NOT_FOUND);
        }
        let [word, access] = greeting;
        if word != WELCOME {
            return Err(code::ERROR_PIPE_BUSY);
        }
        // PIPE_ACCESS_INBOUND (1) is what the client writes.
        if (reads && access & 2 == 0) || (writes && access & 1 == 0) {
            return Err(code::ERROR_ACCESS_DENIED);
        }
        return made(fd, message, (reads, writes), overlapped);
    }
    Err(code::ERROR_FILE_NOT_FOUND)
}

fn made(
    fd: OwnedFd,
    message: bool,
    (readable, writable): (bool, bool),
    overlapped: bool,
) -> Result<HANDLE, u32> {
    fcntl_setfl(&fd, OFlags::NONBLOCK).map_err(super::super::read_error)?;
    let (name, reads_messages, nowait) = (None, false, false);
    let form = Form { name, overlapped, readable, writable, message, reads_messages, nowait };
    let end = End::new(form);
    end.attach(fd, |_| {}).map_err(|_| code::ERROR_NO_SYSTEM_RESOURCES)?;
    object::insert(end)
}

/// How often a server in another process is asked.
const INTERVAL: Duration = Duration::from_millis(10);
const USE_DEFAULT: u32 = 0;
const FOREVER: u32 = u32::MAX;
/// The default time-out of a pipe that names none.
const DEFAULT: Duration = Duration::from_millis(50);

/// Waits until an instance of a pipe listens. Of a pipe of another process only its existence can be seen.
fn wait(name: &[u8], millis: u32) -> Result<BOOL, u32> {
    let Place::Pipe(text) = path::locate(name)? else { return Err(code::ERROR_INVALID_NAME) };
    let limit = match millis {
        USE_DEFAULT => Some(DEFAULT),
        FOREVER => None,
        millis => Some(Duration::from_millis(millis.into())),
    };
    let deadline = limit.map(|limit| Instant::now() + limit);
    loop {
        let Some(known) = name::find(&text) else {
            return if exists(&text)? { Ok(TRUE) } else { Err(code::ERROR_FILE_NOT_FOUND) };
        };
        let listens = |end: &std::sync::Arc<End>| end.state().phase == Phase::Listening;
        if known.instances().iter().any(listens) {
            return Ok(TRUE);
        }
        drop(known);
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(code::ERROR_SEM_TIMEOUT);
        }
        wharf::blocking(|| std::thread::sleep(INTERVAL));
    }
}

/// Whether another process listens under a pipe's address, by the kernel's list: a connection would take an instance.
fn exists(text: &str) -> Result<bool, u32> {
    let list = std::fs::read_to_string("/proc/net/unix").map_err(|_| code::ERROR_NOT_SUPPORTED)?;
    let ends = [false, true].map(|message| format!("@{}", socket_name(text, message)));
    Ok(list.lines().any(|line| ends.iter().any(|end| line.ends_with(end.as_str()))))
}

/// Waits until a client can connect.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WaitNamedPipeA(name: *const u8, millis: u32) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        wait(&unsafe { arg::string(name) }.map_err(|_| code::ERROR_INVALID_NAME)?, millis)
    })
}

/// Waits until a client can connect.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WaitNamedPipeW(name: *const WCHAR, millis: u32) -> BOOL {
    guard::call(FALSE, || {
        // SAFETY: the caller's name.
        wait(&unsafe { arg::wide(name) }.map_err(|_| code::ERROR_INVALID_NAME)?, millis)
    })
}
