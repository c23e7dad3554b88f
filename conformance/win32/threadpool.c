/* The thread pool: work, callbacks without a name, cleanup groups (what Windows' own interface says). */
#include "pool.h"

static volatile LONG running, several;

static TP_CALLBACK_ENVIRON environment_of(PTP_POOL pool)
{
    TP_CALLBACK_ENVIRON environment;
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackPool(&environment, pool);
    return environment;
}

static PTP_POOL pool_of_one(void)
{
    PTP_POOL pool = CreateThreadpool(NULL);
    EXPECT(pool != NULL);
    SetThreadpoolThreadMaximum(pool, 1);
    return pool;
}

static void CALLBACK counts(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work)
{
    (void)instance, (void)context, (void)work;
    if (InterlockedIncrement(&running) > 1)
        InterlockedExchange(&several, 1);
    InterlockedIncrement(&count);
    SwitchToThread();
    InterlockedDecrement(&running);
    ReleaseSemaphore(done, 1, NULL);
}

/* Begins, says so, and waits at the gate. */
static void CALLBACK waits(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work)
{
    (void)instance, (void)context, (void)work;
    ReleaseSemaphore(done, 1, NULL);
    EXPECT(is_soon(gate));
    InterlockedIncrement(&count);
}

static void CALLBACK unexpected(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work)
{
    (void)instance, (void)context, (void)work;
    EXPECT(!"called");
}

static void work(void)
{
    begin();
    PTP_WORK item = CreateThreadpoolWork(counts, NULL, NULL);
    EXPECT(item != NULL);
    for (int i = 0; i < 10; i++)
        SubmitThreadpoolWork(item);
    WaitForThreadpoolWorkCallbacks(item, FALSE);
    EXPECT(count == 10);
    WaitForThreadpoolWorkCallbacks(item, TRUE);
    CloseThreadpoolWork(item);
    end();
}

static void simple_says(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    EXPECT(instance != NULL);
    ReleaseSemaphore((HANDLE)context, 1, NULL);
}

static void CALLBACK simple(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    simple_says(instance, context);
}

static void try_submit(void)
{
    begin();
    EXPECT(TrySubmitThreadpoolCallback(simple, done, NULL) && is_soon(done));
    PTP_POOL pool = CreateThreadpool(NULL);
    TP_CALLBACK_ENVIRON environment = environment_of(pool);
    EXPECT(TrySubmitThreadpoolCallback(simple, done, &environment) && is_soon(done));
    environment.Version = 1;
    EXPECT(TrySubmitThreadpoolCallback(simple, done, &environment) && is_soon(done));
    CloseThreadpool(pool);
    end();
}

