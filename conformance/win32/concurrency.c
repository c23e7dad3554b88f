/* A port's workers: who is released, how many run, when a slot comes back (contract A41-A45 and B). */
#include "check.h"

/* Less than elsewhere: where ports do not count their workers, most of these items wait for what does not come. */
#define PATIENCE 5000

static HANDLE port, go, done;
static LONG running, most, served;
#define READ(number) InterlockedCompareExchange(&(number), 0, 0)

static HANDLE start(LPTHREAD_START_ROUTINE work, void *argument)
{
    return CreateThread(NULL, 0, work, argument, 0, NULL);
}

static DWORD code_of(HANDLE thread)
{
    DWORD code = 0xdeadbeef;
    EXPECT(WaitForSingleObject(thread, item_failed ? 100 : PATIENCE) == WAIT_OBJECT_0);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

static void post(ULONG_PTR key)
{
    EXPECT(PostQueuedCompletionStatus(port, 0, key, NULL));
}

/* How often the kernel has put the calling thread to sleep. */
static long sleeps(void)
{
#ifdef __linux__
    extern int getrusage(int who, long *usage);
    long usage[18] = {0};
    getrusage(1, usage); /* RUSAGE_THREAD */
    return usage[16];    /* ru_nvcsw */
#else
    return 0;
#endif
}

/* Keeps a slot: computes until told to stop, and never waits. The kernel may put it to sleep all the same, for the lock of the
 * memory map, say, when that lock's holder has lost its processor (sanitizers change the map all the time); a port is right to
 * release another then, and the trial is none. One without such a sleep counts. */
static volatile LONG stop, slept;
static void compute(void)
{
    long before = sleeps();
    while (!READ(stop))
        ;
    if (sleeps() != before)
        InterlockedExchange(&slept, 1);
}

static void tried(int (*trial)(void))
{
    int held = 0;
    for (int i = 0; i < 5 && !held && (i == 0 || READ(slept)); i++) {
        InterlockedExchange(&slept, 0);
        held = trial();
    }
    EXPECT(held);
}

/* Waits until a worker runs. */
static void begun(void)
{
    for (int i = 0; i < 1000 && READ(running) == 0; i++)
        Sleep(5);
    EXPECT(READ(running) != 0);
}

static DWORD WINAPI take_key(LPVOID unused)
{
    (void)unused;
    return (DWORD)take(port, PATIENCE).key;
}

/* The last who came to wait is the first who is released. One who has not come to wait in time on a busy machine gets
 * another try: a port that releases the first never passes. */
static int newest_first(void)
{
    HANDLE first, second;
    DWORD codes[2];
    port = new_port(4);
    first = start(take_key, NULL);
    Sleep(100);
    second = start(take_key, NULL);
    Sleep(100);
    post(1);
    Sleep(20);
    post(2);
    codes[0] = code_of(first);
    codes[1] = code_of(second);
    CloseHandle(port);
    return codes[0] == 2 && codes[1] == 1;
}

static void A45(void)
{
    EXPECT(newest_first() || newest_first() || newest_first());
}

static DWORD WINAPI take_and_compute(LPVOID unused)
{
    (void)unused;
    ULONG_PTR key = take(port, PATIENCE).key;
    LONG now = InterlockedIncrement(&running);
    for (LONG seen = READ(most); seen < now && InterlockedCompareExchange(&most, now, seen) != seen; seen = READ(most))
        ;
    compute();
    InterlockedDecrement(&running);
    return (DWORD)key;
}

/* No more run than the port allows, however many packets there are (B7); what is left is given out as slots come back. */
static int no_more_run(void)
{
    HANDLE workers[4];
    DWORD sum = 0;
    int held;
    port = new_port(2);
    running = most = stop = 0;
    for (int i = 0; i < 4; i++)
        workers[i] = start(take_and_compute, NULL);
    Sleep(100);
    for (ULONG_PTR key = 1; key <= 4; key++)
        post(key);
    for (int i = 0; i < 1000 && READ(running) < 2; i++)
        Sleep(5);
    Sleep(100);
    held = READ(running) == 2 && READ(most) == 2;
    InterlockedExchange(&stop, 1);
    for (int i = 0; i < 4; i++)
        sum += code_of(workers[i]);
    EXPECT(sum == 10);
    CloseHandle(port);
    return held;
}

static void B7(void)
{
    tried(no_more_run);
}

/* With all slots taken, who asks waits beside a queue with packets (B5). */
static int who_asks_waits(void)
{
    HANDLE worker;
    struct packet packet;
    port = new_port(1);
    running = stop = 0;
    worker = start(take_and_compute, NULL);
    post(1);
    begun();
    post(2);
    packet = take(port, 100);
    EXPECT(packet.success ? packet.key == 2 : packet.error == WAIT_TIMEOUT);
    InterlockedExchange(&stop, 1);
    EXPECT(code_of(worker) == 1);
    EXPECT(packet.success || take(port, PATIENCE).key == 2);
    CloseHandle(port);
    return !packet.success;
}

static void B5(void)
{
    tried(who_asks_waits);
}

static DWORD WINAPI take_and_wait(LPVOID unused)
{
    (void)unused;
    ULONG_PTR key = take(port, PATIENCE).key;
    InterlockedIncrement(&running);
    WaitForSingleObject(go, PATIENCE);
    return (DWORD)key;
}

/* Who waits elsewhere gives its slot back, and has it again afterwards, even if that makes one too many (B8, B9). */
static void B8_B9(void)
{
    HANDLE first, second;
    port = new_port(1);
    running = 0;
    go = CreateEventA(NULL, TRUE, FALSE, NULL);
    first = start(take_and_wait, NULL);
    second = start(take_and_wait, NULL);
    Sleep(50);
    post(1);
    post(2);
    for (int i = 0; i < 1000 && READ(running) < 2; i++)
        Sleep(5);
    EXPECT(READ(running) == 2);
    SetEvent(go);
    EXPECT(code_of(first) + code_of(second) == 3);
    CloseHandle(go);
    CloseHandle(port);
}

/* The end of a worker is the end of its slot's use (B15). */
static DWORD WINAPI take_and_end(LPVOID unused)
{
    (void)unused;
    DWORD key = (DWORD)take(port, PATIENCE).key;
    InterlockedIncrement(&served);
    return key;
}

static void B15(void)
{
    HANDLE workers[3];
    DWORD sum = 0;
    port = new_port(1);
    served = 0;
    for (int i = 0; i < 3; i++)
        workers[i] = start(take_and_end, NULL);
    Sleep(50);
    for (ULONG_PTR key = 1; key <= 3; key++)
        post(key);
    for (int i = 0; i < 3; i++)
        sum += code_of(workers[i]);
    EXPECT(sum == 6);
    CloseHandle(port);
}

/* A worker that always finds a packet serves them all; nobody else gets a turn (B13). */
static DWORD WINAPI serve(LPVOID unused)
{
    DWORD count = 0;
    (void)unused;
    for (;;) {
        struct packet packet = take(port, PATIENCE);
        if (!packet.success || packet.key == 0)
            return count;
        count++;
    }
}

static void B13(void)
{
    HANDLE workers[3];
    DWORD counts[3], total = 0, largest = 0;
    port = new_port(1);
    for (int i = 0; i < 1000; i++)
        post(1);
    workers[0] = start(serve, NULL);
    for (int i = 1; i < 3; i++)
        workers[i] = start(serve, NULL);
    Sleep(200);
    for (int i = 0; i < 3; i++)
        post(0);
    for (int i = 0; i < 3; i++) {
        counts[i] = code_of(workers[i]);
        total += counts[i];
        if (counts[i] > largest)
            largest = counts[i];
    }
    EXPECT(total == 1000 && largest == 1000);
    CloseHandle(port);
}

/* A batch counts as one (B14), and packets of it go to one caller only (A41). */
static DWORD WINAPI take_batch(LPVOID unused)
{
    OVERLAPPED_ENTRY entries[8];
    ULONG count = 0;
    (void)unused;
    EXPECT(GetQueuedCompletionStatusEx(port, entries, 8, &count, PATIENCE, FALSE));
    InterlockedIncrement(&running);
    compute();
    return count;
}

static void B14_A41(void)
{
    HANDLE batch, single;
    port = new_port(2);
    running = stop = 0;
    for (ULONG_PTR key = 1; key <= 8; key++)
        post(key);
    batch = start(take_batch, NULL);
    begun();
    single = start(take_and_compute, NULL);
    post(9);
    for (int i = 0; i < 1000 && READ(running) < 2; i++)
        Sleep(5);
    EXPECT(READ(running) == 2);
    InterlockedExchange(&stop, 1);
    EXPECT(code_of(batch) == 8 && code_of(single) == 9);
    CloseHandle(port);
}

/* What a worker posts to its own port waits for its slot (B16). */
static DWORD WINAPI post_and_compute(LPVOID unused)
{
    (void)unused;
    take(port, PATIENCE);
    post(2);
    InterlockedIncrement(&running);
    compute();
    return 0;
}

static int own_post_waits(void)
{
    int held;
    HANDLE worker, waiter;
    port = new_port(1);
    running = stop = served = 0;
    waiter = start(take_and_end, NULL);
    Sleep(50);
    worker = start(post_and_compute, NULL);
    Sleep(50);
    post(1);
    begun();
    Sleep(100);
    held = READ(served) == 0;
    InterlockedExchange(&stop, 1);
    code_of(worker);
    EXPECT(code_of(waiter) == 2);
    CloseHandle(port);
    return held;
}

static void B16(void)
{
    tried(own_post_waits);
}

/* Who came back without a packet runs, and counts (B11). */
static DWORD WINAPI ask_and_compute(LPVOID unused)
{
    (void)unused;
    EXPECT(take(port, 0).error == WAIT_TIMEOUT);
    InterlockedIncrement(&running);
    compute();
    return 0;
}

static int who_asked_counts(void)
{
    int held;
    HANDLE idle, waiter;
    port = new_port(1);
    running = stop = served = 0;
    idle = start(ask_and_compute, NULL);
    begun();
    waiter = start(take_and_end, NULL);
    Sleep(50);
    post(5);
    Sleep(100);
    held = READ(served) == 0;
    InterlockedExchange(&stop, 1);
    code_of(idle);
    EXPECT(code_of(waiter) == 5);
    CloseHandle(port);
    return held;
}

static void B11(void)
{
    tried(who_asked_counts);
}

/* The slot of one port is given up by asking another (B3); one who never asked counts nowhere (B12). */
static DWORD WINAPI change_ports(LPVOID other)
{
    struct packet packet = take(port, PATIENCE);
    InterlockedIncrement(&running);
    packet = take((HANDLE)other, PATIENCE);
    return (DWORD)packet.key;
}

static void B3_B12(void)
{
    HANDLE other, changer, waiter;
    port = new_port(1);
    other = new_port(1);
    running = served = 0;
    waiter = start(take_and_end, NULL);
    Sleep(50);
    changer = start(change_ports, other);
    Sleep(50);
    post(1);
    post(2);
    EXPECT(code_of(waiter) == 2 && READ(running) == 1);
    EXPECT(PostQueuedCompletionStatus(other, 0, 7, NULL));
    EXPECT(code_of(changer) == 7);
    CloseHandle(other);
    CloseHandle(port);
}

/* After the close of a port its workers are free for another, with clean counts (B19). */
static DWORD WINAPI survive(LPVOID other)
{
    struct packet packet = take(port, PATIENCE);
    if (packet.success || packet.error != ERROR_ABANDONED_WAIT_0)
        return 0;
    SetEvent(done);
    return (DWORD)take((HANDLE)other, PATIENCE).key;
}

static void A15_B19(void)
{
    HANDLE other = new_port(1), worker;
    port = new_port(1);
    done = CreateEventA(NULL, TRUE, FALSE, NULL);
    worker = start(survive, other);
    Sleep(50);
    CloseHandle(port);
    EXPECT(WaitForSingleObject(done, 2000) == WAIT_OBJECT_0);
    EXPECT(PostQueuedCompletionStatus(other, 0, 3, NULL));
    EXPECT(WaitForSingleObject(worker, 2000) == WAIT_OBJECT_0 && code_of(worker) == 3);
    CloseHandle(done);
    CloseHandle(other);
}

/* 0 is the number of processors (A10). */
static void A10(void)
{
    SYSTEM_INFO info;
    HANDLE workers[64];
    DWORD count;
    GetSystemInfo(&info);
    count = info.dwNumberOfProcessors < 31 ? info.dwNumberOfProcessors : 31;
    port = new_port(0);
    running = most = stop = 0;
    for (DWORD i = 0; i < 2 * count; i++)
        workers[i] = start(take_and_compute, NULL);
    Sleep(100);
    for (DWORD i = 0; i < 2 * count; i++)
        post(1);
    for (int i = 0; i < 1000 && READ(running) < (LONG)count; i++)
        Sleep(5);
    Sleep(100);
    EXPECT(READ(running) == (LONG)count && READ(most) == (LONG)count);
    InterlockedExchange(&stop, 1);
    for (DWORD i = 0; i < 2 * count; i++)
        code_of(workers[i]);
    CloseHandle(port);
}

/* Two handles of one port: who waits is abandoned by the last close (A19). Ports are not inherited (A20). */
static void A19_A20(void)
{
    HANDLE again, waiter;
    DWORD flags = 0xdeadbeef;
    port = new_port(1);
    EXPECT(GetHandleInformation(port, &flags) && flags == 0);
    EXPECT(DuplicateHandle(GetCurrentProcess(), port, GetCurrentProcess(), &again, 0, FALSE, DUPLICATE_SAME_ACCESS));
    waiter = start(take_key, NULL);
    Sleep(50);
    CloseHandle(port);
    EXPECT(WaitForSingleObject(waiter, 100) == WAIT_TIMEOUT);
    EXPECT(PostQueuedCompletionStatus(again, 0, 6, NULL));
    EXPECT(code_of(waiter) == 6);
    CloseHandle(again);
}

/* A29: never before its time. A43: a worker posts to itself. */
static void A29_A43(void)
{
    ULONGLONG before = GetTickCount64();
    port = new_port(1);
    EXPECT(take(port, 50).error == WAIT_TIMEOUT && GetTickCount64() - before >= 34);
    for (ULONG_PTR i = 1; i <= 100000; i++) {
        if (!PostQueuedCompletionStatus(port, (DWORD)i, i, (OVERLAPPED *)i)) {
            EXPECT(!"posted");
            break;
        }
        struct packet packet = take(port, 0);
        if (!packet.success || packet.key != i || packet.bytes != i || packet.overlapped != (OVERLAPPED *)i) {
            EXPECT(!"the same came back");
            break;
        }
    }
    CloseHandle(port);
    EXPECT(!PostQueuedCompletionStatus(port, 0, 0, NULL) && GetLastError() == ERROR_INVALID_HANDLE);
}

int main(void)
{
    start_winsock();
    RUN(A45); RUN(B7); RUN(B5); RUN(B8_B9); RUN(B15); RUN(B13); RUN(B14_A41); RUN(B16); RUN(B11); RUN(B3_B12); RUN(A15_B19);
    RUN(A10); RUN(A19_A20); RUN(A29_A43);
    return failed_items;
}
