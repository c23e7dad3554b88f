/* Brings in the C library's <sys/select.h>, which comes with <stdlib.h>, before anything else, with its select() out of
 * the way: Windows' has other sets. Where a source has had it already, wharf/select.h finds another way. */
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

#endif
