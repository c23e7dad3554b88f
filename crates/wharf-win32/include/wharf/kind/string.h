/* Strings whose buffers have a size, and changes in place, of one kind of characters. */
WHARF_BEGIN
/* The first `most` characters are looked at. */
WHARF_INLINE size_t WHARF_KIND(wharf_strnlen, wharf_wcsnlen)(const WHARF_CHAR *text, size_t most)
{
    size_t length = 0;
    while (length < most && text[length])
        length++;
    return length;
}
WHARF_INLINE size_t WHARF_KIND(strnlen_s, wcsnlen_s)(const WHARF_CHAR *text, size_t most)
{
    return text ? WHARF_LENGTH(text, most) : 0;
}

/* Copies `length` characters behind the first `used`, and ends them. */
WHARF_INLINE errno_t WHARF_KIND(wharf_str_put, wharf_wcs_put)(WHARF_CHAR *to, size_t size, size_t used,
    const WHARF_CHAR *from, size_t length, int truncate)
{
    if (length >= size - used) {
        if (!truncate) {
            to[0] = 0;
            return wharf_invalid_parameter(ERANGE);
        }
        length = size - used - 1;
        WHARF_KIND(memcpy, wmemcpy)(to + used, from, length);
        to[used + length] = 0;
        return STRUNCATE;
    }
    WHARF_KIND(memcpy, wmemcpy)(to + used, from, length);
    to[used + length] = 0;
    return 0;
}
WHARF_INLINE errno_t WHARF_KIND(strcpy_s, wcscpy_s)(WHARF_CHAR *to, rsize_t size, const WHARF_CHAR *from)
{
    if (!to || !size)
        return wharf_invalid_parameter(EINVAL);
    if (!from) {
        to[0] = 0;
        return wharf_invalid_parameter(EINVAL);
    }
    return WHARF_KIND(wharf_str_put, wharf_wcs_put)(to, size, 0, from, WHARF_LENGTH(from, size), 0);
}
WHARF_INLINE errno_t WHARF_KIND(strncpy_s, wcsncpy_s)(WHARF_CHAR *to, rsize_t size, const WHARF_CHAR *from,
    rsize_t count)
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
    return WHARF_KIND(wharf_str_put, wharf_wcs_put)(to, size, 0, from, WHARF_LENGTH(from,
        count < size ? count : size), count == _TRUNCATE);
}
WHARF_INLINE errno_t WHARF_KIND(strncat_s, wcsncat_s)(WHARF_CHAR *to, rsize_t size, const WHARF_CHAR *from,
    rsize_t count)
{
    size_t used;
    if (!to && !size && !count)
        return 0;
    if (!to || !size)
        return wharf_invalid_parameter(EINVAL);
    used = WHARF_LENGTH(to, size);
    if (used == size || (!from && count)) {
        to[0] = 0;
        return wharf_invalid_parameter(EINVAL);
    }
    if (!count)
        return 0;
    return WHARF_KIND(wharf_str_put, wharf_wcs_put)(to, size, used, from, WHARF_LENGTH(from,
        count < size ? count : size), count == _TRUNCATE);
}
WHARF_INLINE errno_t WHARF_KIND(strcat_s, wcscat_s)(WHARF_CHAR *to, rsize_t size, const WHARF_CHAR *from)
{
    size_t used;
    if (!to || !size)
        return wharf_invalid_parameter(EINVAL);
    used = WHARF_LENGTH(to, size);
    if (!from || used == size) {
        to[0] = 0;
        return wharf_invalid_parameter(EINVAL);
    }
    return WHARF_KIND(wharf_str_put, wharf_wcs_put)(to, size, used, from, WHARF_LENGTH(from, size), 0);
}
WHARF_INLINE WHARF_CHAR *WHARF_KIND(_strupr, _wcsupr)(WHARF_CHAR *text)
{
    WHARF_CHAR *at;
    for (at = text; *at; at++)
        *at = (WHARF_CHAR)WHARF_KIND(toupper((unsigned char)*at), towupper((wint_t)*at));
    return text;
}
WHARF_INLINE WHARF_CHAR *WHARF_KIND(_strlwr, _wcslwr)(WHARF_CHAR *text)
{
    WHARF_CHAR *at;
    for (at = text; *at; at++)
        *at = (WHARF_CHAR)WHARF_KIND(tolower((unsigned char)*at), towlower((wint_t)*at));
    return text;
}
WHARF_INLINE WHARF_CHAR *WHARF_KIND(_strrev, _wcsrev)(WHARF_CHAR *text)
{
    size_t low = 0, high = WHARF_KIND(strlen, wcslen)(text);
    while (low + 1 < high) {
        const WHARF_CHAR kept = text[low];
        text[low++] = text[--high];
        text[high] = kept;
    }
    return text;
}
WHARF_INLINE WHARF_CHAR *WHARF_KIND(strtok_s, wcstok_s)(WHARF_CHAR *text, const WHARF_CHAR *marks, WHARF_CHAR **next)
{
    if (!marks || !next || (!text && !*next)) {
        wharf_invalid_parameter(EINVAL);
        return NULL;
    }
    return WHARF_KIND(wharf_libc_strtok_r, wcstok)(text, marks, next);
}
WHARF_END

#ifdef __cplusplus
extern "C++" {
template <size_t N> inline errno_t WHARF_KIND(strcpy_s, wcscpy_s)(WHARF_CHAR (&to)[N], const WHARF_CHAR *from)
{
    return WHARF_KIND(strcpy_s, wcscpy_s)(to, N, from);
}
template <size_t N> inline errno_t WHARF_KIND(strcat_s, wcscat_s)(WHARF_CHAR (&to)[N], const WHARF_CHAR *from)
{
    return WHARF_KIND(strcat_s, wcscat_s)(to, N, from);
}
template <size_t N> inline errno_t WHARF_KIND(strncpy_s, wcsncpy_s)(WHARF_CHAR (&to)[N], const WHARF_CHAR *from,
    size_t count)
{
    return WHARF_KIND(strncpy_s, wcsncpy_s)(to, N, from, count);
}
template <size_t N> inline errno_t WHARF_KIND(strncat_s, wcsncat_s)(WHARF_CHAR (&to)[N], const WHARF_CHAR *from,
    size_t count)
{
    return WHARF_KIND(strncat_s, wcsncat_s)(to, N, from, count);
}
}
#endif