static void bad_environment(void)
{
    TP_CALLBACK_ENVIRON environment;
    InitializeThreadpoolEnvironment(&environment);
    environment.Version = 9999;
    EXPECT(!TrySubmitThreadpoolCallback(simple, done, &environment) && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(CreateThreadpoolWork(counts, NULL, &environment) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    DestroyThreadpoolEnvironment(&environment);
}

/* One thread: one callback at a time. */
static void maximum(void)
{
    begin();
    several = 0;
    PTP_POOL pool = pool_of_one();
    TP_CALLBACK_ENVIRON environment = environment_of(pool);
    PTP_WORK one = CreateThreadpoolWork(counts, NULL, &environment), two = CreateThreadpoolWork(counts, NULL, &environment);
    for (int i = 0; i < 50; i++) {
        SubmitThreadpoolWork(one);
        SubmitThreadpoolWork(two);
    }
    WaitForThreadpoolWorkCallbacks(one, FALSE);
    WaitForThreadpoolWorkCallbacks(two, FALSE);
    EXPECT(count == 100 && !several);
    CloseThreadpoolWork(one);
    CloseThreadpoolWork(two);
    CloseThreadpool(pool);
    end();
}

static void minimum(void)
{
    begin();
    PTP_POOL pool = CreateThreadpool(NULL);
    EXPECT(SetThreadpoolThreadMinimum(pool, 4));
    TP_CALLBACK_ENVIRON environment = environment_of(pool);
    PTP_WORK item = CreateThreadpoolWork(waits, NULL, &environment);
    for (int i = 0; i < 4; i++)
        SubmitThreadpoolWork(item);
    for (int i = 0; i < 4; i++)
        EXPECT(is_soon(done)); /* all have begun */
    ReleaseSemaphore(gate, 4, NULL);
    WaitForThreadpoolWorkCallbacks(item, FALSE);
    EXPECT(count == 4);
    CloseThreadpoolWork(item);
    CloseThreadpool(pool);
    end();
}

/* B8: callbacks that block are replaced, however many. */
static void B8_blocked_callbacks(void)
{
    begin();
    PTP_WORK item = CreateThreadpoolWork(waits, NULL, NULL);
    for (int i = 0; i < 6; i++)
        SubmitThreadpoolWork(item);
    for (int i = 0; i < 6; i++)
        EXPECT(is_soon(done));
    ReleaseSemaphore(gate, 6, NULL);
    WaitForThreadpoolWorkCallbacks(item, FALSE);
    EXPECT(count == 6);
    CloseThreadpoolWork(item);
    end();
}

static void cancelled_work(void)
{
    begin();
    PTP_POOL pool = pool_of_one();
    TP_CALLBACK_ENVIRON environment = environment_of(pool);
    PTP_WORK first = CreateThreadpoolWork(waits, NULL, &environment), second = CreateThreadpoolWork(unexpected, NULL, &environment);
    SubmitThreadpoolWork(first);
    EXPECT(is_soon(done));
    for (int i = 0; i < 10; i++)
        SubmitThreadpoolWork(second);
    WaitForThreadpoolWorkCallbacks(second, TRUE); /* nothing of it runs */
    ReleaseSemaphore(gate, 1, NULL);
    WaitForThreadpoolWorkCallbacks(first, FALSE);
    CloseThreadpoolWork(first);
    CloseThreadpoolWork(second);
    CloseThreadpool(pool);
    end();
}

static volatile LONG order[64], orders;

static void CALLBACK notes(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK item)
{
    (void)instance, (void)item;
    order[InterlockedIncrement(&orders) - 1] = (LONG)(LONG_PTR)context;
}

/* Several objects of one pool take turns. */
static void turns(void)
{
    begin();
    orders = 0;
    PTP_POOL pool = pool_of_one();
    TP_CALLBACK_ENVIRON environment = environment_of(pool);
    PTP_WORK first = CreateThreadpoolWork(waits, NULL, &environment);
    PTP_WORK a = CreateThreadpoolWork(notes, (PVOID)1, &environment), b = CreateThreadpoolWork(notes, (PVOID)2, &environment);
    SubmitThreadpoolWork(first);
    EXPECT(is_soon(done));
    for (int i = 0; i < 8; i++)
        SubmitThreadpoolWork(a);
    for (int i = 0; i < 8; i++)
        SubmitThreadpoolWork(b);
    ReleaseSemaphore(gate, 1, NULL);
    WaitForThreadpoolWorkCallbacks(a, FALSE);
    WaitForThreadpoolWorkCallbacks(b, FALSE);
    EXPECT(orders == 16);
    for (int i = 0; i < 16; i++)
        EXPECT(order[i] == 1 + i % 2);
    CloseThreadpoolWork(first);
    CloseThreadpoolWork(a);
    CloseThreadpoolWork(b);
    CloseThreadpool(pool);
    end();
}

static void priorities(void)
{
    begin();
    orders = 0;
    PTP_POOL pool = pool_of_one();
    TP_CALLBACK_ENVIRON environment = environment_of(pool);
    PTP_WORK first = CreateThreadpoolWork(waits, NULL, &environment), items[3];
    for (int i = 0; i < 3; i++) {
        SetThreadpoolCallbackPriority(&environment, (TP_CALLBACK_PRIORITY)(2 - i));
        items[i] = CreateThreadpoolWork(notes, (PVOID)(LONG_PTR)(2 - i), &environment);
        EXPECT(items[i] != NULL);
    }
    SubmitThreadpoolWork(first);
    EXPECT(is_soon(done));
    for (int i = 0; i < 3; i++)
        SubmitThreadpoolWork(items[i]);
    ReleaseSemaphore(gate, 1, NULL);
    for (int i = 0; i < 3; i++)
        WaitForThreadpoolWorkCallbacks(items[i], FALSE);
    EXPECT(order[0] == 0 && order[1] == 1 && order[2] == 2);
    for (int i = 0; i < 3; i++)
        CloseThreadpoolWork(items[i]);
    CloseThreadpoolWork(first);
    CloseThreadpool(pool);
    end();
}

/* What is pending when its object is closed still comes. */
static void closed_work(void)
{
    begin();
    PTP_POOL pool = pool_of_one();
    TP_CALLBACK_ENVIRON environment = environment_of(pool);
    PTP_WORK first = CreateThreadpoolWork(waits, NULL, &environment), second = CreateThreadpoolWork(counts, NULL, &environment);
    SubmitThreadpoolWork(first);
    EXPECT(is_soon(done));
    SubmitThreadpoolWork(second);
    CloseThreadpoolWork(second);
    CloseThreadpoolWork(first);
    CloseThreadpool(pool); /* lives as long as they do */
    ReleaseSemaphore(gate, 1, NULL);
    EXPECT(is_soon(done));
    end();
}

static volatile LONG cancel_calls;
static DWORD cancel_thread;
static PVOID cancel_object;

static void CALLBACK cancelled(PVOID object, PVOID cleanup)
{
    InterlockedIncrement(&cancel_calls);
    cancel_thread = GetCurrentThreadId();
    cancel_object = object;
    ReleaseSemaphore((HANDLE)cleanup, 1, NULL);
}

static void CALLBACK simple_unexpected(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    (void)instance, (void)context;
    EXPECT(!"called");
}

static LONG simple_ended;

static void CALLBACK simple_waits(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    (void)context;
    EXPECT(!CallbackMayRunLong(instance)); /* the only thread */
    ReleaseSemaphore(done, 1, NULL);
    EXPECT(is_soon(gate));
    InterlockedIncrement(&count);
    InterlockedExchange(&simple_ended, 1);
}

static void group(void)
{
    begin();
    PTP_CLEANUP_GROUP members = CreateThreadpoolCleanupGroup();
    EXPECT(members != NULL);
    TP_CALLBACK_ENVIRON environment = environment_of(NULL);
    SetThreadpoolCallbackCleanupGroup(&environment, members, NULL);
    PTP_WORK item = CreateThreadpoolWork(counts, NULL, &environment);
    for (int i = 0; i < 10; i++)
        SubmitThreadpoolWork(item);
    EXPECT(TrySubmitThreadpoolCallback(simple, done, &environment));
    CloseThreadpoolCleanupGroupMembers(members, FALSE, NULL); /* waits for all, and closes */
    EXPECT(count == 10);
    for (int i = 0; i < 11; i++)
        EXPECT(WaitForSingleObject(done, 0) == WAIT_OBJECT_0);
    CloseThreadpoolCleanupGroup(members);
    end();
}

static void group_cancel(void)
{
    begin();
    cancel_calls = 0;
    PTP_POOL pool = pool_of_one();
    PTP_CLEANUP_GROUP members = CreateThreadpoolCleanupGroup();
    TP_CALLBACK_ENVIRON environment = environment_of(pool);
    EXPECT(TrySubmitThreadpoolCallback(simple_waits, NULL, &environment));
    EXPECT(is_soon(done));
    SetThreadpoolCallbackCleanupGroup(&environment, members, cancelled);
    EXPECT(TrySubmitThreadpoolCallback(simple_unexpected, (PVOID)77, &environment));
    CloseThreadpoolCleanupGroupMembers(members, TRUE, gate); /* opens the gate too */
    EXPECT(cancel_calls == 1 && cancel_thread == GetCurrentThreadId() && cancel_object == (PVOID)77);
    PTP_WORK item = CreateThreadpoolWork(counts, (PVOID)78, &environment);
    for (int i = 0; i < 10; i++)
        SubmitThreadpoolWork(item);
    CloseThreadpoolCleanupGroupMembers(members, TRUE, gate);
    EXPECT(cancel_calls == 2 && cancel_object == (PVOID)78); /* one for the object, not one for each */
    CloseThreadpoolCleanupGroupMembers(members, TRUE, gate);
    EXPECT(cancel_calls == 2);
    CloseThreadpoolCleanupGroup(members);
    CloseThreadpool(pool);
    for (int i = 0; i < 2000 && !InterlockedCompareExchange(&simple_ended, 0, 0); i++)
        Sleep(5); /* it is no member, so nobody has waited for it */
    end();
}

static HANDLE event, mutex, semaphore;
static CRITICAL_SECTION section;

static void CALLBACK promises(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK item)
{
    (void)context, (void)item;
    EnterCriticalSection(&section);
    EXPECT(is_soon(mutex));
    LeaveCriticalSectionWhenCallbackReturns(instance, &section);
    ReleaseMutexWhenCallbackReturns(instance, mutex);
    ReleaseSemaphoreWhenCallbackReturns(instance, semaphore, 2);
    SetEventWhenCallbackReturns(instance, event);
    EXPECT(WaitForSingleObject(event, 0) == WAIT_TIMEOUT);
    EXPECT(WaitForSingleObject(semaphore, 0) == WAIT_TIMEOUT);
}

static void when_callback_returns(void)
{
    begin();
    InitializeCriticalSection(&section);
    event = CreateEventA(NULL, TRUE, FALSE, NULL);
    mutex = CreateMutexA(NULL, FALSE, NULL);
    semaphore = CreateSemaphoreA(NULL, 0, 5, NULL);
    PTP_WORK item = CreateThreadpoolWork(promises, NULL, NULL);
    SubmitThreadpoolWork(item);
    WaitForThreadpoolWorkCallbacks(item, FALSE);
    EXPECT(WaitForSingleObject(event, 0) == WAIT_OBJECT_0 && WaitForSingleObject(mutex, 0) == WAIT_OBJECT_0);
    EXPECT(WaitForSingleObject(semaphore, 0) == WAIT_OBJECT_0 && WaitForSingleObject(semaphore, 0) == WAIT_OBJECT_0);
    EXPECT(WaitForSingleObject(semaphore, 0) == WAIT_TIMEOUT && TryEnterCriticalSection(&section));
    CloseThreadpoolWork(item);
    CloseHandle(event);
    CloseHandle(mutex);
    CloseHandle(semaphore);
    DeleteCriticalSection(&section);
    end();
}

static void CALLBACK semaphore_on_return(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    ReleaseSemaphoreWhenCallbackReturns(instance, (HANDLE)context, 1);
}

static void CALLBACK finalizes(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    EXPECT(instance != NULL && WaitForSingleObject((HANDLE)context, 0) == WAIT_TIMEOUT);
    InterlockedIncrement(&count);
}

/* The finalization callback comes before what was to be done at the return. */
static void finalization(void)
{
    begin();
    TP_CALLBACK_ENVIRON environment = environment_of(NULL);
    environment.FinalizationCallback = finalizes;
    EXPECT(TrySubmitThreadpoolCallback(semaphore_on_return, done, &environment));
    EXPECT(is_soon(done) && count == 1);
    end();
}

static void CALLBACK disassociates(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK item)
{
    (void)context, (void)item;
    DisassociateCurrentThreadFromCallback(instance);
    EXPECT(is_soon(gate));
    ReleaseSemaphore(done, 1, NULL);
}

static void disassociated(void)
{
    begin();
    PTP_WORK item = CreateThreadpoolWork(disassociates, NULL, NULL);
    SubmitThreadpoolWork(item);
    WaitForThreadpoolWorkCallbacks(item, FALSE); /* although it still runs */
    EXPECT(WaitForSingleObject(done, 0) == WAIT_TIMEOUT);
    ReleaseSemaphore(gate, 1, NULL);
    EXPECT(is_soon(done));
    CloseThreadpoolWork(item);
    end();
}

static void CALLBACK runs_long(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK item)
{
    (void)context, (void)item;
    EXPECT(CallbackMayRunLong(instance));
    ReleaseSemaphore(done, 1, NULL);
    while (InterlockedCompareExchange(&count, 0, 0) != 1000) /* busy, not blocked */
        SwitchToThread();
}

/* Callbacks that may run long take nobody's turn, however many they are. */
static void may_run_long(void)
{
    begin();
    PTP_WORK item = CreateThreadpoolWork(runs_long, NULL, NULL);
    for (int i = 0; i < 6; i++)
        SubmitThreadpoolWork(item);
    for (int i = 0; i < 6; i++)
        EXPECT(is_soon(done));
    InterlockedExchange(&count, 1000);
    WaitForThreadpoolWorkCallbacks(item, FALSE);
    CloseThreadpoolWork(item);
    end();
}

int main(void)
{
    start_winsock();
    RUN(work); RUN(try_submit); RUN(bad_environment); RUN(maximum); RUN(minimum); RUN(B8_blocked_callbacks);
    RUN(cancelled_work); RUN(turns); RUN(priorities); RUN(closed_work); RUN(group); RUN(group_cancel);
    RUN(when_callback_returns); RUN(finalization); RUN(disassociated); RUN(may_run_long);
    return failed_items;
}
