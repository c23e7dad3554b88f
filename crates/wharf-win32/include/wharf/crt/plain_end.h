/* The end of what plain_begin.h began. */
#pragma pop_macro("__USE_FORTIFY_LEVEL")
#ifdef WHARF_EXTERN_INLINES
#undef WHARF_EXTERN_INLINES
#define __USE_EXTERN_INLINES 1
#endif
