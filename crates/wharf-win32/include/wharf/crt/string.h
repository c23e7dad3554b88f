/* Microsoft's additions to <string.h>. */
#ifndef WHARF_CRT_STRING_H
#define WHARF_CRT_STRING_H

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <wharf/crt/base.h>

WHARF_BEGIN
/* The first `most` characters are looked at. */
WHARF_INLINE size_t wharf_strnlen(const char *text, size_t most)
{
    size_t length = 0;
    while (length < most && text[length])
        length++;
    return length;
}
WHARF_INLINE size_t strnlen_s(const char *text, size_t most) { return text ? wharf_strnlen(text, most) : 0; }

/* Copies `length` characters behind the first `used`, and ends them. */
WHARF_INLINE errno_t wharf_str_put(char *to, size_t size, size_t used, const char *from, size_t length, int truncate)
{
    if (length >= size - used) {
        if (!truncate) {
            to[0] = 0;
            return wharf_invalid_parameter(ERANGE);
        }
        length = size - used - 1;
        memcpy(to + used, from, length);
        to[used + length] = 0;
        return STRUNCATE;
    }
    memcpy(to + used, from, length);
    to[used + length] = 0;
    return 0;
}
WHARF_INLINE errno_t strcpy_s(char *to, rsize_t size, const char *from)
{
    if (!to || !size)
        return wharf_invalid_parameter(EINVAL);
    if (!from) {
        to[0] = 0;
        return wharf_invalid_parameter(EINVAL);
    }
    return wharf_str_put(to, size, 0, from, wharf_strnlen(from, size), 0);
}
WHARF_INLINE errno_t strncpy_s(char *to, rsize_t size, const char *from, rsize_t count)
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
    return wharf_str_put(to, size, 0, from, wharf_strnlen(from, count < size ? count : size), count == _TRUNCATE);
}
WHARF_INLINE errno_t strncat_s(char *to, rsize_t size, const char *from, rsize_t count)
{
    size_t used;
    if (!to && !size && !count)
        return 0;
    if (!to || !size)
        return wharf_invalid_parameter(EINVAL);
    used = wharf_strnlen(to, size);
    if (used == size || (!from && count)) {
        to[0] = 0;
        return wharf_invalid_parameter(EINVAL);
    }
    if (!count)
        return 0;
    return wharf_str_put(to, size, used, from, wharf_strnlen(from, count < size ? count : size), count == _TRUNCATE);
}
WHARF_INLINE errno_t strcat_s(char *to, rsize_t size, const char *from)
{
    size_t used;
    if (!to || !size)
        return wharf_invalid_parameter(EINVAL);
    used = wharf_strnlen(to, size);
    if (!from || used == size) {
        to[0] = 0;
        return wharf_invalid_parameter(EINVAL);
    }
    return wharf_str_put(to, size, used, from, wharf_strnlen(from, size), 0);
}

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
WHARF_INLINE char *_strupr(char *text)
{
    char *at;
    for (at = text; *at; at++)
        *at = (char)toupper((unsigned char)*at);
    return text;
}
WHARF_INLINE char *_strlwr(char *text)
{
    char *at;
    for (at = text; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return text;
}
WHARF_INLINE char *_strrev(char *text)
{
    size_t low = 0, high = strlen(text);
    while (low + 1 < high) {
        const char kept = text[low];
        text[low++] = text[--high];
        text[high] = kept;
    }
    return text;
}
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
char *wharf_libc_strtok_r(char *text, const char *marks, char **next) __asm__("strtok_r");
WHARF_INLINE char *strtok_s(char *text, const char *marks, char **next)
{
    if (!marks || !next || (!text && !*next)) {
        wharf_invalid_parameter(EINVAL);
        return NULL;
    }
    return wharf_libc_strtok_r(text, marks, next);
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
template <size_t N> inline errno_t strcpy_s(char (&to)[N], const char *from) { return strcpy_s(to, N, from); }
template <size_t N> inline errno_t strcat_s(char (&to)[N], const char *from) { return strcat_s(to, N, from); }
template <size_t N> inline errno_t strncpy_s(char (&to)[N], const char *from, size_t count)
{
    return strncpy_s(to, N, from, count);
}
template <size_t N> inline errno_t strncat_s(char (&to)[N], const char *from, size_t count)
{
    return strncat_s(to, N, from, count);
}
template <size_t N> inline errno_t _strupr_s(char (&text)[N]) { return _strupr_s(text, N); }
template <size_t N> inline errno_t _strlwr_s(char (&text)[N]) { return _strlwr_s(text, N); }
template <size_t N> inline errno_t strerror_s(char (&to)[N], int error) { return strerror_s(to, N, error); }
}
#endif

#endif
