/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_TIME_H
#define WHARF_DECLARED_TIME_H

WHARF_BEGIN
DWORD GetTickCount(void);
ULONGLONG GetTickCount64(void);
DWORD timeGetTime(void);
DWORD timeBeginPeriod(DWORD period);
DWORD timeEndPeriod(DWORD period);
DWORD timeGetDevCaps(TIMECAPS *caps, DWORD size);
BOOL QueryPerformanceCounter(LARGE_INTEGER *count);
BOOL QueryPerformanceFrequency(LARGE_INTEGER *frequency);
BOOL QueryUnbiasedInterruptTime(PULONGLONG time);
BOOL FileTimeToSystemTime(const FILETIME *from, SYSTEMTIME *to);
BOOL SystemTimeToFileTime(const SYSTEMTIME *from, FILETIME *to);
BOOL FileTimeToLocalFileTime(const FILETIME *from, FILETIME *to);
BOOL LocalFileTimeToFileTime(const FILETIME *from, FILETIME *to);
int CompareFileTime(const FILETIME *one, const FILETIME *other);
int SystemTimeToVariantTime(const SYSTEMTIME *from, double *to);
int VariantTimeToSystemTime(double date, SYSTEMTIME *to);
void GetSystemTimeAsFileTime(FILETIME *time);
void GetSystemTimePreciseAsFileTime(FILETIME *time);
void GetSystemTime(SYSTEMTIME *date);
void GetLocalTime(SYSTEMTIME *date);
BOOL GetProcessTimes(HANDLE process, FILETIME *creation, FILETIME *exit, FILETIME *kernel, FILETIME *user);
BOOL GetThreadTimes(HANDLE thread, FILETIME *creation, FILETIME *exit, FILETIME *kernel, FILETIME *user);
BOOL GetSystemTimes(FILETIME *idle, FILETIME *kernel, FILETIME *user);
DWORD GetTimeZoneInformation(TIME_ZONE_INFORMATION *zone);
BOOL SystemTimeToTzSpecificLocalTime(const TIME_ZONE_INFORMATION *zone, const SYSTEMTIME *from, SYSTEMTIME *to);
BOOL TzSpecificLocalTimeToSystemTime(const TIME_ZONE_INFORMATION *zone, const SYSTEMTIME *from, SYSTEMTIME *to);
WHARF_END

#endif
