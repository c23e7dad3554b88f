//! What is known of a thread: its object, and how a thread finds its own.
//!
//! Threads that CreateThread made get their record before they run; any other thread of the process gets it with its
//! first call. A record ends with its thread, by the destructor of a pthread key, which comes after those of
//! `thread_local` variables; it goes when the last handle has gone too.
//!
//! # Invariants
//! 1. `CURRENT` is null or a counted reference to the calling thread's record; the key's destructor gives it back.
//! 2. `tid` is set before the thread runs the program's code, and never changes.
//! 3. `finish` has an effect once: the first exit code counts.
#![allow(unsafe_code)] // pthread keys

use std::cell::Cell;
use std::collections::{HashMap, VecDeque};
use std::ffi::c_void;
use std::ptr::null;
use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use super::suspend::Suspension;
use super::values::Values;
use super::{alert, synchronous};
use crate::code;
use crate::fork::Lock;
use crate::object::{self, Object};
use crate::overlapped;
use crate::sync::futex;
use crate::types::{HANDLE, WCHAR};
use crate::wait::apc::ApcRoutine;
use crate::wait::dispatcher::{Dispatcher, Signal};
use crate::wait::token::{self, Hook, LockCell, Locked};
use crate::wait::waiter::Waiter;

/// The exit code of a thread or process that runs.
pub(crate) const STILL_ACTIVE: u32 = 259;
/// GetCurrentThread.
pub(crate) const CURRENT_THREAD: HANDLE = (usize::MAX - 1) as HANDLE;

/// What the lock of all waitable objects protects.
#[derive(Default)]
pub(crate) struct State {
    /// The wait it is in.
    pub(crate) waiter: Option<Arc<Waiter>>,
    /// Routines queued for it.
    pub(crate) routines: VecDeque<ApcRoutine>,
    /// Ends an alertable wait that is not one of ours.
    pub(crate) hook: Option<Hook>,
    /// Mutexes it owns.
    pub(crate) owned: Vec<Arc<Dispatcher>>,
    pub(crate) ended: bool,
}

pub(crate) struct Thread {
    /// The kernel's number; 0 until the thread runs. A futex word.
    tid: AtomicU32,
    /// Signalled at the end.
    pub(crate) dispatcher: Arc<Dispatcher>,
    state: LockCell<State>,
    /// Whether routines are queued: to be asked without the lock. Written under it.
    pub(crate) routines_wait: AtomicBool,
    /// What `alert` knows of its sleep.
    pub(super) sleep: AtomicU32,
    /// What `synchronous` knows of its call on a file, and how it is woken there.
    pub(super) synchronous: AtomicU32,
    pub(super) canceller: Mutex<Option<Hook>>,
    exit: AtomicU32,
    pub(super) suspension: Suspension,
    pub(super) priority: AtomicI32,
    pub(super) ideal_processor: AtomicU32,
    pub(super) description: Mutex<Vec<WCHAR>>,
    pub(super) tls: Values,
    pub(super) fls: Values,
    /// Its name in overlapped operations, if it has issued any.
    pub(super) issuer: OnceLock<overlapped::ThreadId>,
    /// The handle that the runtime closes (_beginthread).
    pub(super) own_handle: Mutex<Option<usize>>,
}

thread_local! {
    static CURRENT: Cell<*const Thread> = const { Cell::new(null()) };
}

/// Records by number; a number is forgotten with its record, so it stays taken while a handle is open (F3).
pub(crate) static THREADS: Lock<Option<HashMap<u32, Weak<Thread>>>> =
    Lock::renewed(None, |threads| *threads = own_alone());

fn threads<R>(call: impl FnOnce(&mut HashMap<u32, Weak<Thread>>) -> R) -> R {
    let mut threads = THREADS.lock();
    call(threads.get_or_insert_default())
}

/// In a child made by fork: the calling thread, by its new number.
fn own_alone() -> Option<HashMap<u32, Weak<Thread>>> {
    let record = CURRENT.with(Cell::get);
    if record.is_null() {
        return None;
    }
    let tid = rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs();
    // SAFETY: invariant 1 of the record's thread, which is this one still. It came from an `Arc`.
    let thread = unsafe { Arc::from_raw(record) };
    thread.tid.store(tid, SeqCst);
    let entry = Arc::downgrade(&thread);
    std::mem::forget(thread); // the reference is the thread's
    Some(HashMap::from([(tid, entry)]))
}

impl Thread {
    pub(super) fn new(suspensions: u32) -> Arc<Thread> {
        Arc::new(Thread {
            tid: AtomicU32::new(0),
            dispatcher: Dispatcher::new(Signal::Event { manual: true, set: false }),
            state: LockCell::new(State::default()),
            routines_wait: AtomicBool::new(false),
            sleep: AtomicU32::new(alert::AWAKE),
            synchronous: AtomicU32::new(synchronous::NOTHING),
            canceller: Mutex::default(),
            exit: AtomicU32::new(STILL_ACTIVE),
            suspension: Suspension::new(suspensions),
            priority: AtomicI32::new(0),
            ideal_processor: AtomicU32::new(0),
            description: Mutex::default(),
            tls: Values::default(),
            fls: Values::default(),
            issuer: OnceLock::new(),
            own_handle: Mutex::default(),
        })
    }

    pub(crate) fn state<'a>(&'a self, locked: &'a mut Locked) -> &'a mut State {
        self.state.get(locked.token())
    }

    /// The kernel's number of the thread; waits until a thread that was just made has one.
    pub(crate) fn tid(&self) -> u32 {
        loop {
            match self.tid.load(SeqCst) {
                0 => futex::wait(&self.tid, 0, None),
                tid => return tid,
            };
        }
    }

