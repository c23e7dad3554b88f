/* Functions with variable arguments, over those of the library that take a list. */
#ifndef WHARF_VARIADIC_H
#define WHARF_VARIADIC_H
#include "declared/text.h"

WHARF_BEGIN
WHARF_INLINE int wsprintfA(LPSTR to, LPCSTR format, ...)
{
    int length;
    va_list list;
    va_start(list, format);
    length = wvsprintfA(to, format, list);
    va_end(list);
    return length;
}
WHARF_INLINE int wsprintfW(LPWSTR to, LPCWSTR format, ...)
{
    int length;
    va_list list;
    va_start(list, format);
    length = wvsprintfW(to, format, list);
    va_end(list);
    return length;
}
WHARF_END
#ifdef UNICODE
#define wsprintf wsprintfW
#else
#define wsprintf wsprintfA
#endif
#endif
