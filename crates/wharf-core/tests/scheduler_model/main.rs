//! Random histories of a port, step by step the same in the scheduler and in a naive model of the rules.
//!
//! Method: up to eight workers sleep in a simulated engine or on their own, see [`port::Port`]; wake-ups
//! reach them late, folded, for nothing or not at all. After every step the answers, the counters and the
//! invariants of the scheduler's header are compared with [`model::Model`]; at the end all that is under
//! way arrives, whoever runs comes back, and then nothing may be left queued beside a waiter.
//!
//! A failure prints the shortest history found and the seed; `PROPTEST_RNG_SEED` repeats a run and
//! `PROPTEST_CASES` lengthens it.

mod model;
mod port;

use std::hash::{BuildHasher, RandomState};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use wharf_core::scheduler::Urgency;

use port::Port;

/// Histories per run. Miri is four orders of magnitude slower and there is no unsafe code to find.
const CASES: u32 = if cfg!(miri) { 4 } else { 10_000 };
const STEPS: usize = if cfg!(miri) { 60 } else { 250 };

/// What happens next. A number picks among the workers that can do it; if none can, nothing happens.
#[derive(Clone, Debug)]
enum Step {
    Join,
    Get(usize),
    /// A get and then up to so many packets more.
    GetMany(usize, usize),
    /// The engine's signal, if there is one, ends a sleep.
    Signal,
    /// An operation completes and ends the newest sleep.
    Complete,
    /// A sleep in the engine ends for nothing.
    WakePoller(usize),
    /// A worker that came out of the engine brings so many packets and resumes.
    Resume(usize, usize),
    /// An unparked worker resumes.
    ResumeUnparked(usize),
    /// A parked worker resumes unasked.
    WakeParked(usize),
    /// A sleeper's time is over; it brings so many packets if it slept in the engine.
    GiveUp(usize, usize),
    Blocked(usize),
    Unblocked(usize),
    /// Somebody looks at a worker and has not told yet.
    Look(usize),
    /// One of the looks saw its worker blocked.
    SeenBlocked(usize),
    /// One of them saw its worker running.
    SeenRunning(usize),
    /// A look that is told at once.
    Sense(usize, bool),
    /// Whether more workers can be had.
    Growable(bool),
    /// The worker that was ordered joins and asks.
    Grow,
    Leave(usize),
    Post(Urgency),
    /// What is queued must not wait any longer.
    Urge,
    Tick,
    /// Somebody who is no worker empties the engine of its signal and of so many packets.
    Harvest(usize),
    /// Everything that is under way arrives.
    Arrive,
    Close,
}

/// A kind of step: what it makes of a choice of worker and a small number.
type Kind = fn(usize, usize) -> Step;

/// The kinds with their weights, the harmless first: a failure shrinks in that direction.
const KINDS: [(usize, Kind); 28] = [
    (40, |_, _| Step::Join),
    (60, |who, _| Step::Get(who)),
    (10, |who, n| Step::GetMany(who, n)),
    (30, |_, _| Step::Signal),
    (20, |_, _| Step::Complete),
    (20, |who, _| Step::WakePoller(who)),
    (40, |who, n| Step::Resume(who, n)),
    (30, |who, _| Step::ResumeUnparked(who)),
    (5, |who, _| Step::WakeParked(who)),
    (15, |who, n| Step::GiveUp(who, n)),
    (20, |who, _| Step::Blocked(who)),
    (20, |who, _| Step::Unblocked(who)),
    (10, |who, _| Step::Look(who)),
    (5, |who, _| Step::SeenBlocked(who)),
    (5, |who, _| Step::SeenRunning(who)),
    (20, |who, _| Step::Sense(who, true)),
    (10, |who, _| Step::Sense(who, false)),
    (4, |_, _| Step::Growable(true)),
    (4, |_, _| Step::Growable(false)),
    (10, |_, _| Step::Grow),
    (10, |who, _| Step::Leave(who)),
    (60, |_, _| Step::Post(Urgency::Now)),
    (30, |_, _| Step::Post(Urgency::Lazy)),
    (10, |_, _| Step::Urge),
    (10, |_, _| Step::Tick),
    (10, |_, n| Step::Harvest(n)),
    (10, |_, _| Step::Arrive),
    (2, |_, _| Step::Close),
];

/// `prop_oneof` would say the same, at thirty times the cost of everything else in this test.
fn steps() -> impl Strategy<Value = Step> {
    let total: usize = KINDS.iter().map(|(weight, _)| weight).sum();
    (0..total, 0..8_usize, 0..4_usize).prop_map(|(mut at, who, n)| {
        for (weight, kind) in KINDS {
            if at < weight {
                return kind(who, n);
            }
            at -= weight;
        }
        unreachable!("drawn from below the sum of the weights")
    })
}

fn take(port: &mut Port, step: &Step) {
    match *step {
        Step::Join => drop(port.join()),
        Step::Get(who) => port.get(who, 0),
        Step::GetMany(who, more) => port.get(who, more),
        Step::Signal => port.signal(),
        Step::Complete => port.wake_poller(usize::MAX),
        Step::WakePoller(who) => port.wake_poller(who),
        Step::Resume(who, packets) => port.resume_poller(who, packets),
        Step::ResumeUnparked(who) => port.resume_parked(who, true),
        Step::WakeParked(who) => port.resume_parked(who, false),
        Step::GiveUp(who, packets) => port.give_up(who, packets),
        Step::Blocked(who) => port.blocked(who),
        Step::Unblocked(who) => port.unblocked(who),
        Step::Look(who) => port.look(who),
        Step::SeenBlocked(which) => port.sense(which, true),
        Step::SeenRunning(which) => port.sense(which, false),
        Step::Sense(who, blocked) => {
            port.look(who);
            port.sense(usize::MAX, blocked);
        }
        Step::Growable(growable) => port.set_growable(growable),
        Step::Grow => port.grow(),
        Step::Leave(who) => port.leave(who),
        Step::Post(urgency) => port.post(urgency),
        Step::Urge => port.urge(),
        Step::Tick => port.tick(),
        Step::Harvest(packets) => port.harvest(packets),
        Step::Arrive => port.arrive(),
        Step::Close => port.close(),
    }
}

#[test]
fn the_scheduler_does_what_the_model_does() {
    let seed = std::env::var("PROPTEST_RNG_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| RandomState::new().hash_one(()));
    let mut config =
        Config { failure_persistence: None, rng_seed: RngSeed::Fixed(seed), ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    let histories = (1..=4_u32, vec(steps(), 1..=STEPS));
    let outcome = TestRunner::new(config).run(&histories, |(max, history)| {
        let mut port = Port::new(max);
        history.iter().for_each(|step| take(&mut port, step));
        port.finish();
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}\nto repeat: PROPTEST_RNG_SEED={seed}");
    }
}
