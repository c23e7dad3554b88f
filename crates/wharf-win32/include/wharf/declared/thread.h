/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_THREAD_H
#define WHARF_DECLARED_THREAD_H

WHARF_BEGIN
ULONG_PTR SetThreadAffinityMask(HANDLE hThread, ULONG_PTR dwThreadAffinityMask);
BOOL SetThreadGroupAffinity(HANDLE hThread, const GROUP_AFFINITY *GroupAffinity, GROUP_AFFINITY *PreviousGroupAffinity);
BOOL GetThreadGroupAffinity(HANDLE hThread, GROUP_AFFINITY *GroupAffinity);
DWORD SetThreadIdealProcessor(HANDLE hThread, DWORD dwIdealProcessor);
BOOL SetThreadIdealProcessorEx(HANDLE hThread, const PROCESSOR_NUMBER *lpIdealProcessor, PROCESSOR_NUMBER *lpPreviousIdealProcessor);
BOOL GetThreadIdealProcessorEx(HANDLE hThread, PROCESSOR_NUMBER *lpIdealProcessor);
HANDLE CreateThread(const SECURITY_ATTRIBUTES *lpThreadAttributes, ULONG_PTR dwStackSize, LPTHREAD_START_ROUTINE lpStartAddress, LPCVOID lpParameter, DWORD dwCreationFlags, LPDWORD lpThreadId);
DECLSPEC_NORETURN void ExitThread(DWORD dwExitCode);
BOOL TerminateThread(HANDLE hThread, DWORD dwExitCode);
BOOL GetExitCodeThread(HANDLE hThread, LPDWORD lpExitCode);
DWORD FlsAlloc(PFLS_CALLBACK_FUNCTION lpCallback);
BOOL FlsFree(DWORD dwFlsIndex);
LPVOID FlsGetValue(DWORD dwFlsIndex);
BOOL FlsSetValue(DWORD dwFlsIndex, LPCVOID lpFlsData);
BOOL DuplicateHandle(HANDLE hSourceProcessHandle, HANDLE hSourceHandle, HANDLE hTargetProcessHandle, HANDLE *lpTargetHandle, DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwOptions);
BOOL GetHandleInformation(HANDLE hObject, LPDWORD lpdwFlags);
BOOL SetHandleInformation(HANDLE hObject, DWORD dwMask, DWORD dwFlags);
BOOL CompareObjectHandles(HANDLE hFirstObjectHandle, HANDLE hSecondObjectHandle);
HANDLE GetCurrentThread(void);
DWORD GetCurrentThreadId(void);
DWORD GetThreadId(HANDLE Thread);
DWORD GetProcessIdOfThread(HANDLE Thread);
HANDLE OpenThread(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwThreadId);
int SetThreadDescription(HANDLE hThread, LPCWSTR lpThreadDescription);
int GetThreadDescription(HANDLE hThread, LPWSTR *ppszThreadDescription);
BOOL SetThreadPriority(HANDLE hThread, int nPriority);
int GetThreadPriority(HANDLE hThread);
BOOL SetThreadPriorityBoost(HANDLE hThread, BOOL bDisablePriorityBoost);
BOOL GetThreadPriorityBoost(HANDLE hThread, BOOL *pDisablePriorityBoost);
HANDLE GetCurrentProcess(void);
DWORD GetCurrentProcessId(void);
DWORD GetProcessId(HANDLE hProcess);
HANDLE OpenProcess(DWORD access, BOOL inherit, DWORD dwProcessId);
BOOL GetExitCodeProcess(HANDLE hProcess, LPDWORD lpExitCode);
BOOL TerminateProcess(HANDLE hProcess, DWORD uExitCode);
DECLSPEC_NORETURN void ExitProcess(DWORD uExitCode);
ULONG_PTR _beginthreadex(LPVOID security, DWORD stack_size, _beginthreadex_proc_type start_address, LPVOID arglist, DWORD initflag, LPDWORD thrdaddr);
ULONG_PTR _beginthread(_beginthread_proc_type start_address, DWORD stack_size, LPVOID arglist);
DECLSPEC_NORETURN void _endthreadex(DWORD retval);
DECLSPEC_NORETURN void _endthread(void);
void Sleep(DWORD dwMilliseconds);
DWORD SleepEx(DWORD dwMilliseconds, BOOL bAlertable);
BOOL SwitchToThread(void);
DWORD QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData);
DWORD SuspendThread(HANDLE hThread);
DWORD ResumeThread(HANDLE hThread);
BOOL CancelSynchronousIo(HANDLE hThread);
DWORD TlsAlloc(void);
BOOL TlsFree(DWORD dwTlsIndex);
LPVOID TlsGetValue(DWORD dwTlsIndex);
BOOL TlsSetValue(DWORD dwTlsIndex, LPCVOID lpTlsValue);
WHARF_END

#endif
