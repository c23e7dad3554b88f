/* The thread pool: its types, and the functions that fill a callback environment. */
#ifndef WHARF_THREADPOOL_H
#define WHARF_THREADPOOL_H
#include "kernel.h"

typedef struct _TP_POOL TP_POOL, *PTP_POOL;
typedef struct _TP_WORK TP_WORK, *PTP_WORK;
typedef struct _TP_TIMER TP_TIMER, *PTP_TIMER;
typedef struct _TP_WAIT TP_WAIT, *PTP_WAIT;
typedef struct _TP_IO TP_IO, *PTP_IO;
typedef struct _TP_CLEANUP_GROUP TP_CLEANUP_GROUP, *PTP_CLEANUP_GROUP;
typedef struct _TP_CALLBACK_INSTANCE TP_CALLBACK_INSTANCE, *PTP_CALLBACK_INSTANCE;
typedef DWORD TP_VERSION, *PTP_VERSION;
typedef DWORD TP_WAIT_RESULT;

typedef VOID (*PTP_SIMPLE_CALLBACK)(PTP_CALLBACK_INSTANCE, PVOID);
typedef VOID (*PTP_WORK_CALLBACK)(PTP_CALLBACK_INSTANCE, PVOID, PTP_WORK);
typedef VOID (*PTP_TIMER_CALLBACK)(PTP_CALLBACK_INSTANCE, PVOID, PTP_TIMER);
typedef VOID (*PTP_WAIT_CALLBACK)(PTP_CALLBACK_INSTANCE, PVOID, PTP_WAIT, TP_WAIT_RESULT);
typedef VOID (*PTP_WIN32_IO_CALLBACK)(PTP_CALLBACK_INSTANCE, PVOID, PVOID, ULONG, ULONG_PTR, PTP_IO);
typedef VOID (*PTP_CLEANUP_GROUP_CANCEL_CALLBACK)(PVOID, PVOID);

typedef enum _TP_CALLBACK_PRIORITY {
    TP_CALLBACK_PRIORITY_HIGH,
    TP_CALLBACK_PRIORITY_NORMAL,
    TP_CALLBACK_PRIORITY_LOW,
    TP_CALLBACK_PRIORITY_INVALID,
    TP_CALLBACK_PRIORITY_COUNT = TP_CALLBACK_PRIORITY_INVALID
} TP_CALLBACK_PRIORITY;

typedef struct _TP_CALLBACK_ENVIRON_V3 {
    TP_VERSION Version;
    PTP_POOL Pool;
    PTP_CLEANUP_GROUP CleanupGroup;
    PTP_CLEANUP_GROUP_CANCEL_CALLBACK CleanupGroupCancelCallback;
    PVOID RaceDll;
    struct _ACTIVATION_CONTEXT *ActivationContext;
    PTP_SIMPLE_CALLBACK FinalizationCallback;
    union {
        DWORD Flags;
        struct { DWORD LongFunction : 1, Persistent : 1, Private : 30; } s;
    } u;
    TP_CALLBACK_PRIORITY CallbackPriority;
    DWORD Size;
} TP_CALLBACK_ENVIRON_V3, TP_CALLBACK_ENVIRON, *PTP_CALLBACK_ENVIRON;

typedef struct _TP_POOL_STACK_INFORMATION {
    SIZE_T StackReserve, StackCommit;
} TP_POOL_STACK_INFORMATION, *PTP_POOL_STACK_INFORMATION;

