//! Wait completion packets: an object that is signalled, as a packet of a port (E19).
//!
//! # Protocol
//! | state | and then |
//! |---|---|
//! | idle | `associate`: waiting |
//! | waiting | the object is signalled: queued; `cancel`: idle |
//! | queued | a thread takes the packet: idle; `cancel` with removal: idle, and the packet says nothing when it is taken |
//!
//! # Invariants
//! 1. A packet in the port's queue has a number that is never used again; it says something as long as `QUEUED` has it.
//! 2. The state's lock is taken before that of `QUEUED` and that of all waitable objects, and never inside of those; the
//!    port's outside of all.
//! 3. With the last handle the wait ends; a packet that is queued stays.
#![allow(unsafe_code)] // exported under C names

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wharf_core::status::Status;

use super::{Entry, IoPort, Mark};
use crate::fork::Lock;
use crate::object::{self, Object};
use crate::system::NTSTATUS;
use crate::thread::deferral::Deferral;
use crate::types::HANDLE;
use crate::wait::waiter::Registered;
use crate::{arg, wait};

const STATUS_SUCCESS: NTSTATUS = 0;
const STATUS_PENDING: NTSTATUS = 0x103;
const STATUS_ACCESS_VIOLATION: NTSTATUS = 0xC000_0005_u32.cast_signed();
const STATUS_INVALID_HANDLE: NTSTATUS = 0xC000_0008_u32.cast_signed();
const STATUS_OBJECT_TYPE_MISMATCH: NTSTATUS = 0xC000_0024_u32.cast_signed();
const STATUS_INSUFFICIENT_RESOURCES: NTSTATUS = 0xC000_009A_u32.cast_signed();
const STATUS_NOT_SUPPORTED: NTSTATUS = 0xC000_00BB_u32.cast_signed();
/// It is in use.
const STATUS_INVALID_PARAMETER_1: NTSTATUS = 0xC000_00EF_u32.cast_signed();
const STATUS_CANCELLED: NTSTATUS = 0xC000_0120_u32.cast_signed();

enum State {
    Idle,
    /// The wait is there as soon as it has been begun.
    Waiting(usize, Option<Registered>),
    Queued(usize),
}

pub(crate) struct WaitPacket {
    state: Mutex<State>,
}

impl WaitPacket {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a wait that is under way; the state before, which is queued for one whose object has been signalled.
    fn stop_waiting(&self) -> State {
        let mut state = self.state();
        match &mut *state {
            State::Idle => State::Idle,
            State::Queued(number) => State::Queued(*number),
            // Its outcome is there, and `fire` about to come: what was signalled is not lost.
            State::Waiting(number, Some(wait)) if !wait.end(None) => State::Queued(*number),
            waiting => std::mem::replace(waiting, State::Idle),
        }
    }
}

impl WaitPacket {
    /// Takes a packet back that is in the queue, or about to come there.
    fn withdraw(&self, number: usize) -> NTSTATUS {
        let mut state = self.state();
        match *state {
            // `fire` has not come yet, and finds nothing to do.
            State::Waiting(waiting, _) if waiting == number => {
                *state = State::Idle;
                STATUS_SUCCESS
            }
            _ => {
                drop(state);
                match take(number) {
                    Some(_) => STATUS_SUCCESS,
                    None => STATUS_CANCELLED, // a thread has taken it meanwhile
                }
            }
        }
    }
}

impl Object for WaitPacket {
    fn closed(&self, last: bool) {
        if last {
            self.stop_waiting();
        }
    }
}

/// Packets that are in a port's queue, by number: whose they are, and what they say.
pub(crate) static QUEUED: Lock<Option<Queued>> = Lock::new(None);

pub(crate) type Queued = HashMap<usize, (Arc<WaitPacket>, Entry)>;

fn unqueue(number: usize) -> Option<(Arc<WaitPacket>, Entry)> {
    QUEUED.lock().as_mut()?.remove(&number)
}

/// What a packet says that a thread has taken; none if it was withdrawn.
pub(super) fn take(number: usize) -> Option<Entry> {
    let (packet, entry) = unqueue(number)?;
    let mut state = packet.state();
    if matches!(*state, State::Queued(queued) if queued == number) {
        *state = State::Idle;
    }
    Some(entry)
}

/// The object has been signalled.
fn fire(
    packet: &Arc<WaitPacket>,
    number: usize,
    port: &IoPort,
    (key, entry, bytes): (usize, Entry, usize),
) {
    let mut state = packet.state();
    if !matches!(*state, State::Waiting(waiting, _) if waiting == number) {
        return; // cancelled
    }
    // The wait has told its outcome, and goes with its last user.
    let wait = std::mem::replace(&mut *state, State::Queued(number));
    let mut queued = QUEUED.lock();
    queued.get_or_insert_default().insert(number, (Arc::clone(packet), entry));
    drop(queued);
    drop(state);
    drop(wait);
    let name = Entry { overlapped: number, status: Status::SUCCESS, mark: Mark::Waited };
    if port.port.complete(key, name, bytes).is_err() {
        take(number); // the port is closed
    }
}

