/* After it. */
#undef WHARF_CHAR
#undef WHARF_KIND
#undef WHARF_LENGTH
