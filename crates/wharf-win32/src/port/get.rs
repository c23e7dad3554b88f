//! GetQueuedCompletionStatus and GetQueuedCompletionStatusEx (A23-A41).
#![allow(unsafe_code)] // exported under C names; results go to the program's memory

use std::sync::Arc;
use std::time::{Duration, Instant};

use wharf::{Alert, GetError, Packet};
use wharf_core::status::code;

use super::{Entry, IoPort, Mark, lookup, told};
use crate::overlapped::types::{OVERLAPPED, OVERLAPPED_ENTRY};
use crate::thread::deferral;
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::wait::apc;
use crate::{arg, guard};

const INFINITE: u32 = u32::MAX;
/// No error, but a round in which all packets that were taken had nothing to tell any more.
const PASSED_OVER: u32 = u32::MAX;

fn time_out(millis: u32) -> Option<Duration> {
    (millis != INFINITE).then(|| Duration::from_millis(millis.into()))
}

fn why(error: GetError) -> u32 {
    match error {
        GetError::TimedOut => code::WAIT_TIMEOUT,         // A28
        GetError::Closed => code::ERROR_ABANDONED_WAIT_0, // A15
    }
}

/// The low 32 bits of what a packet counts (A31).
#[expect(clippy::cast_possible_truncation, reason = "A31")]
fn bytes(packet: &Packet<Entry>) -> u32 {
    packet.transferred as u32
}

/// What is told of a packet: a third of it, so that no more is moved.
type Taken = (usize, Entry, u32);

#[inline]
fn taken(got: Result<Packet<Entry>, GetError>) -> Result<Taken, u32> {
    if let Ok(packet) = &got
        && packet.payload.mark == Mark::Plain
    {
        let taken = (packet.key, packet.payload, bytes(packet));
        std::mem::forget(got); // packets of this library own nothing, and to find that out takes longer
        return Ok(taken);
    }
    taken_late(got)
}

#[cold]
fn taken_late(got: Result<Packet<Entry>, GetError>) -> Result<Taken, u32> {
    let packet = told(got.map_err(why)?).ok_or(PASSED_OVER)?;
    Ok((packet.key, packet.payload, bytes(&packet)))
}

/// A call that waits, and in which its thread may be suspended or terminated: at the end of each round. If it goes on
/// after that, so does its wait, for what is left of the time.
#[inline]
fn uninterrupted(
    millis: u32,
    mut round: impl FnMut(Option<Duration>) -> Result<BOOL, u32>,
) -> BOOL {
    let mut left = time_out(millis);
    let end = left.filter(|left| !left.is_zero()).map(|left| Instant::now() + left);
    loop {
        let mut again = false;
        let answer = guard::call(FALSE, || match round(left) {
            Err(PASSED_OVER) => {
                again = true;
                Ok(FALSE)
            }
            result => {
                again = result == Err(code::WAIT_TIMEOUT) && deferral::is_due();
                result
            }
        });
        if !again {
            return answer;
        }
        left = end.map_or(left, |end| Some(end.saturating_duration_since(Instant::now())));
    }
}

