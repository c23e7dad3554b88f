/* Paths, which the library has, and searches in strings. */
#ifndef WHARF_SHLWAPI_H
#define WHARF_SHLWAPI_H
#include "wharf/all.h"

WHARF_BEGIN
WHARF_INLINE LPWSTR StrStrW(LPCWSTR text, LPCWSTR part)
{
    return text && part && *part ? (LPWSTR)wcsstr(text, part) : NULL;
}
WHARF_INLINE LPSTR StrStrA(LPCSTR text, LPCSTR part)
{
    return text && part && *part ? (LPSTR)strstr(text, part) : NULL;
}
WHARF_INLINE LPWSTR StrStrIW(LPCWSTR text, LPCWSTR part)
{
    if (!text || !part || !*part)
        return NULL;
    for (; *text; text++) {
        size_t at = 0;
        while (part[at] && towlower((wint_t)text[at]) == towlower((wint_t)part[at]))
            at++;
        if (!part[at])
            return (LPWSTR)text;
    }
    return NULL;
}
WHARF_INLINE LPSTR StrStrIA(LPCSTR text, LPCSTR part)
{
    if (!text || !part || !*part)
        return NULL;
    for (; *text; text++) {
        size_t at = 0;
        while (part[at] && tolower((unsigned char)text[at]) == tolower((unsigned char)part[at]))
            at++;
        if (!part[at])
            return (LPSTR)text;
    }
    return NULL;
}
WHARF_INLINE LPWSTR StrChrW(LPCWSTR text, WCHAR one) { return text && one ? (LPWSTR)wcschr(text, one) : NULL; }
WHARF_INLINE LPSTR StrChrA(LPCSTR text, WORD one) { return text && one ? (LPSTR)strchr(text, one) : NULL; }
WHARF_INLINE LPWSTR StrChrIW(LPCWSTR text, WCHAR one)
{
    const WCHAR part[2] = {one, 0};
    return StrStrIW(text, part);
}
WHARF_INLINE LPSTR StrChrIA(LPCSTR text, WORD one)
{
    const char part[2] = {(char)one, 0};
    return StrStrIA(text, part);
}
/* To be freed with LocalFree. */
WHARF_INLINE LPWSTR StrDupW(LPCWSTR text)
{
    const size_t size = text ? (wcslen(text) + 1) * sizeof *text : 0;
    void *copy = text ? LocalAlloc(0, size) : NULL;
    return copy ? (LPWSTR)memcpy(copy, text, size) : NULL;
}
WHARF_INLINE LPSTR StrDupA(LPCSTR text)
{
    const size_t size = text ? strlen(text) + 1 : 0;
    void *copy = text ? LocalAlloc(0, size) : NULL;
    return copy ? (LPSTR)memcpy(copy, text, size) : NULL;
}
WHARF_END

#ifdef UNICODE
#define StrStr StrStrW
#define StrStrI StrStrIW
#define StrChr StrChrW
#define StrChrI StrChrIW
#define StrDup StrDupW
#else
#define StrStr StrStrA
#define StrStrI StrStrIA
#define StrChr StrChrA
#define StrChrI StrChrIA
#define StrDup StrDupA
#endif
#endif
