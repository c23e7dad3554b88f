/* What has to come before the C library's headers: its <sys/select.h>, which comes with <stdlib.h>, with its select() out
 * of the way, since Windows' has other sets (where a source has had it already, wharf/select.h finds another way); and
 * system(), because <cstdlib> names what was declared until then, and clang goes by that. */
#ifndef WHARF_FIRST_H
#define WHARF_FIRST_H

#ifndef _SYS_SELECT_H
#pragma push_macro("FD_SETSIZE")
#undef FD_SETSIZE
#define select wharf_libc_select
#include <sys/select.h>
#undef select
#pragma pop_macro("FD_SETSIZE")
#define WHARF_SELECT_FREE
#endif

#ifndef _STDLIB_H
#ifdef __cplusplus
extern "C"
#endif
int system(const char *command) __asm__("wharf_system");
#endif

#endif
