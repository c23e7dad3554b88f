// Copies a file by overlapped reads and writes, several pieces at a time.
//
//   wharf c++ copy.cpp -o copy && ./copy FROM TO
//   x86_64-w64-mingw32-g++ copy.cpp -o copy.exe
//
// Each piece is read, then written to the same offset, then its block takes the next offset. The keys tell reads from
// writes; the block is found around its OVERLAPPED by CONTAINING_RECORD.
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

static const DWORD PIECE = 64 * 1024;
static const int   PIECES = 8;

enum { READ_KEY = 1, WRITE_KEY = 2 };

struct Block
{
    char      *data;
    OVERLAPPED overlapped;
};

static int Fail(const char *what)
{
    DWORD error = GetLastError();
    char  text[256] = "";
    FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0, text, sizeof(text), NULL);
    fprintf(stderr, "%s: error %lu: %s\n", what, (unsigned long)error, text);
    return 1;
}

static void SetOffset(OVERLAPPED *overlapped, LONGLONG offset)
{
    LARGE_INTEGER position;
    position.QuadPart = offset;
    ZeroMemory(overlapped, sizeof(*overlapped));
    overlapped->Offset = position.LowPart;
    overlapped->OffsetHigh = (DWORD)position.HighPart;
}

// Whether an operation has begun: its completion comes through the port.
static bool Begun(BOOL ok)
{
    return ok || GetLastError() == ERROR_IO_PENDING;
}

int main(int argc, char *argv[])
{
    if (argc != 3)
    {
        fprintf(stderr, "usage: copy FROM TO\n");
        return 2;
    }
    HANDLE from = CreateFileA(argv[1], GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING,
                              FILE_FLAG_OVERLAPPED | FILE_FLAG_SEQUENTIAL_SCAN, NULL);
    if (from == INVALID_HANDLE_VALUE)
        return Fail(argv[1]);
    HANDLE to = CreateFileA(argv[2], GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_OVERLAPPED, NULL);
    if (to == INVALID_HANDLE_VALUE)
        return Fail(argv[2]);
    LARGE_INTEGER size;
    if (!GetFileSizeEx(from, &size))
        return Fail("GetFileSizeEx");

    HANDLE port = CreateIoCompletionPort(from, NULL, READ_KEY, 1);
    if (port == NULL || CreateIoCompletionPort(to, port, WRITE_KEY, 0) == NULL)
        return Fail("CreateIoCompletionPort");

    Block    blocks[PIECES];
    LONGLONG next = 0, written = 0;
    int      active = 0;
    for (int i = 0; i < PIECES && next < size.QuadPart; i++, next += PIECE, active++)
    {
        blocks[i].data = (char *)VirtualAlloc(NULL, PIECE, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
        if (blocks[i].data == NULL)
            return Fail("VirtualAlloc");
        SetOffset(&blocks[i].overlapped, next);
        if (!Begun(ReadFile(from, blocks[i].data, PIECE, NULL, &blocks[i].overlapped)))
            return Fail("ReadFile");
    }
    while (active > 0)
    {
        DWORD        bytes = 0;
        ULONG_PTR    key = 0;
        LPOVERLAPPED overlapped = NULL;
        if (!GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE))
            return Fail(key == READ_KEY ? argv[1] : argv[2]);
        Block        *block = CONTAINING_RECORD(overlapped, Block, overlapped);
        LARGE_INTEGER offset;
        offset.LowPart = overlapped->Offset;
        offset.HighPart = (LONG)overlapped->OffsetHigh;
        if (key == READ_KEY)
        {
            SetOffset(overlapped, offset.QuadPart);
            if (!Begun(WriteFile(to, block->data, bytes, NULL, overlapped)))
                return Fail("WriteFile");
            continue;
        }
        written += bytes;
        if (next < size.QuadPart)
        {
            SetOffset(overlapped, next);
            next += PIECE;
            if (!Begun(ReadFile(from, block->data, PIECE, NULL, overlapped)))
                return Fail("ReadFile");
        }
        else
        {
            VirtualFree(block->data, 0, MEM_RELEASE);
            active--;
        }
    }
    CloseHandle(to);
    CloseHandle(from);
    CloseHandle(port);
    printf("%lld bytes\n", written);
    return written == size.QuadPart ? 0 : 1;
}
