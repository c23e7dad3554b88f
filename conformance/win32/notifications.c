/* Packets of a port that are told what holds (E24, ProcessSocketNotifications), and what is signalled (E19). */
#include "check.h"

static DWORD change(HANDLE port, SOCKET s, UINT8 operation, UINT16 filter, UINT8 trigger)
{
    SOCK_NOTIFY_REGISTRATION registration = {s, (PVOID)5, filter, operation, trigger, 0xdeadbeef};
    EXPECT(ProcessSocketNotifications(port, 1, &registration, 0, 0, NULL, NULL) == ERROR_SUCCESS);
    return registration.registrationResult;
}

/* The events of the next packet, 0 for none. */
static UINT32 events(HANDLE port, DWORD timeout)
{
    OVERLAPPED_ENTRY entry;
    UINT32 count = 0;
    DWORD result = ProcessSocketNotifications(port, 0, NULL, timeout, 1, &entry, &count);
    EXPECT(result == ERROR_SUCCESS || result == WAIT_TIMEOUT);
    EXPECT(result != ERROR_SUCCESS || (count == 1 && entry.lpCompletionKey == 5));
    return result == ERROR_SUCCESS ? SocketNotificationRetrieveEvents(&entry) : 0;
}

static void E24_level(void)
{
    SOCKET ours, theirs;
    HANDLE port = new_port(0);
    char byte = 'x';
    stream_pair(&ours, &theirs);
    EXPECT(change(port, ours, SOCK_NOTIFY_OP_ENABLE, SOCK_NOTIFY_REGISTER_EVENT_IN, SOCK_NOTIFY_TRIGGER_LEVEL | SOCK_NOTIFY_TRIGGER_PERSISTENT) == 0);
    EXPECT(events(port, 0) == 0);
    send(theirs, &byte, 1, 0);
    EXPECT(events(port, SOON) == SOCK_NOTIFY_EVENT_IN);
    EXPECT(events(port, SOON) == SOCK_NOTIFY_EVENT_IN);
    EXPECT(recv(ours, &byte, 1, 0) == 1 && events(port, 0) == 0);
    EXPECT(change(port, ours, SOCK_NOTIFY_OP_REMOVE, 0, 0) == 0);
    EXPECT(events(port, SOON) == SOCK_NOTIFY_EVENT_REMOVE && events(port, 0) == 0);
    closesocket(ours);
    closesocket(theirs);
    CloseHandle(port);
}

static void E24_edge_once(void)
{
    SOCKET ours, theirs;
    HANDLE port = new_port(0);
    char byte = 'x';
    stream_pair(&ours, &theirs);
    EXPECT(change(port, ours, SOCK_NOTIFY_OP_ENABLE, SOCK_NOTIFY_REGISTER_EVENTS_ALL, SOCK_NOTIFY_TRIGGER_EDGE | SOCK_NOTIFY_TRIGGER_ONESHOT) == 0);
    EXPECT(events(port, 0) == 0);
    send(theirs, &byte, 1, 0);
    EXPECT(events(port, SOON) == SOCK_NOTIFY_EVENT_IN);
    EXPECT(recv(ours, &byte, 1, 0) == 1);
    send(theirs, &byte, 1, 0);
    EXPECT(recv(ours, &byte, 1, 0) == 1 && events(port, 0) == 0);
    closesocket(ours);
    closesocket(theirs);
    CloseHandle(port);
}

static void E19(void)
{
    HANDLE port = new_port(0), event = CreateEventA(NULL, FALSE, FALSE, NULL), packet = NULL;
    BOOLEAN already = 7;
    EXPECT(NtCreateWaitCompletionPacket(&packet, 1, NULL) == STATUS_SUCCESS);
    EXPECT(NtCancelWaitCompletionPacket(packet, FALSE) == STATUS_CANCELLED);
    EXPECT(NtAssociateWaitCompletionPacket(packet, port, event, (PVOID)5, (PVOID)6, 0, 7, &already) == STATUS_SUCCESS && !already);
    SetEvent(event);
    struct packet told = take(port, SOON);
    EXPECT(told.success && told.key == 5 && told.overlapped == (OVERLAPPED *)6 && told.bytes == 7);
    SetEvent(event);
    EXPECT(NtAssociateWaitCompletionPacket(packet, port, event, NULL, NULL, 0, 0, &already) == STATUS_SUCCESS && already);
    EXPECT(NtCancelWaitCompletionPacket(packet, TRUE) == STATUS_SUCCESS && is_empty(port));
    CloseHandle(packet);
    CloseHandle(event);
    CloseHandle(port);
}

int main(void)
{
    WSADATA data;
    WSAStartup(MAKEWORD(2, 2), &data);
    RUN(E24_level);
    RUN(E24_edge_once);
    RUN(E19);
    WSACleanup();
    return failed_items;
}
