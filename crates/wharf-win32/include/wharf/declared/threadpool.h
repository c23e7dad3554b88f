/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_THREADPOOL_H
#define WHARF_DECLARED_THREADPOOL_H

WHARF_BEGIN
PTP_POOL CreateThreadpool(LPVOID reserved);
BOOL SetThreadpoolThreadMinimum(PTP_POOL ptpp, DWORD cthrdMic);
void SetThreadpoolThreadMaximum(PTP_POOL ptpp, DWORD cthrdMost);
BOOL SetThreadpoolStackInformation(PTP_POOL ptpp, TP_POOL_STACK_INFORMATION *ptpsi);
BOOL QueryThreadpoolStackInformation(PTP_POOL ptpp, TP_POOL_STACK_INFORMATION *ptpsi);
void CloseThreadpool(PTP_POOL ptpp);
PTP_CLEANUP_GROUP CreateThreadpoolCleanupGroup(void);
void CloseThreadpoolCleanupGroupMembers(PTP_CLEANUP_GROUP ptpcg, BOOL fCancelPendingCallbacks, LPVOID pvCleanupContext);
void CloseThreadpoolCleanupGroup(PTP_CLEANUP_GROUP ptpcg);
PTP_IO CreateThreadpoolIo(HANDLE fl, PTP_WIN32_IO_CALLBACK pfnio, LPVOID pv, const TP_CALLBACK_ENVIRON_V3 *pcbe);
void StartThreadpoolIo(PTP_IO pio);
void CancelThreadpoolIo(PTP_IO pio);
void WaitForThreadpoolIoCallbacks(PTP_IO pio, BOOL fCancelPendingCallbacks);
void CloseThreadpoolIo(PTP_IO pio);
BOOL BindIoCompletionCallback(HANDLE FileHandle, LPOVERLAPPED_COMPLETION_ROUTINE Function, DWORD Flags);
BOOL CallbackMayRunLong(PTP_CALLBACK_INSTANCE pci);
void DisassociateCurrentThreadFromCallback(PTP_CALLBACK_INSTANCE pci);
void SetEventWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE evt);
void ReleaseSemaphoreWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE sem, DWORD crel);
void ReleaseMutexWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE mutex);
void LeaveCriticalSectionWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, CRITICAL_SECTION *pcs);
void FreeLibraryWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE module);
PTP_TIMER CreateThreadpoolTimer(PTP_TIMER_CALLBACK pfnti, LPVOID pv, const TP_CALLBACK_ENVIRON_V3 *pcbe);
void SetThreadpoolTimer(PTP_TIMER pti, FILETIME *pftDueTime, DWORD msPeriod, DWORD msWindowLength);
BOOL SetThreadpoolTimerEx(PTP_TIMER pti, FILETIME *pftDueTime, DWORD msPeriod, DWORD msWindowLength);
BOOL IsThreadpoolTimerSet(PTP_TIMER pti);
void WaitForThreadpoolTimerCallbacks(PTP_TIMER pti, BOOL fCancelPendingCallbacks);
void CloseThreadpoolTimer(PTP_TIMER pti);
PTP_WAIT CreateThreadpoolWait(PTP_WAIT_CALLBACK pfnwa, LPVOID pv, const TP_CALLBACK_ENVIRON_V3 *pcbe);
void SetThreadpoolWait(PTP_WAIT pwa, HANDLE h, FILETIME *pftTimeout);
BOOL SetThreadpoolWaitEx(PTP_WAIT pwa, HANDLE h, FILETIME *pftTimeout, LPVOID Reserved);
void WaitForThreadpoolWaitCallbacks(PTP_WAIT pwa, BOOL fCancelPendingCallbacks);
void CloseThreadpoolWait(PTP_WAIT pwa);
PTP_WORK CreateThreadpoolWork(PTP_WORK_CALLBACK pfnwk, LPVOID pv, const TP_CALLBACK_ENVIRON_V3 *pcbe);
void SubmitThreadpoolWork(PTP_WORK pwk);
void WaitForThreadpoolWorkCallbacks(PTP_WORK pwk, BOOL fCancelPendingCallbacks);
void CloseThreadpoolWork(PTP_WORK pwk);
BOOL TrySubmitThreadpoolCallback(PTP_SIMPLE_CALLBACK pfns, LPVOID pv, const TP_CALLBACK_ENVIRON_V3 *pcbe);
WHARF_END

#endif
