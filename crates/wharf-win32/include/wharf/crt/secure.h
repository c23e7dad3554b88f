/* Microsoft's secure functions, and the names with an underscore: strings, printf, conversions, time, files.
 *
 * A wrong argument calls the invalid parameter handler, which ends the program unless it has set its own; a text that
 * does not fit empties the destination and is ERANGE, after the handler, or is cut where _TRUNCATE asks for it. */
#ifndef WHARF_CRT_SECURE_H
#define WHARF_CRT_SECURE_H
#pragma GCC system_header
#include "print.h"
#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>
#include <wctype.h>

#ifndef _TRUNCATE
#define _TRUNCATE ((size_t)-1)
#endif
#define STRUNCATE 80
typedef int errno_t;
typedef size_t rsize_t;
typedef long long __time64_t;
typedef int __time32_t;
typedef void (*_invalid_parameter_handler)(const wchar_t *, const wchar_t *, const wchar_t *, unsigned int, uintptr_t);
typedef void (*_purecall_handler)(void);
#define _CVTBUFSIZE (309 + 40)
#define _MAX_PATH 260
#define _MAX_DRIVE 3
#define _MAX_DIR 256
#define _MAX_FNAME 256
#define _MAX_EXT 256
#ifdef __cplusplus
template <class T, size_t N> char (*wharf_count_of(T (&)[N]))[N];
#define _countof(array) (sizeof(*wharf_count_of(array)))
#else
#define _countof(array) (sizeof(array) / sizeof((array)[0]))
#endif

