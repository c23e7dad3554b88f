//! A worker's thread as others see it, to tell whether it is blocked.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};

use rustix::thread::{Pid, gettid};

use crate::sensor::{Seen, Sensing, Sensor};

/// A thread, for as long as it lives.
#[derive(Debug)]
pub(crate) struct View {
    thread: Pid,
    /// The thread is inside a call on its port: a wait there, for one of our locks, is none that counts.
    /// Written by the thread.
    inside: AtomicBool,
}

impl Default for View {
    /// Of the calling thread.
    fn default() -> Self {
        View { thread: gettid(), inside: AtomicBool::new(false) }
    }
}

impl View {
    /// Relaxed, like the look: a glance at a moving target. What it decides is checked under the lock,
    /// against the worker's epoch; what it misses, the next look finds.
    #[inline]
    pub(crate) fn set_inside(&self, inside: bool) {
        self.inside.store(inside, Relaxed);
    }
}

/// A thread as a worker of one port; the sensor is opened when the port first looks.
#[derive(Debug)]
pub(crate) struct Watch {
    view: Arc<View>,
    sensor: OnceLock<Sensor>,
}

impl Watch {
    pub(crate) fn new(view: Arc<View>) -> Self {
        Watch { view, sensor: OnceLock::new() }
    }

    /// What the thread does now, with a sensor that is opened if need be, which takes its time.
    pub(crate) fn look(&self, sensing: Sensing) -> Seen {
        self.look_with(self.sensor.get_or_init(|| Sensor::open(self.view.thread, sensing)))
    }

    /// What the thread does now, if its sensor is open.
    pub(crate) fn glance(&self) -> Seen {
        self.sensor.get().map_or(Seen::Unknown, |sensor| self.look_with(sensor))
    }

    fn look_with(&self, sensor: &Sensor) -> Seen {
        // A thread that looks at itself sees its own look.
        if self.view.inside.load(Relaxed) || self.view.thread == gettid() {
            return Seen::Running;
        }
        sensor.look()
    }
}
