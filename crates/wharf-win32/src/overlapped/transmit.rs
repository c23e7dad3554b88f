//! TransmitFile and TransmitPackets (D69-D74).
//!
//! Pieces of memory and of files go out in order, as one operation. Files go by sendfile(2), with the memory around them
//! held back so that they share segments.
#![allow(unsafe_code)] // exported under C names; sendfile
#![allow(missing_docs, reason = "Windows' own names, explained there")]

use std::ffi::c_void;
use std::sync::Arc;

use wharf_core::status::code;

use super::attempt::{Facts, context};
use super::disconnect::{Disconnect, TF_REUSE_SOCKET, try_disconnect};
use super::engine::issue_pending;
use super::operation::{Attempt, Fault, Operation, Work};
use super::request::Request;
use super::synchronous::transfer;
use super::types::OVERLAPPED;
use crate::file::handle::{self, File};
use crate::guard;
use crate::socket::started;
use crate::socket::table::find;
use crate::socket::types::SOCKET;
use crate::socket::waiting::{checked, errno};
use crate::types::{BOOL, FALSE, HANDLE, TRUE};

const TF_DISCONNECT: u32 = 0x01;
/// Hints: TF_WRITE_BEHIND, TF_USE_SYSTEM_THREAD, TF_USE_KERNEL_APC.
const HINTS: u32 = 0x04 | 0x10 | 0x20;
const TP_ELEMENT_MEMORY: u32 = 1;
const TP_ELEMENT_FILE: u32 = 2;
const TP_ELEMENT_EOP: u32 = 4;
/// Bytes of one call (D71).
const MOST: u64 = 2_147_483_646;
/// The longest datagram there is.
const DATAGRAM: usize = 65_535;

/// What goes before and after the file.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct TRANSMIT_FILE_BUFFERS {
    pub Head: *mut c_void,
    pub HeadLength: u32,
    pub Tail: *mut c_void,
    pub TailLength: u32,
}

