//! Taking packets.

use std::sync::Arc;
use std::time::Duration;

use wharf_core::scheduler::{Next, Urgency, WorkerId};

use crate::dispatch::{Empty, Interrupt, Member, View};
use crate::{GetError, Packet, Port, Sensing, clock, worker};

impl<T: Send + 'static> Port<T> {
    /// Takes the next packet; waits for it up to `timeout`, without end for `None`.
    ///
    /// The calling thread becomes a worker of this port, and leaves the port that it worked for. It counts
    /// against the concurrency value from the return until its next `get`, also if that returned for
    /// time (contract B11).
    ///
    /// # Errors
    /// [`GetError::TimedOut`], never before `timeout` has passed; [`GetError::Closed`].
    #[inline]
    pub fn get(&self, timeout: Option<Duration>) -> Result<Packet<T>, GetError> {
        self.get_unless(timeout, None)
    }

    #[inline]
    pub(crate) fn get_unless(
        &self,
        timeout: Option<Duration>,
        interrupt: Option<&dyn Interrupt>,
    ) -> Result<Packet<T>, GetError> {
        let shared = &self.shared;
        if shared.is_foreign() {
            return Err(GetError::Closed);
        }
        let entered = worker::enter(shared.id, shared, |view| shared.dispatcher.join(view));
        let Some((worker, look)) = entered else { return self.get_at_exit(timeout) };
        let inside = worker::Inside::entered();
        if look {
            shared.flush();
            shared.dispatcher.harvest(Urgency::Lazy);
        }
        let Some(packet) = shared.dispatcher.get_next(worker) else {
            return self.ask(worker, inside, timeout, interrupt);
        };
        drop(inside);
        shared.steward.arm();
        Ok(packet)
    }

    #[cold]
    #[inline(never)]
    fn ask(
        &self,
        worker: WorkerId,
        inside: worker::Inside,
        timeout: Option<Duration>,
        interrupt: Option<&dyn Interrupt>,
    ) -> Result<Packet<T>, GetError> {
        let got = match self.shared.dispatcher.ask(worker, || self.shared.steward.alarm()) {
            Next::Packet(packet) => Ok(packet),
            waiting => self.wait(&worker::member(), timeout, waiting, interrupt),
        };
        drop(inside);
        self.shared.steward.arm();
        got
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn wait(
        &self,
        member: &Member,
        timeout: Option<Duration>,
        waiting: Next<Packet<T>>,
        interrupt: Option<&dyn Interrupt>,
    ) -> Result<Packet<T>, GetError> {
        let shared = &self.shared;
        if shared.is_draining() {
            shared.idle.notify();
        }
        shared.flush();
        let senses = shared.sensing != Sensing::Told;
        let deadline = clock::deadline(timeout);
        let got = shared.dispatcher.wait(
            member,
            deadline,
            waiting,
            senses,
            || shared.steward.kick(),
            interrupt,
        );
        got.map_err(|empty| match empty {
            Empty::TimedOut => GetError::TimedOut,
            Empty::Closed => {
                worker::forget(shared.id);
                GetError::Closed
            }
        })
    }

    /// In the destructors of a thread's variables, after the record of its association has gone: a worker
    /// for this one packet.
    #[cold]
    fn get_at_exit(&self, timeout: Option<Duration>) -> Result<Packet<T>, GetError> {
        let member = self.shared.dispatcher.join(Arc::new(View::here()));
        let got = match self.shared.dispatcher.ask(member.id, || self.shared.steward.alarm()) {
            Next::Packet(packet) => Ok(packet),
            waiting => self.wait(&member, timeout, waiting, None),
        };
        self.shared.dispatcher.leave(&member);
        got
    }

    /// Takes the next packet and what else is queued, up to `limit` packets; waits for the first only.
    ///
    /// The whole batch counts as one running worker (contract B14).
    ///
    /// # Errors
    /// As [`get`](Port::get). A `limit` of 0 is a [`GetError::TimedOut`] at once.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// let port = wharf::Port::new(1)?;
    /// for number in 0..3 {
    ///     port.post(0, number, 0)?;
    /// }
    /// let first: Vec<_> = port.get_many(2, None)?.into_iter().map(|packet| packet.payload).collect();
    /// assert_eq!(first, [0, 1]);
    /// assert_eq!(port.get_many(100, None)?.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_many(
        &self,
        limit: usize,
        timeout: Option<Duration>,
    ) -> Result<Vec<Packet<T>>, GetError> {
        if limit == 0 {
            return Err(GetError::TimedOut);
        }
        let mut packets = vec![self.get(timeout)?];
        self.shared.dispatcher.take_more(limit - 1, &mut packets);
        Ok(packets)
    }

    /// Takes what else is queued, up to `limit` packets, after a [`get`](Port::get) that has brought one; never waits.
    pub fn take_more(&self, limit: usize, packets: &mut Vec<Packet<T>>) {
        if !self.shared.is_foreign() {
            self.shared.dispatcher.take_more(limit, packets);
        }
    }
}
