/* Microsoft's additions to <stdio.h>, and printf as Microsoft has it.
 *
 * A DWORD and a LONG are `int` here; sources print them with %lu and %ld, and with %I64d, %S and the rest of Microsoft's
 * formats. So the standard names are bound to functions of the library that read a format as Microsoft's does: `l` means
 * 32 bits before an integer, in wide formats %s is wide. They keep their names, so members of that name and std::printf
 * are left alone. The compiler's check of formats knows only its own library's, and is turned off. */
#ifndef WHARF_CRT_STDIO_H
#define WHARF_CRT_STDIO_H

#include <stdio.h>
#include <wharf/crt/base.h>
#include <wharf/crt/string.h>
#include <wharf/crt/wchar.h>

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-extra-args"

#define _MAX_PATH 260
#define _MAX_DRIVE 3
#define _MAX_DIR 256
#define _MAX_FNAME 256
#define _MAX_EXT 256

#define WHARF_FORMATTED(name) __asm__("wharf_" #name)

WHARF_BEGIN
int printf(const char *__restrict format, ...) WHARF_FORMATTED(printf);
int fprintf(FILE *__restrict file, const char *__restrict format, ...) WHARF_FORMATTED(fprintf);
int sprintf(char *__restrict to, const char *__restrict format, ...) WHARF_NOTHROW WHARF_FORMATTED(sprintf);
int snprintf(char *__restrict to, size_t size, const char *__restrict format, ...) WHARF_NOTHROW
    WHARF_FORMATTED(snprintf);
int vprintf(const char *__restrict format, va_list list) WHARF_FORMATTED(vprintf);
int vfprintf(FILE *__restrict file, const char *__restrict format, va_list list) WHARF_FORMATTED(vfprintf);
int vsprintf(char *__restrict to, const char *__restrict format, va_list list) WHARF_NOTHROW WHARF_FORMATTED(vsprintf);
int vsnprintf(char *__restrict to, size_t size, const char *__restrict format, va_list list) WHARF_NOTHROW
    WHARF_FORMATTED(vsnprintf);
int wprintf(const wchar_t *__restrict format, ...) WHARF_FORMATTED(wprintf);
int fwprintf(FILE *__restrict file, const wchar_t *__restrict format, ...) WHARF_FORMATTED(fwprintf);
int swprintf(wchar_t *__restrict to, size_t size, const wchar_t *__restrict format, ...) WHARF_NOTHROW
    WHARF_FORMATTED(swprintf);
int vwprintf(const wchar_t *__restrict format, va_list list) WHARF_FORMATTED(vwprintf);
int vfwprintf(FILE *__restrict file, const wchar_t *__restrict format, va_list list) WHARF_FORMATTED(vfwprintf);
int vswprintf(wchar_t *__restrict to, size_t size, const wchar_t *__restrict format, va_list list) WHARF_NOTHROW
    WHARF_FORMATTED(vswprintf);
/* The whole length is the answer, however much fits. */
int wharf_vsnprintf(char *to, size_t size, const char *format, va_list list);
int wharf_vsnwprintf(wchar_t *to, size_t size, const wchar_t *format, va_list list);
int wharf_vfscanf(FILE *file, const char *format, int sizes, va_list list);
int wharf_vsscanf(const char *text, const char *format, int sizes, va_list list);
int wharf_vfwscanf(FILE *file, const wchar_t *format, int sizes, va_list list);
int wharf_vswscanf(const wchar_t *text, const wchar_t *format, int sizes, va_list list);
void *malloc(size_t size) WHARF_NOTHROW;
void free(void *block) WHARF_NOTHROW;

