//! One thread per process that looks after ports whose workers are busy; asleep when there are none.
//!
//! It does what no worker is free to do: it hands over packets whose worker did not come back for them,
//! fetches what completes in an engine where nobody sleeps, so that half-sent sends, new events, time-outs
//! and cancellations go on, and finds workers that are blocked without having said so.
//!
//! # Invariants
//! 1. While a port has work that only a tick can move, the steward ticks or is about to.
//! 2. In an idle process it sleeps without a time-out and is not woken: no tick, no wake-up.
//! 3. It never blocks on anything but its own sleep and the short locks of ports.
//!
//! # States
//! | state | sleeps on | ends by |
//! |---|---|---|
//! | asleep | its eventfd, and the engines where nobody else sleeps | `arm`, an event |
//! | calm | the same, for a tick of 15 us to 8 ms | `kick`, an event, the tick |
//! | busy | nothing but a pause of 5 us to 1 ms; looks meanwhile would be fruitless | the pause |
//! | relies | its eventfd: workers look after each other | `alarm`, the pause of up to 4 ms |
//!
//! # Protocol
//! ```text
//! worker                                | steward
//! lock port; take a packet; unlock      | state = asleep
//! if state == asleep: arm               | lock port; look; unlock
//!                                       | not quiet: state = calm, go on; quiet: sleep
//! ```
//! If the steward's last look comes first under the port's lock, its store of `state` is visible to the
//! worker, which arms it. If the worker comes first, the look finds the port not quiet. So the load of
//! `state` may be relaxed: the lock orders it. A kick is lost if it comes while the steward is busy; the
//! steward therefore asks again whether it is needed after it has become calm.
//!
//! # Periods
//! Packets are handed over after 200 us to 1 ms (measured: at one connection, waking eagerly costs 12 to
//! 38 % of an echo). Where nothing had to be handed over for some thirty ticks, the workers do come back for what is
//! theirs, and the ticks are 8 ms apart (measured: at 500 connections on one CPU, a tick each ms costs 3 to 4 % of
//! an echo). A look for blocked workers that finds none is followed by a pause that grows from
//! 5 us by half up to 1 ms, and one that finds one starts again at 5 us; for the next 32 looks the pause
//! does not exceed 250 us, since where one worker has blocked, another soon will. The short ones are spent awake
//! where the processor would be idle ([`pause`]). With nothing but CPU-bound handlers the study of the scheduling
//! measured 1.0 to 1.2 % of a CPU for this.
//!
//! A pause of 1 ms costs 26 us of processor time on a virtual processor by itself, the look 12 us: 3.5 % of a CPU
//! (measured, Linux 6.18 under a hypervisor). So where workers take packets all the time, and at least two run, they look at
//! each other, one look a ms, which costs no switch of threads ([`Dispatcher::ask`](crate::dispatch::Dispatcher::ask)), and
//! the pauses grow to 4 ms: 1.6 %. After 32 looks that found none, what the workers cannot see is noticed as late as that: that
//! all of them block within the same ms, and a port that is not in use before such a pause and is needed in it.

mod pause;

use std::num::NonZeroU64;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::{AcqRel, Relaxed, SeqCst};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::time::Timespec;

use crate::per_process::PerProcess;
use crate::sync::lock;

/// The first tick after a release.
const TICK_ALERT: Duration = Duration::from_micros(15);
const TICK_MIN: Duration = Duration::from_micros(200);
const TICK_MAX: Duration = Duration::from_millis(1);
/// The tick of a port whose workers have left nothing behind in [`CALM_TICKS`] ticks.
const TICK_LONG: Duration = Duration::from_millis(8);
const CALM_TICKS: u32 = 32;
const PAUSE_MIN: Duration = Duration::from_micros(5);
const PAUSE_MAX: Duration = Duration::from_millis(1);
/// The longest pause while workers look after each other.
const PAUSE_RELIES: Duration = Duration::from_millis(4);
/// The longest pause while releases happen, and the fruitless looks after which they do no longer.
const PAUSE_ALERT: Duration = Duration::from_micros(250);
const ALERT_LOOKS: u32 = 32;
/// Quiet ticks in a row before it goes to sleep.
const QUIET_TICKS: u32 = 2;

const ASLEEP: u8 = 0;
const CALM: u8 = 1;
const BUSY: u8 = 2;
const RELIES: u8 = 3;

