//! Job objects: processes that are counted, told of and ended together (E18).
//!
//! | file | subject |
//! |---|---|
//! | `types` | the structures |
//! | `call` | making jobs, and processes in them |
//! | `information` | SetInformationJobObject, QueryInformationJobObject |
//!
//! # What is a member
//! A process that was assigned; and, where this process itself was, those that it starts from then on. What another
//! member starts is none, and a process is in one job at most: the kernel's groups that follow descendants are an
//! administrator's. A job that kills at its close does so too when this process exits, not when it is killed.
//!
//! # Invariants
//! 1. A member that is not this process has its job, and the job has it, from its assignment until its end was seen.
//! 2. Messages are queued under the job's lock: what is told of a process begins with its arrival, and "none is active"
//!    comes behind the last end.
#![allow(unsafe_code)] // the end of the process

mod call;
mod information;
pub(crate) mod types;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wharf_core::status::Status;

use super::child::Child;
use crate::code;
use crate::fork::Lock;
use crate::object::Object;
use crate::port::{Entry, IoPort, Mark};
use crate::wait::dispatcher::{Dispatcher, Signal};
use crate::wait::names;

pub use call::{
    AssignProcessToJobObject, CreateJobObjectA, CreateJobObjectW, IsProcessInJob, OpenJobObjectA,
    OpenJobObjectW, TerminateJobObject,
};
pub use information::{QueryInformationJobObject, SetInformationJobObject};
use types::JOBOBJECT_EXTENDED_LIMIT_INFORMATION;

const MESSAGE_ACTIVE_PROCESS_LIMIT: usize = 3;
const MESSAGE_ACTIVE_PROCESS_ZERO: usize = 4;
const MESSAGE_NEW_PROCESS: usize = 6;
const MESSAGE_EXIT_PROCESS: usize = 7;
const MESSAGE_ABNORMAL_EXIT_PROCESS: usize = 8;

const LIMIT_ACTIVE_PROCESS: u32 = 0x8;
const LIMIT_BREAKAWAY_OK: u32 = 0x800;
const LIMIT_SILENT_BREAKAWAY_OK: u32 = 0x1000;
const LIMIT_KILL_ON_JOB_CLOSE: u32 = 0x2000;

#[derive(Default)]
struct State {
    members: Vec<Arc<Child>>,
    /// This process is a member.
    own: bool,
    /// Processes that ever were.
    total: u32,
    /// Its members are being ended together: that is told once, by the end of the last.
    terminating: bool,
    /// Those that a limit has ended.
    terminated: u32,
    port: Option<(Arc<IoPort>, usize)>,
    limits: JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
}

impl State {
    fn has(&self, limit: u32) -> bool {
        self.limits.BasicLimitInformation.LimitFlags & limit != 0
    }

    fn active(&self) -> usize {
        self.members.len() + usize::from(self.own)
    }

    fn ids(&self) -> Vec<u32> {
        let own = self.own.then(std::process::id);
        own.into_iter().chain(self.members.iter().map(|member| member.id())).collect()
    }

    fn tell(&self, message: usize, process: u32) {
        if let Some((port, key)) = &self.port {
            let overlapped = process as usize;
            let entry = Entry { overlapped, status: Status::SUCCESS, mark: Mark::Plain };
            let _ = port.port.complete(*key, entry, message); // a closed port is told nothing
        }
    }
}

pub(crate) struct Job {
    state: Mutex<State>,
    /// Nothing sets it: there are no limits of time.
    dispatcher: Arc<Dispatcher>,
    /// Who made it. A child made by fork has it too, and ends nobody by closing it.
    maker: u32,
}

/// The job of this process.
pub(crate) static OWN: Lock<Option<Arc<Job>>> = Lock::renewed(None, |job| {
    std::mem::forget(job.take()); // what another member starts is none
});

fn own_job() -> Option<Arc<Job>> {
    OWN.lock().clone()
}

