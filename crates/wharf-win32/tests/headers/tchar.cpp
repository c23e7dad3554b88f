// Narrow and wide names by UNICODE, and the smaller headers.
#include <iostream>
#include "tchar.h"
#include <malloc.h>
#include <strsafe.h>
#include <conio.h>
#include <io.h>
#include <direct.h>
#include <crtdbg.h>
#include <intrin.h>
#include <process.h>
#include <windows.h>
int _tmain(int argc, _TCHAR *argv[]) { TCHAR b[20]; StringCchPrintf(b, 20, _T("%d %s"), argc, _T("x")); _tprintf(_T("%s\n"), b); _tcscpy_s(b, _T("abc")); void *p = _aligned_malloc(64, 64); _aligned_free(p); unsigned long long q = _byteswap_uint64(1); (void)argv; return q == 0 || std::min(1, 2) == 2; }
