//! A worker as the scheduler sees it.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The index is free.
    Vacant,
    /// Associated and not counted: new, or just told that the port is closed. To Running, Polling, Parked.
    Idle,
    /// Counted. To Idle (on the way into `get`), Blocked, Sensed, Vacant.
    Running,
    /// Associated, not counted, in somebody else's wait, by its own word. To Running, Idle, Vacant.
    Blocked,
    /// The same, as seen from outside. To Running, Blocked, Idle, Vacant.
    Sensed,
    /// Waits in the engine. To Running, Parked, Idle.
    Polling,
    /// Waits on its own. To Handed, Polling (promoted), Running (gave up), Idle.
    Parked,
    /// Counted, was parked, has been given a packet and not yet picked it up. To Running; to Parked, if another has taken it
    /// over; to Vacant, if its wait was abandoned.
    Handed,
}

#[derive(Debug)]
pub(super) struct Worker<P> {
    pub(super) state: State,
    /// Changes whenever the worker takes something or asks: what was seen before does not hold after. The port's workers
    /// have them from one sequence, so that it also tells who has been at it for longest.
    pub(super) epoch: u32,
    /// Present exactly in state Handed (invariant 3).
    pub(super) handed: Option<P>,
}

#[cold]
pub(super) fn describe(state: State) -> &'static str {
    match state {
        State::Vacant => "has left",
        State::Idle => "is idle",
        State::Running => "runs",
        State::Blocked | State::Sensed => "is blocked",
        State::Polling => "polls",
        State::Parked => "is parked",
        State::Handed => "was handed a packet",
    }
}