/// One piece of TransmitPackets.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct TRANSMIT_PACKETS_ELEMENT {
    pub dwElFlags: u32,
    pub cLength: u32,
    pub Anonymous: TRANSMIT_PACKETS_ELEMENT_0,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union TRANSMIT_PACKETS_ELEMENT_0 {
    pub Anonymous: TRANSMIT_PACKETS_ELEMENT_0_0,
    pub pBuffer: *mut c_void,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct TRANSMIT_PACKETS_ELEMENT_0_0 {
    pub nFileOffset: i64,
    pub hFile: HANDLE,
}

const _: () = assert!(size_of::<TRANSMIT_FILE_BUFFERS>() == 32);
const _: () = assert!(size_of::<TRANSMIT_PACKETS_ELEMENT>() == 24);

enum Source {
    Memory(*mut c_void),
    File { file: Arc<File>, offset: u64 },
}

struct Piece {
    source: Source,
    /// Bytes; none is to the end of the file.
    length: Option<u64>,
    done: u64,
    /// A datagram ends here.
    ends: bool,
}

pub(crate) struct Transmit {
    pieces: Vec<Piece>,
    at: usize,
    /// What follows the last piece.
    pub(super) disconnect: Option<Disconnect>,
}

// SAFETY: memory that the program lends to the operation until its end (C31), wherever that comes.
unsafe impl Send for Transmit {}

impl Transmit {
    /// Whether all has been sent, and the connection is being ended.
    pub(super) fn is_ending(&self) -> bool {
        self.at == self.pieces.len() && self.disconnect.is_some()
    }

    pub(super) fn reuses(&self) -> bool {
        self.disconnect.as_ref().is_some_and(|disconnect| disconnect.reuse)
    }
}

pub(super) fn try_transmit(facts: Facts, transmit: &mut Transmit, sent: &mut usize) -> Attempt {
    let pieces = transmit.pieces.len();
    while transmit.at < pieces {
        let stepped = if facts.stream {
            let more = transmit.at + 1 < pieces;
            step(facts.fd, &mut transmit.pieces[transmit.at], more, sent).map(usize::from)
        } else {
            datagram(facts.fd, &transmit.pieces[transmit.at..], sent)
        };
        match stepped {
            Ok(over) => transmit.at += over,
            Err(libc::EINTR) => {}
            Err(libc::EAGAIN) => return Attempt::Later,
            Err(error) => return Attempt::Failed(Fault::Errno(error, context(facts))),
        }
    }
    match &mut transmit.disconnect {
        Some(disconnect) => match try_disconnect(facts, disconnect) {
            Attempt::Done { exhausted, .. } => Attempt::Done { bytes: *sent, exhausted },
            other => other,
        },
        None => Attempt::Done { bytes: *sent, exhausted: false },
    }
}

/// One call for one piece of a stream; whether it is over.
fn step(fd: i32, piece: &mut Piece, more: bool, sent: &mut usize) -> Result<bool, i32> {
    let left = piece.length.map_or(MOST, |length| length - piece.done);
    if left == 0 {
        return Ok(true);
    }
    let count = usize::try_from(left).unwrap_or(usize::MAX);
    let done = match &piece.source {
        Source::Memory(base) => {
            let base = base.wrapping_byte_add(usize::try_from(piece.done).unwrap_or(usize::MAX));
            let held = if more { libc::MSG_MORE } else { 0 };
            let flags = held | libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
            // SAFETY: the program's memory until the operation's end (C31). A bad address is EFAULT.
            checked(unsafe { libc::send(fd, base, count, flags) })?
        }
        Source::File { file, offset } => {
            let mut from = i64::try_from(offset + piece.done).map_err(|_| libc::EINVAL)?;
            // SAFETY: both descriptors are open, the place is a variable.
            checked(unsafe { libc::sendfile64(fd, file.raw(), &raw mut from, count) })?
        }
    };
    *sent += done;
    piece.done += done as u64;
    // A file may be shorter than was asked for.
    Ok(done == 0 || piece.length.is_some_and(|length| piece.done >= length))
}

/// One datagram: the pieces up to the next end; how many these are.
fn datagram(fd: i32, pieces: &[Piece], sent: &mut usize) -> Result<usize, i32> {
    let count = pieces.iter().position(|piece| piece.ends).map_or(pieces.len(), |at| at + 1);
    let mut bytes = Vec::new();
    for piece in &pieces[..count] {
        let length =
            piece.length.map_or(DATAGRAM, |length| usize::try_from(length).unwrap_or(DATAGRAM));
        match &piece.source {
            Source::Memory(base) => {
                // SAFETY: the program's memory until the operation's end (C31).
                let part = unsafe { crate::winsock::memory::bytes(base.cast(), length) };
                bytes.extend_from_slice(part.map_err(|_| libc::EFAULT)?);
            }
            Source::File { file, offset } => {
                let start = bytes.len();
                bytes.resize(start + length.min(DATAGRAM), 0);
                let (to, room) = (bytes[start..].as_mut_ptr().cast(), bytes.len() - start);
                let from = i64::try_from(*offset).map_err(|_| libc::EINVAL)?;
                // SAFETY: our own memory.
                let read = checked(unsafe { libc::pread64(file.raw(), to, room, from) })?;
                bytes.truncate(start + read);
            }
        }
    }
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: our own memory.
    *sent += checked(unsafe { libc::send(fd, bytes.as_ptr().cast(), bytes.len(), flags) })?;
    Ok(count)
}

/// Issues, or carries out, a transmission.
///
/// # Safety
/// `overlapped` is null, or valid until the operation's end.
unsafe fn transmit(
    s: SOCKET,
    pieces: Vec<Piece>,
    flags: u32,
    datagrams: bool,
    overlapped: *mut OVERLAPPED,
) -> Result<BOOL, u32> {
    let mut record = find(s)?;
    // D72: also a datagram socket without a peer.
    if (record.is_stream() || !datagrams) && !(record.is_stream() && record.is_connected())
        || !record.is_stream() && !super::attempt::has_peer(record.fd)
    {
        return Err(code::WSAENOTCONN);
    }
    if flags & !(TF_DISCONNECT | TF_REUSE_SOCKET | HINTS) != 0
        || flags & (TF_DISCONNECT | TF_REUSE_SOCKET) == TF_REUSE_SOCKET
    {
        return Err(code::WSAEINVAL);
    }
    if record.shut_out {
        return Err(code::WSAESHUTDOWN);
    }
    let disconnect = (flags & TF_DISCONNECT != 0 && record.is_stream())
        .then(|| Disconnect::new(flags & TF_REUSE_SOCKET != 0));
    let ends = disconnect.is_some();
    let work = Work::Transmit(Box::new(Transmit { pieces, at: 0, disconnect }));
    if overlapped.is_null() {
        record.shut_out |= ends;
        drop(record);
        transfer(s, work, true, |_| Ok(()))?;
        return Ok(TRUE);
    }
    // SAFETY: valid until the operation's end (C31).
    let request = unsafe { Request::begin_winsock(overlapped, None) }?;
    record.shut_out |= ends;
    issue_pending(&mut record, Operation { request, work, transferred: 0, via: None })?;
    Err(code::ERROR_IO_PENDING)
}

fn memory(base: *mut c_void, length: u32) -> Piece {
    Piece { source: Source::Memory(base), length: Some(length.into()), done: 0, ends: false }
}

fn file(handle: HANDLE, offset: u64, length: u64) -> Result<Piece, u32> {
    handle::without_sigpipe(); // sendfile has no flag against it (D81)
    let file = handle::get(handle)?;
    let length = (length != 0).then_some(length);
    Ok(Piece { source: Source::File { file, offset }, length, done: 0, ends: false })
}

/// Sends a file, or a part of it, with memory before and after it.
///
/// TRUE without an OVERLAPPED; else FALSE with ERROR_IO_PENDING, and then a packet whose bytes count all three.
///
/// # Safety
/// The pointers are null or valid; memory and OVERLAPPED until the operation's end.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TransmitFile(
    hSocket: SOCKET,
    hFile: HANDLE,
    nNumberOfBytesToWrite: u32,
    nNumberOfBytesPerSend: u32,
    lpOverlapped: *mut OVERLAPPED,
    lpTransmitBuffers: *const TRANSMIT_FILE_BUFFERS,
    dwReserved: u32,
) -> BOOL {
    let _ = nNumberOfBytesPerSend; // the kernel's segments are as good
    guard::call(FALSE, || {
        started()?;
        find(hSocket)?;
        if u64::from(nNumberOfBytesToWrite) > MOST {
            return Err(code::WSAEINVAL);
        }
        // SAFETY: null or valid.
        let around = unsafe { lpTransmitBuffers.as_ref() };
        let mut pieces = Vec::with_capacity(3);
        if let Some(around) = around {
            pieces.push(memory(around.Head, around.HeadLength));
        }
        let mut moves = None;
        if !hFile.is_null() {
            let length = u64::from(nNumberOfBytesToWrite);
            // SAFETY: null or valid.
            let offset = match unsafe { lpOverlapped.as_ref() } {
                Some(overlapped) => {
                    let (low, high) = overlapped.offset();
                    u64::from(high) << 32 | u64::from(low)
                }
                None => {
                    // D70: from the file's own position, which follows.
                    let opened = handle::get(hFile)?;
                    // SAFETY: plain numbers.
                    let at = unsafe { libc::lseek64(opened.raw(), 0, libc::SEEK_CUR) };
                    let at = u64::try_from(at).unwrap_or(0);
                    moves = Some((opened, at, length));
                    at
                }
            };
            pieces.push(file(hFile, offset, length)?);
        }
        if let Some(around) = around {
            pieces.push(memory(around.Tail, around.TailLength));
        }
        // SAFETY: the caller's promise.
        let result = unsafe { transmit(hSocket, pieces, dwReserved, false, lpOverlapped) }?;
        if let Some((opened, at, length)) = moves {
            let to = match length {
                0 => (0, libc::SEEK_END),
                length => (i64::try_from(at + length).unwrap_or(i64::MAX), libc::SEEK_SET),
            };
            // SAFETY: plain numbers. A file that cannot be positioned has no position to move.
            unsafe { libc::lseek64(opened.raw(), to.0, to.1) };
        }
        Ok(result)
    })
}

