/* Microsoft's additions to <wchar.h>. Its printf family is in stdio.h. */
#ifndef WHARF_CRT_WCHAR_H
#define WHARF_CRT_WCHAR_H

#include <wchar.h>
#include <wctype.h>
#include <wharf/crt/base.h>

WHARF_BEGIN
/* The first `most` characters are looked at. */
WHARF_INLINE size_t wharf_wcsnlen(const wchar_t *text, size_t most)
{
    size_t length = 0;
    while (length < most && text[length])
        length++;
    return length;
}
WHARF_INLINE size_t wcsnlen_s(const wchar_t *text, size_t most) { return text ? wharf_wcsnlen(text, most) : 0; }

/* Copies `length` characters behind the first `used`, and ends them. */
WHARF_INLINE errno_t wharf_wcs_put(wchar_t *to, size_t size, size_t used, const wchar_t *from, size_t length, int truncate)
{
    if (length >= size - used) {
        if (!truncate) {
            to[0] = 0;
            return wharf_invalid_parameter(ERANGE);
        }
        length = size - used - 1;
        wmemcpy(to + used, from, length);
        to[used + length] = 0;
        return STRUNCATE;
    }
    wmemcpy(to + used, from, length);
    to[used + length] = 0;
    return 0;
}
WHARF_INLINE errno_t wcscpy_s(wchar_t *to, rsize_t size, const wchar_t *from)
{
    if (!to || !size)
        return wharf_invalid_parameter(EINVAL);
    if (!from) {
        to[0] = 0;
        return wharf_invalid_parameter(EINVAL);
    }
    return wharf_wcs_put(to, size, 0, from, wharf_wcsnlen(from, size), 0);
}
WHARF_INLINE errno_t wcsncpy_s(wchar_t *to, rsize_t size, const wchar_t *from, rsize_t count)
{
    if (!to && !size && !count)
        return 0;
    if (!to || !size)
        return wharf_invalid_parameter(EINVAL);
    if (!count) {
        to[0] = 0;
        return 0;
    }
    if (!from) {
        to[0] = 0;
        return wharf_invalid_parameter(EINVAL);
    }
    return wharf_wcs_put(to, size, 0, from, wharf_wcsnlen(from, count < size ? count : size), count == _TRUNCATE);
}
WHARF_INLINE errno_t wcsncat_s(wchar_t *to, rsize_t size, const wchar_t *from, rsize_t count)
{
    size_t used;
    if (!to && !size && !count)
        return 0;
    if (!to || !size)
        return wharf_invalid_parameter(EINVAL);
    used = wharf_wcsnlen(to, size);
    if (used == size || (!from && count)) {
        to[0] = 0;
        return wharf_invalid_parameter(EINVAL);
    }
    if (!count)
        return 0;
    return wharf_wcs_put(to, size, used, from, wharf_wcsnlen(from, count < size ? count : size), count == _TRUNCATE);
}
WHARF_INLINE errno_t wcscat_s(wchar_t *to, rsize_t size, const wchar_t *from)
{
    size_t used;
    if (!to || !size)
        return wharf_invalid_parameter(EINVAL);
    used = wharf_wcsnlen(to, size);
    if (!from || used == size) {
        to[0] = 0;
        return wharf_invalid_parameter(EINVAL);
    }
    return wharf_wcs_put(to, size, used, from, wharf_wcsnlen(from, size), 0);
}

WHARF_INLINE int _wcsnicmp(const wchar_t *one, const wchar_t *other, size_t count)
{
    for (; count; count--, one++, other++) {
        const wint_t a = towlower((wint_t)*one), b = towlower((wint_t)*other);
        if (a != b)
            return a < b ? -1 : 1;
        if (!a)
            break;
    }
    return 0;
}
WHARF_INLINE int _wcsicmp(const wchar_t *one, const wchar_t *other) { return _wcsnicmp(one, other, (size_t)-1); }
WHARF_INLINE int wcsicmp(const wchar_t *one, const wchar_t *other) { return _wcsicmp(one, other); }
WHARF_INLINE int wcsnicmp(const wchar_t *one, const wchar_t *other, size_t n) { return _wcsnicmp(one, other, n); }
wchar_t *wharf_libc_wcsdup(const wchar_t *text) __asm__("wcsdup");
WHARF_INLINE wchar_t *_wcsdup(const wchar_t *text) { return text ? wharf_libc_wcsdup(text) : NULL; }
WHARF_INLINE wchar_t *_wcsupr(wchar_t *text)
{
    wchar_t *at;
    for (at = text; *at; at++)
        *at = (wchar_t)towupper((wint_t)*at);
    return text;
}
WHARF_INLINE wchar_t *_wcslwr(wchar_t *text)
{
    wchar_t *at;
    for (at = text; *at; at++)
        *at = (wchar_t)towlower((wint_t)*at);
    return text;
}
WHARF_INLINE wchar_t *_wcsrev(wchar_t *text)
{
    size_t low = 0, high = wcslen(text);
    while (low + 1 < high) {
        const wchar_t kept = text[low];
        text[low++] = text[--high];
        text[high] = kept;
    }
    return text;
}
WHARF_INLINE wchar_t *wcstok_s(wchar_t *text, const wchar_t *marks, wchar_t **next)
{
    if (!marks || !next || (!text && !*next)) {
        wharf_invalid_parameter(EINVAL);
        return NULL;
    }
    return wcstok(text, marks, next);
}
WHARF_INLINE errno_t wmemcpy_s(wchar_t *to, rsize_t size, const wchar_t *from, rsize_t count)
{
    if (!count)
        return 0;
    if (!to || !from || size < count)
        return wharf_invalid_parameter(to && from ? ERANGE : EINVAL);
    wmemcpy(to, from, count);
    return 0;
}
WHARF_INLINE int _wtoi(const wchar_t *text) { return (int)wcstol(text, NULL, 10); }
WHARF_INLINE long _wtol(const wchar_t *text) { return wcstol(text, NULL, 10); }
WHARF_INLINE long long _wtoi64(const wchar_t *text) { return wcstoll(text, NULL, 10); }
WHARF_INLINE double _wtof(const wchar_t *text) { return wcstod(text, NULL); }
WHARF_INLINE long long _wcstoi64(const wchar_t *text, wchar_t **end, int base) { return wcstoll(text, end, base); }
WHARF_INLINE unsigned long long _wcstoui64(const wchar_t *text, wchar_t **end, int base)
{
    return wcstoull(text, end, base);
}
WHARF_END

#ifdef __cplusplus
extern "C++" {
template <size_t N> inline errno_t wcscpy_s(wchar_t (&to)[N], const wchar_t *from) { return wcscpy_s(to, N, from); }
template <size_t N> inline errno_t wcscat_s(wchar_t (&to)[N], const wchar_t *from) { return wcscat_s(to, N, from); }
template <size_t N> inline errno_t wcsncpy_s(wchar_t (&to)[N], const wchar_t *from, size_t count)
{
    return wcsncpy_s(to, N, from, count);
}
template <size_t N> inline errno_t wcsncat_s(wchar_t (&to)[N], const wchar_t *from, size_t count)
{
    return wcsncat_s(to, N, from, count);
}
}
#endif

#endif
