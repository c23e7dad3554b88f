/* scanf as Microsoft has it. The C library's own are renamed by its headers, so these go by macros
 * in C, and by overloads in C++. %ld stores 32 bits, for a LONG; a variable of `long` has 64 here, and in C keeps its
 * upper half. */
#ifndef WHARF_CRT_SCAN_H
#define WHARF_CRT_SCAN_H

#ifdef __cplusplus
extern "C++" {
namespace wharf {
/* An argument as it is passed. */
template <class T> struct scanned {
    explicit scanned(T value) : value_(value) {}
    T pass() { return value_; }
    T value_;
};
/* `long` has 64 bits, and the format's %ld 32: they go through an int, if they are stored at all. */
template <class T, class Half> struct scanned_long {
    explicit scanned_long(T *to) : to_(to), before_(static_cast<Half>(*to)), value_(before_) {}
    ~scanned_long()
    {
        if (value_ != before_)
            *to_ = value_;
    }
    Half *pass() { return &value_; }
    T *to_;
    Half before_, value_;
};
template <> struct scanned<long *> : scanned_long<long, int> {
    using scanned_long<long, int>::scanned_long;
};
template <> struct scanned<unsigned long *> : scanned_long<unsigned long, unsigned> {
    using scanned_long<unsigned long, unsigned>::scanned_long;
};
} // namespace wharf
}
#endif

#include <wharf/kind/narrow.h>
#include <wharf/kind/scan.h>
#include <wharf/kind/end.h>
#include <wharf/kind/wide.h>
#include <wharf/kind/scan.h>
#include <wharf/kind/end.h>

#ifndef __cplusplus
#define scanf(...) wharf_scanf(__VA_ARGS__)
#define fscanf(...) wharf_fscanf(__VA_ARGS__)
#define sscanf(...) wharf_sscanf(__VA_ARGS__)
#define wscanf(...) wharf_wscanf(__VA_ARGS__)
#define fwscanf(...) wharf_fwscanf(__VA_ARGS__)
#define swscanf(...) wharf_swscanf(__VA_ARGS__)
#endif

#endif