#ifdef __cplusplus
extern "C" {
#endif
WHARF_WEAK _invalid_parameter_handler *wharf_invalid_parameter(void)
{
    static _invalid_parameter_handler handler;
    return &handler;
}
WHARF_WEAK _invalid_parameter_handler _set_invalid_parameter_handler(_invalid_parameter_handler handler)
{
    _invalid_parameter_handler old = *wharf_invalid_parameter();
    *wharf_invalid_parameter() = handler;
    return old;
}
WHARF_WEAK _invalid_parameter_handler _get_invalid_parameter_handler(void) { return *wharf_invalid_parameter(); }
WHARF_WEAK _purecall_handler _set_purecall_handler(_purecall_handler handler)
{
    (void)handler; /* the C++ run-time library has its own end for pure calls */
    return NULL;
}
WHARF_WEAK unsigned _set_abort_behavior(unsigned flags, unsigned mask)
{
    (void)mask;
    return flags;
}
/* Answers the error, if the handler comes back. */
WHARF_WEAK errno_t wharf_invalid(errno_t error, const char *function)
{
    _invalid_parameter_handler handler = *wharf_invalid_parameter();
    if (handler) {
        handler(NULL, NULL, NULL, 0, 0);
    } else {
        fprintf(stderr, "%s: invalid parameter, or a destination that is too small\n", function);
        abort();
    }
    errno = error;
    return error;
}

#define WHARF_STRINGS(CHARACTER, COPY, CAT, COPYN, CATN, LENGTH, NLENGTH)                                               \
    WHARF_WEAK size_t NLENGTH(const CHARACTER *text, size_t room)                                                      \
    {                                                                                                                  \
        size_t length = 0;                                                                                             \
        while (text && length < room && text[length])                                                                  \
            length++;                                                                                                  \
        return length;                                                                                                 \
    }                                                                                                                  \
    WHARF_WEAK errno_t COPYN(CHARACTER *to, size_t room, const CHARACTER *from, size_t count)                          \
    {                                                                                                                  \
        size_t length;                                                                                                 \
        if (!to || room == 0)                                                                                          \
            return wharf_invalid(EINVAL, #COPYN);                                                                      \
        if (!from) {                                                                                                   \
            to[0] = 0;                                                                                                 \
            return count == 0 ? 0 : wharf_invalid(EINVAL, #COPYN);                                                     \
        }                                                                                                              \
        length = NLENGTH(from, count == _TRUNCATE ? room : count);                                                     \
        if (length >= room) {                                                                                          \
            if (count != _TRUNCATE) {                                                                                  \
                to[0] = 0;                                                                                             \
                return wharf_invalid(ERANGE, #COPYN);                                                                  \
            }                                                                                                          \
            memmove(to, from, (room - 1) * sizeof *to);                                                                \
            to[room - 1] = 0;                                                                                          \
            return STRUNCATE;                                                                                          \
        }                                                                                                              \
        memmove(to, from, length * sizeof *to);                                                                        \
        to[length] = 0;                                                                                                \
        return 0;                                                                                                      \
    }                                                                                                                  \
    WHARF_WEAK errno_t COPY(CHARACTER *to, size_t room, const CHARACTER *from)                                         \
    {                                                                                                                  \
        if (to && room && !from) {                                                                                     \
            to[0] = 0;                                                                                                 \
            return wharf_invalid(EINVAL, #COPY);                                                                       \
        }                                                                                                              \
        return COPYN(to, room, from, from ? LENGTH(from) : 0);                                                         \
    }                                                                                                                  \
    WHARF_WEAK errno_t CATN(CHARACTER *to, size_t room, const CHARACTER *from, size_t count)                           \
    {                                                                                                                  \
        size_t used = NLENGTH(to, room);                                                                               \
        errno_t error;                                                                                                 \
        if (!to || used == room)                                                                                       \
            return wharf_invalid(EINVAL, #CATN);                                                                       \
        error = COPYN(to + used, room - used, from, count);                                                            \
        if (error && error != STRUNCATE)                                                                               \
            to[0] = 0;                                                                                                 \
        return error;                                                                                                  \
    }                                                                                                                  \
    WHARF_WEAK errno_t CAT(CHARACTER *to, size_t room, const CHARACTER *from)                                          \
    {                                                                                                                  \
        return CATN(to, room, from, from ? LENGTH(from) : 1);                                                          \
    }
WHARF_STRINGS(char, strcpy_s, strcat_s, strncpy_s, strncat_s, strlen, strnlen_s)
WHARF_STRINGS(wchar_t, wcscpy_s, wcscat_s, wcsncpy_s, wcsncat_s, wcslen, wcsnlen_s)
#undef WHARF_STRINGS

WHARF_WEAK errno_t memcpy_s(void *to, size_t room, const void *from, size_t length)
{
    if (length == 0)
        return 0;
    if (!to || !from || length > room) {
        if (to && from)
            memset(to, 0, room);
        else if (to)
            memset(to, 0, room);
        return wharf_invalid(to && from ? ERANGE : EINVAL, "memcpy_s");
    }
    memcpy(to, from, length);
    return 0;
}
WHARF_WEAK errno_t memmove_s(void *to, size_t room, const void *from, size_t length)
{
    if (length == 0)
        return 0;
    if (!to || !from || length > room)
        return wharf_invalid(to && from ? ERANGE : EINVAL, "memmove_s");
    memmove(to, from, length);
    return 0;
}
WHARF_WEAK char *strtok_s(char *text, const char *delimiters, char **context) { return strtok_r(text, delimiters, context); }
WHARF_WEAK wchar_t *wcstok_s(wchar_t *text, const wchar_t *delimiters, wchar_t **context) { return wcstok(text, delimiters, context); }

/* printf into a buffer: cut at `count` (_vsnprintf_s), or an error when it does not fit (vsprintf_s). */
#define WHARF_PRINTF_S(CHARACTER, PRINT, VSPRINTF_S, VSNPRINTF_S, VSC, VSNPRINTF)                                      \
    WHARF_WEAK int VSC(const CHARACTER *format, va_list list);                                                         \
    WHARF_WEAK int VSNPRINTF_S(CHARACTER *to, size_t room, size_t count, const CHARACTER *format, va_list list)        \
    {                                                                                                                  \
        int length;                                                                                                    \
        CHARACTER *whole;                                                                                              \
        va_list again;                                                                                                 \
        if (!to || !format || room == 0) {                                                                             \
            wharf_invalid(EINVAL, #VSNPRINTF_S);                                                                       \
            return -1;                                                                                                 \
        }                                                                                                              \
        va_copy(again, list);                                                                                          \
        length = VSC(format, again);                                                                                   \
        va_end(again);                                                                                                 \
        whole = length < 0 ? NULL : (CHARACTER *)malloc(((size_t)length + 1) * sizeof *whole);                         \
        if (!whole) {                                                                                                  \
            to[0] = 0;                                                                                                 \
            return -1;                                                                                                 \
        }                                                                                                              \
        PRINT(whole, (size_t)length + 1, format, list);                                                                \
        if ((size_t)length < room && (count == _TRUNCATE || (size_t)length <= count)) {                                \
            memcpy(to, whole, ((size_t)length + 1) * sizeof *to);                                                      \
        } else if (count != _TRUNCATE && count >= room) {                                                              \
            to[0] = 0;                                                                                                 \
            length = -1;                                                                                               \
            wharf_invalid(ERANGE, #VSNPRINTF_S);                                                                       \
        } else {                                                                                                       \
            size_t kept = count == _TRUNCATE || count >= room ? room - 1 : count;                                      \
            memcpy(to, whole, kept * sizeof *to);                                                                      \
            to[kept] = 0;                                                                                              \
            length = -1;                                                                                               \
        }                                                                                                              \
        free(whole);                                                                                                   \
        return length;                                                                                                 \
    }                                                                                                                  \
    WHARF_WEAK int VSPRINTF_S(CHARACTER *to, size_t room, const CHARACTER *format, va_list list)                       \
    {                                                                                                                  \
        return VSNPRINTF_S(to, room, room, format, list);                                                              \
    }                                                                                                                  \
    /* The old form: no end of text when it does not fit. */                                                           \
    WHARF_WEAK int VSNPRINTF(CHARACTER *to, size_t count, const CHARACTER *format, va_list list)                       \
    {                                                                                                                  \
        int length;                                                                                                    \
        CHARACTER *whole;                                                                                              \
        va_list again;                                                                                                 \
        va_copy(again, list);                                                                                          \
        length = VSC(format, again);                                                                                   \
        va_end(again);                                                                                                 \
        if (!to || length < 0)                                                                                         \
            return length;                                                                                             \
        whole = (CHARACTER *)malloc(((size_t)length + 1) * sizeof *whole);                                             \
        if (!whole)                                                                                                    \
            return -1;                                                                                                 \
        PRINT(whole, (size_t)length + 1, format, list);                                                                \
        memcpy(to, whole, ((size_t)length < count ? (size_t)length + 1 : count) * sizeof *to);                         \
        free(whole);                                                                                                   \
        return (size_t)length > count ? -1 : length;                                                                   \
    }
WHARF_PRINTF_S(char, wharf_vsnprintf, vsprintf_s, _vsnprintf_s, _vscprintf, _vsnprintf)
WHARF_PRINTF_S(wchar_t, wharf_vswprintf, vswprintf_s, _vsnwprintf_s, _vscwprintf, _vsnwprintf)
#undef WHARF_PRINTF_S
WHARF_WEAK int _vscprintf(const char *format, va_list list) { return wharf_vsnprintf(NULL, 0, format, list); }
WHARF_WEAK int _vscwprintf(const wchar_t *format, va_list list)
{
    size_t room;
    for (room = 256; room <= (1U << 26); room *= 4) {
        wchar_t *space = (wchar_t *)malloc(room * sizeof *space);
        va_list again;
        int length;
        if (!space)
            break;
        va_copy(again, list);
        length = wharf_vswprintf(space, room, format, again);
        va_end(again);
        free(space);
        if (length >= 0)
            return length;
    }
    return -1;
}
WHARF_WEAK int vsnprintf_s(char *to, size_t room, size_t count, const char *format, va_list list)
{
    return _vsnprintf_s(to, room, count, format, list);
}
WHARF_WEAK int sprintf_s(char *to, size_t room, const char *format, ...) WHARF_VARIADIC(vsprintf_s(to, room, format, list))
WHARF_WEAK int swprintf_s(wchar_t *to, size_t room, const wchar_t *format, ...) WHARF_VARIADIC(vswprintf_s(to, room, format, list))
WHARF_WEAK int _snprintf_s(char *to, size_t room, size_t count, const char *format, ...)
    WHARF_VARIADIC(_vsnprintf_s(to, room, count, format, list))
WHARF_WEAK int _snwprintf_s(wchar_t *to, size_t room, size_t count, const wchar_t *format, ...)
    WHARF_VARIADIC(_vsnwprintf_s(to, room, count, format, list))
WHARF_WEAK int _snprintf(char *to, size_t count, const char *format, ...) WHARF_VARIADIC(_vsnprintf(to, count, format, list))
WHARF_WEAK int _snwprintf(wchar_t *to, size_t count, const wchar_t *format, ...) WHARF_VARIADIC(_vsnwprintf(to, count, format, list))
WHARF_WEAK int _scprintf(const char *format, ...) WHARF_VARIADIC(_vscprintf(format, list))
WHARF_WEAK int _scwprintf(const wchar_t *format, ...) WHARF_VARIADIC(_vscwprintf(format, list))
#define snwprintf _snwprintf
#define printf_s printf
#define fprintf_s fprintf
#define vprintf_s vprintf
#define vfprintf_s vfprintf
#define wprintf_s wprintf
#define fwprintf_s fwprintf
#define vwprintf_s vwprintf
#define vfwprintf_s vfwprintf

/* Directive by directive, because %s, %c and %[ take the size of their buffer as another argument. */
#define WHARF_SCANF_S(NAME, SOURCE, ONE)                                                                               \
    WHARF_WEAK int NAME(SOURCE source, const char *format, va_list list)                                               \
    {                                                                                                                  \
        int stored = 0;                                                                                                \
        size_t at = 0;                                                                                                 \
        (void)at;                                                                                                      \
        while (*format) {                                                                                              \
            char part[128];                                                                                            \
            size_t length = 0;                                                                                         \
            int skip, consumed = -1, result;                                                                           \
            const char *start = format;                                                                                \
            char kind;                                                                                                 \
            if (*format != '%' || format[1] == '%') {                                                                  \
                while (*format && length < 100 && (*format != '%' || format[1] == '%')) {                              \
                    if (*format == '%')                                                                                \
                        part[length++] = *format++;                                                                    \
                    part[length++] = *format++;                                                                        \
                }                                                                                                      \
                memcpy(part + length, "%n", 3);                                                                        \
                result = ONE(part, &consumed, NULL);                                                                   \
                if (consumed < 0)                                                                                      \
                    return stored ? stored : result;                                                                   \
                continue;                                                                                              \
            }                                                                                                          \
            format++;                                                                                                  \
            skip = *format == '*';                                                                                     \
            format += skip;                                                                                            \
            while (*format >= '0' && *format <= '9')                                                                   \
                format++;                                                                                              \
            while (*format == 'l' || *format == 'h' || *format == 'I' || *format == '6' || *format == '4' || *format == 'w') \
                format++;                                                                                              \
            kind = *format++;                                                                                          \
            if (kind == '[') {                                                                                         \
                format += *format == '^';                                                                              \
                format += *format == ']';                                                                              \
                while (*format && *format != ']')                                                                      \
                    format++;                                                                                          \
                format += *format == ']';                                                                              \
            }                                                                                                          \
            if (!kind || (size_t)(format - start) > 100)                                                               \
                return stored;                                                                                         \
            if (!skip && (kind == 's' || kind == 'c' || kind == '[')) {                                                \
                char *to = va_arg(list, char *);                                                                       \
                unsigned size = va_arg(list, unsigned), width = 0;                                                     \
                const char *digits = start + 1;                                                                        \
                while (*digits >= '0' && *digits <= '9')                                                               \
                    width = width * 10 + (unsigned)(*digits++ - '0');                                                  \
                if (size == 0 || (kind == 'c' ? (width ? width : 1) > size : width >= size)) {                         \
                    if (size)                                                                                          \
                        to[0] = 0;                                                                                     \
                    return stored;                                                                                     \
                }                                                                                                      \
                length = (size_t)wharf_c_snprintf(part, sizeof part, "%%%u%.*s%%n", width ? width : kind == 'c' ? 1 : size - 1, \
                                                  (int)(format - digits), digits);                                     \
                result = ONE(part, to, &consumed);                                                                     \
            } else if (skip) {                                                                                         \
                memcpy(part, start, (size_t)(format - start));                                                         \
                memcpy(part + (format - start), "%n", 3);                                                              \
                result = ONE(part, &consumed, NULL);                                                                   \
                if (consumed < 0)                                                                                      \
                    return stored ? stored : result;                                                                   \
                continue;                                                                                              \
            } else {                                                                                                   \
                memcpy(part, start, (size_t)(format - start));                                                         \
                memcpy(part + (format - start), "%n", 3);                                                              \
                result = ONE(part, va_arg(list, void *), &consumed);                                                   \
            }                                                                                                          \
            if (result != 1)                                                                                           \
                return stored ? stored : result;                                                                       \
            stored++;                                                                                                  \
        }                                                                                                              \
        return stored;                                                                                                 \
    }
int wharf_c_snprintf(char *, size_t, const char *, ...) __asm__("snprintf");
#define WHARF_SCAN_TEXT(PART, A, B) (result = sscanf(source + at, PART, A, B), at += consumed > 0 ? (size_t)consumed : 0, result)
#define WHARF_SCAN_FILE(PART, A, B) fscanf(source, PART, A, B)
WHARF_SCANF_S(vsscanf_s, const char *, WHARF_SCAN_TEXT)
WHARF_SCANF_S(vfscanf_s, FILE *, WHARF_SCAN_FILE)
#undef WHARF_SCANF_S
WHARF_WEAK int sscanf_s(const char *source, const char *format, ...) WHARF_VARIADIC(vsscanf_s(source, format, list))
WHARF_WEAK int fscanf_s(FILE *source, const char *format, ...) WHARF_VARIADIC(vfscanf_s(source, format, list))
WHARF_WEAK int scanf_s(const char *format, ...) WHARF_VARIADIC(vfscanf_s(stdin, format, list))

WHARF_WEAK char *gets_s(char *to, size_t room)
{
    size_t length;
    if (!to || room == 0) {
        wharf_invalid(EINVAL, "gets_s");
        return NULL;
    }
    if (!fgets(to, (int)room, stdin)) {
        to[0] = 0;
        return NULL;
    }
    length = strlen(to);
    if (length && to[length - 1] == '\n') {
        to[length - 1] = 0;
    } else if (length + 1 == room && !feof(stdin)) {
        to[0] = 0;
        wharf_invalid(ERANGE, "gets_s");
        return NULL;
    }
    return to;
}
#ifndef gets
WHARF_WEAK char *wharf_gets(char *to)
{
    int letter;
    char *at = to;
    while ((letter = getchar()) != EOF && letter != '\n')
        *at++ = (char)letter;
    *at = 0;
    return letter == EOF && at == to ? NULL : to;
}
#define gets wharf_gets
#endif

WHARF_WEAK errno_t fopen_s(FILE **to, const char *name, const char *mode)
{
    if (!to || !name || !mode)
        return wharf_invalid(EINVAL, "fopen_s");
    *to = fopen(name, mode);
    return *to ? 0 : errno;
}
WHARF_WEAK errno_t freopen_s(FILE **to, const char *name, const char *mode, FILE *old)
{
    if (!to || !mode || !old)
        return wharf_invalid(EINVAL, "freopen_s");
    *to = freopen(name, mode, old);
    return *to ? 0 : errno;
}
WHARF_WEAK FILE *_wfopen(const wchar_t *name, const wchar_t *mode)
{
    char narrow[4096], how[32];
    if (!name || !mode || wcstombs(narrow, name, sizeof narrow) >= sizeof narrow || wcstombs(how, mode, sizeof how) >= sizeof how) {
        errno = EINVAL;
        return NULL;
    }
    return fopen(narrow, how);
}
WHARF_WEAK errno_t _wfopen_s(FILE **to, const wchar_t *name, const wchar_t *mode)
{
    if (!to || !name || !mode)
        return wharf_invalid(EINVAL, "_wfopen_s");
    *to = _wfopen(name, mode);
    return *to ? 0 : errno;
}
WHARF_WEAK FILE *_fsopen(const char *name, const char *mode, int sharing)
{
    (void)sharing;
    return fopen(name, mode);
}
#define _fileno fileno
#define _popen popen
#define _pclose pclose
#define _fseeki64 fseeko
#define _ftelli64 ftello
#define _flushall() fflush(NULL)

/* Numbers and text. */
WHARF_WEAK char *wharf_digits(unsigned long long value, int negative, char *to, size_t room, int radix)
{
    char digits[66];
    size_t count = 0;
    if (radix < 2 || radix > 36 || room == 0)
        return NULL;
    do {
        int digit = (int)(value % (unsigned)radix);
        digits[count++] = (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);
        value /= (unsigned)radix;
    } while (value);
    if (negative)
        digits[count++] = '-';
    if (count >= room)
        return NULL;
    to[count] = 0;
    while (count)
        *to++ = digits[--count];
    return to;
}
#define WHARF_ITOA(NAME, TYPE, UNSIGNED)                                                                               \
    WHARF_WEAK errno_t NAME##_s(TYPE value, char *to, size_t room, int radix)                                          \
    {                                                                                                                  \
        int negative = radix == 10 && value < (TYPE)1 && value != 0;                                                   \
        if (!to || !wharf_digits(negative ? 0ULL - (unsigned long long)(long long)value : (UNSIGNED)value, negative, to, room, radix)) \
            return wharf_invalid(EINVAL, #NAME "_s");                                                                  \
        return 0;                                                                                                      \
    }                                                                                                                  \
    WHARF_WEAK char *NAME(TYPE value, char *to, int radix)                                                             \
    {                                                                                                                  \
        int negative = radix == 10 && value < (TYPE)1 && value != 0;                                                   \
        wharf_digits(negative ? 0ULL - (unsigned long long)(long long)value : (UNSIGNED)value, negative, to, 66, radix); \
        return to;                                                                                                     \
    }
WHARF_ITOA(_itoa, int, unsigned)
WHARF_ITOA(_ltoa, int, unsigned)
WHARF_ITOA(_ultoa, unsigned, unsigned)
WHARF_ITOA(_i64toa, long long, unsigned long long)
WHARF_ITOA(_ui64toa, unsigned long long, unsigned long long)
#undef WHARF_ITOA
#define itoa _itoa
#define ltoa _ltoa
WHARF_WEAK errno_t _itow_s(int value, wchar_t *to, size_t room, int radix)
{
    char narrow[66];
    size_t at = 0;
    if (!to || !wharf_digits(radix == 10 && value < 0 ? 0ULL - (unsigned long long)(long long)value : (unsigned)value,
                             radix == 10 && value < 0, narrow, sizeof narrow, radix) || strlen(narrow) >= room)
        return wharf_invalid(EINVAL, "_itow_s");
    do
        to[at] = (wchar_t)narrow[at];
    while (narrow[at++]);
    return 0;
}
WHARF_WEAK wchar_t *_itow(int value, wchar_t *to, int radix)
{
    _itow_s(value, to, 66, radix);
    return to;
}
#define _wtoi(text) ((int)wcstol((text), NULL, 10))
#define _wtol(text) ((int)wcstol((text), NULL, 10))
#define _wtoi64(text) wcstoll((text), NULL, 10)
#define _wtof(text) wcstod((text), NULL)
#define _atoi64(text) atoll(text)
#define _strtoi64 strtoll
#define _strtoui64 strtoull
#define _wcstoi64 wcstoll
#define _wcstoui64 wcstoull
#define _stricmp strcasecmp
#define _strcmpi strcasecmp
#define stricmp strcasecmp
#define strcmpi strcasecmp
#define _strnicmp strncasecmp
#define strnicmp strncasecmp
#define _wcsicmp wcscasecmp
#define _wcsnicmp wcsncasecmp
#define wcsicmp wcscasecmp
#define _strdup strdup
#define _wcsdup wcsdup
#define _memicmp(a, b, n) strncasecmp((const char *)(a), (const char *)(b), (n))
WHARF_WEAK char *_strlwr(char *text)
{
    char *at;
    for (at = text; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return text;
}
WHARF_WEAK char *_strupr(char *text)
{
    char *at;
    for (at = text; *at; at++)
        *at = (char)toupper((unsigned char)*at);
    return text;
}
WHARF_WEAK char *_strrev(char *text)
{
    size_t a = 0, b = strlen(text);
    for (; b > a + 1; a++) {
        char kept = text[a];
        text[a] = text[--b];
        text[b] = kept;
    }
    return text;
}
WHARF_WEAK errno_t _strlwr_s(char *text, size_t room) { return text && strnlen_s(text, room) < room ? (_strlwr(text), 0) : wharf_invalid(EINVAL, "_strlwr_s"); }
WHARF_WEAK errno_t _strupr_s(char *text, size_t room) { return text && strnlen_s(text, room) < room ? (_strupr(text), 0) : wharf_invalid(EINVAL, "_strupr_s"); }
WHARF_WEAK errno_t mbstowcs_s(size_t *converted, wchar_t *to, size_t room, const char *from, size_t count)
{
    size_t length = mbstowcs(NULL, from, 0);
    if (length == (size_t)-1)
        return EILSEQ;
    if (count != _TRUNCATE && length > count)
        length = count;
    if (converted)
        *converted = length + 1;
    if (!to)
        return 0;
    if (length >= room) {
        if (count != _TRUNCATE) {
            to[0] = 0;
            return wharf_invalid(ERANGE, "mbstowcs_s");
        }
        length = room - 1;
    }
    mbstowcs(to, from, length);
    to[length] = 0;
    return 0;
}
WHARF_WEAK errno_t wcstombs_s(size_t *converted, char *to, size_t room, const wchar_t *from, size_t count)
{
    size_t length = wcstombs(NULL, from, 0);
    if (length == (size_t)-1)
        return EILSEQ;
    if (count != _TRUNCATE && length > count)
        length = count;
    if (converted)
        *converted = length + 1;
    if (!to)
        return 0;
    if (length >= room) {
        if (count != _TRUNCATE) {
            to[0] = 0;
            return wharf_invalid(ERANGE, "wcstombs_s");
        }
        length = room - 1;
    }
    wcstombs(to, from, length);
    to[length] = 0;
    return 0;
}
WHARF_WEAK errno_t strerror_s(char *to, size_t room, int error) { return strncpy_s(to, room, strerror(error), _TRUNCATE) == EINVAL ? EINVAL : 0; }
WHARF_WEAK errno_t getenv_s(size_t *length, char *to, size_t room, const char *name)
{
    const char *value = getenv(name);
    *length = value ? strlen(value) + 1 : 0;
    if (!value || !to)
        return 0;
    return strcpy_s(to, room, value);
}
WHARF_WEAK errno_t _dupenv_s(char **to, size_t *length, const char *name)
{
    const char *value = getenv(name);
    *to = value ? strdup(value) : NULL;
    if (length)
        *length = value ? strlen(value) + 1 : 0;
    return 0;
}
WHARF_WEAK errno_t rand_s(unsigned *value)
{
    FILE *random = fopen("/dev/urandom", "rb");
    size_t got = random ? fread(value, sizeof *value, 1, random) : 0;
    if (random)
        fclose(random);
    return got == 1 ? 0 : EINVAL;
}
WHARF_WEAK wchar_t *_wsetlocale(int category, const wchar_t *name)
{
    static wchar_t answer[128];
    char narrow[128];
    const char *set;
    if (name && wcstombs(narrow, name, sizeof narrow) >= sizeof narrow)
        return NULL;
    /* Windows' names ("korean", "chs") choose a language whose texts are UTF-8 here. */
    set = setlocale(category, name ? narrow : NULL);
    if (!set && name)
        set = setlocale(category, "C.UTF-8");
    if (!set || mbstowcs(answer, set, 127) == (size_t)-1)
        return NULL;
    return answer;
}

/* Time: the arguments in Microsoft's order. */
WHARF_WEAK errno_t localtime_s(struct tm *to, const time_t *time) { return to && time && localtime_r(time, to) ? 0 : wharf_invalid(EINVAL, "localtime_s"); }
WHARF_WEAK errno_t gmtime_s(struct tm *to, const time_t *time) { return to && time && gmtime_r(time, to) ? 0 : wharf_invalid(EINVAL, "gmtime_s"); }
#define _localtime64_s(to, time) localtime_s((to), (const time_t *)(time))
#define _gmtime64_s(to, time) gmtime_s((to), (const time_t *)(time))
#define _localtime64(value) localtime((const time_t *)(value))
#define _ctime64(value) ctime((const time_t *)(value))
#define _time64(value) ((__time64_t)time((time_t *)(value)))
#define _mktime64 mktime
#define _mkgmtime timegm
#define _tzset tzset
WHARF_WEAK errno_t ctime_s(char *to, size_t room, const time_t *time)
{
    char text[64];
    return to && time && ctime_r(time, text) ? strcpy_s(to, room, text) : wharf_invalid(EINVAL, "ctime_s");
}
WHARF_WEAK errno_t asctime_s(char *to, size_t room, const struct tm *when)
{
    char text[64];
    return to && when && asctime_r(when, text) ? strcpy_s(to, room, text) : wharf_invalid(EINVAL, "asctime_s");
}
WHARF_WEAK errno_t wharf_now(char *to, size_t room, const char *format, const char *function)
{
    time_t now = time(NULL);
    struct tm when;
    if (!to || room < 9)
        return wharf_invalid(room < 9 ? ERANGE : EINVAL, function);
    return strftime(to, room, format, localtime_r(&now, &when)) ? 0 : EINVAL;
}
#define _strtime_s(to, room) wharf_now((to), (room), "%H:%M:%S", "_strtime_s")
#define _strdate_s(to, room) wharf_now((to), (room), "%m/%d/%y", "_strdate_s")
#ifdef __cplusplus
}

/* The forms that take an array, and know its size. */
template <size_t N> inline errno_t strcpy_s(char (&to)[N], const char *from) { return strcpy_s(to, N, from); }
template <size_t N> inline errno_t strcat_s(char (&to)[N], const char *from) { return strcat_s(to, N, from); }
template <size_t N> inline errno_t strncpy_s(char (&to)[N], const char *from, size_t count) { return strncpy_s(to, N, from, count); }
template <size_t N> inline errno_t strncat_s(char (&to)[N], const char *from, size_t count) { return strncat_s(to, N, from, count); }
template <size_t N> inline errno_t wcscpy_s(wchar_t (&to)[N], const wchar_t *from) { return wcscpy_s(to, N, from); }
template <size_t N> inline errno_t wcscat_s(wchar_t (&to)[N], const wchar_t *from) { return wcscat_s(to, N, from); }
template <size_t N> inline errno_t wcsncpy_s(wchar_t (&to)[N], const wchar_t *from, size_t count) { return wcsncpy_s(to, N, from, count); }
template <size_t N> inline errno_t _itoa_s(int value, char (&to)[N], int radix) { return _itoa_s(value, to, N, radix); }
template <size_t N> inline errno_t _itow_s(int value, wchar_t (&to)[N], int radix) { return _itow_s(value, to, N, radix); }
template <size_t N> inline int vsprintf_s(char (&to)[N], const char *format, va_list list) { return vsprintf_s(to, N, format, list); }
template <size_t N> inline int vswprintf_s(wchar_t (&to)[N], const wchar_t *format, va_list list) { return vswprintf_s(to, N, format, list); }
template <size_t N> inline int _vsnprintf_s(char (&to)[N], size_t count, const char *format, va_list list) { return _vsnprintf_s(to, N, count, format, list); }
template <size_t N> inline int sprintf_s(char (&to)[N], const char *format, ...) WHARF_VARIADIC(vsprintf_s(to, N, format, list))
template <size_t N> inline int swprintf_s(wchar_t (&to)[N], const wchar_t *format, ...) WHARF_VARIADIC(vswprintf_s(to, N, format, list))
template <size_t N> inline int _snprintf_s(char (&to)[N], size_t count, const char *format, ...) WHARF_VARIADIC(_vsnprintf_s(to, N, count, format, list))
template <size_t N> inline int _snwprintf_s(wchar_t (&to)[N], size_t count, const wchar_t *format, ...) WHARF_VARIADIC(_vsnwprintf_s(to, N, count, format, list))
#endif
#endif
