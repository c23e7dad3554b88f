/* Strings with a size that is always kept; see Microsoft's strsafe.h. Cch counts characters, Cb bytes. */
#ifndef WHARF_STRSAFE_H
#define WHARF_STRSAFE_H
#include "wharf/base.h"
#include "wharf/errors.h"
#include "wharf/crt/secure.h"

#define STRSAFE_MAX_CCH 2147483647
#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007A)
#define STRSAFE_E_INVALID_PARAMETER ((HRESULT)0x80070057)
#define STRSAFE_E_END_OF_FILE ((HRESULT)0x80070026)

#define WHARF_STRSAFE(LETTER, CHARACTER, NLENGTH, VSC, PRINT)                                                          \
    static inline HRESULT StringCchLength##LETTER(const CHARACTER *text, size_t room, size_t *length)                  \
    {                                                                                                                  \
        size_t used = text && room <= STRSAFE_MAX_CCH ? NLENGTH(text, room) : room;                                    \
        if (length)                                                                                                    \
            *length = used < room ? used : 0;                                                                          \
        return used < room ? S_OK : STRSAFE_E_INVALID_PARAMETER;                                                       \
    }                                                                                                                  \
    static inline HRESULT StringCchCopyN##LETTER(CHARACTER *to, size_t room, const CHARACTER *from, size_t count)      \
    {                                                                                                                  \
        size_t length, kept;                                                                                           \
        if (!to || room == 0 || room > STRSAFE_MAX_CCH)                                                                \
            return STRSAFE_E_INVALID_PARAMETER;                                                                        \
        length = NLENGTH(from, count < room ? count : room);                                                           \
        kept = length < room ? length : room - 1;                                                                      \
        memcpy(to, from, kept * sizeof *to);                                                                           \
        to[kept] = 0;                                                                                                  \
        return length < room ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;                                                   \
    }                                                                                                                  \
    static inline HRESULT StringCchCopy##LETTER(CHARACTER *to, size_t room, const CHARACTER *from)                     \
    {                                                                                                                  \
        return StringCchCopyN##LETTER(to, room, from, STRSAFE_MAX_CCH);                                                \
    }                                                                                                                  \
    static inline HRESULT StringCchCatN##LETTER(CHARACTER *to, size_t room, const CHARACTER *from, size_t count)       \
    {                                                                                                                  \
        size_t used = to && room <= STRSAFE_MAX_CCH ? NLENGTH(to, room) : room;                                        \
        if (used == room)                                                                                              \
            return STRSAFE_E_INVALID_PARAMETER;                                                                        \
        return StringCchCopyN##LETTER(to + used, room - used, from, count);                                            \
    }                                                                                                                  \
    static inline HRESULT StringCchCat##LETTER(CHARACTER *to, size_t room, const CHARACTER *from)                      \
    {                                                                                                                  \
        return StringCchCatN##LETTER(to, room, from, STRSAFE_MAX_CCH);                                                 \
    }                                                                                                                  \
    static inline HRESULT StringCchVPrintf##LETTER(CHARACTER *to, size_t room, const CHARACTER *format, va_list list)  \
    {                                                                                                                  \
        if (!to || room == 0 || room > STRSAFE_MAX_CCH)                                                                \
            return STRSAFE_E_INVALID_PARAMETER;                                                                        \
        return PRINT(to, room, _TRUNCATE, format, list) >= 0 ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;                   \
    }                                                                                                                  \
    static inline HRESULT StringCchPrintf##LETTER(CHARACTER *to, size_t room, const CHARACTER *format, ...)            \
        WHARF_VARIADIC(StringCchVPrintf##LETTER(to, room, format, list))                                               \
    static inline HRESULT StringCbLength##LETTER(const CHARACTER *text, size_t room, size_t *length)                   \
    {                                                                                                                  \
        HRESULT result = StringCchLength##LETTER(text, room / sizeof *text, length);                                   \
        if (length)                                                                                                    \
            *length *= sizeof *text;                                                                                   \
        return result;                                                                                                 \
    }                                                                                                                  \
    static inline HRESULT StringCbCopy##LETTER(CHARACTER *to, size_t room, const CHARACTER *from)                      \
    {                                                                                                                  \
        return StringCchCopy##LETTER(to, room / sizeof *to, from);                                                     \
    }                                                                                                                  \
    static inline HRESULT StringCbCopyN##LETTER(CHARACTER *to, size_t room, const CHARACTER *from, size_t count)       \
    {                                                                                                                  \
        return StringCchCopyN##LETTER(to, room / sizeof *to, from, count / sizeof *to);                                \
    }                                                                                                                  \
    static inline HRESULT StringCbCat##LETTER(CHARACTER *to, size_t room, const CHARACTER *from)                       \
    {                                                                                                                  \
        return StringCchCat##LETTER(to, room / sizeof *to, from);                                                      \
    }                                                                                                                  \
    static inline HRESULT StringCbVPrintf##LETTER(CHARACTER *to, size_t room, const CHARACTER *format, va_list list)   \
    {                                                                                                                  \
        return StringCchVPrintf##LETTER(to, room / sizeof *to, format, list);                                          \
    }                                                                                                                  \
    static inline HRESULT StringCbPrintf##LETTER(CHARACTER *to, size_t room, const CHARACTER *format, ...)             \
        WHARF_VARIADIC(StringCchVPrintf##LETTER(to, room / sizeof *to, format, list))
#ifdef __GNUC__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
WHARF_STRSAFE(A, char, strnlen_s, _vscprintf, _vsnprintf_s)
WHARF_STRSAFE(W, wchar_t, wcsnlen_s, _vscwprintf, _vsnwprintf_s)
#ifdef __GNUC__
#pragma GCC diagnostic pop
#endif
#undef WHARF_STRSAFE
#ifdef UNICODE
#define StringCchLength StringCchLengthW
#define StringCchCopyN StringCchCopyNW
#define StringCchCopy StringCchCopyW
#define StringCchCatN StringCchCatNW
#define StringCchCat StringCchCatW
#define StringCchVPrintf StringCchVPrintfW
#define StringCchPrintf StringCchPrintfW
#define StringCbLength StringCbLengthW
#define StringCbCopy StringCbCopyW
#define StringCbCopyN StringCbCopyNW
#define StringCbCat StringCbCatW
#define StringCbVPrintf StringCbVPrintfW
#define StringCbPrintf StringCbPrintfW
#else
#define StringCchLength StringCchLengthA
#define StringCchCopyN StringCchCopyNA
#define StringCchCopy StringCchCopyA
#define StringCchCatN StringCchCatNA
#define StringCchCat StringCchCatA
#define StringCchVPrintf StringCchVPrintfA
#define StringCchPrintf StringCchPrintfA
#define StringCbLength StringCbLengthA
#define StringCbCopy StringCbCopyA
#define StringCbCopyN StringCbCopyNA
#define StringCbCat StringCbCatA
#define StringCbVPrintf StringCbVPrintfA
#define StringCbPrintf StringCbPrintfA
#endif
#endif
