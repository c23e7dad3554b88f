/* What our calls order between two threads, for the thread sanitizer to judge (contract F15, F24-F28, B1).
 *
 *     happens_before               every item as it should be: nothing to report
 *     happens_before --list        the names of the items
 *     happens_before ITEM          that item with its calls left out, or on another object: a race, to be reported
 *
 * The second run is the proof of the first: the same accesses in the same order of time, so that only what the calls
 * order can be the difference. Threads begin together and take turns by relaxed atomics, which order nothing. */
#include "../check.h"
#include <process.h>

#define ROUNDS 200

static int guarded = 1;
static int mistakes;
static void expect(int holds) { __atomic_add_fetch(&mistakes, !holds, __ATOMIC_RELAXED); }
static long data; /* what the threads share; nothing protects it but the calls that are tested */

/* Order in time that the sanitizer does not count. */
static int turn;
static void pass(int to) { __atomic_store_n(&turn, to, __ATOMIC_RELAXED); }
static void await(int who)
{
    while (__atomic_load_n(&turn, __ATOMIC_RELAXED) != who)
        YieldProcessor();
}

static int arrived;
static void together(void)
{
    __atomic_add_fetch(&arrived, 1, __ATOMIC_RELAXED);
    while (__atomic_load_n(&arrived, __ATOMIC_RELAXED) < 2)
        YieldProcessor();
}

static void both(LPTHREAD_START_ROUTINE first, LPTHREAD_START_ROUTINE second)
{
    __atomic_store_n(&arrived, 0, __ATOMIC_RELAXED);
    pass(0);
    HANDLE threads[2] = {CreateThread(NULL, 0, first, (void *)0, 0, NULL), CreateThread(NULL, 0, second, (void *)1, 0, NULL)};
    WaitForMultipleObjects(2, threads, TRUE, INFINITE);
    CloseHandle(threads[0]);
    CloseHandle(threads[1]);
}

/* 1. Locks: both threads count under one. */

static void (*enter)(int who), (*leave)(int who);

static DWORD WINAPI count(void *who)
{
    together();
    for (int i = 0; i < ROUNDS; i++) {
        enter((int)(LONG_PTR)who);
        data++;
        leave((int)(LONG_PTR)who);
    }
    return 0;
}

static void locked(void (*enters)(int), void (*leaves)(int))
{
    data = 0;
    enter = enters;
    leave = leaves;
    both(count, count);
    expect(!guarded || data == 2 * ROUNDS);
}

/* Without the guard each thread has a lock of its own. */
static int of(int who) { return guarded ? 0 : who; }

static CRITICAL_SECTION sections[2];
static void enter_section(int who) { EnterCriticalSection(&sections[of(who)]); }
static void try_section(int who)
{
    while (!TryEnterCriticalSection(&sections[of(who)]))
        YieldProcessor();
}
static void leave_section(int who) { LeaveCriticalSection(&sections[of(who)]); }
static void critical_section(void) { locked(enter_section, leave_section); }
static void critical_section_tried(void) { locked(try_section, leave_section); }

static SRWLOCK slim[2];
static void enter_slim(int who) { AcquireSRWLockExclusive(&slim[of(who)]); }
static void leave_slim(int who) { ReleaseSRWLockExclusive(&slim[of(who)]); }
static void try_slim(int who)
{
    while (!TryAcquireSRWLockExclusive(&slim[of(who)]))
        YieldProcessor();
}
static void srw_exclusive(void) { locked(enter_slim, leave_slim); }
static void srw_tried(void) { locked(try_slim, leave_slim); }

static long read_total;
static DWORD WINAPI read_shared(void *who)
{
    together();
    for (int i = 0; i < ROUNDS; i++) {
        AcquireSRWLockShared(&slim[of((int)(LONG_PTR)who)]);
        read_total += data;
        ReleaseSRWLockShared(&slim[of((int)(LONG_PTR)who)]);
    }
    return 0;
}
static void srw_shared(void)
{
    enter = enter_slim;
    leave = leave_slim;
    both(count, read_shared);
}

static LONG interlocked;
static void enter_interlocked(int who)
{
    (void)who;
    while (guarded && InterlockedCompareExchange(&interlocked, 1, 0))
        YieldProcessor();
}
static void leave_interlocked(int who)
{
    (void)who;
    if (guarded)
        InterlockedExchange(&interlocked, 0);
}
static void interlocked_lock(void) { locked(enter_interlocked, leave_interlocked); }

