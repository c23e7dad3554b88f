/* The printf family with Microsoft's formats. The functions are weak: every object may bring them. */
#ifndef WHARF_CRT_PRINT_H
#define WHARF_CRT_PRINT_H
#pragma GCC system_header
#include "bindings.h"
#include <stdio.h>
#include "format.h"

#define WHARF_WEAK __attribute__((weak, unused))
#ifdef __cplusplus
extern "C" {
#endif
/* The C library's own. */
int wharf_c_vfprintf(FILE *, const char *, va_list) __asm__("vfprintf");
int wharf_c_vsnprintf(char *, size_t, const char *, va_list) __asm__("vsnprintf");
int wharf_c_vfwprintf(FILE *, const wchar_t *, va_list) __asm__("vfwprintf");
int wharf_c_vswprintf(wchar_t *, size_t, const wchar_t *, va_list) __asm__("vswprintf");
int wharf_c_fwide(FILE *, int) __asm__("fwide");
int wharf_c_vsscanf(const char *, const char *, va_list) __asm__("vsscanf");
int wharf_c_vswscanf(const wchar_t *, const wchar_t *, va_list) __asm__("vswscanf");
int wharf_c_vfscanf(FILE *, const char *, va_list) __asm__("vfscanf");

WHARF_WEAK int wharf_vfprintf(FILE *stream, const char *format, va_list list)
{
    int result;
    WHARF_WITH_FORMAT(char, strlen, wharf_rewrite, format, 0, result, result = wharf_c_vfprintf(stream, rewritten, list));
    return result;
}
WHARF_WEAK int wharf_vsnprintf(char *to, size_t room_for, const char *format, va_list list)
{
    int result;
    WHARF_WITH_FORMAT(char, strlen, wharf_rewrite, format, 0, result, result = wharf_c_vsnprintf(to, room_for, rewritten, list));
    return result;
}
/* The C library fixes a stream to one width at its first use; wide text goes out as UTF-8 instead. */
WHARF_WEAK int wharf_vfwprintf(FILE *stream, const wchar_t *format, va_list list)
{
    int result = -1;
    size_t room_for = 256;
    WHARF_WITH_FORMAT(wchar_t, wcslen, wharf_rewrite_wide, format, 0, result, {
        wchar_t *wide = NULL;
        for (; room_for <= (1U << 24); room_for *= 4) {
            va_list again;
            wchar_t *more = (wchar_t *)realloc(wide, room_for * sizeof *wide);
            if (!more)
                break;
            wide = more;
            va_copy(again, list);
            result = wharf_c_vswprintf(wide, room_for, rewritten, again);
            va_end(again);
            if (result >= 0)
                break;
        }
        if (result >= 0) {
            char *narrow = (char *)malloc((size_t)result * 6 + 1);
            size_t length = narrow ? wcstombs(narrow, wide, (size_t)result * 6 + 1) : (size_t)-1;
            if (length == (size_t)-1 || fwrite(narrow, 1, length, stream) != length)
                result = -1;
            free(narrow);
        }
        free(wide);
    });
    return result;
}
WHARF_WEAK int wharf_vswprintf(wchar_t *to, size_t room_for, const wchar_t *format, va_list list)
{
    int result;
    WHARF_WITH_FORMAT(wchar_t, wcslen, wharf_rewrite_wide, format, 0, result,
                      result = wharf_c_vswprintf(to, room_for, rewritten, list));
    return result;
}
WHARF_WEAK int wharf_vprintf(const char *format, va_list list) { return wharf_vfprintf(stdout, format, list); }
WHARF_WEAK int wharf_vsprintf(char *to, const char *format, va_list list)
{
    return wharf_vsnprintf(to, (size_t)0x7fffffff, format, list);
}
WHARF_WEAK int wharf_vwprintf(const wchar_t *format, va_list list) { return wharf_vfwprintf(stdout, format, list); }

#define WHARF_VARIADIC(CALL)                                                                                           \
    {                                                                                                                  \
        va_list list;                                                                                                  \
        int result;                                                                                                    \
        va_start(list, format);                                                                                        \
        result = CALL;                                                                                                 \
        va_end(list);                                                                                                  \
        return result;                                                                                                 \
    }
WHARF_WEAK int wharf_printf(const char *format, ...) WHARF_VARIADIC(wharf_vfprintf(stdout, format, list))
WHARF_WEAK int wharf_fprintf(FILE *stream, const char *format, ...) WHARF_VARIADIC(wharf_vfprintf(stream, format, list))
WHARF_WEAK int wharf_sprintf(char *to, const char *format, ...) WHARF_VARIADIC(wharf_vsprintf(to, format, list))
WHARF_WEAK int wharf_snprintf(char *to, size_t room, const char *format, ...) WHARF_VARIADIC(wharf_vsnprintf(to, room, format, list))
WHARF_WEAK int wharf_wprintf(const wchar_t *format, ...) WHARF_VARIADIC(wharf_vfwprintf(stdout, format, list))
WHARF_WEAK int wharf_fwprintf(FILE *stream, const wchar_t *format, ...) WHARF_VARIADIC(wharf_vfwprintf(stream, format, list))
WHARF_WEAK int wharf_swprintf(wchar_t *to, size_t room, const wchar_t *format, ...)
    WHARF_VARIADIC(wharf_vswprintf(to, room, format, list))

WHARF_WEAK int wharf_vsscanf(const char *from, const char *format, va_list list)
{
    int result;
    WHARF_WITH_FORMAT(char, strlen, wharf_rewrite, format, 1, result, result = wharf_c_vsscanf(from, rewritten, list));
    return result;
}
WHARF_WEAK int wharf_vfscanf(FILE *stream, const char *format, va_list list)
{
    int result;
    WHARF_WITH_FORMAT(char, strlen, wharf_rewrite, format, 1, result, result = wharf_c_vfscanf(stream, rewritten, list));
    return result;
}
WHARF_WEAK int wharf_vswscanf(const wchar_t *from, const wchar_t *format, va_list list)
{
    int result;
    WHARF_WITH_FORMAT(wchar_t, wcslen, wharf_rewrite_wide, format, 1, result, result = wharf_c_vswscanf(from, rewritten, list));
    return result;
}
WHARF_WEAK int wharf_sscanf(const char *from, const char *format, ...) WHARF_VARIADIC(wharf_vsscanf(from, format, list))
WHARF_WEAK int wharf_swscanf(const wchar_t *from, const wchar_t *format, ...) WHARF_VARIADIC(wharf_vswscanf(from, format, list))
WHARF_WEAK int wharf_scanf(const char *format, ...) WHARF_VARIADIC(wharf_vfscanf(stdin, format, list))
WHARF_WEAK int wharf_fscanf(FILE *stream, const char *format, ...) WHARF_VARIADIC(wharf_vfscanf(stream, format, list))
#ifdef __cplusplus
}
#endif
#endif