    /// The same without waiting; 0 for none yet.
    pub(super) fn tid_if_running(&self) -> u32 {
        self.tid.load(SeqCst)
    }

    /// Its overlapped operations have this name from here on.
    pub(crate) fn issues_as(&self, issuer: overlapped::ThreadId) {
        let _ = self.issuer.set(issuer); // once in a thread's life
    }

    pub(crate) fn exit_code(&self) -> u32 {
        self.exit.load(Acquire)
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.state(&mut token::lock()).ended
    }

    /// Notes the code that the end will report, unless there is one.
    pub(super) fn set_exit_code(&self, code: u32) {
        let _ = self.exit.compare_exchange(STILL_ACTIVE, code, SeqCst, Relaxed);
    }

    /// The end: the handle is signalled, mutexes are left behind, routines are dropped.
    pub(super) fn finish(&self, code: u32) {
        let mut locked = token::lock();
        let state = self.state(&mut locked);
        if std::mem::replace(&mut state.ended, true) {
            return;
        }
        self.exit.store(code, SeqCst);
        let owned = std::mem::take(&mut state.owned);
        let routines = std::mem::take(&mut state.routines);
        let hook = state.hook.take();
        for mutex in &owned {
            if let Signal::Mutex { owner, depth, abandoned } = mutex.signal(&mut locked) {
                (*owner, *depth, *abandoned) = (None, 0, true);
            }
            mutex.settle(&mut locked);
        }
        if let Signal::Event { set, .. } = self.dispatcher.signal(&mut locked) {
            *set = true;
        }
        self.dispatcher.settle(&mut locked);
        drop(locked);
        drop((owned, routines, hook)); // foreign drops, so not under the lock
        let handle = self.own_handle.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(handle) = handle {
            let _ = object::close(handle as HANDLE); // the program may have closed it, against the rule
        }
    }
}

impl Object for Thread {
    fn waitable(&self) -> Option<Arc<Dispatcher>> {
        Some(Arc::clone(&self.dispatcher))
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        let tid = *self.tid.get_mut();
        threads(|threads| {
            if threads.get(&tid).is_some_and(|record| record.strong_count() == 0) {
                threads.remove(&tid);
            }
        });
    }
}

/// The calling thread's record, borrowed; null in a thread that has none. Safe in a signal handler.
pub(super) fn current_if_any() -> *const Thread {
    CURRENT.with(Cell::get)
}

/// Runs something with the calling thread's record.
#[inline]
pub(crate) fn with_current<R>(call: impl FnOnce(&Thread) -> R) -> R {
    let mut record = CURRENT.with(Cell::get);
    if record.is_null() {
        record = adopt(Thread::new(0));
    }
    // SAFETY: invariant 1; the destructor runs on this thread, so not meanwhile.
    call(unsafe { &*record })
}

/// The calling thread's record.
pub(crate) fn current() -> Arc<Thread> {
    with_current(|thread| {
        // SAFETY: it came from an `Arc` (invariant 1).
        unsafe { Arc::increment_strong_count(thread) };
        // SAFETY: the count just made.
        unsafe { Arc::from_raw(thread) }
    })
}

/// GetCurrentThreadId, fast.
#[inline]
pub(crate) fn current_id() -> u32 {
    with_current(|thread| thread.tid.load(Relaxed)) // its own
}

/// The record of a thread with this number that has called us at some time.
pub(super) fn by_id(tid: u32) -> Option<Arc<Thread>> {
    threads(|threads| threads.get(&tid).and_then(Weak::upgrade))
}

/// All records.
pub(super) fn all() -> Vec<Arc<Thread>> {
    threads(|threads| threads.values().filter_map(Weak::upgrade).collect())
}

/// The thread of a handle.
pub(crate) fn of(handle: HANDLE) -> Result<Arc<Thread>, u32> {
    if handle == CURRENT_THREAD {
        return Ok(current());
    }
    object::get::<Thread>(handle).map_err(|_| code::ERROR_INVALID_HANDLE)
}

/// Makes a record the calling thread's.
pub(super) fn adopt(thread: Arc<Thread>) -> *const Thread {
    super::suspend::install();
    let tid = rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs();
    threads(|threads| threads.insert(tid, Arc::downgrade(&thread)));
    let record = Arc::into_raw(thread);
    // SAFETY: counted, just before.
    let thread = unsafe { &*record };
    CURRENT.with(|current| current.set(record));
    thread.tid.store(tid, SeqCst);
    futex::wake(&raw const thread.tid, futex::EVERYBODY);
    arm(FIRST);
    record
}

const FIRST: usize = 1;
const LAST: usize = 2;

pub(super) fn key() -> Option<libc::pthread_key_t> {
    static KEY: OnceLock<Option<libc::pthread_key_t>> = OnceLock::new();
    *KEY.get_or_init(|| {
        let mut key = 0;
        // SAFETY: a local, and a function that stays.
        let result = unsafe { libc::pthread_key_create(&raw mut key, Some(on_end)) };
        (result == 0).then_some(key)
    })
}

/// Has `on_end` called at the end of the thread. Without a key, when the process has too many, the end is not seen.
fn arm(round: usize) {
    if let Some(key) = key() {
        // SAFETY: a key of ours.
        unsafe { libc::pthread_setspecific(key, round as *const c_void) };
    }
}

/// The end of a thread. Other keys' destructors may still call us, so the first time it asks for another round.
extern "C" fn on_end(round: *mut c_void) {
    if round as usize == FIRST {
        arm(LAST);
        return;
    }
    let record = CURRENT.with(|current| current.replace(null()));
    if record.is_null() {
        return;
    }
    // SAFETY: invariant 1: this takes the reference back.
    let thread = unsafe { Arc::from_raw(record) };
    let code = thread.exit_code();
    thread.finish(if code == STILL_ACTIVE { 0 } else { code });
}
