/* Before what is written once for both kinds of characters: here `char`. `end.h` ends it. */
#define WHARF_CHAR char
#define WHARF_KIND(narrow, wide) narrow
#define WHARF_LENGTH wharf_strnlen
