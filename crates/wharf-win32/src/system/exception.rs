//! Faults of the processor and raised exceptions, as far as they reach the program's last filter.
//!
//! `__try` and its kin are C++ and belong to the headers; what no frame takes comes here. The record is Windows'; the
//! CONTEXT is Linux' `ucontext_t`, and opaque to programs.
//!
//! # Invariants
//! 1. Signals are taken over with the first filter, and only those that are faults of the thread itself are exceptions:
//!    one that somebody sent has its default action.
//! 2. While a filter runs its signal is blocked in the thread, so that a fault in the filter ends the process.
#![allow(unsafe_code)] // signals; exported under C names

use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::fork::Lock;
use crate::process::told;
use crate::{arg, touch};

const ACCESS_VIOLATION: u32 = 0xC000_0005;
const IN_PAGE_ERROR: u32 = 0xC000_0006;
const ILLEGAL_INSTRUCTION: u32 = 0xC000_001D;
const MISALIGNMENT: u32 = 0x8000_0002;
const STACK_OVERFLOW: u32 = 0xC000_00FD;
const CONTINUE_EXECUTION: i32 = -1;
const CONTINUE_SEARCH: i32 = 0;
const MOST_PARAMETERS: usize = 15;

/// EXCEPTION_RECORD.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct EXCEPTION_RECORD {
    /// What happened.
    pub ExceptionCode: u32,
    /// 1: it cannot be continued.
    pub ExceptionFlags: u32,
    /// Another that it is about.
    pub ExceptionRecord: *mut EXCEPTION_RECORD,
    /// Where.
    pub ExceptionAddress: *mut c_void,
    /// How many of the next are used.
    pub NumberParameters: u32,
    /// More about it: of a fault, whether it was a write, and the address.
    pub ExceptionInformation: [usize; MOST_PARAMETERS],
}

/// EXCEPTION_POINTERS.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct EXCEPTION_POINTERS {
    /// What happened.
    pub ExceptionRecord: *mut EXCEPTION_RECORD,
    /// The registers.
    pub ContextRecord: *mut c_void,
}

const _: () = assert!(size_of::<EXCEPTION_RECORD>() == 152);

/// The program's last word about an exception: 1 ends the process, 0 lets it end as if there were no filter, -1 goes on.
pub type LPTOP_LEVEL_EXCEPTION_FILTER =
    Option<unsafe extern "C" fn(exception: *const EXCEPTION_POINTERS) -> i32>;

static FILTER: AtomicUsize = AtomicUsize::new(0);
/// Whether the handlers are there.
pub(crate) static TAKEN: Lock<bool> = Lock::new(false);

fn filter() -> LPTOP_LEVEL_EXCEPTION_FILTER {
    decode(FILTER.load(Ordering::Acquire))
}

fn decode(address: usize) -> LPTOP_LEVEL_EXCEPTION_FILTER {
    // SAFETY: 0, which is none, or what the program gave.
    unsafe { std::mem::transmute(address) }
}

/// Sets the filter for what nobody else takes; answers the one before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetUnhandledExceptionFilter(
    new: LPTOP_LEVEL_EXCEPTION_FILTER,
) -> LPTOP_LEVEL_EXCEPTION_FILTER {
    let address = new.map_or(0, |filter| filter as usize);
    let before = FILTER.swap(address, Ordering::AcqRel);
    if new.is_some() {
        let mut taken = TAKEN.lock();
        if !std::mem::replace(&mut *taken, true) {
            take_over();
        }
        drop(taken);
        alternate_stack();
    }
    decode(before)
}

/// Asks the filter.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn UnhandledExceptionFilter(exception: *const EXCEPTION_POINTERS) -> i32 {
    // SAFETY: the program's filter, with what the caller gives it.
    filter().map_or(CONTINUE_SEARCH, |filter| unsafe { filter(exception) })
}

fn take_over() {
    touch::install(); // below this one, so that it is never asked twice
    // SAFETY: all zeros are a valid sigaction.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = fault as extern "C" fn(i32, *mut libc::siginfo_t, *mut c_void) as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP] {
        // SAFETY: the handler is of that form.
        unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
    }
}

/// A stack for the thread's handler: its own may be what has overflowed. Threads of Rust's have one; this is for the
/// thread that sets the filter, mostly the first.
fn alternate_stack() {
    const SIZE: usize = 128 << 10;
    // SAFETY: all zeros are a valid stack_t.
    let mut now: libc::stack_t = unsafe { std::mem::zeroed() };
    // SAFETY: it only reads.
    unsafe { libc::sigaltstack(std::ptr::null(), &raw mut now) };
    if now.ss_flags & libc::SS_DISABLE == 0 {
        return;
    }
    // It stays as long as the thread.
    let stack = Box::leak(vec![0_u8; SIZE].into_boxed_slice());
    let new = libc::stack_t { ss_sp: stack.as_mut_ptr().cast(), ss_flags: 0, ss_size: SIZE };
    // SAFETY: memory that nobody else has.
    unsafe { libc::sigaltstack(&raw const new, std::ptr::null_mut()) };
}

/// EXCEPTION_* of a fault.
fn code_of(signal: i32, reason: i32) -> u32 {
    match (signal, reason) {
        (libc::SIGSEGV, _) => ACCESS_VIOLATION,
        (libc::SIGBUS, libc::BUS_ADRALN) => MISALIGNMENT,
        (libc::SIGBUS, _) => IN_PAGE_ERROR,
        (libc::SIGILL, _) => ILLEGAL_INSTRUCTION,
        (libc::SIGTRAP, _) => 0x8000_0003,
        // FPE_INTDIV, FPE_INTOVF, FPE_FLTDIV, FPE_FLTOVF, FPE_FLTUND, FPE_FLTRES and the rest, by their numbers.
        (_, 1) => 0xC000_0094,
        (_, 2) => 0xC000_0095,
        (_, 3) => 0xC000_008E,
        (_, 4) => 0xC000_0091,
        (_, 5) => 0xC000_0093,
        (_, 6) => 0xC000_008F,
        _ => 0xC000_0090,
    }
}

