//! Locks, and work that the process does for itself.
//!
//! | file | subject |
//! |---|---|
//! | `futex` | words that threads sleep on |
//! | `errno` | the C library's error number |
//! | `critical`, `srw`, `condition`, `once` | locks in the program's memory, with Windows' sizes |
//! | `address` | WaitOnAddress |
//! | `slist` | singly linked lists |
//! | `pool` | QueueUserWorkItem, and threads for the next two |
//! | `timer_queue` | callbacks at times |
//! | `registered_wait` | callbacks when an object is signalled |
//! | `rundown` | when the last callback has ended |
//!
//! # References
//! Contract F24-F28; B8 for each call that blocks.

pub(crate) mod address;
mod condition;
mod critical;
pub(crate) mod errno;
pub(crate) mod futex;
mod once;
mod pool;
mod registered_wait;
mod rundown;
mod slist;
mod srw;
pub(crate) mod timer_queue;

pub use address::{WaitOnAddress, WakeByAddressAll, WakeByAddressSingle};
pub use condition::{
    CONDITION_VARIABLE, CONDITION_VARIABLE_LOCKMODE_SHARED, InitializeConditionVariable,
    SleepConditionVariableCS, SleepConditionVariableSRW, WakeAllConditionVariable,
    WakeConditionVariable,
};
pub use critical::{
    CRITICAL_SECTION, DeleteCriticalSection, EnterCriticalSection, InitializeCriticalSection,
    InitializeCriticalSectionAndSpinCount, InitializeCriticalSectionEx, LeaveCriticalSection,
    SetCriticalSectionSpinCount, TryEnterCriticalSection,
};
pub use once::{
    INIT_ONCE, INIT_ONCE_ASYNC, INIT_ONCE_CHECK_ONLY, INIT_ONCE_INIT_FAILED,
    InitOnceBeginInitialize, InitOnceComplete, InitOnceExecuteOnce, InitOnceInitialize,
    PINIT_ONCE_FN,
};
pub use pool::QueueUserWorkItem;
pub use registered_wait::{RegisterWaitForSingleObject, UnregisterWait, UnregisterWaitEx};
pub use slist::{
    InitializeSListHead, InterlockedFlushSList, InterlockedPopEntrySList,
    InterlockedPushEntrySList, InterlockedPushListSListEx, QueryDepthSList, SLIST_ENTRY,
    SLIST_HEADER,
};
pub use srw::{
    AcquireSRWLockExclusive, AcquireSRWLockShared, InitializeSRWLock, ReleaseSRWLockExclusive,
    ReleaseSRWLockShared, SRWLOCK, TryAcquireSRWLockExclusive, TryAcquireSRWLockShared,
};
pub use timer_queue::{
    ChangeTimerQueueTimer, CreateTimerQueue, CreateTimerQueueTimer, DeleteTimerQueue,
    DeleteTimerQueueEx, DeleteTimerQueueTimer, WAITORTIMERCALLBACK,
};
