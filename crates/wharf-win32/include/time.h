/* The C library's <time.h>, and what Microsoft's has in it beside. */
#pragma GCC system_header
#include_next <time.h>
#include <wharf/crt/time.h>
