/* Microsoft's additions to <wchar.h>. Its printf family is in stdio.h. */
#ifndef WHARF_CRT_WCHAR_H
#define WHARF_CRT_WCHAR_H

#include <wchar.h>
#include <wctype.h>
#include <wharf/crt/base.h>

#include <wharf/kind/wide.h>
#include <wharf/kind/string.h>
#include <wharf/kind/end.h>

WHARF_BEGIN
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

#endif
