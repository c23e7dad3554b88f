//! What others have for the ring's owner, and when it is woken for it.
//!
//! # Invariants
//! 1. `asleep` is true only while the owner is about to wait or waits, after it has visited the inbox; whoever finds it
//!    true and has something urgent makes it false and rings the bell, which ends the wait.
//! 2. Nothing is left for long: while `asleep`, only beside flights in the air, whose completions bring the owner back, and
//!    only for workers that come to [`Inbox::flush`] before they wait. The owner, when it comes back, leaves what is little
//!    beside what is in the air, and takes it the next time. What a disk that does not answer would keep is
//!    [urged](Inbox::urge) by the steward's tick.
//! 3. A flight is in here, or with who put it in or took it out.
//!
//! # Protocol
//! | others | owner |
//! |---|---|
//! | lock, leave something, take `asleep`, unlock | lock, take what is here, set `asleep`, unlock |
//! | if it was true: ring the bell | wait for the bell or a completion |
//!
//! A bell that is rung between the owner's unlock and its wait ends the wait at once: the kernel counts. Checked by loom below.
//!
//! # Why the owner leaves something
//! What ends together, and is issued anew together, ends together again. A straggler has rounds of its own for ever: thread
//! switches, a submission and an interrupt for one read. Measured with 32 under way: one and 31 in turns, and 0.73 instead of
//! 0.86 of a bare ring's reads per CPU second. A limited wait of the owner for what a burst brings about cost as much as it gained.

use std::collections::VecDeque;

use crate::dispatch::primitives::atomic::AtomicBool;
use crate::dispatch::primitives::atomic::Ordering::Relaxed;
use crate::dispatch::primitives::{Mutex, lock};

/// Fewer than a fourth of what is in the air is little.
const LITTLE: usize = 4;

/// As many are submitted without waiting for more; and room for so many is kept when a burst is over.
pub(super) const BATCH: usize = 16;

/// What goes through an inbox.
pub(super) trait Letter {
    fn name(&self) -> u64;

    /// Of a kind that ends soon.
    fn is_transfer(&self) -> bool;
}

pub(super) struct Inbox<F> {
    state: Mutex<State<F>>,
    /// Something was kept back. Relaxed: who kept it back reads it on the same thread, and for others it is a hint. It is set
    /// under the lock and cleared before the lock is taken, so that what is cleared for is seen.
    held: AtomicBool,
}

struct State<F> {
    flights: VecDeque<F>,
    /// Flights in the air that are to end.
    cancellations: Vec<u64>,
    asleep: bool,
    /// Reads and writes in the air at the moment when the owner fell asleep: those that end soon.
    in_air: usize,
    /// Somebody wants what is here to be taken: it is not to be left.
    hurry: bool,
    /// The owner has left what was here, at its last visit.
    left: bool,
}

impl<F> Default for Inbox<F> {
    fn default() -> Self {
        let state = State {
            flights: VecDeque::new(),
            cancellations: Vec::new(),
            asleep: false,
            in_air: 0,
            hurry: false,
            left: false,
        };
        Inbox { state: Mutex::new(state), held: AtomicBool::new(false) }
    }
}

/// What became of a cancellation.
pub(super) enum Found<F> {
    /// It was in here.
    Here(F),
    /// The owner is asked; whether the bell is to be rung for it.
    Asked(bool),
}

impl<F: Letter> Inbox<F> {
    /// Takes a flight; whether the bell is to be rung. `soon`: the caller is a worker, and will come to [`Inbox::flush`].
    #[must_use]
    pub(super) fn submit(&self, flight: F, soon: bool) -> bool {
        let mut state = lock(&self.state);
        state.flights.push_back(flight);
        if soon && state.in_air > 0 && state.flights.len() < BATCH {
            self.held.store(true, Relaxed);
            return false;
        }
        state.hurry = true;
        std::mem::take(&mut state.asleep)
    }

    /// Whether the bell is to be rung for what was kept back; not while it is little beside what is in the air.
    #[inline]
    #[must_use]
    pub(super) fn flush(&self) -> bool {
        self.held.load(Relaxed) && self.flush_held(LITTLE)
    }

    /// The same, however little there is.
    #[must_use]
    pub(super) fn urge(&self) -> bool {
        self.held.load(Relaxed) && self.flush_held(usize::MAX)
    }

    #[cold]
    fn flush_held(&self, times: usize) -> bool {
        self.held.store(false, Relaxed);
        let mut state = lock(&self.state);
        if state.flights.is_empty() {
            return false;
        }
        if state.flights.len().saturating_mul(times) < state.in_air {
            self.held.store(true, Relaxed);
            return false;
        }
        state.hurry = true;
        std::mem::take(&mut state.asleep)
    }

    /// Asks for the end of a flight; it comes back if it is in here.
    pub(super) fn cancel(&self, name: u64) -> Found<F> {
        let mut state = lock(&self.state);
        let at = state.flights.iter().position(|flight| flight.name() == name);
        if let Some(flight) = at.and_then(|at| state.flights.remove(at)) {
            return Found::Here(flight);
        }
        state.cancellations.push(name);
        Found::Asked(std::mem::take(&mut state.asleep))
    }

