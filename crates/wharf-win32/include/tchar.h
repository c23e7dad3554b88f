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
#define WHARF_TEXT(wide, narrow) wide
#else
typedef char _TCHAR, _TXCHAR;
typedef signed char _TSCHAR;
typedef unsigned char _TUCHAR;
typedef int _TINT;
#define __T(text) text
#define WHARF_TEXT(wide, narrow) narrow
#endif

#define _TEOF WHARF_TEXT(WEOF, EOF)
#define _tmain WHARF_TEXT(wmain, main)
#define _tprintf WHARF_TEXT(wprintf, printf)
#define _ftprintf WHARF_TEXT(fwprintf, fprintf)
#define _stprintf WHARF_TEXT(_swprintf, sprintf)
#define _stprintf_s WHARF_TEXT(swprintf_s, sprintf_s)
#define _tprintf_s WHARF_TEXT(wprintf_s, printf_s)
#define _ftprintf_s WHARF_TEXT(fwprintf_s, fprintf_s)
#define _sntprintf WHARF_TEXT(_snwprintf, _snprintf)
#define _sntprintf_s WHARF_TEXT(_snwprintf_s, _snprintf_s)
#define _vtprintf WHARF_TEXT(vwprintf, vprintf)
#define _vftprintf WHARF_TEXT(vfwprintf, vfprintf)
#define _vstprintf WHARF_TEXT(_vswprintf, vsprintf)
#define _vstprintf_s WHARF_TEXT(vswprintf_s, vsprintf_s)
#define _vsntprintf WHARF_TEXT(_vsnwprintf, _vsnprintf)
#define _vsntprintf_s WHARF_TEXT(_vsnwprintf_s, _vsnprintf_s)
#define _vsctprintf WHARF_TEXT(_vscwprintf, _vscprintf)
#define _sctprintf WHARF_TEXT(_scwprintf, _scprintf)
#define _tscanf WHARF_TEXT(wscanf, scanf)
#define _tscanf_s WHARF_TEXT(wscanf_s, scanf_s)
#define _stscanf WHARF_TEXT(swscanf, sscanf)
#define _stscanf_s WHARF_TEXT(swscanf_s, sscanf_s)
#define _ftscanf WHARF_TEXT(fwscanf, fscanf)
#define _fgettc WHARF_TEXT(fgetwc, fgetc)
#define _fgetts WHARF_TEXT(fgetws, fgets)
#define _fputtc WHARF_TEXT(fputwc, fputc)
#define _fputts WHARF_TEXT(fputws, fputs)
#define _gettc WHARF_TEXT(getwc, getc)
#define _gettchar WHARF_TEXT(getwchar, getchar)
#define _puttc WHARF_TEXT(putwc, putc)
#define _puttchar WHARF_TEXT(putwchar, putchar)
#define _putts WHARF_TEXT(_putws, puts)
#define _getts WHARF_TEXT(_getws, gets)
#define _getts_s WHARF_TEXT(_getws_s, gets_s)
#define _gettch WHARF_TEXT(_getwch, _getch)
#define _gettche WHARF_TEXT(_getwche, _getche)
#define _puttch WHARF_TEXT(_putwch, _putch)
#define _tfopen WHARF_TEXT(_wfopen, fopen)
#define _tfopen_s WHARF_TEXT(_wfopen_s, fopen_s)
#define _tfreopen_s WHARF_TEXT(_wfreopen_s, freopen_s)
#define _tfsopen WHARF_TEXT(_wfsopen, _fsopen)
#define _tremove WHARF_TEXT(_wremove, remove)
#define _trename WHARF_TEXT(_wrename, rename)
#define _tunlink WHARF_TEXT(_wunlink, _unlink)
#define _tmkdir WHARF_TEXT(_wmkdir, _mkdir)
#define _trmdir WHARF_TEXT(_wrmdir, _rmdir)
#define _tchdir WHARF_TEXT(_wchdir, _chdir)
#define _tgetcwd WHARF_TEXT(_wgetcwd, _getcwd)
#define _taccess WHARF_TEXT(_waccess, _access)
#define _tsystem WHARF_TEXT(_wsystem, system)
#define _tperror WHARF_TEXT(_wperror, perror)
#define _tgetenv WHARF_TEXT(_wgetenv, getenv)
#define _tcscpy WHARF_TEXT(wcscpy, strcpy)
#define _tcscpy_s WHARF_TEXT(wcscpy_s, strcpy_s)
#define _tcsncpy WHARF_TEXT(wcsncpy, strncpy)
#define _tcsncpy_s WHARF_TEXT(wcsncpy_s, strncpy_s)
#define _tcscat WHARF_TEXT(wcscat, strcat)
#define _tcscat_s WHARF_TEXT(wcscat_s, strcat_s)
#define _tcsncat WHARF_TEXT(wcsncat, strncat)
#define _tcsncat_s WHARF_TEXT(wcsncat_s, strncat_s)
#define _tcslen WHARF_TEXT(wcslen, strlen)
#define _tcsclen WHARF_TEXT(wcslen, strlen)
#define _tcsnlen WHARF_TEXT(wcsnlen, strnlen)
#define _tcscnlen WHARF_TEXT(wcsnlen, strnlen)
#define _tcscmp WHARF_TEXT(wcscmp, strcmp)
#define _tcsncmp WHARF_TEXT(wcsncmp, strncmp)
#define _tcsnccmp WHARF_TEXT(wcsncmp, strncmp)
#define _tcsicmp WHARF_TEXT(_wcsicmp, _stricmp)
#define _tcsnicmp WHARF_TEXT(_wcsnicmp, _strnicmp)
#define _tcscoll WHARF_TEXT(wcscoll, strcoll)
#define _tcschr WHARF_TEXT(wcschr, strchr)
#define _tcsrchr WHARF_TEXT(wcsrchr, strrchr)
#define _tcsstr WHARF_TEXT(wcsstr, strstr)
#define _tcspbrk WHARF_TEXT(wcspbrk, strpbrk)
#define _tcsspn WHARF_TEXT(wcsspn, strspn)
#define _tcscspn WHARF_TEXT(wcscspn, strcspn)
#define _tcsdup WHARF_TEXT(_wcsdup, _strdup)
#define _tcstok WHARF_TEXT(_wcstok, strtok)
#define _tcstok_s WHARF_TEXT(wcstok_s, strtok_s)
#define _tcsupr WHARF_TEXT(_wcsupr, _strupr)
#define _tcslwr WHARF_TEXT(_wcslwr, _strlwr)
#define _tcsupr_s WHARF_TEXT(_wcsupr_s, _strupr_s)
#define _tcslwr_s WHARF_TEXT(_wcslwr_s, _strlwr_s)
#define _tcsrev WHARF_TEXT(_wcsrev, _strrev)
#define _tcserror WHARF_TEXT(_wcserror, strerror)
#define _tcserror_s WHARF_TEXT(_wcserror_s, strerror_s)
#define _tcsftime WHARF_TEXT(wcsftime, strftime)
#define _tcstol WHARF_TEXT(wcstol, strtol)
#define _tcstoul WHARF_TEXT(wcstoul, strtoul)
#define _tcstod WHARF_TEXT(wcstod, strtod)
#define _tcstoi64 WHARF_TEXT(_wcstoi64, _strtoi64)
#define _tcstoui64 WHARF_TEXT(_wcstoui64, _strtoui64)
#define _ttoi WHARF_TEXT(_wtoi, atoi)
#define _tstoi WHARF_TEXT(_wtoi, atoi)
#define _ttol WHARF_TEXT(_wtol, atol)
#define _tstol WHARF_TEXT(_wtol, atol)
#define _ttoi64 WHARF_TEXT(_wtoi64, _atoi64)
#define _tstoi64 WHARF_TEXT(_wtoi64, _atoi64)
#define _ttof WHARF_TEXT(_wtof, atof)
#define _tstof WHARF_TEXT(_wtof, atof)
#define _itot WHARF_TEXT(_itow, _itoa)
#define _itot_s WHARF_TEXT(_itow_s, _itoa_s)
#define _ltot WHARF_TEXT(_ltow, _ltoa)
#define _ltot_s WHARF_TEXT(_ltow_s, _ltoa_s)
#define _i64tot WHARF_TEXT(_i64tow, _i64toa)
#define _i64tot_s WHARF_TEXT(_i64tow_s, _i64toa_s)
#define _ui64tot_s WHARF_TEXT(_ui64tow_s, _ui64toa_s)
#define _tsetlocale WHARF_TEXT(_wsetlocale, setlocale)
#define _tstrdate_s WHARF_TEXT(_wstrdate_s, _strdate_s)
#define _tstrtime_s WHARF_TEXT(_wstrtime_s, _strtime_s)
#define _tctime_s WHARF_TEXT(_wctime_s, ctime_s)
#define _tasctime_s WHARF_TEXT(_wasctime_s, asctime_s)
#define _tsplitpath_s WHARF_TEXT(_wsplitpath_s, _splitpath_s)
#define _tmakepath_s WHARF_TEXT(_wmakepath_s, _makepath_s)
#define _istalpha WHARF_TEXT(iswalpha, isalpha)
#define _istalnum WHARF_TEXT(iswalnum, isalnum)
#define _istdigit WHARF_TEXT(iswdigit, isdigit)
#define _istxdigit WHARF_TEXT(iswxdigit, isxdigit)
#define _istspace WHARF_TEXT(iswspace, isspace)
#define _istupper WHARF_TEXT(iswupper, isupper)
#define _istlower WHARF_TEXT(iswlower, islower)
#define _istpunct WHARF_TEXT(iswpunct, ispunct)
#define _istprint WHARF_TEXT(iswprint, isprint)
#define _istcntrl WHARF_TEXT(iswcntrl, iscntrl)
#define _totupper WHARF_TEXT(towupper, toupper)
#define _totlower WHARF_TEXT(towlower, tolower)

#define _T(text) __T(text)
#define _TEXT(text) __T(text)

#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
typedef _TCHAR TCHAR;
#endif

#define _tcsinc(at) ((at) + 1)
#define _tcsdec(start, at) ((at) - 1)

#endif
