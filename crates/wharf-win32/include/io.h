/* Files by number. */
#ifndef WHARF_IO_H
#define WHARF_IO_H

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wharf/crt.h>

#define _O_RDONLY O_RDONLY
#define _O_WRONLY O_WRONLY
#define _O_RDWR O_RDWR
#define _O_APPEND O_APPEND
#define _O_CREAT O_CREAT
#define _O_TRUNC O_TRUNC
#define _O_EXCL O_EXCL
/* Text is bytes here. */
#define _O_TEXT 0
#define _O_BINARY 0
#define _O_WTEXT 0
#define _O_U8TEXT 0
#define _O_U16TEXT 0
#define O_TEXT 0
#define O_BINARY 0
#define _S_IREAD S_IRUSR
#define _S_IWRITE S_IWUSR

WHARF_BEGIN
WHARF_INLINE int _access(const char *name, int mode)
{
    char *unix_name = wharf_unix_name(name);
    const int result = access(unix_name ? unix_name : "", mode & 6);
    free(unix_name);
    return result;
}
WHARF_INLINE int _waccess(const wchar_t *name, int mode)
{
    char *unix_name = wharf_unix_name_w(name);
    const int result = access(unix_name ? unix_name : "", mode & 6);
    free(unix_name);
    return result;
}
WHARF_INLINE errno_t _access_s(const char *name, int mode) { return _access(name, mode) ? errno : 0; }
WHARF_INLINE errno_t _waccess_s(const wchar_t *name, int mode) { return _waccess(name, mode) ? errno : 0; }
WHARF_INLINE int _unlink(const char *name)
{
    char *unix_name = wharf_unix_name(name);
    const int result = unlink(unix_name ? unix_name : "");
    free(unix_name);
    return result;
}
WHARF_INLINE int _wunlink(const wchar_t *name)
{
    char *unix_name = wharf_unix_name_w(name);
    const int result = unlink(unix_name ? unix_name : "");
    free(unix_name);
    return result;
}
WHARF_INLINE int _open(const char *name, int flags, ...)
{
    char *unix_name = wharf_unix_name(name);
    int mode = 0, file;
    if (flags & O_CREAT) {
        va_list list;
        va_start(list, flags);
        mode = va_arg(list, int);
        va_end(list);
    }
    file = open(unix_name ? unix_name : "", flags, mode ? mode | 044 : 0644);
    free(unix_name);
    return file;
}
WHARF_INLINE int _close(int file) { return close(file); }
WHARF_INLINE int _read(int file, void *buffer, unsigned int size) { return (int)read(file, buffer, size); }
WHARF_INLINE int _write(int file, const void *buffer, unsigned int size) { return (int)write(file, buffer, size); }
WHARF_INLINE long _lseek(int file, long offset, int from) { return (long)lseek(file, offset, from); }
WHARF_INLINE long long _lseeki64(int file, long long offset, int from) { return (long long)lseek(file, (off_t)offset, from); }
WHARF_INLINE int _dup(int file) { return dup(file); }
WHARF_INLINE int _dup2(int file, int to) { return dup2(file, to) < 0 ? -1 : 0; }
WHARF_INLINE int _isatty(int file) { return isatty(file); }
/* There is one mode; the one before is that one too. */
WHARF_INLINE int _setmode(int file, int mode)
{
    (void)file;
    (void)mode;
    return 0;
}
WHARF_END

#endif
