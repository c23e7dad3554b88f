//! Threads, their local storage, and handles as such.
//!
//! | file | subject |
//! |---|---|
//! | `record` | what is known of a thread, and how it finds its own |
//! | `create` | CreateThread |
//! | `runtime` | `_beginthread`, `_beginthreadex` and their ends |
//! | `end` | ExitThread, TerminateThread, exit codes |
//! | `deferral`, `suspend` | stopping a thread from outside |
//! | `alert` | waking a thread that sleeps in poll(2) |
//! | `synchronous` | CancelSynchronousIo |
//! | `identity` | ids, OpenThread, descriptions |
//! | `priority`, `affinity` | priorities, processors |
//! | `sleep` | Sleep, SleepEx, SwitchToThread, QueueUserAPC |
//! | `tls`, `fls`, on `slots` and `values` | thread and fiber local storage |
//! | `process` | the own process |
//! | `handle` | DuplicateHandle, handle information |
//!
//! # References
//! Contract F2-F14, F23, F29.

mod affinity;
pub(crate) mod alert;
mod create;
pub(crate) mod deferral;
mod end;
mod fls;
mod handle;
mod identity;
mod priority;
pub(crate) mod process;
pub(crate) mod record;
mod runtime;
mod sleep;
mod slots;
pub(crate) mod suspend;
pub(crate) mod synchronous;
mod tls;
mod values;

/// Before a fork: what is made once is made, and not half made in the child.
pub(crate) fn settle() {
    suspend::install();
    alert::install();
    crate::touch::install();
    record::key();
    affinity::whole();
    process::dispatcher();
}

/// In a child made by fork: nobody there wants its thread to stop.
pub(crate) fn forked() {
    deferral::set_due(false);
}

pub(crate) use record::{CURRENT_THREAD, Thread, current, current_id, of, with_current};

pub use affinity::{
    GROUP_AFFINITY, GetThreadGroupAffinity, GetThreadIdealProcessorEx, PROCESSOR_NUMBER,
    SetThreadAffinityMask, SetThreadGroupAffinity, SetThreadIdealProcessor,
    SetThreadIdealProcessorEx,
};
pub use create::{
    CREATE_SUSPENDED, CreateThread, LPTHREAD_START_ROUTINE, STACK_SIZE_PARAM_IS_A_RESERVATION,
};
pub use end::{ExitThread, GetExitCodeThread, TerminateThread};
pub use fls::{FlsAlloc, FlsFree, FlsGetValue, FlsSetValue, PFLS_CALLBACK_FUNCTION};
pub use handle::{
    CompareObjectHandles, DuplicateHandle, GetHandleInformation, SetHandleInformation,
};
pub use identity::{
    GetCurrentThread, GetCurrentThreadId, GetProcessIdOfThread, GetThreadDescription, GetThreadId,
    OpenThread, SetThreadDescription,
};
pub use priority::{
    GetThreadPriority, GetThreadPriorityBoost, SetThreadPriority, SetThreadPriorityBoost,
};
pub use process::{
    ExitProcess, GetCurrentProcess, GetCurrentProcessId, GetExitCodeProcess, GetProcessId,
    OpenProcess, TerminateProcess,
};
pub use runtime::{
    _beginthread, _beginthread_proc_type, _beginthreadex, _beginthreadex_proc_type, _endthread,
    _endthreadex,
};
pub use sleep::{PAPCFUNC, QueueUserAPC, Sleep, SleepEx, SwitchToThread};
pub use suspend::{ResumeThread, SuspendThread};
pub use tls::{TlsAlloc, TlsFree, TlsGetValue, TlsSetValue};