fn find<O: Object>(handle: HANDLE) -> Result<Arc<O>, NTSTATUS> {
    object::find(handle).map_err(|_| STATUS_INVALID_HANDLE)?;
    object::get(handle).map_err(|_| STATUS_OBJECT_TYPE_MISMATCH)
}

fn status(result: Result<NTSTATUS, NTSTATUS>) -> NTSTATUS {
    result.unwrap_or_else(|status| status)
}

/// Makes a wait completion packet. One with a name is not offered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtCreateWaitCompletionPacket(
    WaitCompletionPacketHandle: *mut HANDLE,
    DesiredAccess: u32,
    ObjectAttributes: *const c_void,
) -> NTSTATUS {
    let _deferral = Deferral::begin();
    let _ = DesiredAccess;
    let create = || {
        let access = |_| STATUS_ACCESS_VIOLATION;
        arg::check_room(WaitCompletionPacketHandle, 1).map_err(access)?;
        if !ObjectAttributes.is_null() {
            // Length, RootDirectory, ObjectName.
            // SAFETY: the caller's.
            let words =
                unsafe { arg::load(ObjectAttributes.cast::<[usize; 3]>()) }.map_err(access)?;
            if words[2] != 0 {
                return Err(STATUS_NOT_SUPPORTED);
            }
        }
        let packet = Arc::new(WaitPacket { state: Mutex::new(State::Idle) });
        let handle = object::insert(packet).map_err(|_| STATUS_INSUFFICIENT_RESOURCES)?;
        // SAFETY: the caller's.
        unsafe { arg::store(WaitCompletionPacketHandle, handle) }.map_err(access)?;
        Ok(STATUS_SUCCESS)
    };
    status(create())
}

/// Has a packet queued, once, when an object is signalled: at once if it is, which `AlreadySignaled` then says.
/// STATUS_INVALID_PARAMETER_1 for a packet that is in use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NtAssociateWaitCompletionPacket(
    WaitCompletionPacketHandle: HANDLE,
    IoCompletionHandle: HANDLE,
    TargetObjectHandle: HANDLE,
    KeyContext: *mut c_void,
    ApcContext: *mut c_void,
    IoStatus: NTSTATUS,
    IoStatusInformation: usize,
    AlreadySignaled: *mut u8,
) -> NTSTATUS {
    static NUMBERS: AtomicUsize = AtomicUsize::new(1);
    let _deferral = Deferral::begin();
    let associate = || {
        let access = |_| STATUS_ACCESS_VIOLATION;
        if !AlreadySignaled.is_null() {
            arg::check_room(AlreadySignaled, 1).map_err(access)?;
        }
        let packet = find::<WaitPacket>(WaitCompletionPacketHandle)?;
        let port = find::<IoPort>(IoCompletionHandle)?;
        let target = wait::waitable(TargetObjectHandle).map_err(|_| {
            let there = object::find(TargetObjectHandle).is_ok();
            if there { STATUS_OBJECT_TYPE_MISMATCH } else { STATUS_INVALID_HANDLE }
        })?;
        let number = NUMBERS.fetch_add(1, Relaxed);
        {
            let mut state = packet.state();
            if !matches!(*state, State::Idle) {
                return Err(STATUS_INVALID_PARAMETER_1);
            }
            *state = State::Waiting(number, None);
        }
        let entry = Entry {
            overlapped: ApcContext as usize,
            status: Status(IoStatus.cast_unsigned()),
            mark: Mark::Plain,
        };
        let (own, what) = (Arc::clone(&packet), (KeyContext as usize, entry, IoStatusInformation));
        let fired = move |_| fire(&own, number, &port, what);
        // Not under the state's lock: the object may be signalled, and `fire` come at once.
        let begun = Registered::begin(&target, Box::new(fired));
        let mut state = packet.state();
        let waits = match &mut *state {
            State::Waiting(waiting, wait) if *waiting == number => {
                *wait = Some(begun);
                None
            }
            _ => Some(begun), // fired, or cancelled
        };
        drop(state);
        if let Some(wait) = &waits {
            wait.end(None);
        }
        // SAFETY: the caller's.
        unsafe { arg::store_optional(AlreadySignaled, u8::from(waits.is_some())) }
            .map_err(access)?;
        Ok(STATUS_SUCCESS)
    };
    status(associate())
}

/// Takes an association back: STATUS_SUCCESS, and no packet comes; STATUS_PENDING for a packet that is queued, which with
/// `RemoveSignaledPacket` is taken back too; STATUS_CANCELLED if there is nothing to be taken back.
#[unsafe(no_mangle)]
pub extern "C" fn NtCancelWaitCompletionPacket(
    WaitCompletionPacketHandle: HANDLE,
    RemoveSignaledPacket: u8,
) -> NTSTATUS {
    let _deferral = Deferral::begin();
    let cancel = || {
        let packet = find::<WaitPacket>(WaitCompletionPacketHandle)?;
        Ok(match packet.stop_waiting() {
            State::Idle => STATUS_CANCELLED,
            State::Waiting(..) => STATUS_SUCCESS,
            State::Queued(_) if RemoveSignaledPacket == 0 => STATUS_PENDING,
            State::Queued(number) => packet.withdraw(number),
        })
    };
    status(cancel())
}
