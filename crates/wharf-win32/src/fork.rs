//! What a child made by fork finds of what there is one of in a process.
//!
//! Windows has no fork, but programs here may call it, and so does the standard library to start a program. Only the thread
//! that forks is in the child: a lock that another one held would be held there for ever. So the thread takes all locks of
//! the process before the fork, in one order, and gives them back after it, in both processes (pthread_atfork(3)): what
//! they protect is whole in the child.
//!
//! The child keeps what is memory and descriptors: handles, sockets, names, mappings. It does not keep what is the parent's
//! to do, or is done by threads that are not there: timers, work for threads, waits for children, offers of sockets. For
//! these a lock has a function, called in the child before the lock is given back. An object that another thread was inside
//! of, by a lock of the object's own, is not to be used in the child.
//!
//! # Invariants
//! 1. A thread that holds a lock of [`ORDER`] takes only later ones of it.
//! 2. None is held where the program's code runs, or where this library starts a program.
//! 3. What is `held` belongs to the thread that holds the lock.
//!
//! A raw clone(2), and vfork, call none of this: they are for programs that are to be started.
#![allow(unsafe_code)] // pthread_atfork; guards that outlive a function

use std::cell::UnsafeCell;
use std::ptr;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::thread::deferral::Deferral;
use crate::{
    console, crt, file, memory, module, object, overlapped, port, process, socket, sync, system,
    thread, threadpool, wait, winsock,
};

