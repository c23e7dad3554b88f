//! Whatever a pool calls back for: work, timers, waits, files, and callbacks without a name.
//!
//! # Invariants
//! 1. A member is in its pool's lists once if it has pending callbacks, so that those of others come in between.
//!    `listed` changes under the lists' lock only, which comes before the state's.
//! 2. `running` counts callbacks that have begun and have neither ended nor been disassociated. Who waits for a member is
//!    woken when nothing is pending, started or running.
//! 3. A member that was closed leaves its group when that is so, or at once.
#![allow(unsafe_code)] // reads the program's environment

use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::atomic::AtomicIsize;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::environment::Environment;
use super::types::TP_CALLBACK_ENVIRON_V3;
use super::{io, timer, wait};
use crate::code;
use crate::object::{self, Object};
use crate::sync::futex;
use crate::types::HANDLE;

type Named = unsafe extern "C" fn(isize, *mut c_void, isize);

/// The program's function.
#[derive(Clone, Copy)]
pub(super) enum Callback {
    Simple(unsafe extern "C" fn(isize, *mut c_void)),
    Work(Named),
    Timer(Named),
    Wait(unsafe extern "C" fn(isize, *mut c_void, isize, u32)),
    Io(unsafe extern "C" fn(isize, *mut c_void, *mut c_void, u32, usize, isize)),
}

impl Callback {
    fn address(self) -> usize {
        match self {
            Callback::Simple(call) => call as usize,
            Callback::Work(call) | Callback::Timer(call) => call as usize,
            Callback::Wait(call) => call as usize,
            Callback::Io(call) => call as usize,
        }
    }
}

/// What a callback is told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Argument {
    Nothing,
    Wait(u32),
    Io { overlapped: usize, error: u32, bytes: usize },
}

#[derive(Default)]
pub(super) struct State {
    pending: VecDeque<Argument>,
    /// It is in the pool's lists.
    listed: bool,
    pub(super) running: u32,
    /// Operations that StartThreadpoolIo has announced and that have not ended.
    pub(super) started: u32,
    /// Of those that will still end, how many nobody is to be told of.
    pub(super) skipped: u32,
    pub(super) closed: bool,
}

impl State {
    fn is_quiet(&self) -> bool {
        self.pending.is_empty() && self.running == 0 && self.started == 0
    }
}

pub(crate) struct Member {
    /// Tells it from all others; never 0.
    pub(super) number: u64,
    pub(super) callback: Callback,
    context: usize,
    pub(super) environment: Environment,
    /// Its name; 0 if it has none.
    name: AtomicIsize,
    state: Mutex<State>,
    /// Futex word: changes when somebody who waits is to look again.
    changes: AtomicU32,
    pub(super) timer: Mutex<timer::Setting>,
    pub(super) wait: Mutex<wait::Setting>,
}

impl Object for Member {
    fn is_private(&self) -> bool {
        true
    }
}

/// Makes a member, and has its group know it.
///
/// # Safety
/// The environment is null or valid.
pub(super) unsafe fn make(
    callback: Callback,
    context: *mut c_void,
    environment: *const TP_CALLBACK_ENVIRON_V3,
) -> Result<Arc<Member>, u32> {
    static NUMBERS: AtomicU64 = AtomicU64::new(1);
    let member = Arc::new(Member {
        number: NUMBERS.fetch_add(1, Relaxed),
        callback,
        context: context as usize,
        // SAFETY: the caller's.
        environment: unsafe { Environment::read(environment, callback.address()) }?,
        name: AtomicIsize::new(0),
        state: Mutex::default(),
        changes: AtomicU32::new(0),
        timer: Mutex::default(),
        wait: Mutex::default(),
    });
    if let Some(group) = &member.environment.group {
        group.add(&member);
    }
    Ok(member)
}

