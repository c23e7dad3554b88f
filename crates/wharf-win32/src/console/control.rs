//! Control events: SetConsoleCtrlHandler and GenerateConsoleCtrlEvent.
//!
//! SIGINT is CTRL_C_EVENT, SIGQUIT is CTRL_BREAK_EVENT, SIGTERM and SIGHUP are CTRL_CLOSE_EVENT. The signal handler
//! writes one byte to a pipe; a thread that reads it runs the handlers of each event on a thread of its own, the newest
//! first, until one says that it is done. The event that nobody takes ends the process by the signal that it came with,
//! and so does CTRL_CLOSE_EVENT in any case, once the handlers have returned: that is Windows' rule.
//!
//! # Invariants
//! 1. Signals are taken over with the first handler, and only those that had their default action.
//! 2. In the signal handler runs nothing but one write.
#![allow(unsafe_code)] // signals; exported under C names

use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicI32, Ordering};

use rustix::pipe::{PipeFlags, pipe_with};

use crate::fork::Lock;
use crate::types::{BOOL, FALSE, TRUE};
use crate::{code, guard};

const CTRL_C_EVENT: u32 = 0;
const CTRL_BREAK_EVENT: u32 = 1;
const CTRL_CLOSE_EVENT: u32 = 2;

/// A handler: answers whether it has dealt with the event.
pub type PHANDLER_ROUTINE = Option<unsafe extern "C" fn(event: u32) -> BOOL>;

type Handler = unsafe extern "C" fn(event: u32) -> BOOL;

pub(crate) struct State {
    handlers: Vec<Handler>,
    ignores_ctrl_c: bool,
}

pub(crate) static STATE: Lock<State> =
    Lock::renewed(State { handlers: Vec::new(), ignores_ctrl_c: false }, forget);
/// The writing end of the pipe; -1 before the first handler.
static BELL: AtomicI32 = AtomicI32::new(-1);

const SIGNALS: [i32; 4] = [libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGHUP];

fn state() -> MutexGuard<'static, State> {
    STATE.lock()
}

fn event(signal: i32) -> u32 {
    match signal {
        libc::SIGINT => CTRL_C_EVENT,
        libc::SIGQUIT => CTRL_BREAK_EVENT,
        _ => CTRL_CLOSE_EVENT,
    }
}

extern "C" fn ring(signal: i32) {
    let byte = u8::try_from(signal).unwrap_or(0);
    // SAFETY: the thread's errno, which the interrupted code may be about to read.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    let before = unsafe { *errno };
    let bell = BELL.load(Ordering::Relaxed);
    // SAFETY: one byte of this stack; a full pipe has rung already.
    unsafe { libc::write(bell, (&raw const byte).cast(), 1) };
    // SAFETY: as above.
    unsafe { *errno = before };
}

/// Gives a signal an action; answers the one before.
fn act(signal: i32, action: libc::sighandler_t) -> libc::sighandler_t {
    // SAFETY: all zeros are a valid sigaction.
    let mut new: libc::sigaction = unsafe { std::mem::zeroed() };
    let mut old = new;
    new.sa_sigaction = action;
    new.sa_flags = libc::SA_RESTART;
    // SAFETY: the action is one of the constants, or `ring`.
    unsafe { libc::sigaction(signal, &raw const new, &raw mut old) };
    old.sa_sigaction
}

fn ring_address() -> libc::sighandler_t {
    ring as extern "C" fn(i32) as libc::sighandler_t
}

/// In a child made by fork: the thread that answers is the parent's, and so are the handlers.
fn forget(state: &mut State) {
    state.handlers.clear();
    if BELL.swap(-1, Ordering::Relaxed) < 0 {
        return;
    }
    for signal in SIGNALS {
        let before = act(signal, libc::SIG_DFL);
        if before != ring_address() {
            act(signal, before);
        }
    }
}

