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
WHARF_END

#include <wharf/kind/narrow.h>
#include <wharf/kind/stdio.h>
#include <wharf/kind/end.h>
#include <wharf/kind/wide.h>
#include <wharf/kind/stdio.h>
#include <wharf/kind/end.h>

WHARF_BEGIN
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

#endif
