//! Things to be done at a time: one thread for all timers of the process, asleep until the next is due.
//!
//! # Invariants
//! 1. An action runs once, on this thread, with no lock held, not before its moment; or it was cancelled and never runs.
//! 2. Actions are short and do not block: what may take long goes to the pool.
//! 3. The thread is started with the first action and stays.

use std::collections::BTreeMap;
use std::sync::MutexGuard;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;

use crate::code;
use crate::fork::Lock;
use crate::sync::futex::{self, Moment};
use crate::thread::deferral::Deferral;

type Action = Box<dyn FnOnce() + Send>;

/// Names what is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Appointment(Moment, u64);

pub(crate) struct Book {
    actions: BTreeMap<Appointment, Action>,
    number: u64,
    started: bool,
}

pub(crate) static BOOK: Lock<Book> =
    Lock::renewed(Book { actions: BTreeMap::new(), number: 0, started: false }, |book| {
        // The parent does what it has ordered.
        std::mem::forget(std::mem::take(&mut book.actions));
        book.started = false;
    });

/// Futex word: changes when there is a new first appointment.
static CHANGES: AtomicU32 = AtomicU32::new(0);

fn book() -> MutexGuard<'static, Book> {
    BOOK.lock()
}

/// Has something done at a moment.
pub(crate) fn at(
    moment: Moment,
    action: impl FnOnce() + Send + 'static,
) -> Result<Appointment, u32> {
    let _deferral = Deferral::begin();
    let mut book = book();
    if !book.started {
        let thread = std::thread::Builder::new().name("wharf-clock".to_owned());
        thread.spawn(run).map_err(|_| code::ERROR_NOT_ENOUGH_MEMORY)?;
        book.started = true;
    }
    book.number += 1;
    let appointment = Appointment(moment, book.number);
    book.actions.insert(appointment, Box::new(action));
    let first = book.actions.first_key_value().is_some_and(|first| *first.0 == appointment);
    drop(book);
    if first {
        CHANGES.fetch_add(1, SeqCst);
        futex::wake(&raw const CHANGES, 1);
    }
    Ok(appointment)
}

/// Takes it back; false if it is done already, or being done.
pub(crate) fn cancel(appointment: Appointment) -> bool {
    let _deferral = Deferral::begin();
    let action = book().actions.remove(&appointment);
    action.is_some() // and dropped after the lock
}

fn run() {
    loop {
        // Before the look into the book: a change that comes after the look then ends the sleep at once.
        let changes = CHANGES.load(SeqCst);
        let mut book = book();
        let first = book.actions.first_key_value().map(|(appointment, _)| *appointment);
        let due = first.is_some_and(|first| first.0 <= Moment::now());
        let action = if due { book.actions.pop_first() } else { None };
        drop(book);
        match action {
            Some((_, action)) => action(),
            None => {
                futex::wait(&CHANGES, changes, first.map(|first| first.0));
            }
        }
    }
}