/* An object of the kernel's: one lock of the process is under all of them, so without the guard there is no call. */
static HANDLE object;
static void (*release_object)(void);
static void enter_object(int who)
{
    (void)who;
    if (guarded)
        WaitForSingleObject(object, INFINITE);
}
static void leave_object(int who)
{
    (void)who;
    if (guarded)
        release_object();
}
static void object_lock(HANDLE made, void (*release)(void))
{
    object = made;
    release_object = release;
    locked(enter_object, leave_object);
    CloseHandle(object);
}
static void release_mutex(void) { ReleaseMutex(object); }
static void release_semaphore(void) { ReleaseSemaphore(object, 1, NULL); }
static void set_event(void) { SetEvent(object); }
static void mutex_object(void) { object_lock(CreateMutexA(NULL, FALSE, NULL), release_mutex); }
static void semaphore(void) { object_lock(CreateSemaphoreA(NULL, 1, 1, NULL), release_semaphore); }
static void event_as_lock(void) { object_lock(CreateEventA(NULL, FALSE, TRUE, NULL), set_event); }

/* 2. Hand over: one thread writes and gives, the other takes and reads, and gives back. */

static void (*give)(int to), (*collect)(int who);

static void hand(int to)
{
    if (guarded)
        give(to);
    else
        pass(to);
}
static void get(int who)
{
    if (guarded)
        collect(who);
    else
        await(who);
}

static DWORD WINAPI writer(void *unused)
{
    (void)unused;
    together();
    for (int i = 0; i < ROUNDS; i++) {
        data = i;
        hand(1);
        get(0);
    }
    return 0;
}

static DWORD WINAPI reader(void *unused)
{
    (void)unused;
    together();
    for (int i = 0; i < ROUNDS; i++) {
        get(1);
        expect(data == i);
        hand(0);
    }
    return 0;
}

static void handed(void (*gives)(int), void (*takes)(int))
{
    give = gives;
    collect = takes;
    both(writer, reader);
}

static HANDLE pair[2];
static void give_event(int to) { SetEvent(pair[to]); }
static void take_object(int who) { WaitForSingleObject(pair[who], INFINITE); }
static void event(void) { handed(give_event, take_object); }
static HANDLE always; /* set */
static void take_all(int who)
{
    HANDLE two[2] = {always, pair[who]};
    WaitForMultipleObjects(2, two, TRUE, INFINITE);
}
static void several_objects(void)
{
    always = CreateEventA(NULL, TRUE, TRUE, NULL);
    handed(give_event, take_all);
}

static HANDLE ports[2];
static void give_packet(int to) { PostQueuedCompletionStatus(ports[to], 0, 0, NULL); }
static void take_packet(int who)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    GetQueuedCompletionStatus(ports[who], &bytes, &key, &overlapped, INFINITE);
}
static void take_packets(int who)
{
    OVERLAPPED_ENTRY entries[4];
    ULONG count = 0;
    GetQueuedCompletionStatusEx(ports[who], entries, 4, &count, INFINITE, FALSE);
}
static void port(void)
{
    ports[0] = new_port(1);
    ports[1] = new_port(1);
    handed(give_packet, take_packet);
}
static void port_many(void) { handed(give_packet, take_packets); }

static LONG words[2];
static void give_word(int to)
{
    InterlockedExchange(&words[to], 1);
    WakeByAddressSingle(&words[to]);
}
static void take_word(int who)
{
    LONG none = 0;
    while (!InterlockedExchange(&words[who], 0))
        WaitOnAddress(&words[who], &none, sizeof none, INFINITE);
}
static void address(void) { handed(give_word, take_word); }

static int ready[2];
static CONDITION_VARIABLE conditions[2];
static void give_condition(int to)
{
    EnterCriticalSection(&sections[0]);
    ready[to] = 1;
    LeaveCriticalSection(&sections[0]);
    WakeConditionVariable(&conditions[to]);
}
static void take_condition(int who)
{
    EnterCriticalSection(&sections[0]);
    while (!ready[who])
        SleepConditionVariableCS(&conditions[who], &sections[0], INFINITE);
    ready[who] = 0;
    LeaveCriticalSection(&sections[0]);
}
static void condition_variable(void) { handed(give_condition, take_condition); }
static void give_slim(int to)
{
    AcquireSRWLockExclusive(&slim[0]);
    ready[to] = 1;
    WakeAllConditionVariable(&conditions[to]);
    ReleaseSRWLockExclusive(&slim[0]);
}
static void take_slim(int who)
{
    AcquireSRWLockExclusive(&slim[0]);
    while (!ready[who])
        SleepConditionVariableSRW(&conditions[who], &slim[0], INFINITE, 0);
    ready[who] = 0;
    ReleaseSRWLockExclusive(&slim[0]);
}
static void condition_variable_srw(void) { handed(give_slim, take_slim); }

