/* Directories. */
#ifndef WHARF_DIRECT_H
#define WHARF_DIRECT_H

#include <sys/stat.h>
#include <unistd.h>
#include <wharf/crt.h>

WHARF_BEGIN
WHARF_INLINE int _mkdir(const char *name)
{
    char *unix_name = wharf_unix_name(name);
    const int result = mkdir(unix_name ? unix_name : "", 0777);
    free(unix_name);
    return result;
}
WHARF_INLINE int _wmkdir(const wchar_t *name)
{
    char *unix_name = wharf_unix_name_w(name);
    const int result = mkdir(unix_name ? unix_name : "", 0777);
    free(unix_name);
    return result;
}
WHARF_INLINE int _rmdir(const char *name)
{
    char *unix_name = wharf_unix_name(name);
    const int result = rmdir(unix_name ? unix_name : "");
    free(unix_name);
    return result;
}
WHARF_INLINE int _wrmdir(const wchar_t *name)
{
    char *unix_name = wharf_unix_name_w(name);
    const int result = rmdir(unix_name ? unix_name : "");
    free(unix_name);
    return result;
}
WHARF_INLINE int _chdir(const char *name)
{
    char *unix_name = wharf_unix_name(name);
    const int result = chdir(unix_name ? unix_name : "");
    free(unix_name);
    return result;
}
WHARF_INLINE char *_getcwd(char *buffer, int size) { return getcwd(buffer, size > 0 ? (size_t)size : 0); }
WHARF_END

#endif