/// What a look found at a port.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Look {
    /// The port was used, or something was found, since the last look.
    pub(crate) in_use: bool,
    /// Packets that nobody came for were handed over.
    pub(crate) moved: bool,
    /// A blocked worker was found, and another released.
    pub(crate) released: bool,
    /// Packets wait behind workers that run as far as can be seen.
    pub(crate) needed: bool,
    /// The port is not in use, or its workers look after each other.
    pub(crate) relies: bool,
}

/// A port, whatever its payload.
pub(crate) trait Watched: Send + Sync {
    /// Moves what can be moved. `event`: the engine has something, if nobody sleeps in it.
    fn look(&self, event: bool) -> Look;

    /// Whether a look for blocked workers is worth while.
    fn is_needed(&self) -> bool;

    /// Whether nobody sleeps in the engine.
    fn is_unpolled(&self) -> bool;

    /// Whether somebody waits for a packet, so that an event may be one that a blocked worker holds up.
    fn has_waiters(&self) -> bool;

    /// Says that the steward listens to the engine from now on, or no longer.
    fn set_heard(&self, heard: bool);

    /// Becomes readable when the engine has something.
    fn engine(&self) -> BorrowedFd<'_>;
}

/// The steward of a process, as its ports know it.
pub(crate) struct Steward {
    state: AtomicU8,
    bell: OwnedFd,
    ports: Mutex<Vec<Weak<dyn Watched>>>,
}

/// The steward of this process; it is started with the first port. A child made by fork inherits the value
/// and not the thread, and has one of its own.
pub(crate) fn of_this_process() -> std::io::Result<&'static Steward> {
    static CURRENT: PerProcess<Mutex<Option<&Arc<Steward>>>> = PerProcess::new();
    let mut current = lock(CURRENT.get());
    if let Some(steward) = *current {
        return Ok(steward);
    }
    let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
    let steward = Arc::new(Steward { state: AtomicU8::new(BUSY), bell, ports: Mutex::default() });
    let own = Arc::clone(&steward);
    thread::Builder::new().name("wharf-steward".into()).spawn(move || own.run())?;
    // For the life of the process, as its thread.
    let steward: &'static Arc<Steward> = Box::leak(Box::new(steward));
    *current = Some(steward);
    Ok(steward)
}

impl Steward {
    /// Takes a port under its care.
    pub(crate) fn watch(&self, port: Weak<dyn Watched>) {
        let mut ports = lock(&self.ports);
        ports.retain(|port| port.strong_count() > 0);
        ports.push(port);
        drop(ports);
        self.arm(); // it may be asleep, and is to listen to this engine as well
    }

    /// Tells the steward that some port is in use.
    #[inline]
    pub(crate) fn arm(&self) {
        if self.state.load(Relaxed) == ASLEEP {
            self.wake(ASLEEP);
        }
    }

    /// Tells the steward that packets wait for a worker that may be blocked. Nothing new where it relies on the workers.
    #[inline]
    pub(crate) fn kick(&self) {
        let state = self.state.load(Relaxed);
        if state != RELIES {
            self.wake(state);
        }
    }

    /// Tells the steward that a worker has found another one blocked.
    #[cold]
    pub(crate) fn alarm(&self) {
        self.wake(self.state.load(Relaxed));
    }

    /// Rings the bell if nobody has since the steward went to sleep.
    #[cold]
    fn wake(&self, from: u8) {
        if from != BUSY && self.state.compare_exchange(from, BUSY, AcqRel, Relaxed).is_ok() {
            let rung = rustix::io::write(&self.bell, &1_u64.to_ne_bytes());
            debug_assert!(rung.is_ok(), "the bell is emptied after each sleep: {rung:?}");
        }
    }