WHARF_INLINE int vsprintf_s(char *to, size_t size, const char *format, va_list list)
{
    int length;
    if (!to || !size || !format) {
        if (to && size)
            to[0] = 0;
        wharf_invalid_parameter(EINVAL);
        return -1;
    }
    length = wharf_vsnprintf(to, size, format, list);
    if (length < 0 || (size_t)length >= size) {
        to[0] = 0;
        if (length >= 0)
            wharf_invalid_parameter(ERANGE);
        return -1;
    }
    return length;
}
WHARF_INLINE int _vsnprintf_s(char *to, size_t size, size_t count, const char *format, va_list list)
{
    int length;
    if (!to && !size && !count)
        return 0;
    if (!to || !size || !format) {
        if (to && size)
            to[0] = 0;
        wharf_invalid_parameter(EINVAL);
        return -1;
    }
    length = wharf_vsnprintf(to, count < size ? count + 1 : size, format, list);
    if (length < 0) {
        to[0] = 0;
        return -1;
    }
    if ((size_t)length <= count && (size_t)length < size)
        return length;
    if (count != _TRUNCATE && count >= size) {
        to[0] = 0;
        wharf_invalid_parameter(ERANGE);
    }
    return -1;
}
/* No terminator where the text fills the buffer, and -1 where it does not fit, as ever. */
WHARF_INLINE int _vsnprintf(char *to, size_t count, const char *format, va_list list)
{
    va_list again;
    int length;
    char *whole;
    va_copy(again, list);
    length = wharf_vsnprintf(to, count, format, list);
    if (length >= 0 && (size_t)length >= count && count) {
        /* The last character is where the terminator is now. */
        whole = (char *)malloc(((size_t)length + 1) * sizeof *whole);
        if (whole) {
            wharf_vsnprintf(whole, (size_t)length + 1, format, again);
            to[count - 1] = whole[count - 1];
            free(whole);
        }
    }
    va_end(again);
    return length >= 0 && (size_t)length > count ? -1 : length;
}
WHARF_INLINE int _vscprintf(const char *format, va_list list) { return wharf_vsnprintf(NULL, 0, format, list); }

WHARF_INLINE int vswprintf_s(wchar_t *to, size_t size, const wchar_t *format, va_list list)
{
    int length;
    if (!to || !size || !format) {
        if (to && size)
            to[0] = 0;
        wharf_invalid_parameter(EINVAL);
        return -1;
    }
    length = wharf_vsnwprintf(to, size, format, list);
    if (length < 0 || (size_t)length >= size) {
        to[0] = 0;
        if (length >= 0)
            wharf_invalid_parameter(ERANGE);
        return -1;
    }
    return length;
}
WHARF_INLINE int _vsnwprintf_s(wchar_t *to, size_t size, size_t count, const wchar_t *format, va_list list)
{
    int length;
    if (!to && !size && !count)
        return 0;
    if (!to || !size || !format) {
        if (to && size)
            to[0] = 0;
        wharf_invalid_parameter(EINVAL);
        return -1;
    }
    length = wharf_vsnwprintf(to, count < size ? count + 1 : size, format, list);
    if (length < 0) {
        to[0] = 0;
        return -1;
    }
    if ((size_t)length <= count && (size_t)length < size)
        return length;
    if (count != _TRUNCATE && count >= size) {
        to[0] = 0;
        wharf_invalid_parameter(ERANGE);
    }
    return -1;
}
/* No terminator where the text fills the buffer, and -1 where it does not fit, as ever. */
WHARF_INLINE int _vsnwprintf(wchar_t *to, size_t count, const wchar_t *format, va_list list)
{
    va_list again;
    int length;
    wchar_t *whole;
    va_copy(again, list);
    length = wharf_vsnwprintf(to, count, format, list);
    if (length >= 0 && (size_t)length >= count && count) {
        /* The last character is where the terminator is now. */
        whole = (wchar_t *)malloc(((size_t)length + 1) * sizeof *whole);
        if (whole) {
            wharf_vsnwprintf(whole, (size_t)length + 1, format, again);
            to[count - 1] = whole[count - 1];
            free(whole);
        }
    }
    va_end(again);
    return length >= 0 && (size_t)length > count ? -1 : length;
}
WHARF_INLINE int _vscwprintf(const wchar_t *format, va_list list) { return wharf_vsnwprintf(NULL, 0, format, list); }