    /// The owner is about to wait: it takes what is here, or leaves it once if it is little, with `room` for so many flights,
    /// and says how many transfers are in the air beside them. True if a burst is over.
    pub(super) fn collect(
        &self,
        fresh: &mut Vec<F>,
        cancellations: &mut Vec<u64>,
        room: usize,
        transfers: usize,
        idle: bool,
    ) -> bool {
        let mut state = lock(&self.state);
        let little = !state.flights.is_empty() && state.flights.len() * LITTLE < transfers;
        let leaves = little && !state.hurry && !state.left;
        if leaves {
            self.held.store(true, Relaxed); // for who urges
        }
        let count = if leaves { 0 } else { room.min(state.flights.len()) };
        (state.hurry, state.left) = (false, leaves);
        fresh.extend(state.flights.drain(..count));
        std::mem::swap(&mut state.cancellations, cancellations);
        state.in_air = transfers + fresh.iter().filter(|flight| flight.is_transfer()).count();
        state.asleep = true;
        let over = idle && fresh.is_empty();
        if over {
            state.flights.shrink_to(BATCH);
            state.cancellations.shrink_to(BATCH);
        }
        over
    }

    /// The owner has come back from its wait.
    pub(super) fn woke(&self) {
        lock(&self.state).asleep = false;
    }
}

#[cfg(test)]
#[derive(Debug, PartialEq, Eq)]
struct Number(u64);

#[cfg(test)]
impl Letter for Number {
    fn name(&self) -> u64 {
        self.0
    }

    fn is_transfer(&self) -> bool {
        true
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// An inbox whose owner sleeps beside so many flights in the air.
    fn beside(air: usize) -> Inbox<Number> {
        let inbox = Inbox::default();
        assert!(!inbox.collect(&mut Vec::new(), &mut Vec::new(), 256, air, false));
        inbox
    }

    fn take(inbox: &Inbox<Number>) -> Vec<u64> {
        let mut fresh = Vec::new();
        inbox.woke();
        inbox.collect(&mut fresh, &mut Vec::new(), 256, 0, false);
        fresh.into_iter().map(|flight| flight.0).collect()
    }

    /// Goal: what nobody comes back for, and what nothing in the air would bring the owner for, is urgent at once.
    #[test]
    fn what_is_urgent_rings() {
        assert!(beside(0).submit(Number(1), true), "nothing in the air");
        assert!(beside(100).submit(Number(1), false), "from no worker");
        let inbox = beside(100);
        let rung: Vec<bool> = (1..=BATCH as u64).map(|n| inbox.submit(Number(n), true)).collect();
        assert_eq!(rung.iter().position(|rung| *rung), Some(BATCH - 1), "a batch");
        assert!(!inbox.submit(Number(99), false), "once for each sleep");
        assert_eq!(take(&inbox).len(), BATCH + 1);
    }

    /// Goal: what is kept back goes when the worker waits and it is a quarter of what is in the air; and in any case when it
    /// is urged, so that a disk that does not answer keeps nothing back (invariant 2).
    #[test]
    fn what_is_kept_back_goes() {
        let inbox = beside(8);
        assert!(!inbox.flush() && !inbox.urge(), "nothing is kept back");
        assert!(!inbox.submit(Number(1), true) && !inbox.flush());
        assert!(!inbox.submit(Number(2), true) && inbox.flush());
        assert_eq!(take(&inbox), [1, 2]);
        let inbox = beside(8);
        assert!(!inbox.submit(Number(1), true) && !inbox.flush() && inbox.urge());
        assert!(!inbox.urge(), "once");
        assert_eq!(take(&inbox), [1]);
    }

    /// Goal: what is little beside what is in the air joins what the next completion brings about, and waits for no other;
    /// what somebody wants, or nothing will bring the owner for, is taken at once.
    #[test]
    fn what_is_little_is_left_once() {
        let visit_with = |inbox: &Inbox<Number>, room, air| {
            let mut fresh = Vec::new();
            inbox.woke();
            inbox.collect(&mut fresh, &mut Vec::new(), room, air, false);
            fresh.len()
        };
        let visit = |inbox: &Inbox<Number>, air| visit_with(inbox, 256, air);
        let inbox = beside(8);
        assert!(!inbox.submit(Number(1), true));
        assert_eq!((visit(&inbox, 8), visit(&inbox, 8)), (0, 1), "once");
        assert!(!inbox.submit(Number(2), true));
        assert_eq!((visit(&inbox, 4), visit(&inbox, 8)), (1, 0), "a fourth is not little");
        assert!(!inbox.submit(Number(3), true));
        assert_eq!(visit(&inbox, 8), 0);
        assert!(inbox.urge(), "what was left is urged");
        assert_eq!(visit(&inbox, 8), 1);
        assert!(inbox.submit(Number(4), false), "from no worker");
        assert_eq!(visit(&inbox, 8), 1);
        assert!(inbox.submit(Number(5), false));
        assert_eq!((visit_with(&inbox, 0, 8), visit(&inbox, 8)), (0, 0));
        assert!(inbox.urge(), "also what there was no room for");
        assert_eq!(visit(&inbox, 8), 1);
    }

    #[test]
    fn a_cancellation_finds_what_is_here() {
        let inbox = beside(8);
        assert!(!inbox.submit(Number(1), true));
        assert!(matches!(inbox.cancel(1), Found::Here(Number(1))));
        assert!(matches!(inbox.cancel(1), Found::Asked(true)));
        assert!(matches!(inbox.cancel(2), Found::Asked(false)), "the bell was rung");
        let (mut fresh, mut cancellations) = (Vec::new(), Vec::new());
        inbox.woke();
        assert!(inbox.collect(&mut fresh, &mut cancellations, 256, 0, true));
        assert_eq!((fresh, cancellations), (vec![], vec![1, 2]));
    }
}

/// Every interleaving of an owner with one and two others.
#[cfg(all(test, loom))]
mod model {
    use loom::sync::{Arc, Condvar};
    use loom::thread;

