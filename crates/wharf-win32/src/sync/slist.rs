//! Singly linked lists that several threads push to and pop from (F27).
//!
//! Windows does this with a 16-byte compare-and-swap and a sequence number, and reads entries that may be freed already,
//! for which its kernel excuses the fault. Here a word of the header is a lock, held for a few instructions: no entry is
//! read that has been popped, and there is nothing of ABA.
#![allow(unsafe_code)] // memory of the program's

use std::ptr::null_mut;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::futex;
use crate::thread::deferral::Deferral;

/// An entry of a list, first in what the program lists.
#[repr(C, align(16))]
pub struct SLIST_ENTRY {
    /// The next one.
    pub Next: *mut SLIST_ENTRY,
}

/// The head of a list.
#[repr(C, align(16))]
#[derive(Default)]
pub struct SLIST_HEADER {
    depth: u16,
    unused: u16,
    /// Futex word: 0 free, 1 held, 2 held and somebody sleeps.
    lock: AtomicU32,
    next: *mut SLIST_ENTRY,
}

const _: () = assert!(size_of::<SLIST_HEADER>() == 16);

/// Runs something with a list that is locked.
unsafe fn with<R>(
    list: *mut SLIST_HEADER,
    call: impl FnOnce(&mut u16, &mut *mut SLIST_ENTRY) -> R,
) -> R {
    let _deferral = Deferral::begin();
    // SAFETY: the caller's list.
    let lock = unsafe { &(*list).lock };
    if lock.compare_exchange(0, 1, Acquire, Relaxed).is_err() {
        while lock.swap(2, Acquire) != 0 {
            futex::wait(lock, 2, None);
        }
    }
    // SAFETY: locked.
    let depth = unsafe { &mut (*list).depth };
    // SAFETY: locked.
    let result = call(depth, unsafe { &mut (*list).next });
    let address = std::ptr::from_ref(lock);
    if lock.swap(0, Release) == 2 {
        futex::wake(address, 1);
    }
    result
}

/// Makes a list, empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeSListHead(ListHead: *mut SLIST_HEADER) {
    let empty = SLIST_HEADER { depth: 0, unused: 0, lock: AtomicU32::new(0), next: null_mut() };
    // SAFETY: the caller's memory.
    unsafe { ListHead.write(empty) };
}

/// Pushes an entry; the one that was first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InterlockedPushEntrySList(
    ListHead: *mut SLIST_HEADER,
    ListEntry: *mut SLIST_ENTRY,
) -> *mut SLIST_ENTRY {
    // SAFETY: the caller's.
    unsafe { InterlockedPushListSListEx(ListHead, ListEntry, ListEntry, 1) }
}

/// Pushes a chain of entries; the one that was first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InterlockedPushListSListEx(
    ListHead: *mut SLIST_HEADER,
    List: *mut SLIST_ENTRY,
    ListEnd: *mut SLIST_ENTRY,
    Count: u32,
) -> *mut SLIST_ENTRY {
    let push = |depth: &mut u16, first: &mut *mut SLIST_ENTRY| {
        // SAFETY: the caller's entry.
        unsafe { (*ListEnd).Next = *first };
        *depth = depth.wrapping_add(Count as u16);
        std::mem::replace(first, List)
    };
    // SAFETY: the caller's.
    unsafe { with(ListHead, push) }
}

/// Pops the last that was pushed, or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InterlockedPopEntrySList(ListHead: *mut SLIST_HEADER) -> *mut SLIST_ENTRY {
    let pop = |depth: &mut u16, first: &mut *mut SLIST_ENTRY| {
        let entry = *first;
        if !entry.is_null() {
            // SAFETY: in the list, so it is there.
            *first = unsafe { (*entry).Next };
            *depth = depth.wrapping_sub(1);
        }
        entry
    };
    // SAFETY: the caller's.
    unsafe { with(ListHead, pop) }
}

/// Takes all entries, as a chain.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InterlockedFlushSList(ListHead: *mut SLIST_HEADER) -> *mut SLIST_ENTRY {
    let flush = |depth: &mut u16, first: &mut *mut SLIST_ENTRY| {
        *depth = 0;
        std::mem::replace(first, null_mut())
    };
    // SAFETY: the caller's.
    unsafe { with(ListHead, flush) }
}

/// The number of entries, of which 16 bits are counted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryDepthSList(ListHead: *mut SLIST_HEADER) -> u16 {
    // SAFETY: the caller's.
    unsafe { with(ListHead, |depth, _| *depth) }
}
