/* Files of <stdio.h>: Windows' names, and the functions that answer an error. */
#ifndef WHARF_CRT_FILE_H
#define WHARF_CRT_FILE_H

#define _SH_COMPAT 0x00
#define _SH_DENYRW 0x10
#define _SH_DENYWR 0x20
#define _SH_DENYRD 0x30
#define _SH_DENYNO 0x40
#define _SH_SECURE 0x80

WHARF_BEGIN
/* The system's name of a file, to be freed. */
char *wharf_unix_name(const char *name);
char *wharf_unix_name_w(const wchar_t *name);
FILE *_wfopen(const wchar_t *name, const wchar_t *mode);
#ifndef __USE_FILE_OFFSET64
FILE *fopen(const char *__restrict name, const char *__restrict mode) __asm__("wharf_fopen");
#endif

WHARF_INLINE errno_t fopen_s(FILE **file, const char *name, const char *mode)
{
    if (!file || !name || !mode) {
        if (file)
            *file = NULL;
        return wharf_invalid_parameter(EINVAL);
    }
    *file = fopen(name, mode);
    return *file ? 0 : errno;
}
WHARF_INLINE errno_t _wfopen_s(FILE **file, const wchar_t *name, const wchar_t *mode)
{
    if (!file || !name || !mode) {
        if (file)
            *file = NULL;
        return wharf_invalid_parameter(EINVAL);
    }
    *file = _wfopen(name, mode);
    return *file ? 0 : errno;
}
/* Files are shared here whatever is asked. */
WHARF_INLINE FILE *_fsopen(const char *name, const char *mode, int share)
{
    (void)share;
    return fopen(name, mode);
}
WHARF_INLINE FILE *_wfsopen(const wchar_t *name, const wchar_t *mode, int share)
{
    (void)share;
    return _wfopen(name, mode);
}
WHARF_INLINE errno_t freopen_s(FILE **file, const char *name, const char *mode, FILE *old)
{
    if (!file || !mode || !old)
        return wharf_invalid_parameter(EINVAL);
    *file = freopen(name, mode, old);
    return *file ? 0 : errno;
}

int wharf_libc_fileno(FILE *file) __asm__("fileno");
int wharf_libc_fseeko(FILE *file, long offset, int from) __asm__("fseeko");
long wharf_libc_ftello(FILE *file) __asm__("ftello");
WHARF_INLINE int _fileno(FILE *file) { return wharf_libc_fileno(file); }
WHARF_INLINE int _fseeki64(FILE *file, long long offset, int from) { return wharf_libc_fseeko(file, (long)offset, from); }
WHARF_INLINE long long _ftelli64(FILE *file) { return wharf_libc_ftello(file); }
WHARF_INLINE int _flushall(void) { return fflush(NULL); }

/* A line without its end; null at the end of the input. */
WHARF_INLINE char *gets_s(char *to, size_t size)
{
    size_t used = 0;
    int c;
    if (!to || !size) {
        wharf_invalid_parameter(EINVAL);
        return NULL;
    }
    while ((c = getchar()) != EOF && c != '\n') {
        if (used + 1 >= size) {
            to[0] = 0;
            wharf_invalid_parameter(ERANGE);
            return NULL;
        }
        to[used++] = (char)c;
    }
    to[used] = 0;
    return c == EOF && !used ? NULL : to;
}
/* C++14 and C11 have taken it out; sources have it still. */
#if defined(__cplusplus) ? __cplusplus >= 201402L : __STDC_VERSION__ >= 201112L
WHARF_INLINE char *gets(char *to) { return gets_s(to, (size_t)1 << 31); }
#endif
WHARF_INLINE wchar_t *_getws_s(wchar_t *to, size_t size)
{
    size_t used = 0;
    wint_t c;
    if (!to || !size) {
        wharf_invalid_parameter(EINVAL);
        return NULL;
    }
    while ((c = getwchar()) != WEOF && c != L'\n') {
        if (used + 1 >= size) {
            to[0] = 0;
            wharf_invalid_parameter(ERANGE);
            return NULL;
        }
        to[used++] = (wchar_t)c;
    }
    to[used] = 0;
    return c == WEOF && !used ? NULL : to;
}
WHARF_INLINE int _putws(const wchar_t *text) { return fputws(text, stdout) < 0 || putwchar(L'\n') == WEOF ? -1 : 0; }
WHARF_INLINE int _wremove(const wchar_t *name)
{
    char *unix_name = wharf_unix_name_w(name);
    const int result = remove(unix_name ? unix_name : "");
    free(unix_name);
    return result;
}
WHARF_INLINE int _wrename(const wchar_t *from, const wchar_t *to)
{
    char *unix_from = wharf_unix_name_w(from), *unix_to = wharf_unix_name_w(to);
    const int result = rename(unix_from ? unix_from : "", unix_to ? unix_to : "");
    free(unix_from);
    free(unix_to);
    return result;
}
FILE *wharf_libc_popen(const char *command, const char *mode) __asm__("popen");
int wharf_libc_pclose(FILE *file) __asm__("pclose");
WHARF_INLINE FILE *_popen(const char *command, const char *mode) { return wharf_libc_popen(command, mode); }
WHARF_INLINE int _pclose(FILE *file) { return wharf_libc_pclose(file); }
WHARF_END

#ifdef __cplusplus
extern "C++" {
template <size_t N> inline char *gets_s(char (&to)[N]) { return gets_s(to, N); }
template <size_t N> inline wchar_t *_getws_s(wchar_t (&to)[N]) { return _getws_s(to, N); }
}
#endif

#endif
