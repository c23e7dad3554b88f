//! A process forks while another thread makes what there is one of: the child finds it made, or not begun, and waits for
//! nobody.
//!
//! Method: processes of their own, as each makes it once. A thread stops inside, at one of its allocations or changes of a
//! signal, until the fork is over or waits for it. The child does the same, and has 10 s for it.
#![allow(unsafe_code)] // calls the C ABI; fork; an allocator and a function of libc that stop

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ffi::c_void;
use std::process::Command;
use std::ptr::{null, null_mut};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicI32};
use std::thread;

use wharf_win32::Win32::Foundation::*;
use wharf_win32::Win32::Storage::FileSystem::*;
use wharf_win32::Win32::System::Diagnostics::Debug::*;
use wharf_win32::Win32::System::Environment::*;
use wharf_win32::Win32::System::Memory::*;
use wharf_win32::Win32::System::Threading::*;

/// Says in which process, and where it stops.
const VARIABLE: &str = "WHARF_HALF_MADE";

thread_local! {
    /// This thread stops after so many steps more; below 0: never.
    static STEPS: Cell<i32> = const { Cell::new(-1) };
}
static INSIDE: AtomicBool = AtomicBool::new(false);
static OVER: AtomicBool = AtomicBool::new(false);
static FORKER: AtomicI32 = AtomicI32::new(0);

fn step() {
    let left = STEPS.try_with(|steps| steps.replace(steps.get() - 1)).unwrap_or(-1);
    if left != 0 {
        return;
    }
    INSIDE.store(true, SeqCst);
    let place = format!("/proc/self/task/{}/syscall", FORKER.load(SeqCst));
    let waits = || {
        let call = std::fs::read_to_string(&place).unwrap_or_default();
        call.split(' ').next().unwrap_or_default().parse() == Ok(libc::SYS_futex)
    };
    while !OVER.load(SeqCst) && !waits() {
        thread::yield_now();
    }
}

struct Stopping;

// SAFETY: the system's, which `step` does not touch otherwise than any caller does.
unsafe impl GlobalAlloc for Stopping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        step();
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Stopping = Stopping;

type Change = unsafe extern "C" fn(i32, *const libc::sigaction, *mut libc::sigaction) -> i32;

/// libc's, for all that is linked into this program.
// SAFETY: it does what that function does.
#[unsafe(no_mangle)]
unsafe extern "C" fn sigaction(
    signal: i32,
    new: *const libc::sigaction,
    old: *mut libc::sigaction,
) -> i32 {
    step();
    // SAFETY: a name.
    let next = unsafe { libc::dlsym(libc::RTLD_NEXT, c"sigaction".as_ptr()) };
    // SAFETY: libc's function has this form.
    let next: Change = unsafe { std::mem::transmute(next) };
    // SAFETY: the caller's promise.
    unsafe { next(signal, new, old) }
}

unsafe extern "C" fn never(_exception: *const EXCEPTION_POINTERS) -> i32 {
    0
}

unsafe extern "C" fn ticks(_parameter: *mut c_void, _fired: u8) {}

fn make(what: &str) {
    match what {
        "heap" => assert!(!GetProcessHeap().is_null()),
        "narrow" => assert!(!GetCommandLineA().is_null()),
        "wide" => assert!(!GetCommandLineW().is_null()),
        "timers" => {
            let mut timer: HANDLE = null_mut();
            // SAFETY: a variable; a callback that takes anything.
            let made = unsafe {
                CreateTimerQueueTimer(
                    &raw mut timer,
                    null_mut(),
                    Some(ticks),
                    null_mut(),
                    60_000,
                    0,
                    0,
                )
            };
            assert_ne!(made, 0);
        }
        "filter" => {
            // SAFETY: a filter that leaves things as they are.
            let _before = unsafe { SetUnhandledExceptionFilter(Some(never)) };
        }
        "pipe" => {
            let (mut read, mut write): (HANDLE, HANDLE) = (null_mut(), null_mut());
            // SAFETY: variables.
            assert_ne!(unsafe { CreatePipe(&raw mut read, &raw mut write, null(), 0) }, 0);
        }
        _ => panic!("{what}"),
    }
}

/// In a process of its own: whether it has stopped inside, and a child that did the same has ended well.
fn fork_inside(what: &str, steps: i32) -> bool {
    // Locks are taken, so that forks are watched; and this thread has what each thread has.
    SetLastError(GetCurrentThreadId());
    // SAFETY: no name.
    let event = unsafe { CreateEventA(null(), 0, 0, null()) } as usize;
    // SAFETY: no arguments.
    FORKER.store(unsafe { libc::gettid() }, SeqCst);
    thread::scope(|scope| {
        let maker = scope.spawn(|| {
            SetLastError(GetCurrentThreadId());
            SetEvent(event as HANDLE);
            STEPS.set(steps);
            make(what);
            STEPS.set(-1);
        });
        while !INSIDE.load(SeqCst) && !maker.is_finished() {
            thread::yield_now();
        }
        // SAFETY: the child goes on with this thread's copy of everything, and ends below.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: ends this process, should it hang.
            unsafe { libc::alarm(10) };
            make(what);
            // SAFETY: does not return.
            unsafe { libc::_exit(0) };
        }
        OVER.store(true, SeqCst);
        let mut status = 0;
        // SAFETY: a child of ours, and a variable.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(status, 0, "{what}, step {steps}");
    });
    INSIDE.load(SeqCst)
}

#[test]
fn what_is_made_once() {
    if let Ok(place) = std::env::var(VARIABLE) {
        let (what, steps) = place.split_once(' ').unwrap();
        // 3: there are not so many steps.
        std::process::exit(if fork_inside(what, steps.parse().unwrap()) { 0 } else { 3 });
    }
    for what in ["heap", "narrow", "wide", "timers", "filter", "pipe"] {
        let mut stopped = 0;
        for steps in 0..12 {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["what_is_made_once", "--exact", "--nocapture"]);
            let output = command.env(VARIABLE, format!("{what} {steps}")).output().unwrap();
            match output.status.code() {
                Some(0) => stopped += 1,
                Some(3) => break,
                _ => panic!("{what} {steps}: {}", String::from_utf8_lossy(&output.stderr)),
            }
        }
        assert!(stopped > 0, "{what}");
    }
}
