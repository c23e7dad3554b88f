/* Strings that know the size of their buffer, of one kind of characters. */
WHARF_BEGIN
/* Copies what fits behind the first `used` characters, and ends it. */
WHARF_INLINE HRESULT WHARF_KIND(wharf_safe_putA, wharf_safe_putW)(WHARF_CHAR *to, size_t size, size_t used,
    const WHARF_CHAR *from, size_t length)
{
    const size_t room = size - used - 1;
    memcpy(to + used, from, (length < room ? length : room) * sizeof *to);
    to[used + (length < room ? length : room)] = 0;
    return length <= room ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;
}
WHARF_INLINE HRESULT WHARF_KIND(StringCchCopyNA, StringCchCopyNW)(WHARF_CHAR *to, size_t size,
    const WHARF_CHAR *from, size_t count)
{
    if (!size || size > STRSAFE_MAX_CCH || count > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    return WHARF_KIND(wharf_safe_putA, wharf_safe_putW)(to, size, 0, from, WHARF_LENGTH(from,
        count < size ? count : size));
}
WHARF_INLINE HRESULT WHARF_KIND(StringCchCopyA, StringCchCopyW)(WHARF_CHAR *to, size_t size, const WHARF_CHAR *from)
{
    return WHARF_KIND(StringCchCopyNA, StringCchCopyNW)(to, size, from, STRSAFE_MAX_CCH);
}
WHARF_INLINE HRESULT WHARF_KIND(StringCchCatNA, StringCchCatNW)(WHARF_CHAR *to, size_t size,
    const WHARF_CHAR *from, size_t count)
{
    size_t used;
    if (!size || size > STRSAFE_MAX_CCH || count > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    used = WHARF_LENGTH(to, size);
    if (used == size)
        return STRSAFE_E_INVALID_PARAMETER;
    return WHARF_KIND(wharf_safe_putA, wharf_safe_putW)(to, size, used, from, WHARF_LENGTH(from,
        count < size ? count : size));
}
WHARF_INLINE HRESULT WHARF_KIND(StringCchCatA, StringCchCatW)(WHARF_CHAR *to, size_t size, const WHARF_CHAR *from)
{
    return WHARF_KIND(StringCchCatNA, StringCchCatNW)(to, size, from, STRSAFE_MAX_CCH);
}
WHARF_INLINE HRESULT WHARF_KIND(StringCchLengthA, StringCchLengthW)(const WHARF_CHAR *text, size_t most,
    size_t *length)
{
    size_t found;
    if (length)
        *length = 0;
    if (!text || !most || most > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    found = WHARF_LENGTH(text, most);
    if (found == most)
        return STRSAFE_E_INVALID_PARAMETER;
    if (length)
        *length = found;
    return S_OK;
}
WHARF_INLINE HRESULT WHARF_KIND(StringCchVPrintfA, StringCchVPrintfW)(WHARF_CHAR *to, size_t size,
    const WHARF_CHAR *format, va_list list)
{
    int length;
    if (!size || size > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    length = WHARF_KIND(wharf_vsnprintf, wharf_vsnwprintf)(to, size, format, list);
    if (length < 0) {
        to[0] = 0;
        return STRSAFE_E_INVALID_PARAMETER;
    }
    return (size_t)length < size ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;
}
WHARF_INLINE HRESULT WHARF_KIND(StringCchPrintfA, StringCchPrintfW)(WHARF_CHAR *to, size_t size,
    const WHARF_CHAR *format, ...)
{
    va_list list;
    HRESULT result;
    va_start(list, format);
    result = WHARF_KIND(StringCchVPrintfA, StringCchVPrintfW)(to, size, format, list);
    va_end(list);
    return result;
}
WHARF_INLINE HRESULT WHARF_KIND(StringCbCopyA, StringCbCopyW)(WHARF_CHAR *to, size_t bytes, const WHARF_CHAR *from)
{
    return WHARF_KIND(StringCchCopyA, StringCchCopyW)(to, bytes / sizeof(*to), from);
}
WHARF_INLINE HRESULT WHARF_KIND(StringCbCopyNA, StringCbCopyNW)(WHARF_CHAR *to, size_t bytes,
    const WHARF_CHAR *from, size_t count)
{
    return WHARF_KIND(StringCchCopyNA, StringCchCopyNW)(to, bytes / sizeof(*to), from, count / sizeof(*to));
}
WHARF_INLINE HRESULT WHARF_KIND(StringCbCatA, StringCbCatW)(WHARF_CHAR *to, size_t bytes, const WHARF_CHAR *from)
{
    return WHARF_KIND(StringCchCatA, StringCchCatW)(to, bytes / sizeof(*to), from);
}
WHARF_INLINE HRESULT WHARF_KIND(StringCbCatNA, StringCbCatNW)(WHARF_CHAR *to, size_t bytes, const WHARF_CHAR *from,
    size_t count)
{
    return WHARF_KIND(StringCchCatNA, StringCchCatNW)(to, bytes / sizeof(*to), from, count / sizeof(*to));
}
WHARF_INLINE HRESULT WHARF_KIND(StringCbLengthA, StringCbLengthW)(const WHARF_CHAR *text, size_t bytes,
    size_t *length)
{
    const HRESULT result = WHARF_KIND(StringCchLengthA, StringCchLengthW)(text, bytes / sizeof(*text), length);
    if (length)
        *length *= sizeof(*text);
    return result;
}
WHARF_INLINE HRESULT WHARF_KIND(StringCbVPrintfA, StringCbVPrintfW)(WHARF_CHAR *to, size_t bytes,
    const WHARF_CHAR *format, va_list list)
{
    return WHARF_KIND(StringCchVPrintfA, StringCchVPrintfW)(to, bytes / sizeof(*to), format, list);
}
WHARF_INLINE HRESULT WHARF_KIND(StringCbPrintfA, StringCbPrintfW)(WHARF_CHAR *to, size_t bytes,
    const WHARF_CHAR *format, ...)
{
    va_list list;
    HRESULT result;
    va_start(list, format);
    result = WHARF_KIND(StringCchVPrintfA, StringCchVPrintfW)(to, bytes / sizeof(*to), format, list);
    va_end(list);
    return result;
}
WHARF_END
