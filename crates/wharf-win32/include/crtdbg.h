/* Microsoft's debugging heap and reports, as in a program built for release: nothing. */
#ifndef WHARF_CRTDBG_H
#define WHARF_CRTDBG_H
#include <assert.h>
#define _CRT_WARN 0
#define _CRT_ERROR 1
#define _CRT_ASSERT 2
#define _CRTDBG_MODE_FILE 1
#define _CRTDBG_MODE_DEBUG 2
#define _CRTDBG_MODE_WNDW 4
#define _CRTDBG_FILE_STDOUT ((void *)-4)
#define _CRTDBG_FILE_STDERR ((void *)-5)
#define _CRTDBG_REPORT_FLAG (-1)
#define _CRTDBG_ALLOC_MEM_DF 0x01
#define _CRTDBG_DELAY_FREE_MEM_DF 0x02
#define _CRTDBG_CHECK_ALWAYS_DF 0x04
#define _CRTDBG_LEAK_CHECK_DF 0x20
#define _NORMAL_BLOCK 1
#define _CLIENT_BLOCK 4
#define _CrtSetDbgFlag(flag) ((int)0)
#define _CrtSetReportMode(type, mode) ((int)0)
#define _CrtSetReportFile(type, file) ((void *)0)
#define _CrtSetReportHook(hook) ((void *)0)
#define _CrtSetBreakAlloc(number) ((long)0)
#define _CrtDumpMemoryLeaks() ((int)0)
#define _CrtCheckMemory() ((int)1)
#define _CrtDbgBreak() ((void)0)
#define _ASSERT(holds) ((void)0)
#define _ASSERTE(holds) ((void)0)
#define _ASSERT_EXPR(holds, message) ((void)0)
#define _RPT0(type, message) ((void)0)
#define _RPT1(type, message, a) ((void)0)
#define _RPTF0(type, message) ((void)0)
#define _RPTF1(type, message, a) ((void)0)
#endif
