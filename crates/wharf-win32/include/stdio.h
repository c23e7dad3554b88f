/* The C library's <stdio.h>, and what Microsoft's has in it beside. */
#pragma GCC system_header
#include <wharf/crt/plain_begin.h>
#include_next <stdio.h>
#include <wharf/crt/plain_end.h>
#include <wharf/crt/stdio.h>
