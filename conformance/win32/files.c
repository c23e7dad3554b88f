/* Files as packet sources (contract E). */
#include "check.h"

static char name[MAX_PATH];

static HANDLE open_file(DWORD disposition, DWORD flags)
{
    return CreateFileA(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, disposition, flags, NULL);
}

static OVERLAPPED at(DWORD offset)
{
    OVERLAPPED overlapped = {0};
    overlapped.Offset = offset;
    return overlapped;
}

static int begun(BOOL result)
{
    return result || GetLastError() == ERROR_IO_PENDING;
}

static void E1_E4(void)
{
    HANDLE port = new_port(1), file = open_file(CREATE_ALWAYS, FILE_FLAG_OVERLAPPED);
    EXPECT(file != INVALID_HANDLE_VALUE && CreateIoCompletionPort(file, port, 5, 0) == port);
    OVERLAPPED second = at(6), first = at(0), reading = at(0);
    EXPECT(begun(WriteFile(file, "world", 5, NULL, &second)));
    EXPECT(take(port, SOON).bytes == 5);
    EXPECT(begun(WriteFile(file, "hello ", 6, NULL, &first)));
    struct packet packet = take(port, SOON);
    EXPECT(packet.success && packet.bytes == 6 && packet.key == 5 && packet.overlapped == &first);
    char memory[32] = {0};
    EXPECT(begun(ReadFile(file, memory, sizeof memory, NULL, &reading)));
    packet = take(port, SOON);
    EXPECT(packet.success && packet.bytes == 11 && memcmp(memory, "hello world", 11) == 0); /* E6 */
    EXPECT(is_empty(port));
    CloseHandle(file);
    CloseHandle(port);
}

static void E2(void)
{
    HANDLE file = open_file(OPEN_EXISTING, FILE_FLAG_OVERLAPPED);
    char memory[8];
    DWORD bytes;
    EXPECT(!ReadFile(file, memory, 8, &bytes, NULL) && GetLastError() == ERROR_INVALID_PARAMETER);
    CloseHandle(file);
}

static void E3(void)
{
    HANDLE file = open_file(OPEN_EXISTING, 0);
    OVERLAPPED overlapped = at(6);
    char memory[8] = {0};
    DWORD bytes = 0;
    EXPECT(ReadFile(file, memory, 3, &bytes, &overlapped) && bytes == 3 && memcmp(memory, "wor", 3) == 0);
    EXPECT(SetFilePointer(file, 0, NULL, FILE_CURRENT) == 9);
    CloseHandle(file);
}

static void E5(void)
{
    HANDLE port = new_port(1), file = open_file(OPEN_EXISTING, FILE_FLAG_OVERLAPPED);
    CreateIoCompletionPort(file, port, 5, 0);
    OVERLAPPED overlapped = at(11);
    char memory[8];
    EXPECT(!ReadFile(file, memory, 8, NULL, &overlapped));
    if (GetLastError() == ERROR_IO_PENDING) {
        struct packet packet = take(port, SOON);
        EXPECT(!packet.success && packet.error == ERROR_HANDLE_EOF && packet.bytes == 0);
    } else {
        EXPECT(GetLastError() == ERROR_HANDLE_EOF);
    }
    EXPECT(is_empty(port));
    CloseHandle(file);
    file = open_file(OPEN_EXISTING, 0);
    DWORD bytes = 99;
    SetFilePointer(file, 0, NULL, FILE_END);
    EXPECT(ReadFile(file, memory, 8, &bytes, NULL) && bytes == 0);
    CloseHandle(file);
    CloseHandle(port);
}

static void E7(void)
{
    HANDLE port = new_port(1), file = open_file(CREATE_ALWAYS, FILE_FLAG_OVERLAPPED);
    CreateIoCompletionPort(file, port, 5, 0);
    for (int i = 0; i < 3; i++) {
        OVERLAPPED overlapped = at(0xffffffff);
        overlapped.OffsetHigh = 0xffffffff;
        EXPECT(begun(WriteFile(file, "abc", 3, NULL, &overlapped)));
        EXPECT(take(port, SOON).bytes == 3);
    }
    LARGE_INTEGER size;
    EXPECT(GetFileSizeEx(file, &size) && size.QuadPart == 9);
    CloseHandle(file);
    CloseHandle(port);
}

static void E8(void)
{
    HANDLE file = open_file(OPEN_EXISTING, 0);
    DWORD bytes;
    EXPECT(!ReadFile(file, NULL, 8, &bytes, NULL) && GetLastError() == ERROR_NOACCESS);
    EXPECT(!WriteFile(file, NULL, 8, &bytes, NULL) && GetLastError() == ERROR_INVALID_USER_BUFFER);
    EXPECT(ReadFile(file, &bytes, 0, &bytes, NULL));
    CloseHandle(file);
    EXPECT(!ReadFile(file, NULL, 8, &bytes, NULL) && GetLastError() == ERROR_INVALID_HANDLE);
}

