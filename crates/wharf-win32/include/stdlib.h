/* The C library's <stdlib.h>, and what Microsoft's has in it beside. */
#pragma GCC system_header
#include_next <stdlib.h>
#include <wharf/crt/stdlib.h>
