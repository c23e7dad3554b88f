//! The handle table: every handle that is not a socket.
//!
//! # What a handle is
//! 32 bits, so that programs which keep handles in a DWORD or an int work: bit 30 is set and tells it from a
//! descriptor, the two lowest bits are clear (programs tag them, and the calls ignore them as Windows does), between
//! them are 18 bits of index and 10 of generation. A stale handle names nothing until its slot has been used 1024 times
//! more; slots are used again in the order of their release, so that this takes long.
//!
//! # Invariants
//! 1. A generation changes with every close, so a handle closed twice, or used after, is ERROR_INVALID_HANDLE.
//! 2. An object lives while a handle or a call uses it: `get` answers an `Arc`.
//! 3. Nothing of an object runs under the table's lock, its drop neither.
#![allow(unsafe_code)] // exported under a C name

use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Release};

use wharf_core::status::code;

use crate::fork::Shared;
use crate::guard;
use crate::overlapped::{self, Cancel};
use crate::port::Binding;
use crate::socket;
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::wait::dispatcher::Dispatcher;

const TAG: usize = 1 << 30;
const INDEX_BITS: u32 = 18;
const GENERATIONS: u16 = 1 << 10;

/// What a handle can name.
pub(crate) trait Object: Any + Send + Sync {
    /// One handle to it is being closed; `last` if no other is left. Called before the object is let go.
    fn closed(&self, _last: bool) {}

    /// Whether it is no HANDLE to the program, and has calls of its own.
    fn is_private(&self) -> bool {
        false
    }

    /// Associates a file with a port; what is no file, or has no port, says ERROR_INVALID_HANDLE (A9).
    fn associate(&self, _binding: Binding) -> Result<(), u32> {
        Err(code::ERROR_INVALID_HANDLE)
    }

    /// Adds notification modes to an overlapped file; ERROR_INVALID_PARAMETER if it is not overlapped (C23).
    fn add_modes(&self, _modes: u8) -> Result<(), u32> {
        Err(code::ERROR_INVALID_HANDLE)
    }

    /// Cancels overlapped operations of a file: those of a thread, or one by its name; answers how many there were.
    fn cancel(&self, _which: Cancel) -> Result<usize, u32> {
        Err(code::ERROR_INVALID_HANDLE)
    }

    /// What a wait for it waits for; what cannot be waited for says ERROR_INVALID_HANDLE there.
    fn waitable(&self) -> Option<Arc<Dispatcher>> {
        None
    }

    /// Whether programs that are started have it from now on.
    fn set_inherited(&self, _inherited: bool) {}

    /// Whether SignalObjectAndWait can signal it.
    fn is_signal(&self) -> bool {
        false
    }

    /// Sets or clears an event, for an overlapped operation that ends or begins; false for what is no event.
    fn set_event(&self, _set: bool) -> bool {
        false
    }
}

struct Slot {
    generation: u16,
    /// HANDLE_FLAG_INHERIT, HANDLE_FLAG_PROTECT_FROM_CLOSE.
    flags: u32,
    object: Option<Arc<dyn Object>>,
}

/// HANDLE_FLAG_PROTECT_FROM_CLOSE.
const PROTECTED: u32 = 2;

pub(crate) struct Table {
    slots: Vec<Slot>,
    free: VecDeque<usize>,
}

/// Closes so far: see [`closes`].
static CLOSES: AtomicU64 = AtomicU64::new(0);

pub(crate) static TABLE: Shared<Table> =
    Shared::new(Table { slots: Vec::new(), free: VecDeque::new() });

fn encode(index: usize, generation: u16) -> HANDLE {
    (TAG | usize::from(generation) << (INDEX_BITS + 2) | index << 2) as HANDLE
}

fn decode(handle: HANDLE) -> Option<(usize, u16)> {
    let bits = handle as usize;
    if bits & TAG == 0 || bits >> 31 != 0 {
        return None;
    }
    let index = bits >> 2 & ((1 << INDEX_BITS) - 1);
    let generation = bits >> (INDEX_BITS + 2) & (usize::from(GENERATIONS) - 1);
    Some((index, u16::try_from(generation).ok()?))
}

/// A new handle to an object; ERROR_TOO_MANY_OPEN_FILES when the table is full.
pub(crate) fn insert(object: Arc<dyn Object>) -> Result<HANDLE, u32> {
    let mut table = TABLE.write();
    // Old slots first, and only when some have gathered: a stale handle stays stale for long.
    let index = if table.free.len() < 64 && table.slots.len() < 1 << INDEX_BITS {
        table.slots.push(Slot { generation: 0, flags: 0, object: None });
        table.slots.len() - 1
    } else {
        table.free.pop_front().ok_or(code::ERROR_TOO_MANY_OPEN_FILES)?
    };
    let slot = &mut table.slots[index];
    slot.object = Some(object);
    slot.flags = 0;
    Ok(encode(index, slot.generation))
}

/// What a handle names.
pub(crate) fn find(handle: HANDLE) -> Result<Arc<dyn Object>, u32> {
    let (index, generation) = decode(handle).ok_or(code::ERROR_INVALID_HANDLE)?;
    let table = TABLE.read();
    let slot = table.slots.get(index).filter(|slot| slot.generation == generation);
    slot.and_then(|slot| slot.object.clone()).ok_or(code::ERROR_INVALID_HANDLE)
}

