/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_CONSOLE_H
#define WHARF_DECLARED_CONSOLE_H

WHARF_BEGIN
int system(LPCSTR command) WHARF_AS(system);
BOOL SetConsoleCtrlHandler(PHANDLER_ROUTINE handler, BOOL add);
BOOL GenerateConsoleCtrlEvent(DWORD event, DWORD group);
int _kbhit(void);
int _getch(void);
int _getche(void);
DWORD _getwch(void);
int _ungetch(int key);
int _putch(int character);
int MessageBoxA(LPVOID owner, LPCSTR text, LPCSTR title, DWORD kind);
int MessageBoxW(LPVOID owner, LPCWSTR text, LPCWSTR title, DWORD kind);
BOOL GetConsoleMode(HANDLE console, LPDWORD mode);
BOOL SetConsoleMode(HANDLE console, DWORD mode);
BOOL FlushConsoleInputBuffer(HANDLE console);
BOOL SetConsoleCP(DWORD page);
BOOL SetConsoleOutputCP(DWORD page);
DWORD GetConsoleCP(void);
DWORD GetConsoleOutputCP(void);
BOOL ReadConsoleA(HANDLE console, LPVOID buffer, DWORD room, LPDWORD read, LPCVOID control);
BOOL ReadConsoleW(HANDLE console, LPVOID buffer, DWORD room, LPDWORD read, LPCVOID control);
HANDLE GetStdHandle(DWORD name);
BOOL SetStdHandle(DWORD name, HANDLE handle);
BOOL WriteConsoleA(HANDLE console, LPCVOID buffer, DWORD length, LPDWORD written, LPCVOID reserved);
BOOL WriteConsoleW(HANDLE console, LPCVOID buffer, DWORD length, LPDWORD written, LPCVOID reserved);
BOOL SetConsoleTextAttribute(HANDLE console, WORD attributes);
BOOL SetConsoleCursorPosition(HANDLE console, COORD place);
BOOL SetConsoleCursorInfo(HANDLE console, const CONSOLE_CURSOR_INFO *info);
BOOL GetConsoleScreenBufferInfo(HANDLE console, CONSOLE_SCREEN_BUFFER_INFO *info);
BOOL SetConsoleScreenBufferSize(HANDLE console, COORD wanted);
BOOL SetConsoleTitleA(LPCSTR title);
BOOL SetConsoleTitleW(LPCWSTR title);
DWORD GetConsoleTitleA(LPSTR buffer, DWORD size);
DWORD GetConsoleTitleW(LPWSTR buffer, DWORD size);
WHARF_END

#ifdef UNICODE
#define MessageBox MessageBoxW
#define ReadConsole ReadConsoleW
#define WriteConsole WriteConsoleW
#define SetConsoleTitle SetConsoleTitleW
#define GetConsoleTitle GetConsoleTitleW
#else
#define MessageBox MessageBoxA
#define ReadConsole ReadConsoleA
#define WriteConsole WriteConsoleA
#define SetConsoleTitle SetConsoleTitleA
#define GetConsoleTitle GetConsoleTitleA
#endif
#endif
