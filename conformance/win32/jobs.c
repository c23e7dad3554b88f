/* Job objects (E18), and exit codes of 32 bits. The program starts itself, and is then the child that its first argument says. */
#include <stdlib.h>
#include "check.h"

static char own[MAX_PATH];

static PROCESS_INFORMATION start(const char *argument, DWORD flags)
{
    char line[MAX_PATH + 32];
    STARTUPINFOA startup;
    PROCESS_INFORMATION child;
    memset(&startup, 0, sizeof startup);
    memset(&child, 0, sizeof child);
    startup.cb = sizeof startup;
    snprintf(line, sizeof line, "\"%s\" %s", own, argument);
    EXPECT(CreateProcessA(NULL, line, NULL, NULL, FALSE, flags, NULL, NULL, &startup, &child));
    return child;
}

static DWORD code_of(PROCESS_INFORMATION child)
{
    DWORD code = 0;
    EXPECT(WaitForSingleObject(child.hProcess, SOON) == WAIT_OBJECT_0);
    EXPECT(GetExitCodeProcess(child.hProcess, &code));
    CloseHandle(child.hThread);
    return code;
}

static void codes(void)
{
    EXPECT(code_of(start("exit", 0)) == 0xC0DE0001);
    EXPECT(code_of(start("return", 0)) == 0xFFFFFFFF);
    EXPECT(code_of(start("terminate", 0)) == 0x12345600);
}

static BOOL tell(HANDLE job, HANDLE port)
{
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT association = {(PVOID)77, port};
    return SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &association, sizeof association);
}

static void E18_messages(void)
{
    HANDLE job = CreateJobObjectA(NULL, NULL), port = new_port(0);
    PROCESS_INFORMATION first = start("wait", 0), second = start("wait", 0);
    EXPECT(AssignProcessToJobObject(job, first.hProcess));
    EXPECT(tell(job, port));
    struct packet packet = take(port, SOON);
    EXPECT(packet.success && packet.bytes == JOB_OBJECT_MSG_NEW_PROCESS && packet.key == 77);
    EXPECT((DWORD)(ULONG_PTR)packet.overlapped == first.dwProcessId);
    EXPECT(!tell(job, port) && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(AssignProcessToJobObject(job, second.hProcess));
    EXPECT(take(port, SOON).bytes == JOB_OBJECT_MSG_NEW_PROCESS);
    EXPECT(TerminateProcess(first.hProcess, 3));
    packet = take(port, SOON);
    EXPECT(packet.bytes == JOB_OBJECT_MSG_EXIT_PROCESS && (DWORD)(ULONG_PTR)packet.overlapped == first.dwProcessId);
    EXPECT(TerminateJobObject(job, 4));
    /* Of those that end with their job nobody is told one by one. */
    EXPECT(take(port, SOON).bytes == JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO);
    EXPECT(code_of(first) == 3 && code_of(second) == 4);
    CloseHandle(job);
    CloseHandle(port);
}

static void counts(void)
{
    HANDLE job = CreateJobObjectA(NULL, NULL);
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION counts;
    JOBOBJECT_BASIC_PROCESS_ID_LIST list;
    DWORD length = 0;
    BOOL is = 7;
    PROCESS_INFORMATION child = start("wait", 0);
    EXPECT(IsProcessInJob(child.hProcess, job, &is) && !is);
    EXPECT(AssignProcessToJobObject(job, child.hProcess));
    EXPECT(IsProcessInJob(child.hProcess, job, &is) && is);
    EXPECT(QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &counts, sizeof counts, &length));
    EXPECT(counts.TotalProcesses == 1 && counts.ActiveProcesses == 1 && length == sizeof counts);
    EXPECT(QueryInformationJobObject(job, JobObjectBasicProcessIdList, &list, sizeof list, NULL));
    EXPECT(list.NumberOfAssignedProcesses == 1 && list.ProcessIdList[0] == child.dwProcessId);
    EXPECT(TerminateJobObject(job, 0));
    CloseHandle(job);
}

static void lengths(void)
{
    HANDLE job = CreateJobObjectA(NULL, NULL);
    JOBOBJECT_BASIC_LIMIT_INFORMATION limits;
    memset(&limits, 0, sizeof limits);
    EXPECT(!QueryInformationJobObject(job, JobObjectBasicLimitInformation, &limits, 4, NULL) && GetLastError() == ERROR_BAD_LENGTH);
    EXPECT(!SetInformationJobObject(job, JobObjectBasicLimitInformation, &limits, 4) && GetLastError() == ERROR_BAD_LENGTH);
    CloseHandle(job);
}

static void kill_on_close(void)
{
    HANDLE job = CreateJobObjectA(NULL, NULL);
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
    memset(&limits, 0, sizeof limits);
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    EXPECT(SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits));
    PROCESS_INFORMATION child = start("wait", 0);
    EXPECT(AssignProcessToJobObject(job, child.hProcess));
    CloseHandle(job);
    EXPECT(code_of(child) == 0);
}

int main(int count, char **arguments)
{
    if (count > 1) {
        if (strcmp(arguments[1], "exit") == 0)
            ExitProcess(0xC0DE0001);
        if (strcmp(arguments[1], "return") == 0)
            return -1;
        if (strcmp(arguments[1], "terminate") == 0)
            TerminateProcess(GetCurrentProcess(), 0x12345600);
        Sleep(60000);
        return 0;
    }
    GetModuleFileNameA(NULL, own, sizeof own);
    RUN(codes);
    RUN(E18_messages);
    RUN(counts);
    RUN(lengths);
    RUN(kill_on_close);
    return failed_items;
}
