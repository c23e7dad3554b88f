/* select as Windows has it, and gethostname: the C library's standard headers may have declared theirs.
 *
 * Members, and functions of other namespaces, of these names are left alone. Only a C source that has <stdlib.h> before
 * Windows' headers, and is compiled without the driver, gets a macro. */
#ifndef WHARF_SELECT_H
#define WHARF_SELECT_H

/* As <unistd.h> declares it, which libraries of C++ bring in. */
int gethostname(char *name, size_t length) WHARF_NOTHROWS WHARF_AS(gethostname);

int wharf_select(int ignored, FD_SET *read, FD_SET *write, FD_SET *except, const TIMEVAL *timeout);
#if defined(WHARF_SELECT_FREE)
int select(int ignored, FD_SET *read, FD_SET *write, FD_SET *except, const TIMEVAL *timeout) WHARF_AS(select);
#elif defined(__cplusplus)
/* Told from the C library's by the type of the sets. Without a set to tell by that one is called, and is the same. */
int select(int, wharf_libc_set *, wharf_libc_set *, wharf_libc_set *, struct timeval *) WHARF_AS(select);
extern "C++" inline int select(int ignored, FD_SET *read, FD_SET *write, FD_SET *except, const TIMEVAL *timeout)
{
    return wharf_select(ignored, read, write, except, timeout);
}
#else
#define select(...) wharf_select(__VA_ARGS__)
#endif

#endif