/// What a handle names, of one kind; ERROR_INVALID_HANDLE for a handle of another kind.
pub(crate) fn get<O: Object>(handle: HANDLE) -> Result<Arc<O>, u32> {
    let object: Arc<dyn Any + Send + Sync> = find(handle)?;
    object.downcast().map_err(|_| code::ERROR_INVALID_HANDLE)
}

/// Everything that has a handle at this moment.
pub(crate) fn all() -> Vec<Arc<dyn Object>> {
    let table = TABLE.read();
    table.slots.iter().filter_map(|slot| slot.object.clone()).collect()
}

/// What is noted about a handle.
pub(crate) fn flags(handle: HANDLE) -> Result<u32, u32> {
    change_flags(handle, |flags| *flags)
}

/// Changes what is noted about a handle, where `mask` has bits.
pub(crate) fn set_flags(handle: HANDLE, mask: u32, flags: u32) -> Result<(), u32> {
    change_flags(handle, |old| *old = *old & !mask | flags & mask)
}

fn change_flags<R>(handle: HANDLE, change: impl FnOnce(&mut u32) -> R) -> Result<R, u32> {
    let (index, generation) = decode(handle).ok_or(code::ERROR_INVALID_HANDLE)?;
    let mut table = TABLE.write();
    let slot = table.slots.get_mut(index).filter(|slot| slot.generation == generation);
    let slot = slot.filter(|slot| slot.object.is_some()).ok_or(code::ERROR_INVALID_HANDLE)?;
    Ok(change(&mut slot.flags))
}

/// Whether this value may be a handle of this table, rather than a descriptor.
pub(crate) fn is_object(handle: HANDLE) -> bool {
    decode(handle).is_some()
}

/// How many handles have been closed. As long as this number does not change, what a handle named it still names;
/// it is to be read before the look-up.
#[inline]
pub(crate) fn closes() -> u64 {
    CLOSES.load(Acquire) // pairs with the release in `close`: who has seen a close, sees the count
}

/// Closes a handle of this table.
pub(crate) fn close(handle: HANDLE) -> Result<(), u32> {
    close_if(handle, |object| !object.is_private())
}

/// Takes what is no HANDLE out of the table.
pub(crate) fn remove(name: HANDLE) -> Result<(), u32> {
    close_if(name, Object::is_private)
}

fn close_if(handle: HANDLE, wanted: impl Fn(&dyn Object) -> bool) -> Result<(), u32> {
    let (index, generation) = decode(handle).ok_or(code::ERROR_INVALID_HANDLE)?;
    let (object, last) = {
        let mut table = TABLE.write();
        let slot = table.slots.get_mut(index).filter(|slot| slot.generation == generation);
        let slot = slot.ok_or(code::ERROR_INVALID_HANDLE)?;
        if slot.flags & PROTECTED != 0 {
            return Err(code::ERROR_INVALID_HANDLE);
        }
        if !slot.object.as_deref().is_some_and(wanted) {
            return Err(code::ERROR_INVALID_HANDLE);
        }
        let object = slot.object.take().ok_or(code::ERROR_INVALID_HANDLE)?;
        slot.generation = (slot.generation + 1) % GENERATIONS;
        CLOSES.fetch_add(1, Release); // under the lock, and after the handle has gone
        table.free.push_back(index);
        let same =
            |slot: &Slot| slot.object.as_ref().is_some_and(|other| Arc::ptr_eq(other, &object));
        let last = Arc::strong_count(&object) == 1 || !table.slots.iter().any(same);
        (object, last)
    };
    object.closed(last);
    Ok(())
}

/// Closes a handle: the object goes when its last handle and the last call that uses it have gone. False, with
/// ERROR_INVALID_HANDLE, for what is no handle.
// SAFETY: the name is Windows' own and nobody else's.
#[unsafe(no_mangle)]
pub extern "C" fn CloseHandle(handle: HANDLE) -> BOOL {
    guard::call(FALSE, || {
        if is_object(handle) {
            close(handle)?;
            overlapped::feed(); // it may have been a descriptor
        } else {
            socket::close(handle as usize).map_err(|_| code::ERROR_INVALID_HANDLE)?; // C41
        }
        Ok(TRUE)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thing(u32);
    impl Object for Thing {}
    struct Other;
    impl Object for Other {}

    #[test]
    fn a_closed_handle_names_nothing() {
        let handle = insert(Arc::new(Thing(7))).unwrap();
        assert!(
            is_object(handle) && (handle as usize) < 1 << 31 && (handle as usize).is_multiple_of(4)
        );
        assert_eq!(get::<Thing>(handle).map(|thing| thing.0), Ok(7));
        assert_eq!(get::<Other>(handle).err(), Some(code::ERROR_INVALID_HANDLE));
        assert_eq!((CloseHandle(handle), CloseHandle(handle)), (TRUE, FALSE));
        assert_eq!(get::<Thing>(handle).err(), Some(code::ERROR_INVALID_HANDLE));
    }

    #[test]
    fn what_is_no_handle() {
        for value in [0_usize, 3, 1 << 20, TAG | (4 * 200_000), usize::MAX, (1 << 40) | TAG] {
            assert_eq!(CloseHandle(value as HANDLE), FALSE, "{value:#x}");
        }
    }
}