static SLIST_HEADER lists[2];
static SLIST_ENTRY entries[2];
static void give_entry(int to) { InterlockedPushEntrySList(&lists[to], &entries[to]); }
static void take_entry(int who)
{
    while (!InterlockedPopEntrySList(&lists[who]))
        YieldProcessor();
}
static void list(void)
{
    InitializeSListHead(&lists[0]);
    InitializeSListHead(&lists[1]);
    handed(give_entry, take_entry);
}

/* An operation: what the issuer wrote beside it is there for who takes its packet, on another thread. */
static SOCKET ends[2];
static OVERLAPPED operations[2];
static char memory[2][8];
static void give_send(int to) { send_from(ends[to], memory[to], 1, &operations[to]); }
static void overlapped_send(void)
{
    stream_pair(&ends[0], &ends[1]);
    CreateIoCompletionPort((HANDLE)ends[0], ports[0], 0, 0);
    CreateIoCompletionPort((HANDLE)ends[1], ports[1], 0, 0);
    handed(give_send, take_packet);
    closesocket(ends[0]);
    closesocket(ends[1]);
}
static void give_receive(int to)
{
    recv_into(ends[to], memory[to], 1, &operations[to]); /* pends, and is ended from here */
    CancelIoEx((HANDLE)ends[to], &operations[to]);
}
static void overlapped_cancel(void)
{
    stream_pair(&ends[0], &ends[1]);
    CreateIoCompletionPort((HANDLE)ends[0], ports[0], 0, 0);
    CreateIoCompletionPort((HANDLE)ends[1], ports[1], 0, 0);
    handed(give_receive, take_packet);
    closesocket(ends[0]);
    closesocket(ends[1]);
}

static HANDLE files[2];
static void give_write(int to) { WriteFile(files[to], memory[to], 8, NULL, &operations[to]); }
static void overlapped_file(void)
{
    char directory[MAX_PATH], name[MAX_PATH];
    GetTempPathA(sizeof directory, directory);
    for (int i = 0; i < 2; i++) {
        GetTempFileNameA(directory, "hb", 0, name);
        files[i] = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_OVERLAPPED | FILE_FLAG_DELETE_ON_CLOSE, NULL);
        CreateIoCompletionPort(files[i], ports[i], 0, 0);
    }
    handed(give_write, take_packet);
    CloseHandle(files[0]);
    CloseHandle(files[1]);
}

/* 3. One way: the main thread writes, something of the system's runs the routine, the main thread waits for its end. */

static HANDLE routine_done;
static void run_routine(void)
{
    await(1); /* not before all is written, even where nothing else orders it */
    expect(data == 7);
    data = 8;
    if (guarded)
        SetEvent(routine_done);
    else
        pass(2);
}
static void begin_routine(void)
{
    pass(0);
    routine_done = CreateEventA(NULL, TRUE, FALSE, NULL);
    if (guarded)
        data = 7;
}
/* After the routine has been given to the system. */
static void end_routine(void)
{
    if (!guarded)
        data = 7; /* too late to be ordered */
    pass(1);
    if (guarded)
        WaitForSingleObject(routine_done, INFINITE);
    else
        await(2);
    expect(data == 8);
}

static DWORD WINAPI as_thread(void *unused) { (void)unused; run_routine(); return 0; }
static unsigned __stdcall as_crt_thread(void *unused) { (void)unused; run_routine(); return 0; }
static VOID CALLBACK as_callback(void *unused, BOOLEAN fired) { (void)unused, (void)fired; run_routine(); }
static VOID CALLBACK as_routine(ULONG_PTR unused) { (void)unused; run_routine(); }

