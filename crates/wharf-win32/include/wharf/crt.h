/* What Microsoft's C library has beside the standard's. */
#ifndef WHARF_CRT_H
#define WHARF_CRT_H

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

#endif