impl Job {
    fn new() -> Arc<Job> {
        let dispatcher = Dispatcher::new(Signal::Event { manual: true, set: false });
        Arc::new(Job { state: Mutex::default(), dispatcher, maker: std::process::id() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a process in: ERROR_ACCESS_DENIED for one that has ended or has a job, ERROR_NOT_ENOUGH_QUOTA beyond the
    /// limit, and then the process ends.
    pub(crate) fn take(self: &Arc<Job>, child: &Arc<Child>) -> Result<(), u32> {
        let mut state = self.state();
        let limit = state.limits.BasicLimitInformation.ActiveProcessLimit;
        if state.has(LIMIT_ACTIVE_PROCESS) && state.active() >= limit as usize {
            state.terminated += 1;
            state.tell(MESSAGE_ACTIVE_PROCESS_LIMIT, 0);
            let _ = child.terminate(code::ERROR_NOT_ENOUGH_QUOTA); // it may have ended
            return Err(code::ERROR_NOT_ENOUGH_QUOTA);
        }
        if !child.join(self) {
            return Err(code::ERROR_ACCESS_DENIED);
        }
        state.members.push(Arc::clone(child));
        state.total += 1;
        state.tell(MESSAGE_NEW_PROCESS, child.id());
        Ok(())
    }

    /// This process becomes a member.
    fn take_own(self: &Arc<Job>) -> Result<(), u32> {
        let mut own = OWN.lock();
        if own.is_some() {
            return Err(code::ERROR_ACCESS_DENIED);
        }
        let mut state = self.state();
        state.own = true;
        state.total += 1;
        state.tell(MESSAGE_NEW_PROCESS, std::process::id());
        *own = Some(Arc::clone(self));
        Ok(())
    }

    /// A member has ended.
    pub(crate) fn ended(&self, child: &Child, code: Option<u32>) {
        let mut state = self.state();
        let before = state.members.len();
        state.members.retain(|member| !std::ptr::eq(&raw const **member, child));
        if state.members.len() == before {
            return;
        }
        // Codes of exceptions are errors among the statuses.
        let abnormal = code.is_some_and(|code| code >> 28 == 0xC);
        let message = if abnormal { MESSAGE_ABNORMAL_EXIT_PROCESS } else { MESSAGE_EXIT_PROCESS };
        if !state.terminating {
            state.tell(message, child.id());
        }
        if state.active() == 0 {
            state.terminating = false;
            state.tell(MESSAGE_ACTIVE_PROCESS_ZERO, 0);
        }
    }

    fn kills_at_close(&self) -> bool {
        self.maker == std::process::id() && self.state().has(LIMIT_KILL_ON_JOB_CLOSE)
    }

    /// Ends all members but this process; whether this one is to end too.
    fn terminate(&self, code: u32) -> bool {
        let (members, own) = {
            let mut state = self.state();
            state.terminating = !state.members.is_empty();
            (state.members.clone(), state.own)
        };
        for member in members {
            let _ = member.terminate(code); // one that has ended needs no end
        }
        own
    }
}

impl Object for Job {
    fn closed(&self, last: bool) {
        if last {
            names::forget(self);
            if self.kills_at_close() && self.terminate(0) {
                // SAFETY: ends the process, which is a member.
                unsafe { libc::_exit(0) };
            }
        }
    }

    fn waitable(&self) -> Option<Arc<Dispatcher>> {
        Some(Arc::clone(&self.dispatcher))
    }
}

/// The job that a new process belongs to, of this process's: ERROR_ACCESS_DENIED if it wants to leave and may not.
pub(super) fn inherited(leaves: bool) -> Result<Option<Arc<Job>>, u32> {
    let Some(job) = own_job() else { return Ok(None) };
    let (may_leave, does_leave) = {
        let state = job.state();
        (state.has(LIMIT_BREAKAWAY_OK), state.has(LIMIT_SILENT_BREAKAWAY_OK))
    };
    match (leaves, may_leave, does_leave) {
        (_, _, true) | (true, true, _) => Ok(None),
        (true, false, _) => Err(code::ERROR_ACCESS_DENIED),
        _ => Ok(Some(job)),
    }
}

static KILLS: AtomicBool = AtomicBool::new(false);

/// A job has been told to kill at its close. The end of the process is one.
fn kill_at_exit() {
    extern "C" fn at_exit() {
        close_all();
    }
    if !KILLS.swap(true, Relaxed) {
        // SAFETY: the function stays.
        unsafe { libc::atexit(at_exit) };
    }
}

/// The process is about to end, and with it every handle.
pub(crate) fn close_all() {
    if !KILLS.load(Relaxed) {
        return;
    }
    for object in crate::object::all() {
        let object: Arc<dyn std::any::Any + Send + Sync> = object;
        if let Ok(job) = object.downcast::<Job>()
            && job.kills_at_close()
        {
            job.terminate(0);
        }
    }
}
