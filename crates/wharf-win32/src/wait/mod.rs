//! Waits, and what can be waited for.
//!
//! | file | subject |
//! |---|---|
//! | `token` | the one lock, and the state under it |
//! | `dispatcher` | signalled or not, by kind, and who waits |
//! | `waiter` | one wait, from its beginning to its outcome |
//! | `apc` | routines that run in alertable waits |
//! | `calls` | WaitForSingleObject and its kin |
//! | `event`, `mutex`, `semaphore`, `timer` | the objects |
//! | `names` | objects by name |
//! | `clock` | the thread that lets time pass for timers |
//!
//! # References
//! Contract F15-F23, F28, F30; B8 for each wait.

pub(crate) mod apc;
mod calls;
pub(crate) mod clock;
pub(crate) mod dispatcher;
mod event;
mod mutex;
pub(crate) mod names;
mod semaphore;
mod timer;
pub(crate) mod token;
pub(crate) mod waiter;

pub use calls::{
    SignalObjectAndWait, WaitForMultipleObjects, WaitForMultipleObjectsEx, WaitForSingleObject,
    WaitForSingleObjectEx,
};
pub use event::{
    CREATE_EVENT_INITIAL_SET, CREATE_EVENT_MANUAL_RESET, CreateEventA, CreateEventExA,
    CreateEventExW, CreateEventW, OpenEventA, OpenEventW, PulseEvent, ResetEvent, SetEvent,
};
pub use mutex::{
    CREATE_MUTEX_INITIAL_OWNER, CreateMutexA, CreateMutexExA, CreateMutexExW, CreateMutexW,
    OpenMutexA, OpenMutexW, ReleaseMutex,
};
pub use semaphore::{
    CreateSemaphoreA, CreateSemaphoreExA, CreateSemaphoreExW, CreateSemaphoreW, OpenSemaphoreA,
    OpenSemaphoreW, ReleaseSemaphore,
};
pub use timer::{
    CREATE_WAITABLE_TIMER_MANUAL_RESET, CancelWaitableTimer, CreateWaitableTimerA,
    CreateWaitableTimerExA, CreateWaitableTimerExW, CreateWaitableTimerW, OpenWaitableTimerA,
    OpenWaitableTimerW, PTIMERAPCROUTINE, SetWaitableTimer, SetWaitableTimerEx,
};

pub(crate) use calls::waitable;
pub(crate) use timer::moment;
