/* Structured exception handling for C++: what the driver makes of __try, __except and __finally.
 *
 * A raised exception, or a fault of the processor, asks the frames of its thread from the innermost outwards, while
 * the stack is as it was; the frame that takes it is then reached by an exception of C++, whose unwinding runs the
 * __finally blocks and the destructors in between. As on Windows no frame of another thread is asked, and what no
 * frame takes ends the process.
 *
 * Faults are caught in what is compiled by gcc with -fnon-call-exceptions, which the driver adds, and in everything
 * that such code calls, but for functions that are declared not to throw. */
#ifndef WHARF_SEH_H
#define WHARF_SEH_H

#include <csignal>
#include <cstring>
#include <cwchar>
#include <cxxabi.h>
#include <exception>
#include <type_traits>
#include <utility>

#include <ucontext.h>

struct _EXCEPTION_POINTERS;
extern "C" int wharf_fault_fixed(const void *info, void *context);
extern "C" void RaiseException(unsigned code, unsigned flags, unsigned count, const unsigned long *information);

namespace wharf {
namespace seh {

/* EXCEPTION_RECORD and EXCEPTION_POINTERS: this file comes before Windows' headers, whatever those will be told. */
struct record {
    unsigned code;
    unsigned flags;
    record *next;
    void *address;
    unsigned count;
    unsigned long information[15];
};

struct pointers {
    record *exception;
    void *context;
};

enum : unsigned {
    noncontinuable = 1,
    cplusplus = 0xE06D7363,
    access_violation = 0xC0000005,
};

class frame;

/* What unwinds to a frame. */
struct unwind {
    frame *target;
};

/* The innermost frame of a thread. */
inline frame *&innermost()
{
    static thread_local frame *top = nullptr;
    return top;
}

inline void catch_faults();

/* A __try with an __except. */
class frame {
public:
    template <class Filter> explicit frame(Filter filter) : outer_(innermost()), store_(new kept<Filter>(std::move(filter)))
    {
        catch_faults();
        innermost() = this;
    }
    frame(const frame &) = delete;
    frame &operator=(const frame &) = delete;
    ~frame()
    {
        leave();
        delete store_;
    }

    /* Asks this frame. More than 0: it takes the exception; less: go on where it was raised. */
    long ask(pointers *exception)
    {
        code_ = exception->exception->code;
        return store_->ask(code_, reinterpret_cast<struct ::_EXCEPTION_POINTERS *>(exception));
    }

    /* In a catch block: whether what was caught is for this frame. */
    bool caught()
    {
        leave();
        try {
            throw;
        } catch (const unwind &way) {
            return way.target == this;
        } catch (abi::__forced_unwind &) {
            /* The thread is ending. */
            throw;
        } catch (...) {
            record exception = {cplusplus, noncontinuable, nullptr, nullptr, 0, {}};
            pointers both = {&exception, nullptr};
            return ask(&both) > 0;
        }
    }

    unsigned code() const { return code_; }
    frame *outer() const { return outer_; }

private:
    struct question {
        virtual ~question() {}
        virtual long ask(unsigned code, struct ::_EXCEPTION_POINTERS *exception) = 0;
    };
    template <class Filter> struct kept : question {
        explicit kept(Filter filter) : filter_(std::move(filter)) {}
        long ask(unsigned code, struct ::_EXCEPTION_POINTERS *exception) override { return filter_(code, exception); }
        Filter filter_;
    };

    void leave()
    {
        if (innermost() == this)
            innermost() = outer_;
    }

