/* Microsoft's additions to <stdlib.h>. */
#ifndef WHARF_CRT_STDLIB_H
#define WHARF_CRT_STDLIB_H

#include <stdio.h>
#include <stdlib.h>
#include <wharf/crt/base.h>
#include <wharf/crt/malloc.h>
#include <wharf/crt/string.h>
#include <wharf/crt/wchar.h>

#define _MAX_ITOSTR_BASE10_COUNT 12
#define _MAX_I64TOSTR_BASE10_COUNT 21

#ifndef __min
#define __min(a, b) (((a) < (b)) ? (a) : (b))
#define __max(a, b) (((a) > (b)) ? (a) : (b))
#endif

#define _byteswap_ushort(value) __builtin_bswap16(value)
#define _byteswap_ulong(value) __builtin_bswap32(value)
#define _byteswap_uint64(value) __builtin_bswap64(value)

WHARF_BEGIN
/* Digits of `value`, written from the end of 66 characters; answers where they begin. */
WHARF_INLINE char *wharf_digits(char *end, unsigned long long value, int radix, int minus)
{
    *--end = 0;
    do
        *--end = "0123456789abcdefghijklmnopqrstuvwxyz"[value % (unsigned)radix];
    while (value /= (unsigned)radix);
    if (minus)
        *--end = '-';
    return end;
}
WHARF_END

#include <wharf/kind/narrow.h>
#include <wharf/kind/stdlib.h>
#include <wharf/kind/end.h>
#include <wharf/kind/wide.h>
#include <wharf/kind/stdlib.h>
#include <wharf/kind/end.h>

WHARF_BEGIN
WHARF_INLINE char *itoa(int value, char *to, int radix) { return _itoa(value, to, radix); }
WHARF_INLINE char *ltoa(long value, char *to, int radix) { return _ltoa(value, to, radix); }
WHARF_INLINE long long _atoi64(const char *text) { return strtoll(text, NULL, 10); }
WHARF_INLINE long long _strtoi64(const char *text, char **end, int base) { return strtoll(text, end, base); }
WHARF_INLINE unsigned long long _strtoui64(const char *text, char **end, int base) { return strtoull(text, end, base); }

int wharf_libc_getpid(void) __asm__("getpid");
WHARF_INLINE int _getpid(void) { return wharf_libc_getpid(); }
WHARF_INLINE errno_t rand_s(unsigned int *value)
{
    FILE *source;
    size_t got;
    if (!value)
        return wharf_invalid_parameter(EINVAL);
    source = fopen("/dev/urandom", "rb");
    got = source ? fread(value, sizeof *value, 1, source) : 0;
    if (source)
        fclose(source);
    return got == 1 ? 0 : EIO;
}
WHARF_INLINE errno_t getenv_s(size_t *length, char *to, rsize_t size, const char *name)
{
    const char *value;
    if (!length || !name || (!to && size))
        return wharf_invalid_parameter(EINVAL);
    value = getenv(name);
    *length = value ? strlen(value) + 1 : 0;
    if (to && size)
        to[0] = 0;
    if (!value || !size)
        return 0;
    return *length > size ? ERANGE : strcpy_s(to, size, value);
}
WHARF_INLINE errno_t _dupenv_s(char **value, size_t *length, const char *name)
{
    const char *found;
    if (!value || !name)
        return wharf_invalid_parameter(EINVAL);
    found = getenv(name);
    *value = found ? _strdup(found) : NULL;
    if (length)
        *length = found ? strlen(found) + 1 : 0;
    return 0;
}
int wharf_libc_setenv(const char *name, const char *value, int replace) __asm__("setenv");
int wharf_libc_unsetenv(const char *name) __asm__("unsetenv");
WHARF_INLINE errno_t _putenv_s(const char *name, const char *value)
{
    if (!name || !value)
        return wharf_invalid_parameter(EINVAL);
    return (*value ? wharf_libc_setenv(name, value, 1) : wharf_libc_unsetenv(name)) ? errno : 0;
}
WHARF_INLINE errno_t mbstowcs_s(size_t *done, wchar_t *to, size_t size, const char *text, size_t count)
{
    size_t length;
    if (done)
        *done = 0;
    if (!text || (!to && size)) {
        if (to && size)
            to[0] = 0;
        return wharf_invalid_parameter(EINVAL);
    }
    length = mbstowcs(NULL, text, 0);
    if (length == (size_t)-1) {
        if (to)
            to[0] = 0;
        return EILSEQ;
    }
    if (count != _TRUNCATE && length > count)
        length = count;
    if (to && size) {
        if (length >= size) {
            if (count != _TRUNCATE) {
                to[0] = 0;
                return wharf_invalid_parameter(ERANGE);
            }
            mbstowcs(to, text, size - 1);
            to[size - 1] = 0;
            if (done)
                *done = size;
            return STRUNCATE;
        }
        mbstowcs(to, text, length);
        to[length] = 0;
    }
    if (done)
        *done = length + 1;
    return 0;
}
WHARF_INLINE errno_t wctomb_s(int *done, char *to, size_t size, wchar_t unit)
{
    char bytes[16]; /* MB_LEN_MAX */
    int length;
    if (!to) {
        if (size)
            return wharf_invalid_parameter(EINVAL);
        /* Whether characters depend on those before. */
        if (done)
            *done = 0;
        return 0;
    }
    length = wctomb(bytes, unit);
    if (done)
        *done = length;
    if (length < 0)
        return errno;
    if (size < (size_t)length)
        return wharf_invalid_parameter(ERANGE);
    memcpy(to, bytes, (size_t)length);
    return 0;
}
WHARF_INLINE int _finite(double number) { return __builtin_isfinite(number) != 0; }
WHARF_INLINE int _isnan(double number) { return __builtin_isnan(number) != 0; }
WHARF_INLINE errno_t wcstombs_s(size_t *done, char *to, size_t size, const wchar_t *text, size_t count)
{
    size_t length;
    if (done)
        *done = 0;
    if (!text || (!to && size)) {
        if (to && size)
            to[0] = 0;
        return wharf_invalid_parameter(EINVAL);
    }
    length = wcstombs(NULL, text, 0);
    if (length == (size_t)-1) {
        if (to)
            to[0] = 0;
        return EILSEQ;
    }
    if (count != _TRUNCATE && length > count)
        length = count;
    if (to && size) {
        if (length >= size) {
            if (count != _TRUNCATE) {
                to[0] = 0;
                return wharf_invalid_parameter(ERANGE);
            }
            length = size - 1;
            wcstombs(to, text, length);
            to[length] = 0;
            if (done)
                *done = size;
            return STRUNCATE;
        }
        wcstombs(to, text, length);
        to[length] = 0;
    }
    if (done)
        *done = length + 1;
    return 0;
}
WHARF_END

#ifdef __cplusplus
extern "C++" {
template <size_t N> inline errno_t getenv_s(size_t *length, char (&to)[N], const char *name)
{
    return getenv_s(length, to, N, name);
}
template <size_t N> inline errno_t mbstowcs_s(size_t *done, wchar_t (&to)[N], const char *text, size_t count)
{
    return mbstowcs_s(done, to, N, text, count);
}
template <size_t N> inline errno_t wcstombs_s(size_t *done, char (&to)[N], const wchar_t *text, size_t count)
{
    return wcstombs_s(done, to, N, text, count);
}
}
#endif

#endif