    use super::*;

    /// The ring's bell: a counter that ends a wait.
    #[derive(Default)]
    struct Shared {
        inbox: Inbox<Number>,
        rung: Mutex<bool>,
        changed: Condvar,
    }

    impl Shared {
        fn ring(&self, wanted: bool) {
            if wanted {
                *lock(&self.rung) = true;
                self.changed.notify_one();
            }
        }

        /// The owner, beside so many others in the air, until it has had so many flights and cancellations; nothing in the
        /// air ever ends.
        fn own(&self, others: usize, flights: usize, ends: usize) -> Vec<u64> {
            let (mut air, mut ended) = (Vec::new(), 0);
            loop {
                let (mut fresh, mut cancellations) = (Vec::new(), Vec::new());
                let transfers = others + air.len();
                self.inbox.collect(&mut fresh, &mut cancellations, 256, transfers, false);
                air.extend(fresh.into_iter().map(|flight| flight.0));
                ended += cancellations.len();
                if air.len() >= flights && ended >= ends {
                    return air;
                }
                let mut rung = lock(&self.rung);
                while !std::mem::take(&mut *rung) {
                    rung = self.changed.wait(rung).expect("loom does not poison");
                }
                drop(rung);
                self.inbox.woke();
            }
        }
    }

    /// Three threads, in all interleavings with up to three preemptions.
    fn bounded(check: impl Fn() + Send + Sync + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(check);
    }

    /// Two workers, one of which issues twice: what each has issued and kept back is had once both have flushed.
    #[test]
    fn nothing_is_left() {
        bounded(|| {
            let shared = Arc::new(Shared::default());
            let workers = [&[1, 3][..], &[2]].map(|names| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    for name in names {
                        shared.ring(shared.inbox.submit(Number(*name), true));
                        shared.ring(shared.inbox.flush());
                    }
                })
            });
            let mut had = shared.own(0, 3, 0);
            had.sort_unstable();
            assert_eq!(had, [1, 2, 3]);
            workers.into_iter().for_each(|worker| worker.join().unwrap());
        });
    }

    /// What is kept back, by its worker or by the owner that something else woke, goes once it is urged, though nothing ends.
    #[test]
    fn what_is_left_is_urged() {
        bounded(|| {
            let shared = Arc::new(Shared::default());
            let worker = Arc::clone(&shared);
            let worker = thread::spawn(move || {
                worker.ring(worker.inbox.submit(Number(1), true));
                worker.ring(worker.inbox.urge());
            });
            let other = Arc::clone(&shared);
            let other = thread::spawn(move || {
                if let Found::Asked(wanted) = other.inbox.cancel(99) {
                    other.ring(wanted);
                }
            });
            assert_eq!(shared.own(8, 1, 1), [1]);
            worker.join().unwrap();
            other.join().unwrap();
        });
    }

    /// A cancellation finds the flight in here, or reaches the owner that has it.
    #[test]
    fn a_cancellation_is_not_lost() {
        loom::model(|| {
            let shared = Arc::new(Shared::default());
            let other = Arc::clone(&shared);
            let thread = thread::spawn(move || {
                other.ring(other.inbox.submit(Number(1), false));
                match other.inbox.cancel(1) {
                    Found::Here(flight) => {
                        assert_eq!(flight, Number(1));
                        // In its place, so that the owner ends.
                        other.ring(other.inbox.submit(Number(2), false));
                        if let Found::Asked(wanted) = other.inbox.cancel(3) {
                            other.ring(wanted);
                        }
                    }
                    Found::Asked(wanted) => other.ring(wanted),
                }
            });
            assert_eq!(shared.own(0, 1, 1).len(), 1);
            thread.join().unwrap();
        });
    }
}
