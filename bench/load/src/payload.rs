//! What requests contain, and so what answers must.
//!
//! A request is a window into one repeating pattern whose period is prime and whose start differs from request to
//! request and from connection to connection: an answer that is shifted, stale, or another connection's does not
//! compare equal (unless the starts meet, one time in [`PERIOD`]). Windows need no copying, so making and checking a
//! request costs one comparison.
//!
//! Invariant: no byte of the pattern is `S`, so a server that reads a long request in parts sleeps only for a request
//! that was meant to.

/// Values in the pattern: the largest prime that fits in the upper half of a byte.
const PERIOD: usize = 127;

pub(crate) struct Payload {
    size: usize,
    /// `size + PERIOD` bytes, so that every start has a whole window.
    pattern: Vec<u8>,
    /// `S` and the pattern's first bytes: the request that asks the handler to sleep.
    sleep: Vec<u8>,
}

/// Which bytes a request consists of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content {
    /// The window that starts here, below [`PERIOD`].
    Window(usize),
    Sleep,
}

impl Payload {
    pub(crate) fn new(size: usize) -> Self {
        assert!(size > 0, "an empty request is never answered");
        let byte = |i: usize| 0x80 | u8::try_from(i % PERIOD).expect("below 127");
        let pattern = (0..size + PERIOD).map(byte).collect();
        let sleep = (0..size).map(|i| if i == 0 { b'S' } else { byte(i) }).collect();
        Self { size, pattern, sleep }
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// The content of a connection's ordinary request number `turn`.
    pub(crate) fn window(connection: usize, turn: u64) -> Content {
        let turn = usize::try_from(turn % PERIOD as u64).expect("below 127");
        // 37 spreads consecutive requests; any factor that the period does not divide would do.
        Content::Window((connection + 37 * turn) % PERIOD)
    }

    pub(crate) fn bytes(&self, content: Content) -> &[u8] {
        match content {
            Content::Window(start) => &self.pattern[start..start + self.size],
            Content::Sleep => &self.sleep,
        }
    }
}
