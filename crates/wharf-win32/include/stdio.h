/* The C library's, with Microsoft's formats and names: see wharf/crt. */
#pragma GCC system_header
#include "wharf/crt/bindings.h"
/* The C library would bind scanf's names to another function itself; what they are bound to is ours. */
#include <features.h>
#pragma push_macro("__GLIBC_USE_DEPRECATED_SCANF")
#undef __GLIBC_USE_DEPRECATED_SCANF
#define __GLIBC_USE_DEPRECATED_SCANF 1
#include_next <stdio.h>
#pragma pop_macro("__GLIBC_USE_DEPRECATED_SCANF")
#ifndef WHARF_STDIO_H
#define WHARF_STDIO_H
#include "wharf/crt/print.h"
#include "wharf/crt/secure.h"
#endif