/// Sends pieces of memory and of files, in order.
///
/// # Safety
/// As for [`TransmitFile`].
pub(super) unsafe extern "C" fn transmit_packets(
    hSocket: SOCKET,
    lpPacketArray: *const TRANSMIT_PACKETS_ELEMENT,
    nElementCount: u32,
    nSendSize: u32,
    lpOverlapped: *mut OVERLAPPED,
    dwFlags: u32,
) -> BOOL {
    let _ = nSendSize; // a hint on streams; datagrams end where TP_ELEMENT_EOP says
    guard::call(FALSE, || {
        started()?;
        find(hSocket)?;
        if lpPacketArray.is_null() && nElementCount > 0 {
            return Err(code::WSAEFAULT);
        }
        let mut pieces = Vec::with_capacity(nElementCount.min(1024) as usize);
        let mut total = 0_u64;
        for at in 0..nElementCount as usize {
            let from = lpPacketArray.wrapping_add(at);
            // SAFETY: within the program's array.
            let element = unsafe { from.read_unaligned() };
            total += u64::from(element.cLength);
            let mut piece = match element.dwElFlags & !TP_ELEMENT_EOP {
                TP_ELEMENT_MEMORY => {
                    // SAFETY: the flag says which member it is.
                    memory(unsafe { element.Anonymous.pBuffer }, element.cLength)
                }
                TP_ELEMENT_FILE => {
                    // SAFETY: the flag says which member it is.
                    let place = unsafe { element.Anonymous.Anonymous };
                    let offset = match u64::try_from(place.nFileOffset) {
                        Ok(offset) => offset,
                        // -1: the file's own position.
                        Err(_) => {
                            let opened = handle::get(place.hFile)?;
                            // SAFETY: plain numbers.
                            let at = unsafe { libc::lseek64(opened.raw(), 0, libc::SEEK_CUR) };
                            u64::try_from(at).map_err(|_| {
                                wharf_core::status::winsock_from_errno(
                                    errno(),
                                    wharf_core::status::SocketContext::Plain,
                                )
                            })?
                        }
                    };
                    file(place.hFile, offset, element.cLength.into())?
                }
                _ => return Err(code::WSAEINVAL),
            };
            piece.ends = element.dwElFlags & TP_ELEMENT_EOP != 0;
            pieces.push(piece);
        }
        if total > MOST {
            return Err(code::WSAEINVAL);
        }
        // SAFETY: the caller's promise.
        unsafe { transmit(hSocket, pieces, dwFlags, true, lpOverlapped) }
    })
}