/// Takes the next packet; waits for it.
///
/// | returns | `*lpOverlapped` | last error | what happened |
/// |---|---|---|---|
/// | TRUE | not null | as it was | an operation has succeeded, or a post |
/// | TRUE | null | as it was | a post that carried null (A24) |
/// | FALSE | not null | the operation's | an operation has failed; key and bytes are stored (A25) |
/// | FALSE | null | WAIT_TIMEOUT, ERROR_ABANDONED_WAIT_0, ERROR_INVALID_HANDLE | nothing was taken; key and bytes are as they were (A26) |
/// | FALSE | as it was | ERROR_INVALID_PARAMETER for a null pointer, ERROR_NOACCESS for one that cannot be written | nothing was taken |
///
/// # Safety
/// The three pointers are null or valid for writes, and stay so during the wait.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetQueuedCompletionStatus(
    CompletionPort: HANDLE,
    lpNumberOfBytesTransferred: *mut u32,
    lpCompletionKey: *mut usize,
    lpOverlapped: *mut *mut OVERLAPPED,
    dwMilliseconds: u32,
) -> BOOL {
    uninterrupted(dwMilliseconds, |time_out| {
        if lpOverlapped.is_null()
            || lpNumberOfBytesTransferred.is_null()
            || lpCompletionKey.is_null()
        {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        // Before a packet is taken that could not be told.
        arg::check_rooms(lpOverlapped, lpCompletionKey, lpNumberOfBytesTransferred)?;
        let got = lookup::with(CompletionPort, |port| {
            let got = port.port.get_interruptible(time_out, &deferral::is_due);
            let (key, Entry { overlapped, status, .. }, bytes) = taken(got)?;
            // SAFETY: not null.
            unsafe { lpOverlapped.write(overlapped as *mut OVERLAPPED) };
            // SAFETY: not null. A 32-bit key variable of the program's would be its own fault, and the headers'.
            unsafe { lpCompletionKey.write(key) };
            // SAFETY: not null.
            unsafe { lpNumberOfBytesTransferred.write(bytes) };
            Ok(status)
        });
        match got {
            Ok(status) if status.is_success_or_informational() => Ok(TRUE),
            Ok(status) => Err(status.win32()),
            Err(error) => {
                // SAFETY: not null.
                unsafe { lpOverlapped.write(std::ptr::null_mut()) };
                Err(error)
            }
        }
    })
}

/// A wait in which the thread's routines run: WAIT_IO_COMPLETION after them. A worker of this port takes a packet that
/// is there and leaves the routines for later; any other thread runs them, and becomes no worker by that (A39, A40).
fn alertable(port: &IoPort, time_out: Option<Duration>) -> Result<Packet<Entry>, u32> {
    if !port.port.is_worker() && apc::run_pending() {
        return Err(code::WAIT_IO_COMPLETION);
    }
    let alert = Alert::new().map_err(|_| code::ERROR_NO_SYSTEM_RESOURCES)?;
    let hook = alert.clone();
    let got = apc::with_hook(Arc::new(move || hook.raise()), || {
        if apc::is_pending() {
            alert.raise();
        }
        port.port.get_alertable(time_out, &alert)
    });
    match got {
        Ok(Some(packet)) => Ok(packet),
        Err(GetError::Closed) => Err(why(GetError::Closed)),
        Ok(None) | Err(GetError::TimedOut) if apc::run_pending() => Err(code::WAIT_IO_COMPLETION),
        Ok(None) | Err(GetError::TimedOut) => Err(code::WAIT_TIMEOUT),
    }
}

/// Takes what is queued, up to `ulCount` packets; waits for the first.
///
/// TRUE also if operations have failed: their statuses are in the entries (A35, A36). FALSE: ERROR_INVALID_PARAMETER
/// for a count of 0 or a null pointer, ERROR_NOACCESS for what cannot be written, WAIT_TIMEOUT, ERROR_ABANDONED_WAIT_0, ERROR_INVALID_HANDLE.
///
/// # Safety
/// Null, or valid for writes: `ulCount` entries, and a number.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetQueuedCompletionStatusEx(
    CompletionPort: HANDLE,
    lpCompletionPortEntries: *mut OVERLAPPED_ENTRY,
    ulCount: u32,
    ulNumEntriesRemoved: *mut u32,
    dwMilliseconds: u32,
    fAlertable: BOOL,
) -> BOOL {
    uninterrupted(dwMilliseconds, |time_out| {
        if ulCount == 0 || lpCompletionPortEntries.is_null() || ulNumEntriesRemoved.is_null() {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        arg::check_room(lpCompletionPortEntries, ulCount as usize)?;
        arg::check_room(ulNumEntriesRemoved, 1)?;
        let got = lookup::with(CompletionPort, |port| {
            let count = ulCount as usize;
            let first = if fAlertable == FALSE {
                port.port.get_interruptible(time_out, &deferral::is_due).map_err(why)?
            } else {
                alertable(port, time_out)?
            };
            let mut packets = vec![first];
            port.port.take_more(count - 1, &mut packets);
            if packets.iter().any(|packet| packet.payload.mark != Mark::Plain) {
                packets = packets.into_iter().filter_map(told).collect();
            }
            if packets.is_empty() { Err(PASSED_OVER) } else { Ok(packets) }
        });
        let packets = match got {
            Ok(packets) => packets,
            Err(error) => {
                // SAFETY: not null.
                unsafe { ulNumEntriesRemoved.write(0) }; // A38
                return Err(error);
            }
        };
        for (at, packet) in packets.iter().enumerate() {
            let entry = OVERLAPPED_ENTRY {
                lpCompletionKey: packet.key,
                lpOverlapped: packet.payload.overlapped as *mut OVERLAPPED,
                Internal: packet.payload.status.0 as usize,
                dwNumberOfBytesTransferred: bytes(packet),
            };
            let to = lpCompletionPortEntries.wrapping_add(at);
            // SAFETY: no more packets than the program has room for.
            unsafe { to.write(entry) };
        }
        // SAFETY: not null.
        unsafe { ulNumEntriesRemoved.write(u32::try_from(packets.len()).unwrap_or(ulCount)) };
        Ok(TRUE)
    })
}