/// What is held over a fork.
pub(crate) trait Held: Sync {
    fn hold(&'static self);
    /// In the child, while it is held.
    fn renew(&'static self) {}
    fn release(&'static self);
}

static ORDER: [&dyn Held; 40] = [
    // What is held while something is made, and entered elsewhere.
    &process::job::OWN,
    &process::told::OWN,
    &wait::names::NAMES,
    &memory::section::NAMES,
    &file::named::name::NAMES,
    &console::standard::HANDLES,
    &winsock::claims::BINDS,
    &socket::table::ALL,
    &file::reactor::REACTOR,
    &threadpool::pool::DEFAULT,
    &threadpool::pool::ASIDE,
    // The others: of these, none is held while one before it is taken.
    &overlapped::accept::STARVED,
    &overlapped::internal::PORT,
    &overlapped::request::GATE,
    &winsock::duplicate::COPIES,
    &winsock::offer::serve::OFFERS,
    &port::wait_packet::QUEUED,
    &file::lock::LOCKS,
    &file::share::OPENINGS,
    &file::overlapped::POOL,
    &process::child::CHILDREN,
    &wait::clock::BOOK,
    &threadpool::io::OBJECTS,
    &memory::section::VIEWS,
    &memory::pages::REGIONS,
    &module::library::LOADED,
    &system::environment::LOCK,
    &system::exception::TAKEN,
    &file::handle::SIGPIPE,
    &system::crypt::TABLE,
    &crt::invalid::HANDLER,
    &console::control::STATE,
    &console::keys::PENDING,
    &console::read::REST,
    &console::terminal::ORIGINAL,
    &console::write::SCREEN,
    &sync::address::LISTS,
    &sync::timer_queue::GATE,
    &wait::token::LOCK,
    &thread::record::THREADS,
];
/// Apart, for it is the last of all: objects are entered and found under many of the others.
static LAST: &dyn Held = &object::TABLE;

/// A lock of the whole process.
pub(crate) struct Lock<T: 'static> {
    mutex: Mutex<T>,
    renew: fn(&mut T),
    held: UnsafeCell<Option<MutexGuard<'static, T>>>,
}

// SAFETY: the mutex is what it is; `held` is invariant 3.
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T: Send> Lock<T> {
    /// The child has what the parent had.
    pub(crate) const fn new(value: T) -> Self {
        Lock::renewed(value, |_| {})
    }

    /// `renew` is called in the child.
    pub(crate) const fn renewed(value: T, renew: fn(&mut T)) -> Self {
        Lock { mutex: Mutex::new(value), renew, held: UnsafeCell::new(None) }
    }

    #[inline]
    pub(crate) fn lock(&'static self) -> MutexGuard<'static, T> {
        watch();
        self.mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send> Held for Lock<T> {
    fn hold(&'static self) {
        let guard = self.mutex.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the lock is this thread's from here on (invariant 3).
        unsafe { *self.held.get() = Some(guard) };
    }

    fn renew(&'static self) {
        // SAFETY: as above: held since `hold`.
        if let Some(value) = unsafe { &mut *self.held.get() } {
            (self.renew)(value);
        }
    }

    fn release(&'static self) {
        // SAFETY: as above; the guard is out of the cell before the lock is free.
        drop(unsafe { (*self.held.get()).take() });
    }
}

impl<T: Send, const N: usize> Held for [Lock<T>; N] {
    fn hold(&'static self) {
        self.iter().for_each(Held::hold);
    }

    fn release(&'static self) {
        self.iter().rev().for_each(Held::release);
    }
}

/// One that many may hold who only look.
pub(crate) struct Shared<T: 'static> {
    lock: RwLock<T>,
    held: UnsafeCell<Option<RwLockWriteGuard<'static, T>>>,
}

// SAFETY: the lock is what it is; `held` is invariant 3.
unsafe impl<T: Send + Sync> Sync for Shared<T> {}

impl<T: Send + Sync> Shared<T> {
    pub(crate) const fn new(value: T) -> Self {
        Shared { lock: RwLock::new(value), held: UnsafeCell::new(None) }
    }

    #[inline]
    pub(crate) fn read(&'static self) -> RwLockReadGuard<'static, T> {
        watch();
        self.lock.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&'static self) -> RwLockWriteGuard<'static, T> {
        watch();
        self.lock.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send + Sync> Held for Shared<T> {
    fn hold(&'static self) {
        let guard = self.lock.write().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the lock is this thread's from here on (invariant 3).
        unsafe { *self.held.get() = Some(guard) };
    }

    fn release(&'static self) {
        // SAFETY: as above; the guard is out of the cell before the lock is free.
        drop(unsafe { (*self.held.get()).take() });
    }
}

/// What a process makes once, when it is first needed, and its child again: something that threads serve.
pub(crate) struct Once<T: 'static> {
    /// From a box that is never freed.
    current: AtomicPtr<T>,
    making: Lock<()>,
}

impl<T: Send + Sync> Once<T> {
    pub(crate) const fn new() -> Self {
        Once { current: AtomicPtr::new(ptr::null_mut()), making: Lock::new(()) }
    }

    /// This process's, if it has been made.
    pub(crate) fn get(&self) -> Option<&'static T> {
        // Acquire: pairs with the store below, so that it is seen whole.
        // SAFETY: null, or never freed.
        unsafe { self.current.load(Acquire).as_ref() }
    }

    /// This process's; an error is not kept.
    pub(crate) fn get_or_make<E>(
        &'static self,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<&'static T, E> {
        if let Some(current) = self.get() {
            return Ok(current);
        }
        let _making = self.making.lock();
        if let Some(current) = self.get() {
            return Ok(current);
        }
        let made = Box::leak(Box::new(make()?));
        self.current.store(made, Release); // pairs with the load in `get`
        Ok(made)
    }
}

impl<T: Send + Sync> Held for Once<T> {
    fn hold(&'static self) {
        self.making.hold();
    }

    fn renew(&'static self) {
        self.current.store(ptr::null_mut(), Relaxed); // the child has one thread
    }

    fn release(&'static self) {
        self.making.release();
    }
}

/// Until the thread that forks has all locks back, it is not to be stopped.
struct Unstopped(UnsafeCell<Option<Deferral>>);

// SAFETY: as invariant 3: the first lock of the order is held as long as it is touched.
unsafe impl Sync for Unstopped {}

static UNSTOPPED: Unstopped = Unstopped(UnsafeCell::new(None));

/// Before the first lock is taken.
#[inline]
fn watch() {
    use std::sync::atomic::AtomicBool;
    static WATCHES: AtomicBool = AtomicBool::new(false);
    #[cold]
    fn begin() {
        // Nobody waits for it: a child that is forked meanwhile would do so for ever.
        if !WATCHES.swap(true, Relaxed) {
            // SAFETY: functions that stay. Without room for them forks are as they are without.
            unsafe { libc::pthread_atfork(Some(before), Some(after), Some(in_child)) };
        }
    }
    if !WATCHES.load(Relaxed) {
        begin();
    }
}

extern "C" fn before() {
    let deferral = Deferral::begin();
    // What is made once, by whoever comes first, is not half made in the child.
    thread::settle();
    memory::heap::settle();
    module::command_line::settle();
    sync::timer_queue::settle();
    ORDER.iter().for_each(|lock| lock.hold());
    LAST.hold();
    // SAFETY: the locks are held.
    unsafe { *UNSTOPPED.0.get() = Some(deferral) };
}

fn release() {
    // SAFETY: the locks are held.
    let deferral = unsafe { (*UNSTOPPED.0.get()).take() };
    LAST.release();
    ORDER.iter().rev().for_each(|lock| lock.release());
    drop(deferral);
}

extern "C" fn after() {
    release();
}

extern "C" fn in_child() {
    thread::forked();
    ORDER.iter().for_each(|lock| lock.renew());
    release();
}
