/* Microsoft's additions to <time.h>, with its order of arguments. */
#ifndef WHARF_CRT_TIME_H
#define WHARF_CRT_TIME_H

#include <time.h>
#include <wharf/crt/base.h>
#include <wharf/crt/string.h>

typedef int __time32_t;
typedef long long __time64_t;

WHARF_BEGIN
struct tm *wharf_libc_localtime_r(const time_t *time, struct tm *to) __asm__("localtime_r");
struct tm *wharf_libc_gmtime_r(const time_t *time, struct tm *to) __asm__("gmtime_r");
char *wharf_libc_asctime_r(const struct tm *time, char *to) __asm__("asctime_r");
time_t wharf_libc_timegm(struct tm *time) __asm__("timegm");

WHARF_INLINE errno_t localtime_s(struct tm *to, const time_t *time)
{
    if (!to || !time || *time < 0)
        return wharf_invalid_parameter(EINVAL);
    return wharf_libc_localtime_r(time, to) ? 0 : EINVAL;
}
WHARF_INLINE errno_t gmtime_s(struct tm *to, const time_t *time)
{
    if (!to || !time || *time < 0)
        return wharf_invalid_parameter(EINVAL);
    return wharf_libc_gmtime_r(time, to) ? 0 : EINVAL;
}
WHARF_INLINE errno_t _localtime64_s(struct tm *to, const __time64_t *time)
{
    const time_t own = time ? (time_t)*time : -1;
    return localtime_s(to, time ? &own : NULL);
}
WHARF_INLINE errno_t _gmtime64_s(struct tm *to, const __time64_t *time)
{
    const time_t own = time ? (time_t)*time : -1;
    return gmtime_s(to, time ? &own : NULL);
}
WHARF_INLINE errno_t _localtime32_s(struct tm *to, const __time32_t *time)
{
    const time_t own = time ? (time_t)*time : -1;
    return localtime_s(to, time ? &own : NULL);
}
WHARF_INLINE __time64_t _time64(__time64_t *to)
{
    const __time64_t now = time(NULL);
    if (to)
        *to = now;
    return now;
}
WHARF_INLINE __time64_t _mktime64(struct tm *from) { return mktime(from); }
WHARF_INLINE time_t _mkgmtime(struct tm *from) { return wharf_libc_timegm(from); }
WHARF_INLINE char *_ctime64(const __time64_t *time)
{
    const time_t own = (time_t)*time;
    return ctime(&own);
}
WHARF_INLINE errno_t asctime_s(char *to, size_t size, const struct tm *time)
{
    if (!to || size < 26 || !time)
        return wharf_invalid_parameter(EINVAL);
    return wharf_libc_asctime_r(time, to) ? 0 : EINVAL;
}
WHARF_INLINE errno_t ctime_s(char *to, size_t size, const time_t *time)
{
    struct tm fields;
    const errno_t error = localtime_s(&fields, time);
    return error ? error : asctime_s(to, size, &fields);
}
/* The time of the day as hh:mm:ss, and the date as mm/dd/yy. */
WHARF_INLINE errno_t _strtime_s(char *to, size_t size)
{
    struct tm fields;
    const time_t now = time(NULL);
    if (!to || size < 9)
        return wharf_invalid_parameter(to ? ERANGE : EINVAL);
    wharf_libc_localtime_r(&now, &fields);
    return strftime(to, size, "%H:%M:%S", &fields) ? 0 : ERANGE;
}
WHARF_INLINE errno_t _strdate_s(char *to, size_t size)
{
    struct tm fields;
    const time_t now = time(NULL);
    if (!to || size < 9)
        return wharf_invalid_parameter(to ? ERANGE : EINVAL);
    wharf_libc_localtime_r(&now, &fields);
    return strftime(to, size, "%m/%d/%y", &fields) ? 0 : ERANGE;
}
WHARF_INLINE char *_strtime(char *to) { return _strtime_s(to, 9) ? NULL : to; }
WHARF_INLINE char *_strdate(char *to) { return _strdate_s(to, 9) ? NULL : to; }
WHARF_INLINE errno_t _wstrtime_s(wchar_t *to, size_t size)
{
    char narrow[9];
    size_t at;
    if (!to || size < 9)
        return wharf_invalid_parameter(to ? ERANGE : EINVAL);
    _strtime_s(narrow, sizeof narrow);
    for (at = 0; at < sizeof narrow; at++)
        to[at] = (wchar_t)narrow[at];
    return 0;
}
WHARF_INLINE errno_t _wstrdate_s(wchar_t *to, size_t size)
{
    char narrow[9];
    size_t at;
    if (!to || size < 9)
        return wharf_invalid_parameter(to ? ERANGE : EINVAL);
    _strdate_s(narrow, sizeof narrow);
    for (at = 0; at < sizeof narrow; at++)
        to[at] = (wchar_t)narrow[at];
    return 0;
}
void wharf_libc_tzset(void) __asm__("tzset");
WHARF_INLINE void _tzset(void) { wharf_libc_tzset(); }
WHARF_END

#ifdef __cplusplus
extern "C++" {
template <size_t N> inline errno_t asctime_s(char (&to)[N], const struct tm *time) { return asctime_s(to, N, time); }
template <size_t N> inline errno_t ctime_s(char (&to)[N], const time_t *time) { return ctime_s(to, N, time); }
template <size_t N> inline errno_t _strtime_s(char (&to)[N]) { return _strtime_s(to, N); }
template <size_t N> inline errno_t _strdate_s(char (&to)[N]) { return _strdate_s(to, N); }
template <size_t N> inline errno_t _wstrtime_s(wchar_t (&to)[N]) { return _wstrtime_s(to, N); }
template <size_t N> inline errno_t _wstrdate_s(wchar_t (&to)[N]) { return _wstrdate_s(to, N); }
}
#endif

#endif
