/* Strings that know the size of their buffer. */
#ifndef _STRSAFE_H_INCLUDED_
#define _STRSAFE_H_INCLUDED_

#include <wharf/all.h>
#include <wharf/crt.h>

#define STRSAFE_MAX_CCH 2147483647
#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007Au)
#define STRSAFE_E_INVALID_PARAMETER ((HRESULT)0x80070057u)
#define STRSAFE_E_END_OF_FILE ((HRESULT)0x80070026u)
#ifndef S_OK
#define S_OK ((HRESULT)0)
#define S_FALSE ((HRESULT)1)
#endif
#ifndef SUCCEEDED
#define SUCCEEDED(hr) ((HRESULT)(hr) >= 0)
#define FAILED(hr) ((HRESULT)(hr) < 0)
#endif

#include <wharf/kind/narrow.h>
#include <wharf/kind/strsafe.h>
#include <wharf/kind/end.h>
#include <wharf/kind/wide.h>
#include <wharf/kind/strsafe.h>
#include <wharf/kind/end.h>

#ifdef UNICODE
#define WHARF_STRSAFE(name) name##W
#else
#define WHARF_STRSAFE(name) name##A
#endif
#define StringCchCopyN WHARF_STRSAFE(StringCchCopyN)
#define StringCchCopy WHARF_STRSAFE(StringCchCopy)
#define StringCchCatN WHARF_STRSAFE(StringCchCatN)
#define StringCchCat WHARF_STRSAFE(StringCchCat)
#define StringCchLength WHARF_STRSAFE(StringCchLength)
#define StringCchVPrintf WHARF_STRSAFE(StringCchVPrintf)
#define StringCchPrintf WHARF_STRSAFE(StringCchPrintf)
#define StringCbCopy WHARF_STRSAFE(StringCbCopy)
#define StringCbCopyN WHARF_STRSAFE(StringCbCopyN)
#define StringCbCat WHARF_STRSAFE(StringCbCat)
#define StringCbCatN WHARF_STRSAFE(StringCbCatN)
#define StringCbLength WHARF_STRSAFE(StringCbLength)
#define StringCbVPrintf WHARF_STRSAFE(StringCbVPrintf)
#define StringCbPrintf WHARF_STRSAFE(StringCbPrintf)

#endif