WHARF_INLINE int sprintf_s(char *to, size_t size, const char *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = vsprintf_s(to, size, format, list);
    va_end(list);
    return result;
}
WHARF_INLINE int _snprintf_s(char *to, size_t size, size_t count, const char *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = _vsnprintf_s(to, size, count, format, list);
    va_end(list);
    return result;
}
WHARF_INLINE int _snprintf(char *to, size_t count, const char *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = _vsnprintf(to, count, format, list);
    va_end(list);
    return result;
}
WHARF_INLINE int _scprintf(const char *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = _vscprintf(format, list);
    va_end(list);
    return result;
}
WHARF_INLINE int printf_s(const char *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = vprintf(format, list);
    va_end(list);
    return result;
}
WHARF_INLINE int fprintf_s(FILE *file, const char *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = vfprintf(file, format, list);
    va_end(list);
    return result;
}
WHARF_INLINE int swprintf_s(wchar_t *to, size_t size, const wchar_t *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = vswprintf_s(to, size, format, list);
    va_end(list);
    return result;
}
WHARF_INLINE int _snwprintf_s(wchar_t *to, size_t size, size_t count, const wchar_t *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = _vsnwprintf_s(to, size, count, format, list);
    va_end(list);
    return result;
}
WHARF_INLINE int _snwprintf(wchar_t *to, size_t count, const wchar_t *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = _vsnwprintf(to, count, format, list);
    va_end(list);
    return result;
}
WHARF_INLINE int _scwprintf(const wchar_t *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = _vscwprintf(format, list);
    va_end(list);
    return result;
}
WHARF_INLINE int wprintf_s(const wchar_t *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = vwprintf(format, list);
    va_end(list);
    return result;
}
WHARF_INLINE int fwprintf_s(FILE *file, const wchar_t *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = vfwprintf(file, format, list);
    va_end(list);
    return result;
}
WHARF_INLINE int vprintf_s(const char *format, va_list list) { return vprintf(format, list); }
WHARF_INLINE int vfprintf_s(FILE *file, const char *format, va_list list) { return vfprintf(file, format, list); }
WHARF_INLINE int vwprintf_s(const wchar_t *format, va_list list) { return vwprintf(format, list); }
WHARF_INLINE int vfwprintf_s(FILE *file, const wchar_t *format, va_list list) { return vfwprintf(file, format, list); }
WHARF_INLINE int vsnprintf_s(char *to, size_t size, size_t count, const char *format, va_list list)
{
    return _vsnprintf_s(to, size, count, format, list);
}
/* The old ones without a size. */
WHARF_INLINE int _vswprintf(wchar_t *to, const wchar_t *format, va_list list)
{
    return wharf_vsnwprintf(to, 0x7fffffff, format, list);
}
WHARF_INLINE int _swprintf(wchar_t *to, const wchar_t *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = _vswprintf(to, format, list);
    va_end(list);
    return result;
}
WHARF_END

#include <wharf/crt/scan.h>
#include <wharf/crt/file.h>

#ifdef __cplusplus
extern "C++" {
template <size_t N> inline int sprintf_s(char (&to)[N], const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const int result = vsprintf_s(to, N, format, list);
    va_end(list);
    return result;
}
template <size_t N> inline int _snprintf_s(char (&to)[N], size_t count, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const int result = _vsnprintf_s(to, N, count, format, list);
    va_end(list);
    return result;
}
template <size_t N> inline int swprintf_s(wchar_t (&to)[N], const wchar_t *format, ...)
{
    va_list list;
    va_start(list, format);
    const int result = vswprintf_s(to, N, format, list);
    va_end(list);
    return result;
}
template <size_t N> inline int _snwprintf_s(wchar_t (&to)[N], size_t count, const wchar_t *format, ...)
{
    va_list list;
    va_start(list, format);
    const int result = _vsnwprintf_s(to, N, count, format, list);
    va_end(list);
    return result;
}
template <size_t N> inline int vsprintf_s(char (&to)[N], const char *format, va_list list)
{
    return vsprintf_s(to, N, format, list);
}
template <size_t N> inline int vswprintf_s(wchar_t (&to)[N], const wchar_t *format, va_list list)
{
    return vswprintf_s(to, N, format, list);
}
template <size_t N> inline int _vsnprintf_s(char (&to)[N], size_t count, const char *format, va_list list)
{
    return _vsnprintf_s(to, N, count, format, list);
}
template <size_t N> inline int _vsnwprintf_s(wchar_t (&to)[N], size_t count, const wchar_t *format, va_list list)
{
    return _vsnwprintf_s(to, N, count, format, list);
}
}
#endif

#endif
