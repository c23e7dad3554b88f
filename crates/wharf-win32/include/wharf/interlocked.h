/* Interlocked operations: full barriers all, as Windows documents them (contract F27). */
#ifndef WHARF_INTERLOCKED_H
#define WHARF_INTERLOCKED_H
#include "base.h"

#define WHARF_INTERLOCKED(SUFFIX, TYPE)                                                                                \
    static inline TYPE InterlockedIncrement##SUFFIX(TYPE volatile *at) { return __atomic_add_fetch(at, 1, __ATOMIC_SEQ_CST); } \
    static inline TYPE InterlockedDecrement##SUFFIX(TYPE volatile *at) { return __atomic_sub_fetch(at, 1, __ATOMIC_SEQ_CST); } \
    static inline TYPE InterlockedExchange##SUFFIX(TYPE volatile *at, TYPE value)                                      \
    { return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST); }                                                       \
    static inline TYPE InterlockedExchangeAdd##SUFFIX(TYPE volatile *at, TYPE value)                                   \
    { return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST); }                                                        \
    static inline TYPE InterlockedAdd##SUFFIX(TYPE volatile *at, TYPE value)                                           \
    { return __atomic_add_fetch(at, value, __ATOMIC_SEQ_CST); }                                                        \
    static inline TYPE InterlockedAnd##SUFFIX(TYPE volatile *at, TYPE value)                                           \
    { return __atomic_fetch_and(at, value, __ATOMIC_SEQ_CST); }                                                        \
    static inline TYPE InterlockedOr##SUFFIX(TYPE volatile *at, TYPE value)                                            \
    { return __atomic_fetch_or(at, value, __ATOMIC_SEQ_CST); }                                                         \
    static inline TYPE InterlockedXor##SUFFIX(TYPE volatile *at, TYPE value)                                           \
    { return __atomic_fetch_xor(at, value, __ATOMIC_SEQ_CST); }                                                        \
    static inline TYPE InterlockedCompareExchange##SUFFIX(TYPE volatile *at, TYPE value, TYPE expected)                \
    {                                                                                                                  \
        __atomic_compare_exchange_n(at, &expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                      \
        return expected;                                                                                               \
    }

WHARF_INTERLOCKED(, LONG)
WHARF_INTERLOCKED(8, CHAR)
WHARF_INTERLOCKED(16, SHORT)
WHARF_INTERLOCKED(64, LONG64)
#undef WHARF_INTERLOCKED

static inline PVOID InterlockedExchangePointer(PVOID volatile *at, PVOID value)
{
    return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST);
}
static inline PVOID InterlockedCompareExchangePointer(PVOID volatile *at, PVOID value, PVOID expected)
{
    __atomic_compare_exchange_n(at, &expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return expected;
}

#ifdef __cplusplus
/* `unsigned` counters, which Microsoft's C++ headers take too. */
static inline ULONG InterlockedIncrement(ULONG volatile *at) { return __atomic_add_fetch(at, 1, __ATOMIC_SEQ_CST); }
static inline ULONG InterlockedDecrement(ULONG volatile *at) { return __atomic_sub_fetch(at, 1, __ATOMIC_SEQ_CST); }
static inline ULONG InterlockedExchange(ULONG volatile *at, ULONG value) { return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST); }
static inline ULONG InterlockedExchangeAdd(ULONG volatile *at, ULONG value) { return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST); }
static inline ULONG InterlockedCompareExchange(ULONG volatile *at, ULONG value, ULONG expected)
{
    __atomic_compare_exchange_n(at, &expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return expected;
}
/* `long` has 64 bits here and 32 for Microsoft; the operation is the variable's own width. */
static inline long InterlockedIncrement(long volatile *at) { return __atomic_add_fetch(at, 1, __ATOMIC_SEQ_CST); }
static inline long InterlockedDecrement(long volatile *at) { return __atomic_sub_fetch(at, 1, __ATOMIC_SEQ_CST); }
static inline long InterlockedExchange(long volatile *at, long value) { return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST); }
static inline long InterlockedExchangeAdd(long volatile *at, long value) { return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST); }
static inline long InterlockedCompareExchange(long volatile *at, long value, long expected)
{
    __atomic_compare_exchange_n(at, &expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return expected;
}
#endif

#define InterlockedIncrementAcquire InterlockedIncrement
#define InterlockedIncrementRelease InterlockedIncrement
#define InterlockedDecrementAcquire InterlockedDecrement
#define InterlockedDecrementRelease InterlockedDecrement
#define InterlockedCompareExchangeAcquire InterlockedCompareExchange
#define InterlockedCompareExchangeRelease InterlockedCompareExchange
#define _InterlockedIncrement InterlockedIncrement
#define _InterlockedDecrement InterlockedDecrement
#define _InterlockedExchange InterlockedExchange
#define _InterlockedExchangeAdd InterlockedExchangeAdd
#define _InterlockedCompareExchange InterlockedCompareExchange
#define _InterlockedAnd InterlockedAnd
#define _InterlockedOr InterlockedOr
#define _InterlockedXor InterlockedXor
#define _InterlockedIncrement16 InterlockedIncrement16
#define _InterlockedDecrement16 InterlockedDecrement16
#define _InterlockedIncrement64 InterlockedIncrement64
#define _InterlockedDecrement64 InterlockedDecrement64
#define _InterlockedExchange64 InterlockedExchange64
#define _InterlockedExchangeAdd64 InterlockedExchangeAdd64
#define _InterlockedCompareExchange64 InterlockedCompareExchange64
#define _InterlockedExchangePointer InterlockedExchangePointer
#define _InterlockedCompareExchangePointer InterlockedCompareExchangePointer

#define MemoryBarrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define _ReadWriteBarrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define _ReadBarrier() __atomic_signal_fence(__ATOMIC_ACQUIRE)
#define _WriteBarrier() __atomic_signal_fence(__ATOMIC_RELEASE)
#if defined(__x86_64__)
#define YieldProcessor() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define YieldProcessor() __asm__ volatile("yield")
#else
#define YieldProcessor() ((void)0)
#endif
#endif
