/* The C library's <malloc.h>, and what Microsoft's has in it beside. */
#pragma GCC system_header
#include_next <malloc.h>
#include <wharf/crt/malloc.h>
