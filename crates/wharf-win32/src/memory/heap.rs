//! HeapAlloc and its kind. The process' heap is malloc's; a private one is too, and knows its blocks.
//!
//! HeapAlloc and HeapReAlloc leave the last error alone, as documented.
#![allow(unsafe_code)] // exported under C names

use std::collections::HashSet;
use std::ffi::c_void;
use std::ptr;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::block;
use crate::object::{self, Object};
use crate::types::{BOOL, FALSE, HANDLE, TRUE};
use crate::{code, guard};

const ZERO_MEMORY: u32 = 8;
const IN_PLACE_ONLY: u32 = 0x10;
const PROCESS: u32 = 0x5041_4548;
const PRIVATE: u32 = 0x4341_4548;

/// A heap: the process' own, or one of HeapCreate.
struct Heap {
    /// None for the process' heap, which is never destroyed as a whole.
    blocks: Option<Mutex<HashSet<usize>>>,
    /// The most that one allocation may ask for; a heap that cannot grow has a limit.
    limit: usize,
}

impl Object for Heap {}

impl Heap {
    fn mark(&self) -> u32 {
        if self.blocks.is_some() { PRIVATE } else { PROCESS }
    }

    fn note(&self, change: impl FnOnce(&mut HashSet<usize>)) {
        if let Some(blocks) = &self.blocks {
            change(&mut blocks.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn owns(&self, block: *const c_void) -> bool {
        let mut owned = true;
        self.note(|blocks| owned = blocks.contains(&(block as usize)));
        owned
    }
}

static PROCESS_HEAP: LazyLock<usize> = LazyLock::new(|| {
    let heap = Heap { blocks: None, limit: usize::MAX };
    object::insert(Arc::new(heap)).map_or(0, |handle| handle as usize)
});

/// Before a fork.
pub(crate) fn settle() {
    LazyLock::force(&PROCESS_HEAP);
}

/// Process' heap without the look-up that others need.
static PROCESS_OBJECT: Heap = Heap { blocks: None, limit: usize::MAX };

fn with<R>(heap: HANDLE, call: impl FnOnce(&Heap) -> Result<R, u32>) -> Result<R, u32> {
    if heap as usize == *PROCESS_HEAP {
        return call(&PROCESS_OBJECT);
    }
    call(&*object::get::<Heap>(heap)?)
}

/// The heap of the process.
#[unsafe(no_mangle)]
pub extern "C" fn GetProcessHeap() -> HANDLE {
    *PROCESS_HEAP as HANDLE
}

/// A new heap; with a maximum other than 0 its blocks are limited to it.
#[unsafe(no_mangle)]
pub extern "C" fn HeapCreate(_options: u32, initial: usize, maximum: usize) -> HANDLE {
    guard::call(ptr::null_mut(), || {
        if maximum != 0 && initial > maximum {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        let limit = if maximum == 0 { usize::MAX } else { maximum };
        object::insert(Arc::new(Heap { blocks: Some(Mutex::default()), limit }))
    })
}

/// Frees a heap with all its blocks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HeapDestroy(heap: HANDLE) -> BOOL {
    guard::call(FALSE, || {
        // The process' heap is not of this kind of call.
        if heap as usize == *PROCESS_HEAP {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        let owner = object::get::<Heap>(heap)?;
        object::close(heap)?;
        let mut blocks = HashSet::new();
        owner.note(|all| blocks = std::mem::take(all));
        for block in blocks {
            // SAFETY: it lived in the heap, which nobody may use any more.
            unsafe { block::free(block as *const c_void, PRIVATE) }?;
        }
        Ok(TRUE)
    })
}

/// A block; null if there is no memory.
#[unsafe(no_mangle)]
pub extern "C" fn HeapAlloc(heap: HANDLE, flags: u32, size: usize) -> *mut c_void {
    let allocate = |heap: &Heap| {
        if size > heap.limit {
            return Ok(ptr::null_mut());
        }
        let block = block::allocate(size, flags & ZERO_MEMORY != 0, heap.mark(), 0);
        heap.note(|blocks| blocks.extend(block.map(|block| block as usize)));
        Ok(block.unwrap_or(ptr::null_mut()))
    };
    guard::call(ptr::null_mut(), || with(heap, allocate))
}

/// Gives a block another size; null, and the block as it was, if there is no memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HeapReAlloc(
    heap: HANDLE,
    flags: u32,
    old: *mut c_void,
    size: usize,
) -> *mut c_void {
    let resize = |heap: &Heap| {
        if !heap.owns(old) {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        if size > heap.limit || flags & IN_PLACE_ONLY != 0 {
            return Ok(ptr::null_mut());
        }
        // SAFETY: the caller's block.
        let new = unsafe { block::resize(old, size, flags & ZERO_MEMORY != 0, heap.mark()) };
        let new = new.map_err(|_| code::ERROR_INVALID_PARAMETER)?;
        if let Some(new) = new {
            heap.note(|blocks| {
                blocks.remove(&(old as usize));
                blocks.insert(new as usize);
            });
        }
        Ok(new.unwrap_or(ptr::null_mut()))
    };
    guard::call(ptr::null_mut(), || with(heap, resize))
}

/// Frees a block; null is none, and fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HeapFree(heap: HANDLE, _flags: u32, block: *mut c_void) -> BOOL {
    let free = |heap: &Heap| {
        if block.is_null() {
            return Ok(TRUE);
        }
        if !heap.owns(block) {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        heap.note(|blocks| {
            blocks.remove(&(block as usize));
        });
        // SAFETY: the caller's block.
        unsafe { block::free(block, heap.mark()) }.map_err(|_| code::ERROR_INVALID_PARAMETER)?;
        Ok(TRUE)
    };
    guard::call(FALSE, || with(heap, free))
}

/// The size that was asked for; -1 for what is no block.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HeapSize(heap: HANDLE, _flags: u32, block: *const c_void) -> usize {
    let size = |heap: &Heap| {
        if !heap.owns(block) {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        // SAFETY: the caller's block.
        Ok(unsafe { block::header(block, heap.mark()) }?.size)
    };
    guard::call(usize::MAX, || with(heap, size))
}

/// Whether a block, or for null the heap, is whole.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HeapValidate(heap: HANDLE, _flags: u32, block: *const c_void) -> BOOL {
    let validate = |heap: &Heap| {
        // SAFETY: the caller's block.
        let whole = || heap.owns(block) && unsafe { block::header(block, heap.mark()) }.is_ok();
        Ok(BOOL::from(block.is_null() || whole()))
    };
    guard::call(FALSE, || with(heap, validate))
}

/// Gives free memory back to the system; answers the largest block that is surely free, which nobody knows: 0, with
/// success.
#[unsafe(no_mangle)]
pub extern "C" fn HeapCompact(heap: HANDLE, _flags: u32) -> usize {
    guard::call(0, || {
        with(heap, |_| {
            // SAFETY: it may be called at any time.
            unsafe { libc::malloc_trim(0) };
            Err(code::ERROR_SUCCESS)
        })
    })
}

/// Accepts the settings that Windows has (HEAP_INFORMATION_CLASS 0 and 1): the low-fragmentation heap, termination on
/// corruption. They change nothing here.
#[unsafe(no_mangle)]
pub extern "C" fn HeapSetInformation(
    heap: HANDLE,
    class: u32,
    _information: *const c_void,
    _length: usize,
) -> BOOL {
    guard::call(FALSE, || {
        if class > 1 {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        if !heap.is_null() {
            with(heap, |_| Ok(()))?;
        }
        Ok(TRUE)
    })
}