/// Where the thread was, its stack pointer, and whether it wrote.
#[cfg(target_arch = "x86_64")]
fn registers(context: &libc::ucontext_t) -> (usize, usize, bool) {
    let register = |which: i32| context.uc_mcontext.gregs[which as usize] as usize;
    let wrote = register(libc::REG_ERR) & 2 != 0;
    (register(libc::REG_RIP), register(libc::REG_RSP), wrote)
}

#[cfg(target_arch = "aarch64")]
fn registers(context: &libc::ucontext_t) -> (usize, usize, bool) {
    // Whether it wrote is in a part of the context that has no name in the C library.
    (context.uc_mcontext.pc as usize, context.uc_mcontext.sp as usize, false)
}

extern "C" fn fault(signal: i32, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel's.
    if matches!(signal, libc::SIGSEGV | libc::SIGBUS) && unsafe { touch::fixed(info, context) } {
        return;
    }
    // SAFETY: the kernel's.
    let info = unsafe { &*info };
    let reason = info.si_code;
    // SAFETY: it means something for a fault only, and is a number otherwise.
    let address = unsafe { info.si_addr() } as usize;
    // SAFETY: the kernel's.
    let (place, stack, wrote) = registers(unsafe { &*context.cast::<libc::ucontext_t>() });
    let mut code = code_of(signal, reason);
    // Just below the stack pointer: the stack has met its guard page.
    if code == ACCESS_VIOLATION && address.wrapping_sub(stack).wrapping_add(1 << 16) < 1 << 17 {
        code = STACK_OVERFLOW;
    }
    let mut record = EXCEPTION_RECORD {
        ExceptionCode: code,
        ExceptionFlags: 0,
        ExceptionRecord: std::ptr::null_mut(),
        ExceptionAddress: place as *mut c_void,
        NumberParameters: 0,
        ExceptionInformation: [0; MOST_PARAMETERS],
    };
    if signal == libc::SIGSEGV || signal == libc::SIGBUS {
        record.NumberParameters = 2;
        record.ExceptionInformation[..2].copy_from_slice(&[usize::from(wrote), address]);
    }
    let both = EXCEPTION_POINTERS { ExceptionRecord: &raw mut record, ContextRecord: context };
    // What somebody sent is no fault of this thread.
    let answer = if reason > 0 {
        // SAFETY: both are alive for the call.
        unsafe { UnhandledExceptionFilter(&raw const both) }
    } else {
        CONTINUE_SEARCH
    };
    match answer {
        CONTINUE_EXECUTION => {}
        CONTINUE_SEARCH => {
            // The instruction runs again, and ends the process.
            // SAFETY: the default action of a signal.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
            if reason <= 0 {
                // SAFETY: a signal to this thread; it arrives when this handler returns.
                unsafe { libc::raise(signal) };
            }
        }
        _ => {
            told::tell(code);
            // SAFETY: nothing of the program's runs any more; that is what the filter asked for.
            unsafe { libc::_exit(code.cast_signed()) }
        }
    }
}

/// Raises an exception that no frame takes: for C, and for C++ without `__try`. The filter is asked; without one, or if it
/// does not go on, the process ends: with the code's low byte if the filter says 1, otherwise as after abort.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RaiseException(
    code: u32,
    flags: u32,
    count: u32,
    parameters: *const usize,
) {
    let count = if parameters.is_null() { 0 } else { (count as usize).min(MOST_PARAMETERS) };
    let mut record = EXCEPTION_RECORD {
        // Bit 28 is the system's own.
        ExceptionCode: code & !(1 << 28),
        ExceptionFlags: flags & 1,
        ExceptionRecord: std::ptr::null_mut(),
        ExceptionAddress: RaiseException as *mut c_void,
        NumberParameters: count as u32,
        ExceptionInformation: [0; MOST_PARAMETERS],
    };
    // SAFETY: the caller's parameters.
    if let Ok(given) = unsafe { arg::load_all(parameters, count) } {
        record.ExceptionInformation[..count].copy_from_slice(&given);
    }
    // SAFETY: all zeros are a valid ucontext_t.
    let mut context: libc::ucontext_t = unsafe { std::mem::zeroed() };
    // SAFETY: ours; what it stores is never returned to.
    unsafe { libc::getcontext(&raw mut context) };
    let both = EXCEPTION_POINTERS {
        ExceptionRecord: &raw mut record,
        ContextRecord: (&raw mut context).cast(),
    };
    // SAFETY: both are alive for the call.
    match unsafe { UnhandledExceptionFilter(&raw const both) } {
        CONTINUE_EXECUTION if flags & 1 == 0 => {}
        CONTINUE_EXECUTION | CONTINUE_SEARCH => {
            use std::io::Write;
            // Where there is no standard error nobody reads it.
            let _ =
                writeln!(std::io::stderr(), "unhandled exception {:#010X}", record.ExceptionCode);
            std::process::abort();
        }
        _ => {
            told::tell(record.ExceptionCode);
            // SAFETY: as in `fault`.
            unsafe { libc::_exit(record.ExceptionCode.cast_signed()) }
        }
    }
}
