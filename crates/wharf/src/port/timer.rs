//! Timers of the program.

use std::time::Duration;

use rustix::io::Errno;
use wharf_core::timers::TimerKey;

use crate::engine::Due;
use crate::{Packet, Port, PostError, clock};

/// Names a timer of a port: [`Port::start_timer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimerId(TimerKey);

impl<T: Send + 'static> Port<T> {
    /// Starts a timer: after `after`, a packet with this key and payload is queued, with the number 0.
    ///
    /// # Errors
    /// The payload, if the port is closed.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use std::time::Duration;
    /// let port = wharf::Port::new(1)?;
    /// port.start_timer(Duration::from_millis(1), 7, "soon")?;
    /// let never = port.start_timer(Duration::MAX, 7, "never")?;
    /// assert_eq!(port.get(None)?.payload, "soon");
    /// assert!(port.cancel_timer(never));
    /// assert!(port.get(None)?.was_cancelled());
    /// # Ok(())
    /// # }
    /// ```
    pub fn start_timer(
        &self,
        after: Duration,
        key: usize,
        payload: T,
    ) -> Result<TimerId, PostError<T>> {
        if self.shared.is_closed() {
            return Err(PostError(payload));
        }
        let packet = Packet::new(key, payload, Ok(0));
        let timer = TimerId(
            self.shared
                .dispatcher
                .engine
                .alarm
                .set(clock::deadline(Some(after)), Due::Timer(packet)),
        );
        if self.shared.is_closed() {
            // Closed meanwhile: either its visit has taken the timer, or this does.
            if let Some(Due::Timer(packet)) = self.shared.dispatcher.engine.alarm.clear(timer.0) {
                return Err(PostError(packet.payload));
            }
        }
        Ok(timer)
    }

    /// Ends a timer before its time: its packet is queued now, with the error `ECANCELED`. False if the
    /// timer's packet has been queued already.
    pub fn cancel_timer(&self, timer: TimerId) -> bool {
        if self.shared.is_foreign() {
            return false;
        }
        match self.shared.dispatcher.engine.alarm.clear(timer.0) {
            Some(Due::Timer(packet)) => {
                let cancelled = Err(Errno::CANCELED.into());
                self.shared.delivering(|out| out(Packet { result: cancelled, ..packet }));
                true
            }
            _ => false,
        }
    }
}
