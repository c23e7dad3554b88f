/* Descriptors under Microsoft's names. */
#ifndef WHARF_IO_H
#define WHARF_IO_H
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#define _access access
#define _open open
#define _close close
#define _read read
#define _write write
#define _lseek lseek
#define _lseeki64 lseek
#define _tell(descriptor) lseek((descriptor), 0, SEEK_CUR)
#define _dup dup
#define _dup2 dup2
#define _isatty isatty
#define _unlink unlink
#define _chsize ftruncate
#define _commit fsync
static inline long _filelength(int descriptor)
{
    struct stat status;
    return fstat(descriptor, &status) == 0 ? (long)status.st_size : -1;
}
#define _filelengthi64 _filelength
/* The C library knows no text mode: every file is binary. */
#define _O_RDONLY O_RDONLY
#define _O_WRONLY O_WRONLY
#define _O_RDWR O_RDWR
#define _O_APPEND O_APPEND
#define _O_CREAT O_CREAT
#define _O_TRUNC O_TRUNC
#define _O_EXCL O_EXCL
#define _O_TEXT 0
#define _O_BINARY 0
#ifndef O_BINARY
#define O_BINARY 0
#define O_TEXT 0
#endif
#define _O_U16TEXT 0
#define _O_U8TEXT 0
#define _O_WTEXT 0
#define _setmode(descriptor, mode) ((void)(descriptor), (void)(mode), _O_TEXT)
#define _S_IREAD S_IRUSR
#define _S_IWRITE S_IWUSR
#define _S_IFDIR S_IFDIR
#define _S_IFREG S_IFREG
#define _stat stat
#define _stat64 stat
#define _fstat fstat
#define _fstat64 fstat
#endif
