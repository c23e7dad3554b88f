/* CreateProcess, and processes as handles. The program starts itself, and is then the child that its first argument says. */
#include <stdlib.h>
#include "check.h"

static char own[MAX_PATH];

static STARTUPINFOA plain(void)
{
    STARTUPINFOA startup;
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    return startup;
}

/* A child with these arguments. */
static BOOL start(const char *arguments, DWORD flags, STARTUPINFOA *startup, PROCESS_INFORMATION *child)
{
    char line[2048];
    snprintf(line, sizeof line, "\"%s\" %s", own, arguments);
    memset(child, 0, sizeof *child);
    return CreateProcessA(NULL, line, NULL, NULL, FALSE, flags, NULL, NULL, startup, child);
}

static DWORD code_of(PROCESS_INFORMATION *child)
{
    DWORD code = 0xdeadbeef;
    EXPECT(WaitForSingleObject(child->hProcess, SOON) == WAIT_OBJECT_0);
    EXPECT(GetExitCodeProcess(child->hProcess, &code));
    return code;
}

static void end(PROCESS_INFORMATION *child)
{
    CloseHandle(child->hProcess);
    CloseHandle(child->hThread);
}

/* What a child writes to its standard output, up to its end; its exit code. */
static DWORD output_of(const char *arguments, DWORD flags, void *environment, const char *directory, const char *input, char *output, size_t room)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    STARTUPINFOA startup = plain();
    PROCESS_INFORMATION child = {0};
    HANDLE in_reader, in_writer, reader, writer;
    char line[2048];
    DWORD bytes = 0, code = 0xdeadbeef;
    size_t length = 0;
    EXPECT(CreatePipe(&reader, &writer, &inherited, 0) && CreatePipe(&in_reader, &in_writer, &inherited, 0));
    EXPECT(SetHandleInformation(reader, HANDLE_FLAG_INHERIT, 0) && SetHandleInformation(in_writer, HANDLE_FLAG_INHERIT, 0));
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = in_reader;
    startup.hStdOutput = writer;
    startup.hStdError = writer;
    snprintf(line, sizeof line, "\"%s\" %s", own, arguments);
    if (CreateProcessA(NULL, line, NULL, NULL, TRUE, flags, environment, directory, &startup, &child)) {
        CloseHandle(writer);
        CloseHandle(in_reader);
        if (input != NULL)
            WriteFile(in_writer, input, (DWORD)strlen(input), &bytes, NULL);
        CloseHandle(in_writer);
        /* The end comes with the child's: nobody else has the other end. */
        while (length + 1 < room && ReadFile(reader, output + length, (DWORD)(room - 1 - length), &bytes, NULL) && bytes > 0)
            length += bytes;
        EXPECT(GetLastError() == ERROR_BROKEN_PIPE || bytes == 0);
        code = code_of(&child);
        end(&child);
    } else {
        printf("  it was not started: %u\n", (unsigned)GetLastError());
    }
    output[length] = 0;
    CloseHandle(reader);
    return code;
}

static void handles_and_codes(void)
{
    STARTUPINFOA startup = plain();
    PROCESS_INFORMATION child;
    DWORD code = 0;
    HANDLE again;
    EXPECT(start("child wait-for-event", CREATE_SUSPENDED, &startup, &child));
    EXPECT(child.hProcess != NULL && child.hThread != NULL && child.dwProcessId != 0 && child.dwThreadId != 0);
    EXPECT(GetProcessId(child.hProcess) == child.dwProcessId && child.dwProcessId != GetCurrentProcessId());
    EXPECT(GetThreadId(child.hThread) == child.dwThreadId);
    EXPECT(WaitForSingleObject(child.hProcess, 0) == WAIT_TIMEOUT && WaitForSingleObject(child.hThread, 0) == WAIT_TIMEOUT);
    EXPECT(GetExitCodeProcess(child.hProcess, &code) && code == STILL_ACTIVE);
    again = OpenProcess(PROCESS_ALL_ACCESS, FALSE, child.dwProcessId);
    EXPECT(again != NULL && GetProcessId(again) == child.dwProcessId);
    EXPECT(TerminateProcess(child.hProcess, 300));
    EXPECT(code_of(&child) == 300);
    EXPECT(WaitForSingleObject(child.hThread, SOON) == WAIT_OBJECT_0 && WaitForSingleObject(again, SOON) == WAIT_OBJECT_0);
    EXPECT(GetExitCodeProcess(again, &code) && code == 300);
    EXPECT(GetExitCodeThread(child.hThread, &code) && code == 300);
    CloseHandle(again);
    end(&child);
    EXPECT(!GetExitCodeProcess(child.hProcess, &code) && GetLastError() == ERROR_INVALID_HANDLE);
    EXPECT(start("child exit 77", 0, &startup, &child) && code_of(&child) == 77);
    end(&child);
    EXPECT(start("child return 5", 0, &startup, &child) && code_of(&child) == 5);
    end(&child);
}

