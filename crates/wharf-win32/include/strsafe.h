/* Strings that know the size of their buffer. */
#ifndef _STRSAFE_H_INCLUDED_
#define _STRSAFE_H_INCLUDED_

#include <wharf/all.h>
#include <wharf/crt.h>

#define STRSAFE_MAX_CCH 2147483647
#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007Au)
#define STRSAFE_E_INVALID_PARAMETER ((HRESULT)0x80070057u)
#define STRSAFE_E_END_OF_FILE ((HRESULT)0x80070026u)
#ifndef S_OK
#define S_OK ((HRESULT)0)
#define S_FALSE ((HRESULT)1)
#endif
#ifndef SUCCEEDED
#define SUCCEEDED(hr) ((HRESULT)(hr) >= 0)
#define FAILED(hr) ((HRESULT)(hr) < 0)
#endif

WHARF_BEGIN
/* Copies what fits behind the first `used` characters, and ends it. */
WHARF_INLINE HRESULT wharf_safe_putA(char *to, size_t size, size_t used, const char *from, size_t length)
{
    const size_t room = size - used - 1;
    memcpy(to + used, from, length < room ? length : room);
    to[used + (length < room ? length : room)] = 0;
    return length <= room ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;
}
WHARF_INLINE HRESULT StringCchCopyNA(char *to, size_t size, const char *from, size_t count)
{
    if (!size || size > STRSAFE_MAX_CCH || count > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    return wharf_safe_putA(to, size, 0, from, wharf_strnlen(from, count < size ? count : size));
}
WHARF_INLINE HRESULT StringCchCopyA(char *to, size_t size, const char *from)
{
    return StringCchCopyNA(to, size, from, STRSAFE_MAX_CCH);
}
WHARF_INLINE HRESULT StringCchCatNA(char *to, size_t size, const char *from, size_t count)
{
    size_t used;
    if (!size || size > STRSAFE_MAX_CCH || count > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    used = wharf_strnlen(to, size);
    if (used == size)
        return STRSAFE_E_INVALID_PARAMETER;
    return wharf_safe_putA(to, size, used, from, wharf_strnlen(from, count < size ? count : size));
}
WHARF_INLINE HRESULT StringCchCatA(char *to, size_t size, const char *from)
{
    return StringCchCatNA(to, size, from, STRSAFE_MAX_CCH);
}
WHARF_INLINE HRESULT StringCchLengthA(const char *text, size_t most, size_t *length)
{
    size_t found;
    if (length)
        *length = 0;
    if (!text || !most || most > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    found = wharf_strnlen(text, most);
    if (found == most)
        return STRSAFE_E_INVALID_PARAMETER;
    if (length)
        *length = found;
    return S_OK;
}
WHARF_INLINE HRESULT StringCchVPrintfA(char *to, size_t size, const char *format, va_list list)
{
    int length;
    if (!size || size > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    length = wharf_vsnprintf(to, size, format, list);
    if (length < 0) {
        to[0] = 0;
        return STRSAFE_E_INVALID_PARAMETER;
    }
    return (size_t)length < size ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;
}
WHARF_INLINE HRESULT StringCchPrintfA(char *to, size_t size, const char *format, ...)
{
    va_list list;
    HRESULT result;
    va_start(list, format);
    result = StringCchVPrintfA(to, size, format, list);
    va_end(list);
    return result;
}
WHARF_INLINE HRESULT StringCbCopyA(char *to, size_t bytes, const char *from) { return StringCchCopyA(to, bytes / sizeof(*to), from); }
WHARF_INLINE HRESULT StringCbCopyNA(char *to, size_t bytes, const char *from, size_t count)
{
    return StringCchCopyNA(to, bytes / sizeof(*to), from, count / sizeof(*to));
}
WHARF_INLINE HRESULT StringCbCatA(char *to, size_t bytes, const char *from) { return StringCchCatA(to, bytes / sizeof(*to), from); }
WHARF_INLINE HRESULT StringCbCatNA(char *to, size_t bytes, const char *from, size_t count)
{
    return StringCchCatNA(to, bytes / sizeof(*to), from, count / sizeof(*to));
}
WHARF_INLINE HRESULT StringCbLengthA(const char *text, size_t bytes, size_t *length)
{
    const HRESULT result = StringCchLengthA(text, bytes / sizeof(*text), length);
    if (length)
        *length *= sizeof(*text);
    return result;
}
WHARF_INLINE HRESULT StringCbVPrintfA(char *to, size_t bytes, const char *format, va_list list)
{
    return StringCchVPrintfA(to, bytes / sizeof(*to), format, list);
}
WHARF_INLINE HRESULT StringCbPrintfA(char *to, size_t bytes, const char *format, ...)
{
    va_list list;
    HRESULT result;
    va_start(list, format);
    result = StringCchVPrintfA(to, bytes / sizeof(*to), format, list);
    va_end(list);
    return result;
}

/* Copies what fits behind the first `used` characters, and ends it. */
WHARF_INLINE HRESULT wharf_safe_putW(wchar_t *to, size_t size, size_t used, const wchar_t *from, size_t length)
{
    const size_t room = size - used - 1;
    wmemcpy(to + used, from, length < room ? length : room);
    to[used + (length < room ? length : room)] = 0;
    return length <= room ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;
}
WHARF_INLINE HRESULT StringCchCopyNW(wchar_t *to, size_t size, const wchar_t *from, size_t count)
{
    if (!size || size > STRSAFE_MAX_CCH || count > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    return wharf_safe_putW(to, size, 0, from, wharf_wcsnlen(from, count < size ? count : size));
}
WHARF_INLINE HRESULT StringCchCopyW(wchar_t *to, size_t size, const wchar_t *from)
{
    return StringCchCopyNW(to, size, from, STRSAFE_MAX_CCH);
}
WHARF_INLINE HRESULT StringCchCatNW(wchar_t *to, size_t size, const wchar_t *from, size_t count)
{
    size_t used;
    if (!size || size > STRSAFE_MAX_CCH || count > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    used = wharf_wcsnlen(to, size);
    if (used == size)
        return STRSAFE_E_INVALID_PARAMETER;
    return wharf_safe_putW(to, size, used, from, wharf_wcsnlen(from, count < size ? count : size));
}
WHARF_INLINE HRESULT StringCchCatW(wchar_t *to, size_t size, const wchar_t *from)
{
    return StringCchCatNW(to, size, from, STRSAFE_MAX_CCH);
}
WHARF_INLINE HRESULT StringCchLengthW(const wchar_t *text, size_t most, size_t *length)
{
    size_t found;
    if (length)
        *length = 0;
    if (!text || !most || most > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    found = wharf_wcsnlen(text, most);
    if (found == most)
        return STRSAFE_E_INVALID_PARAMETER;
    if (length)
        *length = found;
    return S_OK;
}
WHARF_INLINE HRESULT StringCchVPrintfW(wchar_t *to, size_t size, const wchar_t *format, va_list list)
{
    int length;
    if (!size || size > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    length = wharf_vsnwprintf(to, size, format, list);
    if (length < 0) {
        to[0] = 0;
        return STRSAFE_E_INVALID_PARAMETER;
    }
    return (size_t)length < size ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;
}
WHARF_INLINE HRESULT StringCchPrintfW(wchar_t *to, size_t size, const wchar_t *format, ...)
{
    va_list list;
    HRESULT result;
    va_start(list, format);
    result = StringCchVPrintfW(to, size, format, list);
    va_end(list);
    return result;
}
WHARF_INLINE HRESULT StringCbCopyW(wchar_t *to, size_t bytes, const wchar_t *from) { return StringCchCopyW(to, bytes / sizeof(*to), from); }
WHARF_INLINE HRESULT StringCbCopyNW(wchar_t *to, size_t bytes, const wchar_t *from, size_t count)
{
    return StringCchCopyNW(to, bytes / sizeof(*to), from, count / sizeof(*to));
}
WHARF_INLINE HRESULT StringCbCatW(wchar_t *to, size_t bytes, const wchar_t *from) { return StringCchCatW(to, bytes / sizeof(*to), from); }
WHARF_INLINE HRESULT StringCbCatNW(wchar_t *to, size_t bytes, const wchar_t *from, size_t count)
{
    return StringCchCatNW(to, bytes / sizeof(*to), from, count / sizeof(*to));
}
WHARF_INLINE HRESULT StringCbLengthW(const wchar_t *text, size_t bytes, size_t *length)
{
    const HRESULT result = StringCchLengthW(text, bytes / sizeof(*text), length);
    if (length)
        *length *= sizeof(*text);
    return result;
}
WHARF_INLINE HRESULT StringCbVPrintfW(wchar_t *to, size_t bytes, const wchar_t *format, va_list list)
{
    return StringCchVPrintfW(to, bytes / sizeof(*to), format, list);
}
WHARF_INLINE HRESULT StringCbPrintfW(wchar_t *to, size_t bytes, const wchar_t *format, ...)
{
    va_list list;
    HRESULT result;
    va_start(list, format);
    result = StringCchVPrintfW(to, bytes / sizeof(*to), format, list);
    va_end(list);
    return result;
}
WHARF_END

#ifdef UNICODE
#define StringCchCopyN StringCchCopyNW
#define StringCchCopy StringCchCopyW
#define StringCchCatN StringCchCatNW
#define StringCchCat StringCchCatW
#define StringCchLength StringCchLengthW
#define StringCchVPrintf StringCchVPrintfW
#define StringCchPrintf StringCchPrintfW
#define StringCbCopy StringCbCopyW
#define StringCbCopyN StringCbCopyNW
#define StringCbCat StringCbCatW
#define StringCbCatN StringCbCatNW
#define StringCbLength StringCbLengthW
#define StringCbVPrintf StringCbVPrintfW
#define StringCbPrintf StringCbPrintfW
#else
#define StringCchCopyN StringCchCopyNA
#define StringCchCopy StringCchCopyA
#define StringCchCatN StringCchCatNA
#define StringCchCat StringCchCatA
#define StringCchLength StringCchLengthA
#define StringCchVPrintf StringCchVPrintfA
#define StringCchPrintf StringCchPrintfA
#define StringCbCopy StringCbCopyA
#define StringCbCopyN StringCbCopyNA
#define StringCbCat StringCbCatA
#define StringCbCatN StringCbCatNA
#define StringCbLength StringCbLengthA
#define StringCbVPrintf StringCbVPrintfA
#define StringCbPrintf StringCbPrintfA
#endif

#endif
