//! The handler of SIGSEGV and SIGBUS behind a touch.
//!
//! # Protocol
//! What handled the signal before is kept, and has every fault that is none of a touch: it is called as the kernel would
//! have called it, or, where it was the default action, that is set again and the instruction runs again, so that the
//! process ends as it would have, where it would have. Handlers of this project that are installed above this one
//! (SetUnhandledExceptionFilter's, and that of `__try` in the headers) install it first and ask it first.
//!
//! # Invariants
//! 1. The handler looks at two atomics and changes the program counter: all of it is allowed in a handler, at any
//!    instruction, on any stack.
//! 2. It may be left by an exception of C++, which `__try` throws in a handler that was there before.
//! 3. `BEFORE` is written before the handler is installed, once, and only read after that.
#![allow(unsafe_code)] // signals

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::types::{BOOL, FALSE};

const SIGNALS: [i32; 2] = [libc::SIGSEGV, libc::SIGBUS];

struct Before([UnsafeCell<MaybeUninit<libc::sigaction>>; 2]);

// SAFETY: invariant 3, and installing a handler is a system call that orders it.
unsafe impl Sync for Before {}

static BEFORE: Before = Before([const { UnsafeCell::new(MaybeUninit::uninit()) }; 2]);
/// A handler that asked to be called once has been (SA_RESETHAND).
static CALLED: [AtomicBool; 2] = [const { AtomicBool::new(false) }; 2];

// SAFETY: labels of the assembly in the parent; only their addresses are used.
unsafe extern "C" {
    static wharf_touch_begin: u8;
    static wharf_touch_end: u8;
    static wharf_touch_no: u8;
}

/// Once in a process.
#[inline]
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(take_over);
}

fn take_over() {
    for (signal, before) in SIGNALS.into_iter().zip(&BEFORE.0) {
        let before = before.get().cast::<libc::sigaction>();
        // SAFETY: it only reads, into a place of that type that nobody else looks at yet (invariant 3).
        if unsafe { libc::sigaction(signal, std::ptr::null(), before) } != 0 {
            continue;
        }
        // SAFETY: just filled.
        let mut action = unsafe { before.read() };
        let handler: extern "C-unwind" fn(i32, *mut libc::siginfo_t, *mut c_void) = on_fault;
        action.sa_sigaction = handler as usize;
        // As before, but that the fault may be that of a stack, and that the next fault comes here too.
        action.sa_flags &= libc::SA_NODEFER | libc::SA_RESTART;
        action.sa_flags |= libc::SA_SIGINFO | libc::SA_ONSTACK;
        // SAFETY: the handler is of that form, and does what handlers may (invariant 1).
        unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
    }
}

/// Where the thread goes on.
#[cfg(target_arch = "x86_64")]
fn program_counter(context: &mut libc::ucontext_t) -> &mut libc::greg_t {
    &mut context.uc_mcontext.gregs[libc::REG_RIP as usize]
}

#[cfg(target_arch = "aarch64")]
fn program_counter(context: &mut libc::ucontext_t) -> &mut u64 {
    &mut context.uc_mcontext.pc
}

/// Whether a fault was that of a touch, which then goes on and answers no.
///
/// # Safety
/// What the kernel gives a handler of SIGSEGV or SIGBUS.
pub(crate) unsafe fn fixed(info: *const libc::siginfo_t, context: *mut c_void) -> bool {
    // SAFETY: the kernel's.
    let sent = unsafe { (*info).si_code } <= 0;
    // SAFETY: likewise; nobody else has it as long as the handler runs.
    let place = program_counter(unsafe { &mut *context.cast::<libc::ucontext_t>() });
    let now = *place as usize;
    let (begin, end) = (&raw const wharf_touch_begin as usize, &raw const wharf_touch_end as usize);
    if sent || !(begin..end).contains(&now) {
        return false;
    }
    *place = (&raw const wharf_touch_no as usize) as _;
    true
}

extern "C-unwind" fn on_fault(signal: i32, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel's.
    if unsafe { fixed(info, context) } {
        return;
    }
    let which = usize::from(signal == SIGNALS[1]);
    // SAFETY: written before this handler was installed (invariant 3).
    let before = unsafe { &*BEFORE.0[which].get().cast::<libc::sigaction>() };
    // SAFETY: the kernel's.
    let sent = unsafe { (*info).si_code } <= 0;
    let once = before.sa_flags & libc::SA_RESETHAND != 0;
    let default = before.sa_sigaction == libc::SIG_DFL || once && CALLED[which].swap(true, Relaxed);
    if before.sa_sigaction == libc::SIG_IGN && sent {
        return;
    }
    if default || before.sa_sigaction == libc::SIG_IGN {
        // SAFETY: the default action of a signal. A fault is met again by the instruction that runs again.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
        if sent {
            // SAFETY: to this thread; it arrives when this handler returns.
            unsafe { libc::raise(signal) };
        }
        return;
    }
    if before.sa_flags & libc::SA_SIGINFO != 0 {
        // SAFETY: SA_SIGINFO says of which form it is.
        let handler: extern "C-unwind" fn(i32, *mut libc::siginfo_t, *mut c_void) =
            unsafe { std::mem::transmute(before.sa_sigaction) };
        handler(signal, info, context);
    } else {
        // SAFETY: no SA_SIGINFO: of the other form.
        let handler: extern "C-unwind" fn(i32) =
            unsafe { std::mem::transmute(before.sa_sigaction) };
        handler(signal);
    }
}

/// For a handler of the headers: whether a fault was one of this library's own, and is dealt with. Without a context it
/// sees to it that this library's handler is there, below the one that asks.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn wharf_fault_fixed(
    info: *const c_void,
    context: *mut c_void,
) -> BOOL {
    if info.is_null() || context.is_null() {
        install();
        return FALSE;
    }
    // SAFETY: the kernel's, as the caller says.
    BOOL::from(unsafe { fixed(info.cast(), context) })
}
