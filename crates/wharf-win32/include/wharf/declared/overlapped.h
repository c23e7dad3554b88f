/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_OVERLAPPED_H
#define WHARF_DECLARED_OVERLAPPED_H

WHARF_BEGIN
BOOL AcceptEx(SOCKET sListenSocket, SOCKET sAcceptSocket, LPVOID lpOutputBuffer, DWORD dwReceiveDataLength, DWORD dwLocalAddressLength, DWORD dwRemoteAddressLength, LPDWORD lpdwBytesReceived, OVERLAPPED *lpOverlapped);
void GetAcceptExSockaddrs(LPVOID lpOutputBuffer, DWORD dwReceiveDataLength, DWORD dwLocalAddressLength, DWORD dwRemoteAddressLength, SOCKADDR **LocalSockaddr, int *LocalSockaddrLength, SOCKADDR **RemoteSockaddr, int *RemoteSockaddrLength);
BOOL CancelIo(HANDLE hFile);
BOOL CancelIoEx(HANDLE hFile, OVERLAPPED *lpOverlapped);
int WSAIoctl(SOCKET s, DWORD dwIoControlCode, LPCVOID lpvInBuffer, DWORD cbInBuffer, LPVOID lpvOutBuffer, DWORD cbOutBuffer, LPDWORD lpcbBytesReturned, OVERLAPPED *lpOverlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
int WSASendMsg(SOCKET s, WSAMSG *lpMsg, DWORD dwFlags, LPDWORD lpNumberOfBytesSent, OVERLAPPED *lpOverlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
BOOL SetFileCompletionNotificationModes(HANDLE FileHandle, BYTE Flags);
int WSARecv(SOCKET s, WSABUF *lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesRecvd, LPDWORD lpFlags, OVERLAPPED *lpOverlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
int WSARecvFrom(SOCKET s, WSABUF *lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesRecvd, LPDWORD lpFlags, SOCKADDR *lpFrom, int *lpFromlen, OVERLAPPED *lpOverlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
BOOL GetOverlappedResult(HANDLE hFile, const OVERLAPPED *lpOverlapped, LPDWORD lpNumberOfBytesTransferred, BOOL bWait);
BOOL GetOverlappedResultEx(HANDLE hFile, const OVERLAPPED *lpOverlapped, LPDWORD lpNumberOfBytesTransferred, DWORD dwMilliseconds, BOOL bAlertable);
BOOL WSAGetOverlappedResult(SOCKET s, const OVERLAPPED *lpOverlapped, LPDWORD lpcbTransfer, BOOL fWait, LPDWORD lpdwFlags);
int WSASend(SOCKET s, const WSABUF *lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent, DWORD dwFlags, OVERLAPPED *lpOverlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
int WSASendTo(SOCKET s, const WSABUF *lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent, DWORD dwFlags, const SOCKADDR *lpTo, int iTolen, OVERLAPPED *lpOverlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
BOOL TransmitFile(SOCKET hSocket, HANDLE hFile, DWORD nNumberOfBytesToWrite, DWORD nNumberOfBytesPerSend, OVERLAPPED *lpOverlapped, const TRANSMIT_FILE_BUFFERS *lpTransmitBuffers, DWORD dwReserved);
WHARF_END

#endif