/* What has ended is not ended again, and keeps its code. */
static void terminated_twice(void)
{
    STARTUPINFOA startup = plain();
    PROCESS_INFORMATION child;
    EXPECT(start("child exit 6", 0, &startup, &child) && code_of(&child) == 6);
    EXPECT(!TerminateProcess(child.hProcess, 1) && GetLastError() == ERROR_ACCESS_DENIED);
    EXPECT(code_of(&child) == 6);
    end(&child);
}

static void suspended(void)
{
    STARTUPINFOA startup = plain();
    PROCESS_INFORMATION child;
    EXPECT(start("child exit 9", CREATE_SUSPENDED, &startup, &child));
    EXPECT(WaitForSingleObject(child.hProcess, 100) == WAIT_TIMEOUT);
    EXPECT(SuspendThread(child.hThread) == 1 && ResumeThread(child.hThread) == 2);
    EXPECT(WaitForSingleObject(child.hProcess, 50) == WAIT_TIMEOUT);
    EXPECT(ResumeThread(child.hThread) == 1);
    EXPECT(code_of(&child) == 9);
    end(&child);
}

static void several(void)
{
    STARTUPINFOA startup = plain();
    PROCESS_INFORMATION children[4];
    HANDLE handles[4];
    for (int i = 0; i < 4; i++) {
        char arguments[32];
        snprintf(arguments, sizeof arguments, "child exit %d", 10 + i);
        EXPECT(start(arguments, 0, &startup, &children[i]));
        handles[i] = children[i].hProcess;
    }
    EXPECT(WaitForMultipleObjects(4, handles, TRUE, SOON) == WAIT_OBJECT_0);
    for (int i = 0; i < 4; i++) {
        EXPECT(code_of(&children[i]) == 10u + i);
        end(&children[i]);
    }
}

static void arguments(void)
{
    char output[1024];
    EXPECT(output_of("child arguments plain \"two words\" \"\" \"say \\\"hi\\\"\" c:\\dir\\ \"c:\\a b\\\\\" a\\\\\\\"b", 0, NULL, NULL, NULL, output, sizeof output) == 0);
    EXPECT(strcmp(output, "[plain][two words][][say \"hi\"][c:\\dir\\][c:\\a b\\][a\\\"b]") == 0);
    if (item_failed)
        printf("  it says %s\n", output);
}

static void streams(void)
{
    char output[64];
    EXPECT(output_of("child double", 0, NULL, NULL, "stream", output, sizeof output) == 0);
    EXPECT(strcmp(output, "ssttrreeaamm") == 0);
}

static void environment(void)
{
    static char block[] = "WHARF_ONE=1\0WHARF_TWO=two words\0";
    static const WCHAR wide[] = L"WHARF_ONE=wide\0WHARF_TWO=\x00e9\0";
    char output[256];
    SetEnvironmentVariableA("WHARF_ONE", "own");
    SetEnvironmentVariableA("WHARF_TWO", NULL);
    EXPECT(output_of("child variables WHARF_ONE WHARF_TWO", 0, NULL, NULL, NULL, output, sizeof output) == 0);
    EXPECT(strcmp(output, "[own](none)") == 0);
    EXPECT(output_of("child variables WHARF_ONE WHARF_TWO", 0, block, NULL, NULL, output, sizeof output) == 0);
    EXPECT(strcmp(output, "[1][two words]") == 0);
    EXPECT(output_of("child variables WHARF_ONE", CREATE_UNICODE_ENVIRONMENT, (void *)wide, NULL, NULL, output, sizeof output) == 0);
    EXPECT(strcmp(output, "[wide]") == 0);
}

static void directory(void)
{
    char folder[MAX_PATH], output[512], here[MAX_PATH];
    STARTUPINFOA startup = plain();
    PROCESS_INFORMATION child;
    char line[2048];
    GetTempPathA(sizeof folder, folder);
    GetCurrentDirectoryA(sizeof here, here);
    EXPECT(SetCurrentDirectoryA(folder) && GetCurrentDirectoryA(sizeof folder, folder) && SetCurrentDirectoryA(here));
    EXPECT(output_of("child directory", 0, NULL, folder, NULL, output, sizeof output) == 0 && strcmp(output, folder) == 0);
    snprintf(line, sizeof line, "\"%s\" child exit 0", own);
    EXPECT(!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, "C:\\no\\such\\directory", &startup, &child));
    EXPECT(GetLastError() == ERROR_DIRECTORY);
}

