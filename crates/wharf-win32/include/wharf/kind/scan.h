/* The scanf family, of one kind of characters. */
WHARF_BEGIN
WHARF_INLINE int WHARF_KIND(wharf_scanf, wharf_wscanf)(const WHARF_CHAR *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = WHARF_KIND(wharf_vfscanf, wharf_vfwscanf)(stdin, format, 0, list);
    va_end(list);
    return result;
}
WHARF_INLINE int WHARF_KIND(wharf_fscanf, wharf_fwscanf)(FILE *file, const WHARF_CHAR *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = WHARF_KIND(wharf_vfscanf, wharf_vfwscanf)(file, format, 0, list);
    va_end(list);
    return result;
}
WHARF_INLINE int WHARF_KIND(wharf_sscanf, wharf_swscanf)(const WHARF_CHAR *text, const WHARF_CHAR *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = WHARF_KIND(wharf_vsscanf, wharf_vswscanf)(text, format, 0, list);
    va_end(list);
    return result;
}
WHARF_INLINE int WHARF_KIND(scanf_s, wscanf_s)(const WHARF_CHAR *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = WHARF_KIND(wharf_vfscanf, wharf_vfwscanf)(stdin, format, 1, list);
    va_end(list);
    return result;
}
WHARF_INLINE int WHARF_KIND(fscanf_s, fwscanf_s)(FILE *file, const WHARF_CHAR *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = WHARF_KIND(wharf_vfscanf, wharf_vfwscanf)(file, format, 1, list);
    va_end(list);
    return result;
}
WHARF_INLINE int WHARF_KIND(sscanf_s, swscanf_s)(const WHARF_CHAR *text, const WHARF_CHAR *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = WHARF_KIND(wharf_vsscanf, wharf_vswscanf)(text, format, 1, list);
    va_end(list);
    return result;
}
WHARF_END

#ifdef __cplusplus
/* Preferred to the C library's own, whose arguments are dots. */
extern "C++" {
template <class... T> inline int WHARF_KIND(scanf, wscanf)(const WHARF_CHAR *format, T... to)
{
    return WHARF_KIND(wharf_scanf, wharf_wscanf)(format, wharf::scanned<T>(to).pass()...);
}
template <class... T> inline int WHARF_KIND(fscanf, fwscanf)(FILE *file, const WHARF_CHAR *format, T... to)
{
    return WHARF_KIND(wharf_fscanf, wharf_fwscanf)(file, format, wharf::scanned<T>(to).pass()...);
}
template <class... T> inline int WHARF_KIND(sscanf, swscanf)(const WHARF_CHAR *text, const WHARF_CHAR *format,
    T... to)
{
    return WHARF_KIND(wharf_sscanf, wharf_swscanf)(text, format, wharf::scanned<T>(to).pass()...);
}
}
#endif