    frame *outer_;
    question *store_;
    unsigned code_ = 0;
};

/* Asks all frames. True if one says to go on where it happened, false if none takes the exception. */
inline bool dispatch(pointers *both)
{
    for (frame *at = innermost(); at; at = at->outer()) {
        const long answer = at->ask(both);
        if (answer < 0)
            return true;
        if (answer > 0)
            throw unwind{at};
    }
    return false;
}

inline void raise(unsigned code, unsigned flags, unsigned count, const unsigned long *information)
{
    record exception = {code & 0xEFFFFFFF, flags & noncontinuable, nullptr, __builtin_return_address(0), 0, {}};
    exception.count = information ? (count < 15 ? count : 15) : 0;
    for (unsigned at = 0; at < exception.count; at++)
        exception.information[at] = information[at];
    ucontext_t context;
    getcontext(&context);
    pointers both = {&exception, &context};
    if (dispatch(&both)) {
        if (!(exception.flags & noncontinuable))
            return;
        exception.code = 0xC0000025; /* EXCEPTION_NONCONTINUABLE_EXCEPTION */
        dispatch(&both);
    }
    /* Nobody on this stack: the program's last filter, and the end. */
    ::RaiseException(exception.code, exception.flags, exception.count, exception.information);
}

/* EXCEPTION_xxx of a signal. */
inline unsigned fault_code(int signal, const siginfo_t *info)
{
    switch (signal) {
    case SIGSEGV: return access_violation;
    case SIGBUS: return info->si_code == BUS_ADRALN ? 0x80000002 : 0xC0000006;
    case SIGILL: return 0xC000001D;
    case SIGTRAP: return 0x80000003;
    default: break;
    }
    switch (info->si_code) {
    case FPE_INTDIV: return 0xC0000094;
    case FPE_INTOVF: return 0xC0000095;
    case FPE_FLTDIV: return 0xC000008E;
    case FPE_FLTOVF: return 0xC0000091;
    case FPE_FLTUND: return 0xC0000093;
    case FPE_FLTRES: return 0xC000008F;
    default: return 0xC0000090;
    }
}

/* What was there before, by number of the signal. */
inline struct sigaction *previous()
{
    static struct sigaction actions[32];
    return actions;
}

inline void fault(int signal, siginfo_t *info, void *context)
{
    /* A pointer that a call of ours has found to be bad: it is the call's answer. */
    if (wharf_fault_fixed(info, context))
        return;
    record exception = {fault_code(signal, info), 0, nullptr, nullptr, 0, {}};
    if (signal == SIGSEGV || signal == SIGBUS) {
        exception.count = 2;
#if defined(__x86_64__)
        exception.information[0] = static_cast<ucontext_t *>(context)->uc_mcontext.gregs[REG_ERR] >> 1 & 1;
#endif
        exception.information[1] = reinterpret_cast<unsigned long>(info->si_addr);
    }
#if defined(__x86_64__)
    exception.address = reinterpret_cast<void *>(static_cast<ucontext_t *>(context)->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
    exception.address = reinterpret_cast<void *>(static_cast<ucontext_t *>(context)->uc_mcontext.pc);
#endif
    pointers both = {&exception, context};
    /* One that somebody sent is not a fault of what runs here. */
    if (info->si_code > 0 && dispatch(&both))
        return;
    struct sigaction *before = &previous()[signal];
    if (before->sa_flags & SA_SIGINFO)
        return before->sa_sigaction(signal, info, context);
    if (before->sa_handler != SIG_DFL && before->sa_handler != SIG_IGN)
        return before->sa_handler(signal);
    /* The instruction runs again, and ends the process as if nobody had been here. */
    sigaction(signal, before, nullptr);
    if (info->si_code <= 0)
        std::raise(signal);
}

/* Takes the signals over, and takes them back from SetUnhandledExceptionFilter, which is then asked last. */
inline void catch_faults()
{
    struct sigaction now;
    if (sigaction(SIGSEGV, nullptr, &now) == 0 && now.sa_sigaction == fault)
        return;
    wharf_fault_fixed(nullptr, nullptr);
    struct sigaction action = {};
    action.sa_sigaction = fault;
    /* Not blocked inside: the handler is left by an exception. */
    action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
    for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP})
        if (sigaction(signal, &action, &now) == 0 && now.sa_sigaction != fault)
            previous()[signal] = now;
}

/* A __finally block; runs where its object ends, whatever the way. */
template <class Block> class guard {
public:
    explicit guard(Block block) : block_(std::move(block)) {}
    guard(guard &&other) : block_(std::move(other.block_)), armed_(other.armed_), abnormal_(other.abnormal_)
    {
        other.armed_ = false;
    }
    ~guard() noexcept(false)
    {
        if (armed_)
            block_(abnormal_);
    }
    /* The body has come to its end. */
    void normal() { abnormal_ = 0; }

private:
    Block block_;
    bool armed_ = true;
    int abnormal_ = 1;
};

template <class Block> guard<Block> finally(Block block) { return guard<Block>(std::move(block)); }

/* The C library's, for a __try block: theirs are declared not to throw, and a fault in them would end the process. The
 * compiler must not find out that these do not throw either. */
#ifdef __clang__
#define WHARF_SEH_OPAQUE __attribute__((noinline))
#else
#define WHARF_SEH_OPAQUE __attribute__((noipa))
#endif
#define WHARF_SEH_PLAIN(name)                                                                                         \
    template <class... T> WHARF_SEH_OPAQUE auto name(T... given)->decltype(::name(given...))                 \
    {                                                                                                                 \
        return ::name(given...);                                                                                      \
    }
WHARF_SEH_PLAIN(memcpy)
WHARF_SEH_PLAIN(memmove)
WHARF_SEH_PLAIN(memset)
WHARF_SEH_PLAIN(memcmp)
WHARF_SEH_PLAIN(strlen)
WHARF_SEH_PLAIN(strcpy)
WHARF_SEH_PLAIN(strncpy)
WHARF_SEH_PLAIN(strcat)
WHARF_SEH_PLAIN(strcmp)
WHARF_SEH_PLAIN(wcslen)
WHARF_SEH_PLAIN(wcscpy)
WHARF_SEH_PLAIN(wcscmp)
#undef WHARF_SEH_PLAIN
#undef WHARF_SEH_OPAQUE

} // namespace seh
} // namespace wharf

#endif
