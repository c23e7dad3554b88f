/* The C library's <string.h>, and what Microsoft's has in it beside. */
#pragma GCC system_header
#include_next <string.h>
#include <wharf/crt/string.h>
