//! Threads for work that the program hands over: QueueUserWorkItem, timer queues, registered waits.
//!
//! The pool is a completion port of our own: as many of its threads run as there are processors, and one that blocks is
//! replaced at once. There is always a thread more than those at work, which is who replaces; threads that have had
//! nothing to do for a while end.
//!
//! # Invariants
//! 1. Work that is queued is taken: whoever queues looks afterwards whether a thread waits, and a thread that leaves looks
//!    for work after it has ceased to count.
#![allow(unsafe_code)] // calls the program's function

use std::ffi::c_void;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use wharf::{GetError, Options, Packet, Port};

use crate::types::{BOOL, FALSE, TRUE};
use crate::{code, guard};

type Work = Box<dyn FnOnce() + Send>;

/// Windows' limit for its pool.
const LIMIT: u32 = 500;
const IDLE: Duration = Duration::from_secs(10);

static WAITING: AtomicU32 = AtomicU32::new(0);
static THREADS: AtomicU32 = AtomicU32::new(0);

fn port() -> Result<&'static Port<Work>, u32> {
    static PORT: OnceLock<Option<Port<Work>>> = OnceLock::new();
    let port = PORT.get_or_init(|| Port::with_options(Options::default()).ok());
    port.as_ref().ok_or(code::ERROR_NOT_ENOUGH_MEMORY)
}

/// Queues work.
pub(super) fn submit(work: impl FnOnce() + Send + 'static) -> Result<(), u32> {
    let port = port()?;
    port.post(0, Box::new(work), 0).map_err(|_| code::ERROR_NOT_ENOUGH_MEMORY)?;
    spare(port);
    if THREADS.load(SeqCst) == 0 { Err(code::ERROR_NOT_ENOUGH_MEMORY) } else { Ok(()) }
}

/// Sees to it that a thread waits.
fn spare(port: &'static Port<Work>) {
    if WAITING.load(SeqCst) > 0 {
        return;
    }
    if THREADS.fetch_add(1, SeqCst) >= LIMIT {
        THREADS.fetch_sub(1, SeqCst);
        return;
    }
    let thread = std::thread::Builder::new().name("wharf-pool".to_owned());
    // Without a thread the work waits for those there are.
    if thread.spawn(move || run(port)).is_err() {
        THREADS.fetch_sub(1, SeqCst);
    }
}

fn run(port: &'static Port<Work>) {
    loop {
        WAITING.fetch_add(1, SeqCst);
        let mut got = port.get(Some(IDLE));
        let others = WAITING.fetch_sub(1, SeqCst) - 1;
        if matches!(got, Err(GetError::TimedOut)) && others > 0 {
            got = port.get(Some(Duration::ZERO)); // invariant 1
            if got.is_err() {
                break;
            }
        }
        match got {
            Ok(Packet { payload, .. }) => {
                spare(port);
                payload();
            }
            Err(GetError::TimedOut) => {}
            Err(GetError::Closed) => break, // in a child of a fork
        }
    }
    THREADS.fetch_sub(1, SeqCst);
}

/// Has a function run by a pool thread. The flags choose among kinds of threads of which there is one here.
#[unsafe(no_mangle)]
pub extern "C" fn QueueUserWorkItem(
    Function: crate::thread::LPTHREAD_START_ROUTINE,
    Context: *mut c_void,
    Flags: u32,
) -> BOOL {
    let _ = Flags;
    guard::call(FALSE, || {
        let function = Function.ok_or(code::ERROR_INVALID_PARAMETER)?;
        let context = Context as usize;
        submit(move || {
            // SAFETY: the program's function, with its argument.
            unsafe { function(context as *mut c_void) };
        })?;
        Ok(TRUE)
    })
}