static void thread_start(void)
{
    begin_routine();
    HANDLE thread = CreateThread(NULL, 0, as_thread, NULL, 0, NULL);
    end_routine();
    CloseHandle(thread);
}
static void crt_thread_start(void)
{
    begin_routine();
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, as_crt_thread, NULL, 0, NULL);
    end_routine();
    CloseHandle(thread);
}
static void work_item(void)
{
    begin_routine();
    QueueUserWorkItem(as_thread, NULL, WT_EXECUTEDEFAULT);
    end_routine();
}
static void timer_queue(void)
{
    HANDLE timer;
    begin_routine();
    CreateTimerQueueTimer(&timer, NULL, as_callback, NULL, 1, 0, WT_EXECUTEONLYONCE);
    end_routine();
    DeleteTimerQueueTimer(NULL, timer, INVALID_HANDLE_VALUE);
}
static void registered_wait(void)
{
    HANDLE wait, set = CreateEventA(NULL, TRUE, TRUE, NULL);
    begin_routine();
    RegisterWaitForSingleObject(&wait, set, as_callback, NULL, INFINITE, WT_EXECUTEONLYONCE);
    end_routine();
    UnregisterWaitEx(wait, INVALID_HANDLE_VALUE);
    CloseHandle(set);
}

static int alertable;
static DWORD WINAPI sleep_alertably(void *unused)
{
    (void)unused;
    __atomic_store_n(&alertable, 1, __ATOMIC_RELAXED);
    SleepEx(INFINITE, TRUE);
    return 0;
}
static void apc(void)
{
    HANDLE thread = CreateThread(NULL, 0, sleep_alertably, NULL, 0, NULL);
    while (!__atomic_load_n(&alertable, __ATOMIC_RELAXED))
        YieldProcessor();
    begin_routine();
    QueueUserAPC(as_routine, thread, 0);
    end_routine();
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

static DWORD WINAPI write_and_end(void *unused)
{
    (void)unused;
    data = 9;
    pass(1);
    return 0;
}
static void thread_end(void)
{
    pass(0);
    HANDLE thread = CreateThread(NULL, 0, write_and_end, NULL, 0, NULL);
    if (guarded)
        WaitForSingleObject(thread, INFINITE);
    await(1);
    expect(data == 9);
    CloseHandle(thread);
}

static INIT_ONCE once;
static BOOL CALLBACK initialise(INIT_ONCE *which, void *parameter, void **context)
{
    (void)which, (void)parameter, (void)context;
    data = 10;
    return TRUE;
}
static DWORD WINAPI use_once(void *who)
{
    together();
    if (guarded) {
        InitOnceExecuteOnce(&once, initialise, NULL, NULL);
    } else if (who) {
        await(1);
    } else {
        data = 10;
        pass(1);
    }
    expect(data == 10);
    return 0;
}
static void init_once(void) { both(use_once, use_once); }

#define ITEM(name) {#name, name}
static const struct {
    const char *name;
    void (*run)(void);
} items[] = {
    ITEM(critical_section), ITEM(critical_section_tried), ITEM(srw_exclusive), ITEM(srw_tried), ITEM(srw_shared),
    ITEM(interlocked_lock), ITEM(mutex_object), ITEM(semaphore), ITEM(event_as_lock), ITEM(event), ITEM(several_objects),
    ITEM(port), ITEM(port_many), ITEM(address), ITEM(condition_variable), ITEM(condition_variable_srw), ITEM(list),
    ITEM(overlapped_send), ITEM(overlapped_cancel), ITEM(overlapped_file), ITEM(thread_start), ITEM(crt_thread_start),
    ITEM(work_item), ITEM(timer_queue), ITEM(registered_wait), ITEM(apc), ITEM(thread_end), ITEM(init_once),
};
#define ITEMS (sizeof items / sizeof *items)

int main(int count_of_words, char **words_given)
{
    const char *only = count_of_words > 1 ? words_given[1] : NULL;
    if (only && !strcmp(only, "--list")) {
        for (size_t i = 0; i < ITEMS; i++)
            puts(items[i].name);
        return 0;
    }
    start_winsock();
    InitializeCriticalSection(&sections[0]);
    InitializeCriticalSection(&sections[1]);
    ports[0] = new_port(1);
    ports[1] = new_port(1);
    pair[0] = CreateEventA(NULL, FALSE, FALSE, NULL);
    pair[1] = CreateEventA(NULL, FALSE, FALSE, NULL);
    guarded = !only;
    for (size_t i = 0; i < ITEMS; i++) {
        if (only && strcmp(only, items[i].name))
            continue;
        mistakes = 0;
        items[i].run();
        printf("%s %s\n", mistakes ? "FAIL" : "ok", items[i].name);
        fflush(stdout);
    }
    return 0;
}
