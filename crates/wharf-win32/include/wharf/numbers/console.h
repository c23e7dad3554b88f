/* More numbers of the console, of messages and of text. */
#ifndef WHARF_NUMBERS_CONSOLE_H
#define WHARF_NUMBERS_CONSOLE_H

/* The console. */
#define COMMON_LVB_LEADING_BYTE 0x100
#define COMMON_LVB_TRAILING_BYTE 0x200
#define COMMON_LVB_REVERSE_VIDEO 0x4000
#define COMMON_LVB_UNDERSCORE 0x8000
#define ENABLE_AUTO_POSITION 0x100
#define ENABLE_VIRTUAL_TERMINAL_INPUT 0x200
#define DISABLE_NEWLINE_AUTO_RETURN 0x8

/* What servers use of windows: a message on the screen, text in a buffer, letters. */
#define MB_ABORTRETRYIGNORE 0x2
#define MB_YESNOCANCEL 0x3
#define MB_RETRYCANCEL 0x5
#define MB_CANCELTRYCONTINUE 0x6
#define MB_DEFBUTTON1 0x0
#define MB_DEFBUTTON2 0x100
#define MB_DEFBUTTON3 0x200
#define MB_APPLMODAL 0x0
#define MB_SYSTEMMODAL 0x1000
#define MB_TASKMODAL 0x2000
#define MB_SETFOREGROUND 0x10000
#define MB_SERVICE_NOTIFICATION 0x200000
#define IDABORT 3
#define IDRETRY 4
#define IDIGNORE 5

/* Text between code pages and wide characters, and comparison. */
#define CP_MACCP 2
#define CP_SYMBOL 42
#define MB_COMPOSITE 0x2
#define MB_USEGLYPHCHARS 0x4
#define WC_DISCARDNS 0x10
#define WC_SEPCHARS 0x20
#define WC_DEFAULTCHAR 0x40
#define WC_COMPOSITECHECK 0x200
#define MAX_LEADBYTES 12
#define MAX_DEFAULTCHAR 2

#endif
