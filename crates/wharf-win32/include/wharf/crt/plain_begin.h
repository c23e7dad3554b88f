/* Around a header of the C library: without its inline functions, and the checks of _FORTIFY_SOURCE, which call others by
 * names that are bound anew afterwards. */
#include <features.h>
#ifdef __USE_EXTERN_INLINES
#undef __USE_EXTERN_INLINES
#define WHARF_EXTERN_INLINES
#endif
#pragma push_macro("__USE_FORTIFY_LEVEL")
#undef __USE_FORTIFY_LEVEL
#define __USE_FORTIFY_LEVEL 0
