/* Before what is written once for both kinds of characters: here `wchar_t`. `end.h` ends it. */
#define WHARF_CHAR wchar_t
#define WHARF_KIND(narrow, wide) wide
#define WHARF_LENGTH wharf_wcsnlen
