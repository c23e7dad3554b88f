//! What the tests share.

use std::ffi::c_void;
use std::ptr::{null, null_mut};

pub(crate) use wharf_win32::Win32::Foundation::{CloseHandle, GetLastError, HANDLE, SetLastError};
pub(crate) use wharf_win32::Win32::System::Threading::*;

pub(crate) const FAILED: u32 = u32::MAX;
pub(crate) const TIMEOUT: u32 = 258;
pub(crate) const ABANDONED: u32 = 0x80;
pub(crate) const IO_COMPLETION: u32 = 192;
pub(crate) const INFINITE: u32 = u32::MAX;
/// Longer than any test needs, so that a fault is a failure and not a hang.
pub(crate) const LONG: u32 = 20_000;
/// Enough for a thread to come to rest where it is expected; nothing fails if it was too short.
pub(crate) const SHORT: u32 = 30;

pub(crate) fn event(manual: bool, set: bool) -> HANDLE {
    let event = unsafe { CreateEventA(null(), manual.into(), set.into(), null()) };
    assert!(!event.is_null());
    event
}

pub(crate) fn wait(handle: HANDLE, millis: u32) -> u32 {
    WaitForSingleObject(handle, millis)
}

pub(crate) fn wait_many(handles: &[HANDLE], all: bool, millis: u32) -> u32 {
    let count = u32::try_from(handles.len()).unwrap();
    unsafe { WaitForMultipleObjects(count, handles.as_ptr(), all.into(), millis) }
}

/// A failed call's last error.
pub(crate) fn error_of(call: impl FnOnce() -> bool) -> u32 {
    SetLastError(0xdead_beef);
    assert!(!call(), "it should have failed");
    GetLastError()
}

/// What a thread of CreateThread runs.
type Work = Box<dyn FnOnce() -> u32 + Send>;

unsafe extern "C" fn work(parameter: *mut c_void) -> u32 {
    let work = unsafe { Box::from_raw(parameter.cast::<Work>()) };
    work()
}

/// CreateThread with a closure.
pub(crate) fn thread(flags: u32, body: impl FnOnce() -> u32 + Send + 'static) -> HANDLE {
    let parameter: *mut Work = Box::into_raw(Box::new(Box::new(body)));
    let thread =
        unsafe { CreateThread(null(), 0, Some(work), parameter.cast(), flags, null_mut()) };
    assert!(!thread.is_null());
    thread
}

pub(crate) fn exit_code(thread: HANDLE) -> u32 {
    let mut code = 0xdead_beef;
    assert_eq!(unsafe { GetExitCodeThread(thread, &raw mut code) }, 1);
    code
}

/// A handle that threads may share.
#[derive(Clone, Copy)]
pub(crate) struct Shared(pub(crate) usize);

impl Shared {
    pub(crate) fn of(handle: HANDLE) -> Shared {
        Shared(handle as usize)
    }

    pub(crate) fn handle(self) -> HANDLE {
        self.0 as HANDLE
    }
}
