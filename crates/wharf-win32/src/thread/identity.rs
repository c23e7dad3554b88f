//! Which thread is which: ids, handles by id, descriptions.
#![allow(unsafe_code)] // exported under C names

use std::sync::{Arc, PoisonError};

use super::record::{self, CURRENT_THREAD};
use crate::memory::global;
use crate::process::child::MainThread;
use crate::types::{BOOL, HANDLE, WCHAR};
use crate::{arg, code, guard, object, text};

const S_OK: i32 = 0;

/// HRESULT_FROM_WIN32.
fn hresult(error: u32) -> i32 {
    (error & 0xFFFF | 0x8007_0000).cast_signed()
}

/// The calling thread, in calls of its own.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentThread() -> HANDLE {
    CURRENT_THREAD
}

/// The calling thread's number: the kernel's.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentThreadId() -> u32 {
    record::current_id()
}

/// A thread's number, or 0.
#[unsafe(no_mangle)]
pub extern "C" fn GetThreadId(Thread: HANDLE) -> u32 {
    guard::call(0, || match object::get::<MainThread>(Thread) {
        Ok(main) => Ok(main.0.id()), // the first thread has its process's number
        Err(_) => Ok(record::of(Thread)?.tid()),
    })
}

/// The number of a thread's process.
#[unsafe(no_mangle)]
pub extern "C" fn GetProcessIdOfThread(Thread: HANDLE) -> u32 {
    guard::call(0, || match object::get::<MainThread>(Thread) {
        Ok(main) => Ok(main.0.id()),
        Err(_) => record::of(Thread).map(|_| std::process::id()),
    })
}

/// A handle to a thread of this process by its number; ERROR_INVALID_PARAMETER if there is none. Access is not looked
/// at.
#[unsafe(no_mangle)]
pub extern "C" fn OpenThread(
    dwDesiredAccess: u32,
    bInheritHandle: BOOL,
    dwThreadId: u32,
) -> HANDLE {
    let _ = (dwDesiredAccess, bInheritHandle);
    guard::call(std::ptr::null_mut(), || {
        let thread = record::by_id(dwThreadId).ok_or(code::ERROR_INVALID_PARAMETER)?;
        object::insert(thread as Arc<dyn object::Object>)
    })
}

/// Gives a thread a name, for debuggers and `top`, which show 15 bytes of it. An HRESULT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadDescription(
    hThread: HANDLE,
    lpThreadDescription: *const WCHAR,
) -> i32 {
    let set = || {
        let thread = record::of(hThread)?;
        // SAFETY: the caller's.
        let name = unsafe { arg::string(lpThreadDescription) }?;
        let mut comm = text::narrow(&name);
        while comm.len() > 15 {
            let rest = String::from_utf8_lossy(&comm).chars().count() - 1;
            comm = String::from_utf8_lossy(&comm).chars().take(rest).collect::<String>().into();
        }
        // The kernel's copy is a courtesy: without /proc there is none.
        let _ = std::fs::write(format!("/proc/self/task/{}/comm", thread.tid()), comm);
        *thread.description.lock().unwrap_or_else(PoisonError::into_inner) = name;
        Ok(S_OK)
    };
    guard::call(hresult(code::ERROR_INTERNAL_ERROR), || set().or_else(|error| Ok(hresult(error))))
}

/// A thread's name, empty if it has none, in memory for LocalFree. An HRESULT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetThreadDescription(
    hThread: HANDLE,
    ppszThreadDescription: *mut *mut WCHAR,
) -> i32 {
    let get = || {
        let thread = record::of(hThread)?;
        let mut name = thread.description.lock().unwrap_or_else(PoisonError::into_inner).clone();
        name.push(0);
        arg::check_room(ppszThreadDescription, 1)?;
        let memory = global::allocate(0, name.len() * size_of::<WCHAR>())?.cast::<WCHAR>();
        // SAFETY: it has that size.
        unsafe { arg::store_all(memory, &name) }?;
        // SAFETY: the caller's.
        unsafe { arg::store(ppszThreadDescription, memory) }?;
        Ok(S_OK)
    };
    guard::call(hresult(code::ERROR_INTERNAL_ERROR), || get().or_else(|error| Ok(hresult(error))))
}
