//! How long packets wait, and how long it takes to replace a blocked worker: always on.
//!
//! Reading the clock twice for each packet would cost as much as the packet. So one packet in
//! [`SAMPLE_EVERY`] is timed, one at a time; releases are rare and timed all. Everything is under the
//! dispatcher's lock.
//!
//! # What a release's time is
//! It begins when a worker says that it blocks although packets and a waiter are there, or when packets
//! are first found waiting beside a waiter with no slot free; it ends when a waiter has been released and
//! has its packet. If a running worker comes back for the packets first, there was nothing to release.

use hdrhistogram::Histogram;
use wharf_core::scheduler::Counts;

use crate::clock;
use crate::stats::Latency;

/// At 20 million packets a second the clock then costs less than one part in a hundred.
const SAMPLE_EVERY: u64 = 64;

/// Longest time that is told apart: an hour.
const MAX_NS: u64 = 3_600_000_000_000;

/// A release that took longer is late: the steward's longest pause where it relies on nobody, and a wake-up.
const LATE_NS: u64 = 1_100_000;

/// Times of one port.
pub(super) struct Meter {
    waits: Histogram<u64>,
    releases: Histogram<u64>,
    late: u64,
    /// Packets queued since the beginning.
    queued: u64,
    /// The packet that is being timed: its number, and when it was queued.
    sample: Option<(u64, u64)>,
    /// Since when a release is due.
    due: Option<u64>,
}

impl Default for Meter {
    fn default() -> Self {
        // One significant digit: a bucket is at most a tenth of its value wide, and 2 KiB hold an hour.
        let empty = || Histogram::new_with_bounds(1, MAX_NS, 1).expect("constant bounds");
        Meter { waits: empty(), releases: empty(), late: 0, queued: 0, sample: None, due: None }
    }
}

impl Meter {
    /// A packet has been queued.
    #[inline]
    pub(super) fn queued(&mut self) {
        if self.queued.is_multiple_of(SAMPLE_EVERY) && self.sample.is_none() {
            self.sample = Some((self.queued, clock::now()));
        }
        self.queued += 1;
    }

    /// Packets have been taken: `taken` since the beginning, in the order of queueing.
    #[inline]
    pub(super) fn taken(&mut self, taken: u64) {
        if let Some((number, since)) = self.sample
            && number < taken
        {
            self.sample = None;
            self.waits.saturating_record(clock::now() - since);
        }
    }

    /// A release is due.
    #[inline]
    pub(super) fn due(&mut self) {
        if self.due.is_none() {
            self.due = Some(clock::now());
        }
    }

    /// A packet was taken by a worker that had not to be released for it.
    #[inline]
    pub(super) fn not_due(&mut self) {
        self.due = None;
    }

    /// A waiter has been released and has its packet.
    pub(super) fn released(&mut self) {
        if let Some(since) = self.due.take() {
            let time = clock::now() - since;
            self.late += u64::from(time > LATE_NS);
            self.releases.saturating_record(time);
        }
    }

    pub(super) fn read(&self, counts: Counts) -> Reading {
        Reading {
            counts,
            waits: Latency::of(&self.waits),
            releases: Latency::of(&self.releases),
            late: self.late,
        }
    }
}

/// A port's counters and times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) counts: Counts,
    pub(crate) waits: Latency,
    pub(crate) releases: Latency,
    pub(crate) late: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One packet in 64 is timed, and no second one while the first is queued.
    #[test]
    fn samples() {
        let mut meter = Meter::default();
        (0..200).for_each(|_| meter.queued());
        assert_eq!(meter.sample.map(|sample| sample.0), Some(0));
        meter.taken(0);
        assert_eq!(meter.waits.len(), 0, "number 0 is still queued");
        meter.taken(1);
        assert_eq!((meter.waits.len(), meter.sample), (1, None));
        (200..257).for_each(|_| meter.queued());
        assert_eq!(meter.sample.map(|sample| sample.0), Some(256));
    }

    /// The first need counts; a worker that comes back in time ends it.
    #[test]
    fn releases() {
        let mut meter = Meter::default();
        meter.released();
        assert_eq!(meter.releases.len(), 0, "nothing was due");
        meter.due();
        meter.not_due();
        meter.released();
        assert_eq!(meter.releases.len(), 0);
        meter.due();
        meter.released();
        assert_eq!((meter.releases.len(), meter.late), (1, 0));
    }
}
