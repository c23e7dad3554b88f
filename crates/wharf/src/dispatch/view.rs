//! A worker's thread as others see it, to tell whether it is blocked.

use std::cell::Cell;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicI32};
use std::sync::{Arc, OnceLock};

use rustix::thread::{Pid, gettid};

use crate::sensor::{Seen, Sensing, Sensor};

/// A thread, for as long as it lives.
#[derive(Debug)]
pub(crate) struct View {
    thread: AtomicI32,
    /// The thread is inside a call on its port: a wait there, for one of our locks, is none that counts.
    /// Written by the thread.
    inside: AtomicBool,
}

thread_local! {
    /// Where the calling thread's own view is; 0 if it has none.
    static OWN: Cell<usize> = const { Cell::new(0) };
}

impl View {
    /// The calling thread.
    pub(crate) fn here() -> View {
        let thread = AtomicI32::new(gettid().as_raw_nonzero().get());
        View { thread, inside: AtomicBool::new(false) }
    }

    /// The calling thread, whose view this is, becomes a worker. Each time: in a child made by fork it has another id than
    /// before.
    pub(crate) fn renew(&self) {
        self.thread.store(gettid().as_raw_nonzero().get(), Relaxed); // read by who has seen it join, under the port's lock
        OWN.set(self.address());
    }

    /// Relaxed, like the look: a glance at a moving target. What it decides is checked under the lock,
    /// against the worker's epoch; what it misses, the next look finds.
    #[inline]
    pub(crate) fn set_inside(&self, inside: bool) {
        self.inside.store(inside, Relaxed);
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

/// A thread as a worker of one port; the sensor is opened when the port first looks.
#[derive(Debug)]
pub(crate) struct Watch {
    view: Arc<View>,
    sensor: OnceLock<Sensor>,
    /// Somebody looks.
    looked_at: AtomicBool,
}

impl Watch {
    pub(crate) fn new(view: Arc<View>) -> Self {
        Watch { view, sensor: OnceLock::new(), looked_at: AtomicBool::new(false) }
    }

    /// What the thread does now, with a sensor that is opened if need be, which takes its time.
    pub(crate) fn look(&self, sensing: Sensing) -> Seen {
        let open = || {
            let thread = Pid::from_raw(self.view.thread.load(Relaxed));
            Sensor::open(thread.expect("an id"), sensing)
        };
        self.look_with(self.sensor.get_or_init(open))
    }

    /// What the thread does now, if its sensor is open.
    pub(crate) fn glance(&self) -> Seen {
        self.sensor.get().map_or(Seen::Unknown, |sensor| self.look_with(sensor))
    }

    fn look_with(&self, sensor: &Sensor) -> Seen {
        // A thread that looks at itself sees its own look.
        if self.view.inside.load(Relaxed) || self.view.address() == OWN.get() {
            return Seen::Running;
        }
        // Two that look at once see the same, and only one of them can use it: the other would wait for the kernel's lock of
        // the file.
        if self.looked_at.swap(true, Acquire) {
            return Seen::Unknown;
        }
        let seen = sensor.look();
        self.looked_at.store(false, Release);
        seen
    }
}
