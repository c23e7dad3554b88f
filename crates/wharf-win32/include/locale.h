/* The C library's <locale.h>, and what Microsoft's has in it beside. */
#pragma GCC system_header
#include_next <locale.h>
#include <wharf/crt/locale.h>
