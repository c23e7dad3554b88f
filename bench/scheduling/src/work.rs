//! What a handler does: compute for a given time, and block.

use std::cell::OnceCell;
use std::hint::black_box;
use std::os::fd::OwnedFd;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

/// Probes of a calibration, about 50 ms together.
const PROBES: usize = 1000;
const PROBE_STEPS: u64 = 20_000;

/// The processor's speed, as steps of a loop that neither memory nor another thread can slow down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Processor {
    steps_per_us: f64,
}

impl Processor {
    /// Measures it; nothing else of this process may run. The lower quartile of many short probes: neither one that
    /// was interrupted nor a moment of unusual speed counts.
    pub(crate) fn calibrate() -> Self {
        let mut times: Vec<Duration> = (0..PROBES)
            .map(|_| {
                let begun = Instant::now();
                spin(PROBE_STEPS);
                begun.elapsed()
            })
            .collect();
        times.sort_unstable();
        let us = times[PROBES / 4].as_secs_f64() * 1e6;
        Self { steps_per_us: PROBE_STEPS as f64 / us }
    }

    pub(crate) fn steps_per_us(self) -> f64 {
        self.steps_per_us
    }

    /// The steps that take this long when nothing interrupts them.
    pub(crate) fn steps(self, time: Duration) -> u64 {
        (self.steps_per_us * time.as_secs_f64() * 1e6) as u64
    }
}

/// Computes, in registers alone, and not inlined: so it takes as long wherever it is called from. (By way of the stack its speed
/// depended on the frame's place: in one build of two, threads with a computation of 20 us each had 89 to 117 k/s.)
#[inline(never)]
pub(crate) fn spin(steps: u64) {
    let mut state = black_box(88_172_645_463_325_252_u64);
    for _ in 0..steps {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    black_box(state);
}

/// A way to block that no library above the system call knows of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    Sleep,
    /// read(2) on a timerfd of the calling thread's own.
    TimerRead,
}

impl Block {
    pub(crate) fn wait(self, time: Duration) {
        match self {
            Block::Sleep => thread::sleep(time),
            Block::TimerRead => read_timer(time).expect("a timerfd"),
        }
    }
}

thread_local! {
    static TIMER: OnceCell<OwnedFd> = const { OnceCell::new() };
}

fn read_timer(time: Duration) -> Result<(), Errno> {
    TIMER.with(|timer| {
        if timer.get().is_none() {
            let fd = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC)?;
            let _unset = timer.set(fd);
        }
        let fd = timer.get().expect("set above");
        let value = Itimerspec {
            it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
            it_value: Timespec::try_from(time).map_err(|_| Errno::INVAL)?,
        };
        timerfd_settime(fd, TimerfdTimerFlags::empty(), &value)?;
        rustix::io::read(fd, &mut [0; 8])?;
        Ok(())
    })
}