/// Takes the signals over and starts the thread that answers them; once.
fn listen() -> Result<(), u32> {
    if BELL.load(Ordering::Relaxed) >= 0 {
        return Ok(());
    }
    let flags = PipeFlags::CLOEXEC;
    let (reader, writer) = pipe_with(flags).map_err(|_| code::ERROR_NO_SYSTEM_RESOURCES)?;
    // A signal handler must not wait.
    let nonblocking = rustix::fs::OFlags::NONBLOCK;
    rustix::fs::fcntl_setfl(&writer, nonblocking).map_err(|_| code::ERROR_NO_SYSTEM_RESOURCES)?;
    let started =
        std::thread::Builder::new().name("wharf-control".to_owned()).spawn(move || answer(&reader));
    started.map_err(|_| code::ERROR_NO_SYSTEM_RESOURCES)?;
    BELL.store(writer.as_raw_fd(), Ordering::Relaxed);
    // It rings as long as the process lives.
    std::mem::forget(writer);
    for signal in SIGNALS {
        let before = act(signal, ring_address());
        if before != libc::SIG_DFL {
            act(signal, before);
        }
    }
    Ok(())
}

fn answer(reader: &OwnedFd) {
    let mut byte = [0];
    loop {
        match rustix::io::read(reader, &mut byte) {
            Ok(1) => {
                let signal = i32::from(byte[0]);
                let handle = move || handle(signal);
                let name = std::thread::Builder::new().name("wharf-event".to_owned());
                if name.spawn(handle).is_err() {
                    // No thread for it: this one has to do.
                    handle();
                }
            }
            Err(rustix::io::Errno::INTR) => {}
            _ => return,
        }
    }
}

fn handle(signal: i32) {
    let (handlers, ignored) = {
        let state = state();
        (state.handlers.clone(), state.ignores_ctrl_c)
    };
    let event = event(signal);
    if event == CTRL_C_EVENT && ignored {
        return;
    }
    // SAFETY: the program gave them as handlers.
    let taken = handlers.iter().rev().any(|handler| unsafe { handler(event) } != 0);
    if !taken || event == CTRL_CLOSE_EVENT {
        end(signal);
    }
}

/// Ends the process by a signal's default action.
fn end(signal: i32) {
    act(signal, libc::SIG_DFL);
    // SAFETY: a signal to this process.
    unsafe { libc::kill(own_process(), signal) };
}

fn own_process() -> i32 {
    rustix::process::getpid().as_raw_nonzero().get()
}

/// Adds or removes a handler. With null: Ctrl-C is ignored, or no longer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetConsoleCtrlHandler(handler: PHANDLER_ROUTINE, add: BOOL) -> BOOL {
    guard::call(FALSE, || {
        let mut state = state();
        match (handler, add != 0) {
            (Some(handler), true) => {
                listen()?;
                state.handlers.push(handler);
            }
            (Some(handler), false) => {
                let same = |other: &Handler| *other as usize == handler as usize;
                let at = state.handlers.iter().rposition(same);
                state.handlers.remove(at.ok_or(code::ERROR_INVALID_PARAMETER)?);
            }
            (None, ignore) => {
                state.ignores_ctrl_c = ignore;
                let listens = BELL.load(Ordering::Relaxed) >= 0;
                // What is ignored is ignored by the programs that are started too, as on Windows.
                act(
                    libc::SIGINT,
                    match (ignore, listens) {
                        (true, _) => libc::SIG_IGN,
                        (false, true) => ring_address(),
                        (false, false) => libc::SIG_DFL,
                    },
                );
            }
        }
        Ok(TRUE)
    })
}

/// Sends an event: to this process with group 0, CTRL_BREAK_EVENT otherwise to a process group. (CTRL_C_EVENT reaches no
/// group, and that is a success, as documented.)
#[unsafe(no_mangle)]
pub extern "C" fn GenerateConsoleCtrlEvent(event: u32, group: u32) -> BOOL {
    guard::call(FALSE, || {
        let signal = match event {
            CTRL_C_EVENT => libc::SIGINT,
            CTRL_BREAK_EVENT => libc::SIGQUIT,
            _ => return Err(code::ERROR_INVALID_PARAMETER),
        };
        if group != 0 && event == CTRL_C_EVENT {
            return Ok(TRUE);
        }
        let group = i32::try_from(group).map_err(|_| code::ERROR_INVALID_PARAMETER)?;
        let target = if group == 0 { own_process() } else { -group };
        // SAFETY: a signal to a process or group.
        if unsafe { libc::kill(target, signal) } != 0 {
            return Err(code::ERROR_INVALID_PARAMETER);
        }
        Ok(TRUE)
    })
}
