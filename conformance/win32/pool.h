/* What the programs about the thread pool share: a gate that callbacks wait at, and a semaphore that they tell by. */
#ifndef WHARF_CONFORMANCE_POOL_H
#define WHARF_CONFORMANCE_POOL_H

#include "check.h"

static HANDLE gate, done; /* semaphores */
static volatile LONG count;

static inline void begin(void)
{
    gate = CreateSemaphoreA(NULL, 0, 1000, NULL);
    done = CreateSemaphoreA(NULL, 0, 1000, NULL);
    count = 0;
}

static inline void end(void)
{
    CloseHandle(gate);
    CloseHandle(done);
}

static inline int is_soon(HANDLE object)
{
    return WaitForSingleObject(object, SOON) == WAIT_OBJECT_0;
}

#endif
