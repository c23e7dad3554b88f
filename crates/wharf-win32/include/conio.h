/* Keys and characters of the console. */
#ifndef WHARF_CONIO_H
#define WHARF_CONIO_H

#include <wharf/all.h>
#include <wharf/crt.h>

WHARF_BEGIN
WHARF_INLINE int getch(void) { return _getch(); }
WHARF_INLINE int getche(void) { return _getche(); }
WHARF_INLINE int kbhit(void) { return _kbhit(); }
WHARF_INLINE int putch(int character) { return _putch(character); }
WHARF_INLINE int _cputs(const char *text) { return fputs(text, stdout) < 0 ? -1 : 0; }
WHARF_END

#endif
