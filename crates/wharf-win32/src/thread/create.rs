//! CreateThread (F2-F5, F11).
#![allow(unsafe_code)] // pthreads

use std::ffi::c_void;
use std::sync::Arc;

use super::record::{self, Thread};
use super::{end, suspend};
use crate::file::SECURITY_ATTRIBUTES;
use crate::object;
use crate::types::HANDLE;
use crate::wait::apc;
use crate::{arg, code, guard};

/// What a thread runs; its value is the exit code.
pub type LPTHREAD_START_ROUTINE =
    Option<unsafe extern "C" fn(lpThreadParameter: *mut c_void) -> u32>;

/// The thread begins suspended.
pub const CREATE_SUSPENDED: u32 = 4;
/// The size is the whole stack's.
pub const STACK_SIZE_PARAM_IS_A_RESERVATION: u32 = 0x1_0000;

/// What a stack has if nothing is asked for (F4).
const DEFAULT_RESERVE: usize = 1 << 20;
/// What the C library and signals take of a stack, on top of what was asked for.
const SLACK: usize = 256 << 10;

/// What a new thread is to run.
pub(super) enum Start {
    Win32(LPTHREAD_START_ROUTINE),
    /// `_beginthread`: no exit code.
    Plain(unsafe extern "C" fn(*mut c_void)),
}

struct Beginning {
    thread: Arc<Thread>,
    start: Start,
    parameter: *mut c_void,
}

fn reserve(size: usize, flags: u32) -> usize {
    let reserve = match size {
        0 => DEFAULT_RESERVE,
        _ if flags & STACK_SIZE_PARAM_IS_A_RESERVATION != 0 => size,
        _ => size.max(DEFAULT_RESERVE),
    };
    reserve.saturating_add(SLACK).checked_next_multiple_of(0x1_0000).unwrap_or(usize::MAX)
}

/// Makes a thread, and a handle to it.
pub(super) fn create(
    stack: usize,
    start: Start,
    parameter: *mut c_void,
    flags: u32,
) -> Result<(HANDLE, Arc<Thread>), u32> {
    if flags & !(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION) != 0 {
        return Err(code::ERROR_INVALID_PARAMETER);
    }
    suspend::install();
    let thread = Thread::new(u32::from(flags & CREATE_SUSPENDED != 0));
    let handle = object::insert(Arc::clone(&thread) as Arc<dyn object::Object>)?;
    let beginning = Box::new(Beginning { thread: Arc::clone(&thread), start, parameter });
    if let Err(error) = spawn(reserve(stack, flags), beginning) {
        object::close(handle)?;
        return Err(error);
    }
    Ok((handle, thread))
}

fn spawn(stack: usize, beginning: Box<Beginning>) -> Result<(), u32> {
    // SAFETY: all zeros until it is initialised in the next line.
    let mut attributes: libc::pthread_attr_t = unsafe { std::mem::zeroed() };
    // SAFETY: a local.
    unsafe { libc::pthread_attr_init(&raw mut attributes) };
    // SAFETY: initialised.
    unsafe {
        libc::pthread_attr_setdetachstate(&raw mut attributes, libc::PTHREAD_CREATE_DETACHED)
    };
    // SAFETY: initialised.
    unsafe { libc::pthread_attr_setstacksize(&raw mut attributes, stack) };
    let mut id = 0;
    let beginning = Box::into_raw(beginning);
    // SAFETY: `begin` takes the box over.
    let result = unsafe {
        libc::pthread_create(&raw mut id, &raw const attributes, begin, beginning.cast())
    };
    // SAFETY: initialised.
    unsafe { libc::pthread_attr_destroy(&raw mut attributes) };
    if result != 0 {
        // SAFETY: no thread has taken it over.
        drop(unsafe { Box::from_raw(beginning) });
        return Err(code::ERROR_NOT_ENOUGH_MEMORY); // F11
    }
    Ok(())
}

extern "C" fn begin(beginning: *mut c_void) -> *mut c_void {
    // SAFETY: the box of `spawn`, once.
    let Beginning { thread, start, parameter } =
        *unsafe { Box::from_raw(beginning.cast::<Beginning>()) };
    record::adopt(Arc::clone(&thread));
    suspend::stop(); // CREATE_SUSPENDED, or stopped before it ran
    apc::run(&thread); // what was queued before it ran
    // Nothing that must be dropped is on this stack while the program runs: ExitThread does not come back.
    drop(thread);
    let code = match start {
        // SAFETY: the program's function, which it asked to be called so.
        Start::Win32(Some(start)) => unsafe { start(parameter) },
        Start::Win32(None) => {
            // SAFETY: the fault that a call of address 0 is (F11).
            unsafe { libc::raise(libc::SIGSEGV) };
            0
        }
        Start::Plain(start) => {
            // SAFETY: as above.
            unsafe { start(parameter) };
            0
        }
    };
    record::with_current(|thread| end::prepare(thread, code));
    std::ptr::null_mut()
}

/// Makes a thread; null with ERROR_INVALID_PARAMETER for unknown flags, ERROR_NOT_ENOUGH_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateThread(
    lpThreadAttributes: *const SECURITY_ATTRIBUTES,
    dwStackSize: usize,
    lpStartAddress: LPTHREAD_START_ROUTINE,
    lpParameter: *const c_void,
    dwCreationFlags: u32,
    lpThreadId: *mut u32,
) -> HANDLE {
    guard::call(std::ptr::null_mut(), || {
        let _ = lpThreadAttributes; // handles are neither inherited nor guarded
        if !lpThreadId.is_null() {
            arg::check_room(lpThreadId, 1)?;
        }
        let start = Start::Win32(lpStartAddress);
        let (handle, thread) = create(dwStackSize, start, lpParameter.cast_mut(), dwCreationFlags)?;
        if !lpThreadId.is_null() {
            // SAFETY: the caller's.
            unsafe { arg::store(lpThreadId, thread.tid()) }?;
        }
        Ok(handle)
    })
}