static void names(void)
{
    STARTUPINFOA startup = plain();
    STARTUPINFOW wide;
    PROCESS_INFORMATION child;
    char line[2048];
    WCHAR wide_name[MAX_PATH], wide_line[64] = L"anything child exit 3";
    snprintf(line, sizeof line, "anything child exit 4");
    EXPECT(CreateProcessA(own, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child) && code_of(&child) == 4);
    end(&child);
    EXPECT(MultiByteToWideChar(CP_ACP, 0, own, -1, wide_name, MAX_PATH) > 0);
    memset(&wide, 0, sizeof wide);
    wide.cb = sizeof wide;
    EXPECT(CreateProcessW(wide_name, wide_line, NULL, NULL, FALSE, 0, NULL, NULL, &wide, &child) && code_of(&child) == 3);
    end(&child);
    snprintf(line, sizeof line, "no-such-program-anywhere argument");
    EXPECT(!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child) && GetLastError() == ERROR_FILE_NOT_FOUND);
    EXPECT(!CreateProcessA("C:\\no\\where\\program", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child) && GetLastError() == ERROR_PATH_NOT_FOUND);
    EXPECT(OpenProcess(PROCESS_ALL_ACCESS, FALSE, 0x7ffffffc) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
}

static void not_a_program(void)
{
    char folder[MAX_PATH], path[MAX_PATH], line[MAX_PATH + 2];
    STARTUPINFOA startup = plain();
    PROCESS_INFORMATION child;
    GetTempPathA(sizeof folder, folder);
    EXPECT(GetTempFileNameA(folder, "prc", 0, path));
    snprintf(line, sizeof line, "\"%s\"", path);
    /* An empty file: for Linux it lacks the permission too. */
    EXPECT(!CreateProcessA(path, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child));
    EXPECT(GetLastError() == ERROR_BAD_EXE_FORMAT || GetLastError() == ERROR_ACCESS_DENIED);
    DeleteFileA(path);
}

/* Without inheritance a child keeps nothing open: the pipe ends with this process's end of it. */
static void nothing_inherited(void)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    STARTUPINFOA startup = plain();
    PROCESS_INFORMATION child;
    HANDLE reader, writer;
    DWORD bytes = 0, flags = 0;
    char byte;
    EXPECT(CreatePipe(&reader, &writer, &inherited, 0));
    EXPECT(GetHandleInformation(writer, &flags) && flags == HANDLE_FLAG_INHERIT);
    EXPECT(start("child wait-for-event", 0, &startup, &child));
    CloseHandle(writer);
    EXPECT(!ReadFile(reader, &byte, 1, &bytes, NULL) && GetLastError() == ERROR_BROKEN_PIPE);
    EXPECT(TerminateProcess(child.hProcess, 1) && code_of(&child) == 1);
    end(&child);
    CloseHandle(reader);
}

static int child(int count, char **given)
{
    const char *what = given[2];
    if (strcmp(what, "exit") == 0)
        ExitProcess((UINT)atoi(given[3]));
    if (strcmp(what, "return") == 0)
        return atoi(given[3]);
    if (strcmp(what, "wait-for-event") == 0)
        Sleep(60000);
    if (strcmp(what, "arguments") == 0)
        for (int i = 3; i < count; i++)
            printf("[%s]", given[i]);
    if (strcmp(what, "double") == 0) {
        char byte;
        DWORD bytes;
        while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), &byte, 1, &bytes, NULL) && bytes == 1) {
            char twice[2] = {byte, byte};
            WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), twice, 2, &bytes, NULL);
        }
    }
    if (strcmp(what, "variables") == 0)
        for (int i = 3; i < count; i++) {
            char value[64];
            DWORD length = GetEnvironmentVariableA(given[i], value, sizeof value);
            if (length > 0)
                printf("[%s]", value);
            else
                printf("(none)");
        }
    if (strcmp(what, "directory") == 0) {
        char folder[MAX_PATH];
        GetCurrentDirectoryA(sizeof folder, folder);
        printf("%s", folder);
    }
    return 0;
}

int main(int count, char **given)
{
    if (count > 2 && strcmp(given[1], "child") == 0)
        return child(count, given);
    GetModuleFileNameA(NULL, own, sizeof own);
    RUN(handles_and_codes); RUN(terminated_twice); RUN(suspended); RUN(several); RUN(arguments); RUN(streams); RUN(environment); RUN(directory); RUN(names);
    RUN(not_a_program); RUN(nothing_inherited);
    return failed_items;
}
