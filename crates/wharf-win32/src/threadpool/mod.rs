//! The thread pool: pools, work, timers, waits, files, cleanup groups.
//!
//! | file | subject |
//! |---|---|
//! | `types` | structures and callbacks of the interface |
//! | `pool` | threads, on a completion port of our own |
//! | `control` | CreateThreadpool and what sets a pool |
//! | `environment` | TP_CALLBACK_ENVIRON, which the program fills by inline functions of the headers |
//! | `member` | whatever a pool calls back for |
//! | `run` | one callback, and what it can ask for meanwhile |
//! | `work`, `timer`, `wait`, `io` | the four kinds, and BindIoCompletionCallback |
//! | `group` | cleanup groups |
//! | `library` | modules that stay loaded |
//!
//! QueueUserWorkItem, timer queues and registered waits (`sync`) use the default pool.
//!
//! # Names
//! PTP_WORK and its like are numbers of the handle table, so one that is stale names nothing; CloseHandle and DuplicateHandle
//! do not know them. Calls that answer nothing leave ERROR_INVALID_HANDLE as the last error.
//!
//! # References
//! Contract E20-E22; B8 in callbacks.

mod control;
mod environment;
mod group;
pub(crate) mod io;
mod library;
mod member;
pub(crate) mod pool;
mod run;
mod timer;
mod types;
mod wait;
mod work;

pub use control::{
    CloseThreadpool, CreateThreadpool, QueryThreadpoolStackInformation,
    SetThreadpoolStackInformation, SetThreadpoolThreadMaximum, SetThreadpoolThreadMinimum,
};
pub use group::{
    CloseThreadpoolCleanupGroup, CloseThreadpoolCleanupGroupMembers, CreateThreadpoolCleanupGroup,
};
pub use io::{
    BindIoCompletionCallback, CancelThreadpoolIo, CloseThreadpoolIo, CreateThreadpoolIo,
    StartThreadpoolIo, WaitForThreadpoolIoCallbacks,
};
pub use run::{
    CallbackMayRunLong, DisassociateCurrentThreadFromCallback, FreeLibraryWhenCallbackReturns,
    LeaveCriticalSectionWhenCallbackReturns, ReleaseMutexWhenCallbackReturns,
    ReleaseSemaphoreWhenCallbackReturns, SetEventWhenCallbackReturns,
};
pub use timer::{
    CloseThreadpoolTimer, CreateThreadpoolTimer, IsThreadpoolTimerSet, SetThreadpoolTimer,
    SetThreadpoolTimerEx, WaitForThreadpoolTimerCallbacks,
};
pub use types::{
    PTP_CALLBACK_INSTANCE, PTP_CLEANUP_GROUP, PTP_CLEANUP_GROUP_CANCEL_CALLBACK, PTP_IO, PTP_POOL,
    PTP_SIMPLE_CALLBACK, PTP_TIMER, PTP_TIMER_CALLBACK, PTP_WAIT, PTP_WAIT_CALLBACK,
    PTP_WIN32_IO_CALLBACK, PTP_WORK, PTP_WORK_CALLBACK, TP_CALLBACK_ENVIRON_V3,
    TP_CALLBACK_ENVIRON_V3_0, TP_CALLBACK_ENVIRON_V3_0_0, TP_CALLBACK_PRIORITY,
    TP_CALLBACK_PRIORITY_HIGH, TP_CALLBACK_PRIORITY_LOW, TP_CALLBACK_PRIORITY_NORMAL,
    TP_POOL_STACK_INFORMATION,
};
pub use wait::{
    CloseThreadpoolWait, CreateThreadpoolWait, SetThreadpoolWait, SetThreadpoolWaitEx,
    WaitForThreadpoolWaitCallbacks,
};
pub use work::{
    CloseThreadpoolWork, CreateThreadpoolWork, SubmitThreadpoolWork, TrySubmitThreadpoolCallback,
    WaitForThreadpoolWorkCallbacks,
};
