/* Directories under Microsoft's names. */
#ifndef WHARF_DIRECT_H
#define WHARF_DIRECT_H
#include <sys/stat.h>
#include <unistd.h>
#define _mkdir(name) mkdir((name), 0777)
#define _rmdir rmdir
#define _chdir chdir
#define _getcwd getcwd
#endif