    fn run(&self) {
        // Best effort: with the default slack of 50 us a pause is late by as much.
        let _ = rustix::thread::set_current_timer_slack(Some(NonZeroU64::MIN));
        let (mut tick, mut pause, mut quiet) = (TICK_MIN, PAUSE_MIN, 0);
        let mut calm = 0_u32;
        let mut fruitless = ALERT_LOOKS;
        let mut event = false;
        loop {
            let seen = self.look(event);
            if seen.released {
                (tick, pause, quiet, calm, fruitless) = (TICK_ALERT, PAUSE_MIN, 0, 0, 0);
            } else if seen.moved {
                (tick, quiet, calm) = (TICK_MIN, 0, 0);
            } else if seen.needed || event {
                // Fruitless: whoever runs will come back by itself, or be found later.
                let longest = match fruitless {
                    ALERT_LOOKS if seen.relies => PAUSE_RELIES,
                    ALERT_LOOKS => PAUSE_MAX,
                    _ => PAUSE_ALERT,
                };
                // Also what an earlier time, when more could be relied on, has left.
                pause = pause.min(longest);
                (pause, fruitless) = if self.pause(pause) {
                    (PAUSE_MIN, 0)
                } else {
                    ((pause + pause / 2).min(longest), (fruitless + 1).min(ALERT_LOOKS))
                };
                (quiet, calm, event) = (0, 0, false);
                continue;
            } else if seen.in_use {
                let longest = if calm < CALM_TICKS { TICK_MAX } else { TICK_LONG };
                (tick, quiet, calm) = ((tick + tick / 2).min(longest), 0, calm + 1);
            } else {
                quiet += 1;
            }
            let asleep = quiet == QUIET_TICKS;
            // SeqCst is more than the protocol needs, and nothing beside the sleep.
            self.state.store(if asleep { ASLEEP } else { CALM }, SeqCst);
            event = if asleep {
                (tick, quiet, calm) = (TICK_MIN, 0, 0);
                !self.look(false).in_use && self.sleep(None)
            } else {
                !self.is_needed() && self.sleep(Some(tick))
            };
            self.state.store(BUSY, SeqCst);
        }
    }

    /// Lets time pass; answers whether a worker has raised an alarm, which ends only a pause that relies on them.
    fn pause(&self, time: Duration) -> bool {
        if time <= PAUSE_MAX {
            pause::pause(time);
            return false;
        }
        self.state.store(RELIES, SeqCst);
        let rung = poll(&mut [PollFd::new(&self.bell, PollFlags::IN)], Some(&timespec(time)));
        self.state.store(BUSY, SeqCst);
        if rung.is_ok_and(|rung| rung > 0) {
            let _ = rustix::io::read(&self.bell, &mut [0; 8]);
            return true;
        }
        false
    }

    fn ports(&self) -> Vec<Arc<dyn Watched>> {
        lock(&self.ports).iter().filter_map(Weak::upgrade).collect()
    }

    /// Looks at every port; `event`: one of the engines that were listened to has something.
    fn look(&self, event: bool) -> Look {
        let none = Look { relies: true, ..Look::default() };
        self.ports().iter().fold(none, |sum, port| {
            let look = port.look(event);
            Look {
                in_use: sum.in_use | look.in_use,
                moved: sum.moved | look.moved,
                released: sum.released | look.released,
                needed: sum.needed | look.needed,
                relies: sum.relies & look.relies,
            }
        })
    }

    fn is_needed(&self) -> bool {
        self.ports().iter().any(|port| port.is_needed())
    }

    /// Sleeps until the bell rings, an engine where nobody else sleeps has something, or time is over;
    /// answers whether an engine had.
    ///
    /// Between ticks it listens only for those who wait: workers that all run come to the engine by themselves, and
    /// a tick sees it if they do not.
    ///
    /// Only the ports that are listened to are kept alive meanwhile; a port that closes rings the bell.
    fn sleep(&self, time: Option<Duration>) -> bool {
        let mut ports = self.ports();
        // Said first: who goes to sleep in the engine after the question sees it.
        ports.iter().for_each(|port| port.set_heard(true));
        ports.retain(|port| {
            let listen = port.is_unpolled() && (time.is_none() || port.has_waiters());
            if !listen {
                port.set_heard(false);
            }
            listen
        });
        let mut members = vec![PollFd::new(&self.bell, PollFlags::IN)];
        members.extend(
            ports.iter().map(|port| PollFd::from_borrowed_fd(port.engine(), PollFlags::IN)),
        );
        let time = time.map(timespec);
        let _ = poll(&mut members, time.as_ref()); // EINTR: the next look finds out
        ports.iter().for_each(|port| port.set_heard(false));
        if !members[0].revents().is_empty() {
            let _ = rustix::io::read(&self.bell, &mut [0; 8]);
        }
        members[1..].iter().any(|member| !member.revents().is_empty())
    }
}

/// Less than a second.
fn timespec(time: Duration) -> Timespec {
    Timespec { tv_sec: 0, tv_nsec: i64::from(time.subsec_nanos()) }
}