/// [`make`], with a name.
///
/// # Safety
/// As there.
pub(super) unsafe fn make_named(
    callback: Callback,
    context: *mut c_void,
    environment: *const TP_CALLBACK_ENVIRON_V3,
) -> Result<(Arc<Member>, isize), u32> {
    // SAFETY: the caller's.
    let member = unsafe { make(callback, context, environment) }?;
    let handle = object::insert(Arc::clone(&member) as Arc<dyn Object>);
    match handle {
        Ok(handle) => {
            member.name.store(handle as isize, Relaxed); // read by callbacks, which come by way of locks
            Ok((member, handle as isize))
        }
        Err(error) => {
            member.close();
            Err(error)
        }
    }
}

/// The member of a name, of one kind; ERROR_INVALID_HANDLE.
pub(super) fn find(name: isize, is: impl FnOnce(&Callback) -> bool) -> Result<Arc<Member>, u32> {
    let member = object::get::<Member>(name as HANDLE)?;
    if is(&member.callback) { Ok(member) } else { Err(code::ERROR_INVALID_HANDLE) }
}

impl Member {
    pub(super) fn name(&self) -> isize {
        self.name.load(Relaxed)
    }

    pub(super) fn context(&self) -> *mut c_void {
        self.context as *mut c_void
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has its callback called once more, soon.
    pub(super) fn submit(self: &Arc<Self>, argument: Argument) -> Result<(), u32> {
        self.environment.pool.pool().submit(self, argument)
    }

    /// One more callback is pending; whether the member is to be listed. Under the lists' lock.
    pub(super) fn push(&self, argument: Argument) -> bool {
        let mut state = self.state();
        state.pending.push_back(argument);
        !std::mem::replace(&mut state.listed, true)
    }

    /// The callback to be called now, which counts as running from here on, and whether the member is to be listed again.
    /// Under the lists' lock.
    pub(super) fn pop(&self) -> Option<(Argument, bool)> {
        let mut state = self.state();
        let argument = state.pending.pop_front();
        state.listed = !state.pending.is_empty();
        let argument = argument?;
        state.running += 1;
        Some((argument, state.listed))
    }

    /// A callback has ended, or is not to be waited for any more.
    pub(super) fn leave(&self) {
        let mut state = self.state();
        state.running -= 1;
        self.settle(state);
    }

    /// Something may be over: wakes who waits for that.
    pub(super) fn settle(&self, state: MutexGuard<'_, State>) {
        let (quiet, closed) = (state.is_quiet(), state.closed);
        drop(state);
        if quiet {
            self.changes.fetch_add(1, Release); // pairs with the load in `wait`
            futex::wake(&raw const self.changes, futex::EVERYBODY);
        }
        if quiet && closed {
            self.retire();
        }
    }

    /// Forgets callbacks that have not begun; whether there were any.
    pub(super) fn cancel(&self) -> bool {
        let mut state = self.state();
        let some = !state.pending.is_empty() || state.started > 0;
        state.pending.clear();
        state.skipped += std::mem::take(&mut state.started);
        self.settle(state);
        some
    }

    /// Waits until nothing is pending or runs (B8).
    pub(super) fn wait(&self) {
        loop {
            let changes = self.changes.load(Acquire);
            if self.state().is_quiet() {
                return;
            }
            wharf::blocking(|| futex::wait(&self.changes, changes, None));
        }
    }

    /// No new callbacks from outside; those that are pending still come. Answers whether it was open.
    pub(super) fn close(&self) -> bool {
        timer::stop(self);
        wait::stop(self);
        let mut state = self.state();
        let was_open = !std::mem::replace(&mut state.closed, true);
        let name = self.name();
        self.settle(state);
        if was_open && name != 0 {
            // Gone already if the program has closed it at the same time elsewhere.
            let _ = object::remove(name as HANDLE);
        }
        was_open
    }

    /// Nothing will happen to it any more.
    fn retire(&self) {
        io::forget(self.number);
        if let Some(group) = &self.environment.group {
            group.remove(self.number);
        }
    }
}
