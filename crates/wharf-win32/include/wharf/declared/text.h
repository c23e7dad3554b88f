/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_TEXT_H
#define WHARF_DECLARED_TEXT_H

WHARF_BEGIN
LPSTR CharUpperA(LPSTR text);
LPWSTR CharUpperW(LPWSTR text);
LPSTR CharLowerA(LPSTR text);
LPWSTR CharLowerW(LPWSTR text);
DWORD CharUpperBuffA(LPSTR text, DWORD length);
DWORD CharUpperBuffW(LPWSTR text, DWORD length);
DWORD CharLowerBuffA(LPSTR text, DWORD length);
DWORD CharLowerBuffW(LPWSTR text, DWORD length);
BOOL IsCharAlphaW(WCHAR unit);
BOOL IsCharAlphaA(BYTE byte);
BOOL IsCharAlphaNumericW(WCHAR unit);
BOOL IsCharAlphaNumericA(BYTE byte);
BOOL IsCharUpperW(WCHAR unit);
BOOL IsCharUpperA(BYTE byte);
BOOL IsCharLowerW(WCHAR unit);
BOOL IsCharLowerA(BYTE byte);
BOOL GetCPInfo(DWORD number, CPINFO *info);
DWORD GetACP(void);
DWORD GetOEMCP(void);
BOOL IsValidCodePage(DWORD number);
BOOL IsDBCSLeadByte(BYTE byte);
BOOL IsDBCSLeadByteEx(DWORD number, BYTE byte);
int CompareStringW(DWORD locale, DWORD flags, LPCWSTR one, int one_length, LPCWSTR other, int other_length);
int CompareStringA(DWORD locale, DWORD flags, LPCSTR one, int one_length, LPCSTR other, int other_length);
int CompareStringOrdinal(LPCWSTR one, int one_length, LPCWSTR other, int other_length, BOOL ignore_case);
int MultiByteToWideChar(DWORD number, DWORD flags, LPCSTR text, int length, LPWSTR to, int room);
int WideCharToMultiByte(DWORD number, DWORD flags, LPCWSTR text, int length, LPSTR to, int room, LPCSTR default_, BOOL *used);
int wvsprintfA(LPSTR to, LPCSTR format, va_list list);
int wvsprintfW(LPWSTR to, LPCWSTR format, va_list list);
int lstrlenA(LPCSTR text);
int lstrlenW(LPCWSTR text);
LPSTR lstrcpyA(LPSTR to, LPCSTR from);
LPWSTR lstrcpyW(LPWSTR to, LPCWSTR from);
LPSTR lstrcpynA(LPSTR to, LPCSTR from, int room);
LPWSTR lstrcpynW(LPWSTR to, LPCWSTR from, int room);
LPSTR lstrcatA(LPSTR to, LPCSTR from);
LPWSTR lstrcatW(LPWSTR to, LPCWSTR from);
int lstrcmpA(LPCSTR one, LPCSTR other);
int lstrcmpW(LPCWSTR one, LPCWSTR other);
int lstrcmpiA(LPCSTR one, LPCSTR other);
int lstrcmpiW(LPCWSTR one, LPCWSTR other);
DWORD FormatMessageA(DWORD flags, LPCVOID source, DWORD id, DWORD language, LPSTR buffer, DWORD size, LPCVOID arguments);
DWORD FormatMessageW(DWORD flags, LPCVOID source, DWORD id, DWORD language, LPWSTR buffer, DWORD size, LPCVOID arguments);
WHARF_END

#ifdef UNICODE
#define CharUpper CharUpperW
#define CharLower CharLowerW
#define CharUpperBuff CharUpperBuffW
#define CharLowerBuff CharLowerBuffW
#define IsCharAlpha IsCharAlphaW
#define IsCharAlphaNumeric IsCharAlphaNumericW
#define IsCharUpper IsCharUpperW
#define IsCharLower IsCharLowerW
#define CompareString CompareStringW
#define wvsprintf wvsprintfW
#define lstrlen lstrlenW
#define lstrcpy lstrcpyW
#define lstrcpyn lstrcpynW
#define lstrcat lstrcatW
#define lstrcmp lstrcmpW
#define lstrcmpi lstrcmpiW
#define FormatMessage FormatMessageW
#else
#define CharUpper CharUpperA
#define CharLower CharLowerA
#define CharUpperBuff CharUpperBuffA
#define CharLowerBuff CharLowerBuffA
#define IsCharAlpha IsCharAlphaA
#define IsCharAlphaNumeric IsCharAlphaNumericA
#define IsCharUpper IsCharUpperA
#define IsCharLower IsCharLowerA
#define CompareString CompareStringA
#define wvsprintf wvsprintfA
#define lstrlen lstrlenA
#define lstrcpy lstrcpyA
#define lstrcpyn lstrcpynA
#define lstrcat lstrcatA
#define lstrcmp lstrcmpA
#define lstrcmpi lstrcmpiA
#define FormatMessage FormatMessageA
#endif
#endif