FORCEINLINE VOID TpInitializeCallbackEnviron(PTP_CALLBACK_ENVIRON environ_)
{
    environ_->Version = 3;
    environ_->Pool = NULL;
    environ_->CleanupGroup = NULL;
    environ_->CleanupGroupCancelCallback = NULL;
    environ_->RaceDll = NULL;
    environ_->ActivationContext = NULL;
    environ_->FinalizationCallback = NULL;
    environ_->u.Flags = 0;
    environ_->CallbackPriority = TP_CALLBACK_PRIORITY_NORMAL;
    environ_->Size = sizeof *environ_;
}
FORCEINLINE VOID TpSetCallbackThreadpool(PTP_CALLBACK_ENVIRON environ_, PTP_POOL pool) { environ_->Pool = pool; }
FORCEINLINE VOID TpSetCallbackCleanupGroup(PTP_CALLBACK_ENVIRON environ_, PTP_CLEANUP_GROUP group,
                                           PTP_CLEANUP_GROUP_CANCEL_CALLBACK cancelled)
{
    environ_->CleanupGroup = group;
    environ_->CleanupGroupCancelCallback = cancelled;
}
FORCEINLINE VOID TpSetCallbackActivationContext(PTP_CALLBACK_ENVIRON environ_, struct _ACTIVATION_CONTEXT *context)
{
    environ_->ActivationContext = context;
}
FORCEINLINE VOID TpSetCallbackNoActivationContext(PTP_CALLBACK_ENVIRON environ_)
{
    environ_->ActivationContext = (struct _ACTIVATION_CONTEXT *)(LONG_PTR)-1;
}
FORCEINLINE VOID TpSetCallbackLongFunction(PTP_CALLBACK_ENVIRON environ_) { environ_->u.s.LongFunction = 1; }
FORCEINLINE VOID TpSetCallbackRaceWithDll(PTP_CALLBACK_ENVIRON environ_, PVOID module) { environ_->RaceDll = module; }
FORCEINLINE VOID TpSetCallbackFinalizationCallback(PTP_CALLBACK_ENVIRON environ_, PTP_SIMPLE_CALLBACK finalization)
{
    environ_->FinalizationCallback = finalization;
}
FORCEINLINE VOID TpSetCallbackPriority(PTP_CALLBACK_ENVIRON environ_, TP_CALLBACK_PRIORITY priority)
{
    environ_->CallbackPriority = priority;
}
FORCEINLINE VOID TpSetCallbackPersistent(PTP_CALLBACK_ENVIRON environ_) { environ_->u.s.Persistent = 1; }
FORCEINLINE VOID TpDestroyCallbackEnviron(PTP_CALLBACK_ENVIRON environ_) { (void)environ_; }

FORCEINLINE VOID InitializeThreadpoolEnvironment(PTP_CALLBACK_ENVIRON pcbe) { TpInitializeCallbackEnviron(pcbe); }
FORCEINLINE VOID SetThreadpoolCallbackPool(PTP_CALLBACK_ENVIRON pcbe, PTP_POOL ptpp) { TpSetCallbackThreadpool(pcbe, ptpp); }
FORCEINLINE VOID SetThreadpoolCallbackCleanupGroup(PTP_CALLBACK_ENVIRON pcbe, PTP_CLEANUP_GROUP ptpcg,
                                                   PTP_CLEANUP_GROUP_CANCEL_CALLBACK pfng)
{
    TpSetCallbackCleanupGroup(pcbe, ptpcg, pfng);
}
FORCEINLINE VOID SetThreadpoolCallbackRunsLong(PTP_CALLBACK_ENVIRON pcbe) { TpSetCallbackLongFunction(pcbe); }
FORCEINLINE VOID SetThreadpoolCallbackLibrary(PTP_CALLBACK_ENVIRON pcbe, PVOID mod) { TpSetCallbackRaceWithDll(pcbe, mod); }
FORCEINLINE VOID SetThreadpoolCallbackPriority(PTP_CALLBACK_ENVIRON pcbe, TP_CALLBACK_PRIORITY Priority)
{
    TpSetCallbackPriority(pcbe, Priority);
}
FORCEINLINE VOID SetThreadpoolCallbackPersistent(PTP_CALLBACK_ENVIRON pcbe) { TpSetCallbackPersistent(pcbe); }
FORCEINLINE VOID DestroyThreadpoolEnvironment(PTP_CALLBACK_ENVIRON pcbe) { TpDestroyCallbackEnviron(pcbe); }
#endif
