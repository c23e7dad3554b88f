/* The completion key of a program written for 32 bits: what GetQueuedCompletionStatus gets in place of
 * (LPDWORD)&key. A variable of 64 bits gets the key as it is. One of 32 bits gets it where it fits; a key that does
 * not would be half a pointer, and ends the program with a message. */
#ifndef WHARF_KEY_H
#define WHARF_KEY_H

#ifdef __cplusplus
#include <cstdio>
#include <cstdlib>

namespace wharf {

template <class T, bool Wide = (sizeof(T) == 8)> class key {
public:
    key(T *place, const char *file, int line) : place_(place), file_(file), line_(line) {}
    /* Runs when the call has returned: at the end of the full expression. */
    ~key()
    {
        if (value_ == untouched_)
            return;
        if (value_ >> 32 != 0 && value_ >> 31 != ~0UL >> 31) {
            std::fprintf(stderr, "%s:%d: a completion key of 64 bits (0x%lx) was asked for as 32 bits: half of it "
                "would be lost. Make the variable a ULONG_PTR and pass its address without a cast.\n", file_, line_, value_);
            std::abort();
        }
        *place_ = (T)value_;
    }
    operator unsigned long *() { return place_ ? &value_ : nullptr; }

private:
    /* A call that takes no packet leaves the caller's variable alone. */
    static const unsigned long untouched_ = 0xdead4be9c0de5afeUL;
    T *place_;
    const char *file_;
    int line_;
    unsigned long value_ = untouched_;
};

template <class T> class key<T, true> {
public:
    key(T *place, const char *, int) : place_(place) {}
    operator unsigned long *() { return reinterpret_cast<unsigned long *>(place_); }

private:
    T *place_;
};

/* A key that is given with a cast to 32 bits: a pointer is not cut. */
template <class Narrow, class T> inline unsigned long given_key(T *pointer) { return (unsigned long)pointer; }
template <class Narrow, class T> inline unsigned long given_key(const T &number) { return (unsigned long)(Narrow)number; }

template <class T> key<T> make_key(T *place, const char *file, int line) { return key<T>(place, file, line); }

} // namespace wharf
#define WHARF_KEY(place, line) (::wharf::make_key((place), __FILE__, line))
#define WHARF_GIVEN_KEY(narrow, key) (::wharf::given_key<narrow>(key))

#else
#include <stdio.h>
#include <stdlib.h>

/* What a call that takes no packet leaves. */
#define WHARF_UNTOUCHED_KEY 0xdead4be9c0de5afeUL
static inline void wharf_narrow_key(unsigned *place, unsigned long value, const char *file, int line)
{
    if (value == WHARF_UNTOUCHED_KEY)
        return;
    if (value >> 32 != 0 && value >> 31 != ~0UL >> 31) {
        fprintf(stderr, "%s:%d: a completion key of 64 bits (0x%lx) was asked for as 32 bits: half of it would be "
            "lost. Make the variable a ULONG_PTR and pass its address without a cast.\n", file, line, value);
        abort();
    }
    *place = (unsigned)value;
}
#define WHARF_GET_PACKET(line, port, transferred, place, overlapped, milliseconds)                                    \
    (__extension__({                                                                                                  \
        void *const wharf_place_ = (void *)(place);                                                                   \
        unsigned long wharf_key_ = WHARF_UNTOUCHED_KEY;                                                               \
        const int wharf_wide_ = !wharf_place_ || sizeof *(place) == 8;                                                \
        const int wharf_got_ = GetQueuedCompletionStatus(port, transferred,                                           \
            wharf_wide_ ? (unsigned long *)wharf_place_ : &wharf_key_, overlapped, milliseconds);                     \
        if (!wharf_wide_)                                                                                             \
            wharf_narrow_key((unsigned *)wharf_place_, wharf_key_, __FILE__, line);                                   \
        wharf_got_;                                                                                                   \
    }))
/* 5 is what the compilers call a pointer. */
#define WHARF_GIVEN_KEY(narrow, key)                                                                                  \
    (__builtin_classify_type(key) == 5 ? (unsigned long)(key) : (unsigned long)(narrow)(unsigned long)(key))
#endif

#endif
