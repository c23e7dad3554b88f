//! One thread per process that looks after ports whose workers are busy; asleep when there are none.
//!
//! It does what no worker is free to do, once per tick: packets that waited a whole tick for a worker
//! that did not come back are handed to another, and the engine of a port where nobody sleeps is polled,
//! so that half-sent sends, new events, time-outs and cancellations go on.
//!
//! # Invariants
//! 1. While a port has work that only a tick can move, the steward is armed or about to be.
//! 2. Disarmed, it sleeps without a time-out: an idle process has no wake-ups.
//!
//! # Protocol
//! ```text
//! worker                                | steward
//! lock port; take a packet; unlock      | armed = false
//! if !armed: arm                        | lock port; look; unlock
//!                                       | not quiet: armed = true, go on; quiet: sleep until armed
//! ```
//! If the steward's last look comes first under the port's lock, its store of `armed` is visible to the
//! worker, which arms it again. If the worker comes first, the look finds the port not quiet. So the load
//! of `armed` may be relaxed: the lock orders it.
//!
//! # Periods
//! Packets are handed over after 200 us to 1 ms (measured: at one connection, waking eagerly costs 12 to
//! 38 % of an echo; handing over after a tick costs nothing that can be measured). The period starts at
//! the lower bound and grows by half while ticks find nothing to do.

use std::num::NonZeroU64;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{AcqRel, Relaxed, SeqCst};
use std::sync::{Mutex, OnceLock, Weak};
use std::thread;
use std::time::Duration;

use wharf_core::deadline::Deadline;

use crate::clock;
use crate::dispatch::Parker;
use crate::sync::lock;

const PERIOD_MIN: Duration = Duration::from_micros(200);
const PERIOD_MAX: Duration = Duration::from_millis(1);
/// Quiet ticks in a row before it goes to sleep.
const QUIET_TICKS: u32 = 2;

/// What a tick found at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Look {
    /// Nothing that a later tick could have to move.
    Quiet,
    /// In use, and moving by itself.
    InUse,
    /// Something was moved by this tick.
    Moved,
}

/// A port, whatever its payload.
pub(crate) trait Watched: Send + Sync {
    fn look(&self) -> Look;
}

struct Steward {
    armed: AtomicBool,
    parker: Parker,
    ports: Mutex<Vec<Weak<dyn Watched>>>,
}

static STEWARD: OnceLock<Steward> = OnceLock::new();

/// Puts a port under the steward's care, and starts the steward with the first.
pub(crate) fn watch(port: Weak<dyn Watched>) -> std::io::Result<()> {
    let steward = STEWARD.get_or_init(|| Steward {
        armed: AtomicBool::new(false),
        parker: Parker::default(),
        ports: Mutex::new(Vec::new()),
    });
    let mut ports = lock(&steward.ports);
    if ports.is_empty() {
        // With the list locked: one thread at a time, and none that was started in vain.
        static RUNNING: AtomicBool = AtomicBool::new(false);
        if !RUNNING.load(Relaxed) {
            let name = thread::Builder::new().name("wharf-steward".into());
            name.spawn(move || steward.run())?;
            RUNNING.store(true, Relaxed);
        }
    }
    ports.retain(|port| port.strong_count() > 0);
    ports.push(port);
    Ok(())
}

/// Tells the steward that some port is in use.
#[inline]
pub(crate) fn arm() {
    if let Some(steward) = STEWARD.get()
        && !steward.armed.load(Relaxed)
    {
        steward.wake();
    }
}

impl Steward {
    #[cold]
    fn wake(&self) {
        if !self.armed.swap(true, AcqRel) {
            self.parker.unpark();
        }
    }

    fn run(&self) {
        // Best effort: with the default slack of 50 us a tick is late by as much.
        let _ = rustix::thread::set_current_timer_slack(Some(NonZeroU64::MIN));
        loop {
            self.parker.park(Deadline::Never);
            self.tick_until_quiet();
        }
    }

    fn tick_until_quiet(&self) {
        let mut period = PERIOD_MIN;
        let mut quiet = 0;
        loop {
            let end = clock::deadline(Some(period));
            while self.parker.park(end) {} // armed already: only the end of the tick counts
            match self.look() {
                Look::Moved => (period, quiet) = (PERIOD_MIN, 0),
                Look::InUse => (period, quiet) = ((period + period / 2).min(PERIOD_MAX), 0),
                Look::Quiet => quiet += 1,
            }
            if quiet == QUIET_TICKS {
                // SeqCst is more than the protocol needs; it is once per idle period.
                self.armed.store(false, SeqCst);
                if self.look() == Look::Quiet {
                    return;
                }
                self.armed.store(true, SeqCst);
                quiet = 0;
            }
        }
    }

    /// Looks at every port; the liveliest answer counts.
    fn look(&self) -> Look {
        let ports: Vec<_> = lock(&self.ports).iter().filter_map(Weak::upgrade).collect();
        ports.iter().map(|port| port.look()).max().unwrap_or(Look::Quiet)
    }
}
