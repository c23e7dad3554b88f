//! What the tests share.

use std::cell::UnsafeCell;
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
    // SAFETY: no attributes and no name: nothing is read.
    let event = unsafe { CreateEventA(null(), manual.into(), set.into(), null()) };
    assert!(!event.is_null());
    event
}

pub(crate) fn mutex(owned: bool) -> HANDLE {
    // SAFETY: no attributes and no name: nothing is read.
    let mutex = unsafe { CreateMutexA(null(), owned.into(), null()) };
    assert!(!mutex.is_null());
    mutex
}

/// Null if the numbers are refused.
pub(crate) fn semaphore(initial: i32, maximum: i32) -> HANDLE {
    // SAFETY: no attributes and no name: nothing is read.
    unsafe { CreateSemaphoreA(null(), initial, maximum, null()) }
}

/// `previous` is where to store the count before it, if the caller wants it.
pub(crate) fn release(semaphore: HANDLE, by: i32, previous: Option<&mut i32>) -> i32 {
    let previous = previous.map_or(null_mut(), std::ptr::from_mut);
    // SAFETY: null, which stores nothing, or a variable that the caller lends for the call.
    unsafe { ReleaseSemaphore(semaphore, by, previous) }
}

/// Another handle of what a handle names; `target` is left as it was if there is none.
pub(crate) fn duplicate(process: HANDLE, of: HANDLE, target: &mut HANDLE, options: u32) -> i32 {
    let own = GetCurrentProcess();
    // SAFETY: the handle is stored in the caller's variable, during the call.
    unsafe { DuplicateHandle(process, of, own, target, 0, 0, options) }
}

pub(crate) fn wait(handle: HANDLE, millis: u32) -> u32 {
    WaitForSingleObject(handle, millis)
}

pub(crate) fn wait_many(handles: &[HANDLE], all: bool, millis: u32) -> u32 {
    let count = u32::try_from(handles.len()).unwrap();
    // SAFETY: that many handles are in the slice; none are read where the number is refused.
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
    // SAFETY: `thread` has made it of a box, for this thread only, which runs once.
    let work = unsafe { Box::from_raw(parameter.cast::<Work>()) };
    work()
}

/// CreateThread with a closure.
pub(crate) fn thread(flags: u32, body: impl FnOnce() -> u32 + Send + 'static) -> HANDLE {
    let parameter: *mut Work = Box::into_raw(Box::new(Box::new(body)));
    // SAFETY: `work` takes the box, which belongs to the new thread from here on; no id is wanted.
    let thread =
        unsafe { CreateThread(null(), 0, Some(work), parameter.cast(), flags, null_mut()) };
    assert!(!thread.is_null());
    thread
}

pub(crate) fn exit_code(thread: HANDLE) -> u32 {
    let mut code = 0xdead_beef;
    // SAFETY: the code is stored in a variable of this function, during the call.
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

/// What is lent to the functions that take an object's address: memory that stays for good, because the threads of a test
/// that fails may outlive it.
pub(crate) struct Lent<T: 'static>(&'static UnsafeCell<T>);

/// An exported function that takes the address of an object, and nothing else.
pub(crate) type Act<T, R = ()> = unsafe extern "C" fn(*mut T) -> R;

// SAFETY: what goes from thread to thread is an address; `with` and `get` say who may follow it.
unsafe impl<T> Send for Lent<T> {}
// SAFETY: likewise.
unsafe impl<T> Sync for Lent<T> {}

impl<T> Clone for Lent<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Lent<T> {}

impl<T: Default> Lent<T> {
    /// An object all of zeros, as a static one is in C.
    pub(crate) fn zero() -> Lent<T> {
        Lent(Box::leak(Box::default()))
    }
}

impl<T> Lent<T> {
    pub(crate) fn at(self) -> *mut T {
        self.0.get()
    }

    /// Calls a function of the interface with the object.
    pub(crate) fn call<R>(self, function: Act<T, R>) -> R {
        // SAFETY: the address is that of a live object of its type; that threads call at once is what these
        // functions are for.
        unsafe { function(self.at()) }
    }

    /// Writes what a lock guards; the caller holds the lock alone.
    pub(crate) fn with<R>(self, write: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: the memory is live, and the lock under test keeps everybody else out (if it does not, the test's
        // sums are wrong).
        write(unsafe { &mut *self.at() })
    }
}

impl<T: Copy> Lent<T> {
    /// Reads what a lock guards; the caller holds the lock, perhaps beside other readers, or is the last thread.
    pub(crate) fn get(self) -> T {
        // SAFETY: the memory is live, and the lock under test keeps writers out.
        unsafe { self.at().read() }
    }
}
