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
WHARF_INLINE errno_t wharf_put_number_a(char *to, size_t size, unsigned long long value, int radix, int minus)
{
    char digits[66];
    const char *at;
    size_t length, index;
    if (!to || !size)
        return wharf_invalid_parameter(EINVAL);
    to[0] = 0;
    if (radix < 2 || radix > 36)
        return wharf_invalid_parameter(EINVAL);
    at = wharf_digits(digits + sizeof digits, value, radix, minus);
    length = strlen(at);
    if (length >= size)
        return wharf_invalid_parameter(ERANGE);
    for (index = 0; index <= length; index++)
        to[index] = (char)at[index];
    return 0;
}
WHARF_INLINE errno_t wharf_put_number_w(wchar_t *to, size_t size, unsigned long long value, int radix, int minus)
{
    char digits[66];
    const char *at;
    size_t length, index;
    if (!to || !size)
        return wharf_invalid_parameter(EINVAL);
    to[0] = 0;
    if (radix < 2 || radix > 36)
        return wharf_invalid_parameter(EINVAL);
    at = wharf_digits(digits + sizeof digits, value, radix, minus);
    length = strlen(at);
    if (length >= size)
        return wharf_invalid_parameter(ERANGE);
    for (index = 0; index <= length; index++)
        to[index] = (wchar_t)at[index];
    return 0;
}
WHARF_INLINE errno_t _itoa_s(int value, char *to, size_t size, int radix)
{
    const int minus = radix == 10 && (int)value < 0;
    const unsigned int plain = (unsigned int)value;
    return wharf_put_number_a(to, size, minus ? (unsigned int)(0 - plain) : plain, radix, minus);
}
WHARF_INLINE char *_itoa(int value, char *to, int radix)
{
    _itoa_s(value, to, 66, radix);
    return to;
}
WHARF_INLINE errno_t _ltoa_s(long value, char *to, size_t size, int radix)
{
    const int minus = radix == 10 && (int)value < 0;
    const unsigned int plain = (unsigned int)value;
    return wharf_put_number_a(to, size, minus ? (unsigned int)(0 - plain) : plain, radix, minus);
}
WHARF_INLINE char *_ltoa(long value, char *to, int radix)
{
    _ltoa_s(value, to, 66, radix);
    return to;
}
WHARF_INLINE errno_t _ultoa_s(unsigned long value, char *to, size_t size, int radix)
{
    return wharf_put_number_a(to, size, (unsigned int)value, radix, 0);
}
WHARF_INLINE char *_ultoa(unsigned long value, char *to, int radix)
{
    _ultoa_s(value, to, 66, radix);
    return to;
}
WHARF_INLINE errno_t _i64toa_s(long long value, char *to, size_t size, int radix)
{
    const int minus = radix == 10 && (long long)value < 0;
    const unsigned long long plain = (unsigned long long)value;
    return wharf_put_number_a(to, size, minus ? (unsigned long long)(0 - plain) : plain, radix, minus);
}
WHARF_INLINE char *_i64toa(long long value, char *to, int radix)
{
    _i64toa_s(value, to, 66, radix);
    return to;
}
WHARF_INLINE errno_t _ui64toa_s(unsigned long long value, char *to, size_t size, int radix)
{
    return wharf_put_number_a(to, size, (unsigned long long)value, radix, 0);
}
WHARF_INLINE char *_ui64toa(unsigned long long value, char *to, int radix)
{
    _ui64toa_s(value, to, 66, radix);
    return to;
}
WHARF_INLINE errno_t _itow_s(int value, wchar_t *to, size_t size, int radix)
{
    const int minus = radix == 10 && (int)value < 0;
    const unsigned int plain = (unsigned int)value;
    return wharf_put_number_w(to, size, minus ? (unsigned int)(0 - plain) : plain, radix, minus);
}
WHARF_INLINE wchar_t *_itow(int value, wchar_t *to, int radix)
{
    _itow_s(value, to, 66, radix);
    return to;
}
WHARF_INLINE errno_t _ltow_s(long value, wchar_t *to, size_t size, int radix)
{
    const int minus = radix == 10 && (int)value < 0;
    const unsigned int plain = (unsigned int)value;
    return wharf_put_number_w(to, size, minus ? (unsigned int)(0 - plain) : plain, radix, minus);
}
WHARF_INLINE wchar_t *_ltow(long value, wchar_t *to, int radix)
{
    _ltow_s(value, to, 66, radix);
    return to;
}
WHARF_INLINE errno_t _ultow_s(unsigned long value, wchar_t *to, size_t size, int radix)
{
    return wharf_put_number_w(to, size, (unsigned int)value, radix, 0);
}
WHARF_INLINE wchar_t *_ultow(unsigned long value, wchar_t *to, int radix)
{
    _ultow_s(value, to, 66, radix);
    return to;
}
WHARF_INLINE errno_t _i64tow_s(long long value, wchar_t *to, size_t size, int radix)
{
    const int minus = radix == 10 && (long long)value < 0;
    const unsigned long long plain = (unsigned long long)value;
    return wharf_put_number_w(to, size, minus ? (unsigned long long)(0 - plain) : plain, radix, minus);
}
WHARF_INLINE wchar_t *_i64tow(long long value, wchar_t *to, int radix)
{
    _i64tow_s(value, to, 66, radix);
    return to;
}
WHARF_INLINE errno_t _ui64tow_s(unsigned long long value, wchar_t *to, size_t size, int radix)
{
    return wharf_put_number_w(to, size, (unsigned long long)value, radix, 0);
}
WHARF_INLINE wchar_t *_ui64tow(unsigned long long value, wchar_t *to, int radix)
{
    _ui64tow_s(value, to, 66, radix);
    return to;
}
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
template <size_t N> inline errno_t _itoa_s(int value, char (&to)[N], int radix) { return _itoa_s(value, to, N, radix); }
template <size_t N> inline errno_t _ltoa_s(long value, char (&to)[N], int radix) { return _ltoa_s(value, to, N, radix); }
template <size_t N> inline errno_t _ultoa_s(unsigned long value, char (&to)[N], int radix) { return _ultoa_s(value, to, N, radix); }
template <size_t N> inline errno_t _i64toa_s(long long value, char (&to)[N], int radix) { return _i64toa_s(value, to, N, radix); }
template <size_t N> inline errno_t _ui64toa_s(unsigned long long value, char (&to)[N], int radix) { return _ui64toa_s(value, to, N, radix); }
template <size_t N> inline errno_t _itow_s(int value, wchar_t (&to)[N], int radix) { return _itow_s(value, to, N, radix); }
template <size_t N> inline errno_t _ltow_s(long value, wchar_t (&to)[N], int radix) { return _ltow_s(value, to, N, radix); }
template <size_t N> inline errno_t _ultow_s(unsigned long value, wchar_t (&to)[N], int radix) { return _ultow_s(value, to, N, radix); }
template <size_t N> inline errno_t _i64tow_s(long long value, wchar_t (&to)[N], int radix) { return _i64tow_s(value, to, N, radix); }
template <size_t N> inline errno_t _ui64tow_s(unsigned long long value, wchar_t (&to)[N], int radix) { return _ui64tow_s(value, to, N, radix); }
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
