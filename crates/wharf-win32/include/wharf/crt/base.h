/* What every part of Microsoft's C library speaks of. */
#ifndef WHARF_CRT_BASE_H
#define WHARF_CRT_BASE_H

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#ifndef WHARF_BEGIN
#ifdef __cplusplus
#define WHARF_BEGIN extern "C" {
#define WHARF_END }
#else
#define WHARF_BEGIN
#define WHARF_END
#endif
#endif

#ifndef WHARF_INLINE
#ifdef __cplusplus
#define WHARF_INLINE inline
#else
#define WHARF_INLINE static __inline__ __attribute__((unused))
#endif
#endif

/* As the C library says it of its functions. */
#if !defined(__cplusplus)
#define WHARF_NOTHROW
#elif __cplusplus >= 201103L
#define WHARF_NOTHROW noexcept(true)
#else
#define WHARF_NOTHROW throw()
#endif

typedef int errno_t;
typedef size_t rsize_t;
#define _TRUNCATE ((size_t)-1)
#define STRUNCATE 80

#ifdef __cplusplus
extern "C++" {
template <class T, size_t N> char (&wharf_count(T (&)[N]))[N];
}
#define _countof(array) (sizeof(::wharf_count(array)))
#else
#define _countof(array) (sizeof(array) / sizeof((array)[0]))
#endif

WHARF_BEGIN
/* Gets null and 0: only a debug library knows more. Without a handler an invalid parameter ends the program. */
typedef void (*_invalid_parameter_handler)(const wchar_t *expression, const wchar_t *function, const wchar_t *file,
    unsigned int line, uintptr_t reserved);
_invalid_parameter_handler _set_invalid_parameter_handler(_invalid_parameter_handler handler);
_invalid_parameter_handler _get_invalid_parameter_handler(void);
/* Tells the handler, sets errno, and answers it. */
errno_t wharf_invalid_parameter(errno_t error);
WHARF_END

#endif
