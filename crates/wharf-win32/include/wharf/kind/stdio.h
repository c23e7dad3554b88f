/* The printf family with sizes, of one kind of characters. */
WHARF_BEGIN
WHARF_INLINE int WHARF_KIND(vsprintf_s, vswprintf_s)(WHARF_CHAR *to, size_t size, const WHARF_CHAR *format,
    va_list list)
{
    int length;
    if (!to || !size || !format) {
        if (to && size)
            to[0] = 0;
        wharf_invalid_parameter(EINVAL);
        return -1;
    }
    length = WHARF_KIND(wharf_vsnprintf, wharf_vsnwprintf)(to, size, format, list);
    if (length < 0 || (size_t)length >= size) {
        to[0] = 0;
        if (length >= 0)
            wharf_invalid_parameter(ERANGE);
        return -1;
    }
    return length;
}
WHARF_INLINE int WHARF_KIND(_vsnprintf_s, _vsnwprintf_s)(WHARF_CHAR *to, size_t size, size_t count,
    const WHARF_CHAR *format, va_list list)
{
    int length;
    if (!to && !size && !count)
        return 0;
    if (!to || !size || !format) {
        if (to && size)
            to[0] = 0;
        wharf_invalid_parameter(EINVAL);
        return -1;
    }
    length = WHARF_KIND(wharf_vsnprintf, wharf_vsnwprintf)(to, count < size ? count + 1 : size, format, list);
    if (length < 0) {
        to[0] = 0;
        return -1;
    }
    if ((size_t)length <= count && (size_t)length < size)
        return length;
    if (count != _TRUNCATE && count >= size) {
        to[0] = 0;
        wharf_invalid_parameter(ERANGE);
    }
    return -1;
}
/* No terminator where the text fills the buffer, and -1 where it does not fit, as ever. */
WHARF_INLINE int WHARF_KIND(_vsnprintf, _vsnwprintf)(WHARF_CHAR *to, size_t count, const WHARF_CHAR *format,
    va_list list)
{
    va_list again;
    int length;
    WHARF_CHAR *whole;
    va_copy(again, list);
    length = WHARF_KIND(wharf_vsnprintf, wharf_vsnwprintf)(to, count, format, list);
    if (length >= 0 && (size_t)length >= count && count) {
        /* The last character is where the terminator is now. */
        whole = (WHARF_CHAR *)malloc(((size_t)length + 1) * sizeof *whole);
        if (whole) {
            WHARF_KIND(wharf_vsnprintf, wharf_vsnwprintf)(whole, (size_t)length + 1, format, again);
            to[count - 1] = whole[count - 1];
            free(whole);
        }
    }
    va_end(again);
    return length >= 0 && (size_t)length > count ? -1 : length;
}
WHARF_INLINE int WHARF_KIND(_vscprintf, _vscwprintf)(const WHARF_CHAR *format, va_list list)
{
    return WHARF_KIND(wharf_vsnprintf, wharf_vsnwprintf)(NULL, 0, format, list);
}
WHARF_INLINE int WHARF_KIND(sprintf_s, swprintf_s)(WHARF_CHAR *to, size_t size, const WHARF_CHAR *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = WHARF_KIND(vsprintf_s, vswprintf_s)(to, size, format, list);
    va_end(list);
    return result;
}
WHARF_INLINE int WHARF_KIND(_snprintf_s, _snwprintf_s)(WHARF_CHAR *to, size_t size, size_t count,
    const WHARF_CHAR *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = WHARF_KIND(_vsnprintf_s, _vsnwprintf_s)(to, size, count, format, list);
    va_end(list);
    return result;
}
WHARF_INLINE int WHARF_KIND(_snprintf, _snwprintf)(WHARF_CHAR *to, size_t count, const WHARF_CHAR *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = WHARF_KIND(_vsnprintf, _vsnwprintf)(to, count, format, list);
    va_end(list);
    return result;
}
WHARF_INLINE int WHARF_KIND(_scprintf, _scwprintf)(const WHARF_CHAR *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = WHARF_KIND(_vscprintf, _vscwprintf)(format, list);
    va_end(list);
    return result;
}
WHARF_INLINE int WHARF_KIND(printf_s, wprintf_s)(const WHARF_CHAR *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = WHARF_KIND(vprintf, vwprintf)(format, list);
    va_end(list);
    return result;
}
WHARF_INLINE int WHARF_KIND(fprintf_s, fwprintf_s)(FILE *file, const WHARF_CHAR *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = WHARF_KIND(vfprintf, vfwprintf)(file, format, list);
    va_end(list);
    return result;
}
WHARF_INLINE int WHARF_KIND(vprintf_s, vwprintf_s)(const WHARF_CHAR *format, va_list list)
{
    return WHARF_KIND(vprintf, vwprintf)(format, list);
}
WHARF_INLINE int WHARF_KIND(vfprintf_s, vfwprintf_s)(FILE *file, const WHARF_CHAR *format, va_list list)
{
    return WHARF_KIND(vfprintf, vfwprintf)(file, format, list);
}
WHARF_END

#ifdef __cplusplus
extern "C++" {
template <size_t N> inline int WHARF_KIND(sprintf_s, swprintf_s)(WHARF_CHAR (&to)[N], const WHARF_CHAR *format, ...)
{
    va_list list;
    va_start(list, format);
    const int result = WHARF_KIND(vsprintf_s, vswprintf_s)(to, N, format, list);
    va_end(list);
    return result;
}
template <size_t N> inline int WHARF_KIND(_snprintf_s, _snwprintf_s)(WHARF_CHAR (&to)[N], size_t count,
    const WHARF_CHAR *format, ...)
{
    va_list list;
    va_start(list, format);
    const int result = WHARF_KIND(_vsnprintf_s, _vsnwprintf_s)(to, N, count, format, list);
    va_end(list);
    return result;
}
template <size_t N> inline int WHARF_KIND(vsprintf_s, vswprintf_s)(WHARF_CHAR (&to)[N], const WHARF_CHAR *format,
    va_list list)
{
    return WHARF_KIND(vsprintf_s, vswprintf_s)(to, N, format, list);
}
template <size_t N> inline int WHARF_KIND(_vsnprintf_s, _vsnwprintf_s)(WHARF_CHAR (&to)[N], size_t count,
    const WHARF_CHAR *format, va_list list)
{
    return WHARF_KIND(_vsnprintf_s, _vsnwprintf_s)(to, N, count, format, list);
}
}
#endif
