/* The debug library's checks, as a release build has them: none. */
#ifndef WHARF_CRTDBG_H
#define WHARF_CRTDBG_H

#include <assert.h>
#include <stddef.h>

#define _CRT_WARN 0
#define _CRT_ERROR 1
#define _CRT_ASSERT 2
#define _CRTDBG_MODE_FILE 0x1
#define _CRTDBG_MODE_DEBUG 0x2
#define _CRTDBG_MODE_WNDW 0x4
#define _CRTDBG_REPORT_MODE (-1)
#define _CRTDBG_ALLOC_MEM_DF 0x01
#define _CRTDBG_DELAY_FREE_MEM_DF 0x02
#define _CRTDBG_CHECK_ALWAYS_DF 0x04
#define _CRTDBG_CHECK_CRT_DF 0x10
#define _CRTDBG_LEAK_CHECK_DF 0x20
#define _CRTDBG_REPORT_FLAG (-1)
#define _NORMAL_BLOCK 1
#define _CLIENT_BLOCK 4

#define _ASSERT(holds) assert(holds)
#define _ASSERTE(holds) assert(holds)
#define _RPT0(type, text) ((void)0)
#define _RPT1(type, text, a) ((void)0)
#define _RPT2(type, text, a, b) ((void)0)
#define _RPTF0(type, text) ((void)0)
#define _RPTF1(type, text, a) ((void)0)

#define _CrtSetDbgFlag(flags) ((int)0)
#define _CrtSetBreakAlloc(number) ((long)0)
#define _CrtSetReportMode(type, mode) ((int)0)
#define _CrtDumpMemoryLeaks() ((int)0)
#define _CrtCheckMemory() ((int)1)

#endif
