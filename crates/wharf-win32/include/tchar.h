/* Names that mean the narrow or the wide function, by UNICODE or _UNICODE. */
#ifndef WHARF_TCHAR_H
#define WHARF_TCHAR_H
#if defined(UNICODE) && !defined(_UNICODE)
#define _UNICODE
#endif
#if defined(_UNICODE) && !defined(UNICODE)
#define UNICODE
#endif
#include "wharf/base.h"
#include "wharf/crt/secure.h"

typedef TCHAR _TCHAR;
typedef TCHAR _TSCHAR;
typedef TCHAR _TXCHAR;
#ifdef _UNICODE
typedef wint_t _TINT;
#else
typedef int _TINT;
#endif
#define __T(text) TEXT(text)
#define _T(text) TEXT(text)
#define _TEXT(text) TEXT(text)
static inline int wharf_putws(const wchar_t *text) { return wprintf(L"%ls\n", text); }
/* The old forms without a size. */
static inline int _vswprintf(wchar_t *to, const wchar_t *format, va_list list) { return wharf_vswprintf(to, 0x7fffff, format, list); }
WHARF_WEAK int _swprintf(wchar_t *to, const wchar_t *format, ...) WHARF_VARIADIC(_vswprintf(to, format, list))

#ifdef _UNICODE
#define _tprintf wprintf
#define _tprintf_s wprintf_s
#define _ftprintf fwprintf
#define _ftprintf_s fwprintf_s
#define _stprintf _swprintf
#define _stprintf_s swprintf_s
#define _sntprintf _snwprintf
#define _sntprintf_s _snwprintf_s
#define _vtprintf vwprintf
#define _vftprintf vfwprintf
#define _vstprintf _vswprintf
#define _vstprintf_s vswprintf_s
#define _vsntprintf _vsnwprintf
#define _vsntprintf_s _vsnwprintf_s
#define _vsctprintf _vscwprintf
#define _sctprintf _scwprintf
#define _tscanf wscanf
#define _stscanf swscanf
#define _fgetts fgetws
#define _fputts fputws
#define _putts wharf_putws
#define _tfopen _wfopen
#define _tfopen_s _wfopen_s
#define _gettc getwc
#define _gettchar getwchar
#define _puttchar putwchar
#define _gettch _getwch
#define _gettche _getwche
#define _tcslen wcslen
#define _tcsclen wcslen
#define _tcsnlen wcsnlen
#define _tcscpy wcscpy
#define _tcscpy_s wcscpy_s
#define _tcsncpy wcsncpy
#define _tcsncpy_s wcsncpy_s
#define _tcscat wcscat
#define _tcscat_s wcscat_s
#define _tcsncat wcsncat
#define _tcsncat_s wcsncat_s
#define _tcscmp wcscmp
#define _tcsncmp wcsncmp
#define _tcsicmp _wcsicmp
#define _tcsnicmp _wcsnicmp
#define _tcschr wcschr
#define _tcsrchr wcsrchr
#define _tcsstr wcsstr
#define _tcspbrk wcspbrk
#define _tcsspn wcsspn
#define _tcscspn wcscspn
#define _tcstok wcstok
#define _tcstok_s wcstok_s
#define _tcsdup _wcsdup
#define _tcstol wcstol
#define _tcstoul wcstoul
#define _tcstod wcstod
#define _tstoi _wtoi
#define _ttoi _wtoi
#define _ttol _wtol
#define _tstol _wtol
#define _tstoi64 _wtoi64
#define _ttoi64 _wtoi64
#define _tstof _wtof
#define _itot _itow
#define _itot_s _itow_s
#define _istalpha iswalpha
#define _istdigit iswdigit
#define _istalnum iswalnum
#define _istspace iswspace
#define _istupper iswupper
#define _istlower iswlower
#define _istxdigit iswxdigit
#define _totlower towlower
#define _totupper towupper
#define _tsetlocale _wsetlocale
#define _tcsftime wcsftime
#define _tmain wmain
#define _tWinMain wWinMain
#define _TEOF WEOF
#else
#define _tprintf printf
#define _tprintf_s printf_s
#define _ftprintf fprintf
#define _ftprintf_s fprintf_s
#define _stprintf sprintf
#define _stprintf_s sprintf_s
#define _sntprintf _snprintf
#define _sntprintf_s _snprintf_s
#define _vtprintf vprintf
#define _vftprintf vfprintf
#define _vstprintf vsprintf
#define _vstprintf_s vsprintf_s
#define _vsntprintf _vsnprintf
#define _vsntprintf_s _vsnprintf_s
#define _vsctprintf _vscprintf
#define _sctprintf _scprintf
#define _tscanf scanf
#define _stscanf sscanf
#define _fgetts fgets
#define _fputts fputs
#define _putts puts
#define _tfopen fopen
#define _tfopen_s fopen_s
#define _gettc getc
#define _gettchar getchar
#define _puttchar putchar
#define _gettch _getch
#define _gettche _getche
#define _tcslen strlen
#define _tcsclen strlen
#define _tcsnlen strnlen
#define _tcscpy strcpy
#define _tcscpy_s strcpy_s
#define _tcsncpy strncpy
#define _tcsncpy_s strncpy_s
#define _tcscat strcat
#define _tcscat_s strcat_s
#define _tcsncat strncat
#define _tcsncat_s strncat_s
#define _tcscmp strcmp
#define _tcsncmp strncmp
#define _tcsicmp _stricmp
#define _tcsnicmp _strnicmp
#define _tcschr strchr
#define _tcsrchr strrchr
#define _tcsstr strstr
#define _tcspbrk strpbrk
#define _tcsspn strspn
#define _tcscspn strcspn
#define _tcstok strtok
#define _tcstok_s strtok_s
#define _tcsdup _strdup
#define _tcstol strtol
#define _tcstoul strtoul
#define _tcstod strtod
#define _tstoi atoi
#define _ttoi atoi
#define _ttol atol
#define _tstol atol
#define _tstoi64 _atoi64
#define _ttoi64 _atoi64
#define _tstof atof
#define _itot _itoa
#define _itot_s _itoa_s
#define _istalpha isalpha
#define _istdigit isdigit
#define _istalnum isalnum
#define _istspace isspace
#define _istupper isupper
#define _istlower islower
#define _istxdigit isxdigit
#define _totlower tolower
#define _totupper toupper
#define _tsetlocale setlocale
#define _tcsftime strftime
#define _tmain main
#define _tWinMain WinMain
#define _TEOF EOF
#endif
#endif
