/* The console's keys: the functions are the library's. */
#ifndef WHARF_CONIO_H
#define WHARF_CONIO_H
#include "wharf/all.h"
#include "wharf/crt/secure.h"
#define kbhit _kbhit
#define getch _getch
#define getche _getche
#define putch _putch
#define ungetch _ungetch
#define _cprintf printf
#define _cputs(text) fputs((text), stdout)
#endif
