/* Microsoft's additions to <string.h>. */
#ifndef WHARF_CRT_STRING_H
#define WHARF_CRT_STRING_H

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <wharf/crt/base.h>

WHARF_BEGIN
char *wharf_libc_strtok_r(char *text, const char *marks, char **next) __asm__("strtok_r");
WHARF_END

#include <wharf/kind/narrow.h>
#include <wharf/kind/string.h>
#include <wharf/kind/end.h>

WHARF_BEGIN
WHARF_INLINE errno_t memcpy_s(void *to, rsize_t size, const void *from, rsize_t count)
{
    if (!count)
        return 0;
    if (!to)
        return wharf_invalid_parameter(EINVAL);
    if (!from || size < count) {
        memset(to, 0, size);
        return wharf_invalid_parameter(from ? ERANGE : EINVAL);
    }
    memcpy(to, from, count);
    return 0;
}
WHARF_INLINE errno_t memmove_s(void *to, rsize_t size, const void *from, rsize_t count)
{
    if (!count)
        return 0;
    if (!to || !from || size < count)
        return wharf_invalid_parameter(to && from ? ERANGE : EINVAL);
    memmove(to, from, count);
    return 0;
}

WHARF_INLINE int _stricmp(const char *one, const char *other) { return strcasecmp(one, other); }
WHARF_INLINE int _strnicmp(const char *one, const char *other, size_t count) { return strncasecmp(one, other, count); }
WHARF_INLINE int _strcmpi(const char *one, const char *other) { return strcasecmp(one, other); }
WHARF_INLINE int stricmp(const char *one, const char *other) { return strcasecmp(one, other); }
WHARF_INLINE int strnicmp(const char *one, const char *other, size_t count) { return strncasecmp(one, other, count); }
WHARF_INLINE int strcmpi(const char *one, const char *other) { return strcasecmp(one, other); }
WHARF_INLINE int _memicmp(const void *one, const void *other, size_t count)
{
    const unsigned char *a = (const unsigned char *)one, *b = (const unsigned char *)other;
    for (; count; count--, a++, b++)
        if (tolower(*a) != tolower(*b))
            return tolower(*a) - tolower(*b);
    return 0;
}
char *wharf_libc_strdup(const char *text) __asm__("strdup");
WHARF_INLINE char *_strdup(const char *text) { return text ? wharf_libc_strdup(text) : NULL; }
WHARF_INLINE errno_t _strupr_s(char *text, rsize_t size)
{
    if (!text || wharf_strnlen(text, size) >= size)
        return wharf_invalid_parameter(EINVAL);
    _strupr(text);
    return 0;
}
WHARF_INLINE errno_t _strlwr_s(char *text, rsize_t size)
{
    if (!text || wharf_strnlen(text, size) >= size)
        return wharf_invalid_parameter(EINVAL);
    _strlwr(text);
    return 0;
}
WHARF_INLINE errno_t strerror_s(char *to, rsize_t size, int error)
{
    if (!to || !size)
        return wharf_invalid_parameter(EINVAL);
    strncpy_s(to, size, strerror(error), _TRUNCATE);
    return 0;
}
WHARF_END

#ifdef __cplusplus
extern "C++" {
template <size_t N> inline errno_t _strupr_s(char (&text)[N]) { return _strupr_s(text, N); }
template <size_t N> inline errno_t _strlwr_s(char (&text)[N]) { return _strlwr_s(text, N); }
template <size_t N> inline errno_t strerror_s(char (&to)[N], int error) { return strerror_s(to, N, error); }
}
#endif

#endif
