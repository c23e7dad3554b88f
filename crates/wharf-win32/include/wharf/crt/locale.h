/* Microsoft's additions to <locale.h>. */
#ifndef WHARF_CRT_LOCALE_H
#define WHARF_CRT_LOCALE_H

#include <locale.h>
#include <wharf/crt/base.h>

WHARF_BEGIN
/* setlocale with wide names. The answer stays until the thread's next call; names of locales are ASCII. */
WHARF_INLINE wchar_t *_wsetlocale(int category, const wchar_t *name)
{
    static __thread wchar_t wide[256];
    char narrow[256];
    size_t at;
    const char *set;
    for (at = 0; name && name[at] && at + 1 < sizeof narrow; at++)
        narrow[at] = name[at] < 128 ? (char)name[at] : '?';
    narrow[name ? at : 0] = 0;
    set = setlocale(category, name ? narrow : NULL);
    if (!set)
        return NULL;
    for (at = 0; set[at] && at + 1 < sizeof wide / sizeof wide[0]; at++)
        wide[at] = (wchar_t)(unsigned char)set[at];
    wide[at] = 0;
    return wide;
}
WHARF_END

#endif
