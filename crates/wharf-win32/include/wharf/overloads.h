/* For C++: arguments of types that are the same on Windows, and are not here. */
#ifndef WHARF_OVERLOADS_H
#define WHARF_OVERLOADS_H
#ifdef __cplusplus

/* A key of `unsigned long long`; what is no pointer to one is left to the function itself. */
template <class Key>
inline auto GetQueuedCompletionStatus(HANDLE port, LPDWORD transferred, Key *key, LPOVERLAPPED *overlapped,
    DWORD milliseconds) -> decltype(static_cast<unsigned long long *>(key), BOOL())
{
    return GetQueuedCompletionStatus(port, transferred, reinterpret_cast<PULONG_PTR>(key), overlapped, milliseconds);
}

/* An argument of `unsigned long`, which has 64 bits. */
template <class Argument>
inline auto ioctlsocket(SOCKET s, int request, Argument *argument)
    -> decltype(static_cast<unsigned long *>(argument), int())
{
    DWORD half = argument ? static_cast<DWORD>(*argument) : 0;
    const int result = ioctlsocket(s, request, argument ? &half : static_cast<LPDWORD>(nullptr));
    if (argument)
        *argument = half;
    return result;
}

/* A GUID itself, which is a reference in C++. */
inline int StringFromGUID2(const GUID &guid, LPWSTR to, int room) { return StringFromGUID2(&guid, to, room); }

#endif
#endif
