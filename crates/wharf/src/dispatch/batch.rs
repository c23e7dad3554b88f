//! A few things to do after a lock is released; the first, and mostly only one, costs no allocation.

/// Packets in order.
#[derive(Debug)]
pub(crate) struct Batch<P> {
    first: Option<P>,
    rest: Vec<P>,
}

impl<P> Default for Batch<P> {
    fn default() -> Self {
        Batch { first: None, rest: Vec::new() }
    }
}

impl<P> Batch<P> {
    #[inline]
    pub(crate) fn push(&mut self, packet: P) {
        if self.first.is_none() && self.rest.is_empty() {
            self.first = Some(packet);
        } else {
            self.rest.push(packet);
        }
    }

    /// The packets, in order.
    #[inline]
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = P> + '_ {
        self.first.take().into_iter().chain(self.rest.drain(..))
    }
}
