/* Names of the C library by the kind of text that a source is for: wide with _UNICODE. */
#ifndef _INC_TCHAR
#define _INC_TCHAR

#include <wharf/crt.h>

/* A project sets both, or neither. */
#if defined(UNICODE) && !defined(_UNICODE)
#define _UNICODE
#endif

#ifdef _UNICODE
typedef wchar_t _TCHAR, _TSCHAR, _TUCHAR, _TXCHAR;
typedef wint_t _TINT;
#define __T(text) L##text
#define _TEOF WEOF
#define _tmain wmain
#define _tprintf wprintf
#define _ftprintf fwprintf
#define _stprintf _swprintf
#define _stprintf_s swprintf_s
#define _tprintf_s wprintf_s
#define _ftprintf_s fwprintf_s
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
#define _tscanf_s wscanf_s
#define _stscanf swscanf
#define _stscanf_s swscanf_s
#define _ftscanf fwscanf
#define _fgettc fgetwc
#define _fgetts fgetws
#define _fputtc fputwc
#define _fputts fputws
#define _gettc getwc
#define _gettchar getwchar
#define _puttc putwc
#define _puttchar putwchar
#define _putts _putws
#define _getts _getws
#define _getts_s _getws_s
#define _gettch _getwch
#define _gettche _getwche
#define _puttch _putwch
#define _tfopen _wfopen
#define _tfopen_s _wfopen_s
#define _tfreopen_s _wfreopen_s
#define _tfsopen _wfsopen
#define _tremove _wremove
#define _trename _wrename
#define _tunlink _wunlink
#define _tmkdir _wmkdir
#define _trmdir _wrmdir
#define _tchdir _wchdir
#define _tgetcwd _wgetcwd
#define _taccess _waccess
#define _tsystem _wsystem
#define _tperror _wperror
#define _tgetenv _wgetenv
#define _tcscpy wcscpy
#define _tcscpy_s wcscpy_s
#define _tcsncpy wcsncpy
#define _tcsncpy_s wcsncpy_s
#define _tcscat wcscat
#define _tcscat_s wcscat_s
#define _tcsncat wcsncat
#define _tcsncat_s wcsncat_s
#define _tcslen wcslen
#define _tcsclen wcslen
#define _tcsnlen wcsnlen
#define _tcscnlen wcsnlen
#define _tcscmp wcscmp
#define _tcsncmp wcsncmp
#define _tcsnccmp wcsncmp
#define _tcsicmp _wcsicmp
#define _tcsnicmp _wcsnicmp
#define _tcscoll wcscoll
#define _tcschr wcschr
#define _tcsrchr wcsrchr
#define _tcsstr wcsstr
#define _tcspbrk wcspbrk
#define _tcsspn wcsspn
#define _tcscspn wcscspn
#define _tcsdup _wcsdup
#define _tcstok _wcstok
#define _tcstok_s wcstok_s
#define _tcsupr _wcsupr
#define _tcslwr _wcslwr
#define _tcsupr_s _wcsupr_s
#define _tcslwr_s _wcslwr_s
#define _tcsrev _wcsrev
#define _tcserror _wcserror
#define _tcserror_s _wcserror_s
#define _tcsftime wcsftime
#define _tcstol wcstol
#define _tcstoul wcstoul
#define _tcstod wcstod
#define _tcstoi64 _wcstoi64
#define _tcstoui64 _wcstoui64
#define _ttoi _wtoi
#define _tstoi _wtoi
#define _ttol _wtol
#define _tstol _wtol
#define _ttoi64 _wtoi64
#define _tstoi64 _wtoi64
#define _ttof _wtof
#define _tstof _wtof
#define _itot _itow
#define _itot_s _itow_s
#define _ltot _ltow
#define _ltot_s _ltow_s
#define _i64tot _i64tow
#define _i64tot_s _i64tow_s
#define _ui64tot_s _ui64tow_s
#define _tsetlocale _wsetlocale
#define _tstrdate_s _wstrdate_s
#define _tstrtime_s _wstrtime_s
#define _tctime_s _wctime_s
#define _tasctime_s _wasctime_s
#define _tsplitpath_s _wsplitpath_s
#define _tmakepath_s _wmakepath_s
#define _istalpha iswalpha
#define _istalnum iswalnum
#define _istdigit iswdigit
#define _istxdigit iswxdigit
#define _istspace iswspace
#define _istupper iswupper
#define _istlower iswlower
#define _istpunct iswpunct
#define _istprint iswprint
#define _istcntrl iswcntrl
#define _totupper towupper
#define _totlower towlower
#else
typedef char _TCHAR, _TXCHAR;
typedef signed char _TSCHAR;
typedef unsigned char _TUCHAR;
typedef int _TINT;
#define __T(text) text
#define _TEOF EOF
#define _tmain main
#define _tprintf printf
#define _ftprintf fprintf
#define _stprintf sprintf
#define _stprintf_s sprintf_s
#define _tprintf_s printf_s
#define _ftprintf_s fprintf_s
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
#define _tscanf_s scanf_s
#define _stscanf sscanf
#define _stscanf_s sscanf_s
#define _ftscanf fscanf
#define _fgettc fgetc
#define _fgetts fgets
#define _fputtc fputc
#define _fputts fputs
#define _gettc getc
#define _gettchar getchar
#define _puttc putc
#define _puttchar putchar
#define _putts puts
#define _getts gets
#define _getts_s gets_s
#define _gettch _getch
#define _gettche _getche
#define _puttch _putch
#define _tfopen fopen
#define _tfopen_s fopen_s
#define _tfreopen_s freopen_s
#define _tfsopen _fsopen
#define _tremove remove
#define _trename rename
#define _tunlink _unlink
#define _tmkdir _mkdir
#define _trmdir _rmdir
#define _tchdir _chdir
#define _tgetcwd _getcwd
#define _taccess _access
#define _tsystem system
#define _tperror perror
#define _tgetenv getenv
#define _tcscpy strcpy
#define _tcscpy_s strcpy_s
#define _tcsncpy strncpy
#define _tcsncpy_s strncpy_s
#define _tcscat strcat
#define _tcscat_s strcat_s
#define _tcsncat strncat
#define _tcsncat_s strncat_s
#define _tcslen strlen
#define _tcsclen strlen
#define _tcsnlen strnlen
#define _tcscnlen strnlen
#define _tcscmp strcmp
#define _tcsncmp strncmp
#define _tcsnccmp strncmp
#define _tcsicmp _stricmp
#define _tcsnicmp _strnicmp
#define _tcscoll strcoll
#define _tcschr strchr
#define _tcsrchr strrchr
#define _tcsstr strstr
#define _tcspbrk strpbrk
#define _tcsspn strspn
#define _tcscspn strcspn
#define _tcsdup _strdup
#define _tcstok strtok
#define _tcstok_s strtok_s
#define _tcsupr _strupr
#define _tcslwr _strlwr
#define _tcsupr_s _strupr_s
#define _tcslwr_s _strlwr_s
#define _tcsrev _strrev
#define _tcserror strerror
#define _tcserror_s strerror_s
#define _tcsftime strftime
#define _tcstol strtol
#define _tcstoul strtoul
#define _tcstod strtod
#define _tcstoi64 _strtoi64
#define _tcstoui64 _strtoui64
#define _ttoi atoi
#define _tstoi atoi
#define _ttol atol
#define _tstol atol
#define _ttoi64 _atoi64
#define _tstoi64 _atoi64
#define _ttof atof
#define _tstof atof
#define _itot _itoa
#define _itot_s _itoa_s
#define _ltot _ltoa
#define _ltot_s _ltoa_s
#define _i64tot _i64toa
#define _i64tot_s _i64toa_s
#define _ui64tot_s _ui64toa_s
#define _tsetlocale setlocale
#define _tstrdate_s _strdate_s
#define _tstrtime_s _strtime_s
#define _tctime_s ctime_s
#define _tasctime_s asctime_s
#define _tsplitpath_s _splitpath_s
#define _tmakepath_s _makepath_s
#define _istalpha isalpha
#define _istalnum isalnum
#define _istdigit isdigit
#define _istxdigit isxdigit
#define _istspace isspace
#define _istupper isupper
#define _istlower islower
#define _istpunct ispunct
#define _istprint isprint
#define _istcntrl iscntrl
#define _totupper toupper
#define _totlower tolower
#endif

#define _T(text) __T(text)
#define _TEXT(text) __T(text)

#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
typedef _TCHAR TCHAR;
#endif

#define _tcsinc(at) ((at) + 1)
#define _tcsdec(start, at) ((at) - 1)

#endif