static void A5_file(void)
{
    HANDLE port = new_port(1), file = open_file(OPEN_EXISTING, 0);
    EXPECT(CreateIoCompletionPort(file, port, 5, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(CreateIoCompletionPort(file, NULL, 5, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER); /* A2 */
    CloseHandle(file);
    CloseHandle(port);
}

static void E10(void)
{
    HANDLE first = open_file(OPEN_EXISTING, 0), second = open_file(OPEN_EXISTING, 0);
    OVERLAPPED range = at(0);
    EXPECT(LockFileEx(first, LOCKFILE_EXCLUSIVE_LOCK, 0, 4, 0, &range));
    EXPECT(!LockFileEx(second, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 4, 0, &range) && GetLastError() == ERROR_LOCK_VIOLATION);
    EXPECT(UnlockFileEx(first, 0, 4, 0, &range));
    EXPECT(!UnlockFileEx(first, 0, 4, 0, &range) && GetLastError() == ERROR_NOT_LOCKED);
    CloseHandle(first);
    CloseHandle(second);
}

static void E9(void)
{
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    const DWORD page = system.dwPageSize;
    char *memory = VirtualAlloc(NULL, 4 * page, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    FILE_SEGMENT_ELEMENT apart[3] = {{0}}, back[3] = {{0}};
    apart[0].Buffer = memory + page;
    apart[1].Buffer = memory;
    back[0].Buffer = memory + 3 * page;
    back[1].Buffer = memory + 2 * page;
    memset(memory, 'b', page);
    memset(memory + page, 'a', page);

    OVERLAPPED overlapped = at(0);
    HANDLE file = open_file(CREATE_ALWAYS, FILE_FLAG_OVERLAPPED);
    EXPECT(!WriteFileGather(file, apart, 2 * page, NULL, &overlapped) && GetLastError() == ERROR_INVALID_PARAMETER);
    CloseHandle(file);
    file = open_file(OPEN_EXISTING, FILE_FLAG_NO_BUFFERING);
    EXPECT(!ReadFileScatter(file, back, 2 * page, NULL, &overlapped) && GetLastError() == ERROR_INVALID_PARAMETER);
    CloseHandle(file);

    HANDLE port = new_port(1);
    file = open_file(OPEN_EXISTING, FILE_FLAG_OVERLAPPED | FILE_FLAG_NO_BUFFERING);
    EXPECT(CreateIoCompletionPort(file, port, 5, 0) == port);
    EXPECT(SetFileCompletionNotificationModes(file, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    EXPECT(!WriteFileGather(file, apart, 2 * page, NULL, &overlapped) && GetLastError() == ERROR_IO_PENDING);
    struct packet packet = take(port, SOON);
    EXPECT(packet.success && packet.bytes == 2 * page && packet.key == 5 && packet.overlapped == &overlapped);

    OVERLAPPED whole = at(0), part = at(page), behind = at(2 * page);
    EXPECT(!ReadFileScatter(file, back, 2 * page, NULL, &whole) && GetLastError() == ERROR_IO_PENDING);
    packet = take(port, SOON);
    EXPECT(packet.success && packet.bytes == 2 * page);
    EXPECT(memory[3 * page] == 'a' && memory[4 * page - 1] == 'a' && memory[2 * page] == 'b');
    memset(memory + 2 * page, 0, 2 * page);
    EXPECT(!ReadFileScatter(file, back, page / 2, NULL, &part) && GetLastError() == ERROR_IO_PENDING);
    packet = take(port, SOON);
    EXPECT(packet.success && packet.bytes == page / 2 && memory[3 * page] == 'b' && memory[3 * page + page / 2] == 0);
    EXPECT(!ReadFileScatter(file, back, page, NULL, &behind));
    if (GetLastError() == ERROR_IO_PENDING) {
        packet = take(port, SOON);
        EXPECT(!packet.success && packet.error == ERROR_HANDLE_EOF);
    } else {
        EXPECT(GetLastError() == ERROR_HANDLE_EOF);
    }
    back[0].Buffer = memory + 1;
    EXPECT(!ReadFileScatter(file, back, page, NULL, &whole) && GetLastError() == ERROR_INVALID_PARAMETER);
    EXPECT(is_empty(port));
    CloseHandle(file);
    CloseHandle(port);
    VirtualFree(memory, 0, MEM_RELEASE);
}

static void missing(void)
{
    EXPECT(CreateFileA("/no/such/directory/file", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE);
    EXPECT(GetLastError() == ERROR_PATH_NOT_FOUND);
    EXPECT(CreateFileA("no such file", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE);
    EXPECT(GetLastError() == ERROR_FILE_NOT_FOUND);
    HANDLE file = open_file(CREATE_NEW, 0);
    EXPECT(file == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_EXISTS);
}

int main(void)
{
    char directory[MAX_PATH];
    start_winsock();
    GetTempPathA(sizeof directory, directory);
    GetTempFileNameA(directory, "whf", 0, name);
    RUN(E1_E4); RUN(E2); RUN(E3); RUN(E5); RUN(E7); RUN(E8); RUN(A5_file); RUN(E9); RUN(E10); RUN(missing);
    DeleteFileA(name);
    return failed_items;
}
