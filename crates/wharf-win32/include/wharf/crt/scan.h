/* scanf as Microsoft has it. The C library's own are renamed by its headers, so these go by macros
 * in C, and by overloads in C++. %ld stores 32 bits, for a LONG; a variable of `long` has 64 here, and in C keeps its
 * upper half. */
#ifndef WHARF_CRT_SCAN_H
#define WHARF_CRT_SCAN_H

WHARF_BEGIN
WHARF_INLINE int wharf_scanf(const char *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = wharf_vfscanf(stdin, format, 0, list);
    va_end(list);
    return result;
}
WHARF_INLINE int wharf_fscanf(FILE *file, const char *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = wharf_vfscanf(file, format, 0, list);
    va_end(list);
    return result;
}
WHARF_INLINE int wharf_sscanf(const char *text, const char *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = wharf_vsscanf(text, format, 0, list);
    va_end(list);
    return result;
}
WHARF_INLINE int wharf_wscanf(const wchar_t *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = wharf_vfwscanf(stdin, format, 0, list);
    va_end(list);
    return result;
}
WHARF_INLINE int wharf_fwscanf(FILE *file, const wchar_t *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = wharf_vfwscanf(file, format, 0, list);
    va_end(list);
    return result;
}
WHARF_INLINE int wharf_swscanf(const wchar_t *text, const wchar_t *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = wharf_vswscanf(text, format, 0, list);
    va_end(list);
    return result;
}
WHARF_INLINE int scanf_s(const char *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = wharf_vfscanf(stdin, format, 1, list);
    va_end(list);
    return result;
}
WHARF_INLINE int fscanf_s(FILE *file, const char *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = wharf_vfscanf(file, format, 1, list);
    va_end(list);
    return result;
}
WHARF_INLINE int sscanf_s(const char *text, const char *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = wharf_vsscanf(text, format, 1, list);
    va_end(list);
    return result;
}
WHARF_INLINE int wscanf_s(const wchar_t *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = wharf_vfwscanf(stdin, format, 1, list);
    va_end(list);
    return result;
}
WHARF_INLINE int fwscanf_s(FILE *file, const wchar_t *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = wharf_vfwscanf(file, format, 1, list);
    va_end(list);
    return result;
}
WHARF_INLINE int swscanf_s(const wchar_t *text, const wchar_t *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = wharf_vswscanf(text, format, 1, list);
    va_end(list);
    return result;
}
WHARF_END

#ifdef __cplusplus
/* Preferred to the C library's own, whose arguments are dots. */
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
template <class... T> inline int scanf(const char *format, T... to) { return wharf_scanf(format, wharf::scanned<T>(to).pass()...); }
template <class... T> inline int fscanf(FILE *file, const char *format, T... to) { return wharf_fscanf(file, format, wharf::scanned<T>(to).pass()...); }
template <class... T> inline int sscanf(const char *text, const char *format, T... to) { return wharf_sscanf(text, format, wharf::scanned<T>(to).pass()...); }
template <class... T> inline int wscanf(const wchar_t *format, T... to) { return wharf_wscanf(format, wharf::scanned<T>(to).pass()...); }
template <class... T> inline int fwscanf(FILE *file, const wchar_t *format, T... to) { return wharf_fwscanf(file, format, wharf::scanned<T>(to).pass()...); }
template <class... T> inline int swscanf(const wchar_t *text, const wchar_t *format, T... to) { return wharf_swscanf(text, format, wharf::scanned<T>(to).pass()...); }
}
#else
#define scanf(...) wharf_scanf(__VA_ARGS__)
#define fscanf(...) wharf_fscanf(__VA_ARGS__)
#define sscanf(...) wharf_sscanf(__VA_ARGS__)
#define wscanf(...) wharf_wscanf(__VA_ARGS__)
#define fwscanf(...) wharf_fwscanf(__VA_ARGS__)
#define swscanf(...) wharf_swscanf(__VA_ARGS__)
#endif

#endif
