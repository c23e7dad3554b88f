/* The C library's <wchar.h>, and what Microsoft's has in it beside. */
#pragma GCC system_header
#include <wharf/crt/plain_begin.h>
#include_next <wchar.h>
#include <wharf/crt/plain_end.h>
#include <wharf/crt/wchar.h>
