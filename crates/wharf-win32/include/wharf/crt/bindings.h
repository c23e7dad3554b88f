/* printf and scanf as Microsoft's run-time library reads their formats: the C library's names are bound to functions
 * that rewrite the format first (print.h, scan.h), so that std::printf and members called printf stay what they are,
 * where a macro would break them. Comes before stdio.h and wchar.h declare the names. */
#ifndef WHARF_CRT_BINDINGS_H
#define WHARF_CRT_BINDINGS_H
#pragma GCC system_header

#include <stdarg.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#define WHARF_RESTRICT __restrict
#define WHARF_NOTHROW throw()
#else
#define WHARF_RESTRICT restrict
#define WHARF_NOTHROW
#endif
struct _IO_FILE;

int printf(const char *WHARF_RESTRICT, ...) __asm__("wharf_printf");
int fprintf(struct _IO_FILE *WHARF_RESTRICT, const char *WHARF_RESTRICT, ...) __asm__("wharf_fprintf");
int vprintf(const char *WHARF_RESTRICT, va_list) __asm__("wharf_vprintf");
int vfprintf(struct _IO_FILE *WHARF_RESTRICT, const char *WHARF_RESTRICT, va_list) __asm__("wharf_vfprintf");
int scanf(const char *WHARF_RESTRICT, ...) __asm__("wharf_scanf");
int fscanf(struct _IO_FILE *WHARF_RESTRICT, const char *WHARF_RESTRICT, ...) __asm__("wharf_fscanf");
int wprintf(const wchar_t *WHARF_RESTRICT, ...) __asm__("wharf_wprintf");
int fwprintf(struct _IO_FILE *WHARF_RESTRICT, const wchar_t *WHARF_RESTRICT, ...) __asm__("wharf_fwprintf");
int vwprintf(const wchar_t *WHARF_RESTRICT, va_list) __asm__("wharf_vwprintf");
int vfwprintf(struct _IO_FILE *WHARF_RESTRICT, const wchar_t *WHARF_RESTRICT, va_list) __asm__("wharf_vfwprintf");
int sprintf(char *WHARF_RESTRICT, const char *WHARF_RESTRICT, ...) WHARF_NOTHROW __asm__("wharf_sprintf");
int snprintf(char *WHARF_RESTRICT, size_t, const char *WHARF_RESTRICT, ...) WHARF_NOTHROW __asm__("wharf_snprintf");
int vsprintf(char *WHARF_RESTRICT, const char *WHARF_RESTRICT, va_list) WHARF_NOTHROW __asm__("wharf_vsprintf");
int vsnprintf(char *WHARF_RESTRICT, size_t, const char *WHARF_RESTRICT, va_list) WHARF_NOTHROW __asm__("wharf_vsnprintf");
int sscanf(const char *WHARF_RESTRICT, const char *WHARF_RESTRICT, ...) WHARF_NOTHROW __asm__("wharf_sscanf");
int swprintf(wchar_t *WHARF_RESTRICT, size_t, const wchar_t *WHARF_RESTRICT, ...) WHARF_NOTHROW __asm__("wharf_swprintf");
int vswprintf(wchar_t *WHARF_RESTRICT, size_t, const wchar_t *WHARF_RESTRICT, va_list) WHARF_NOTHROW __asm__("wharf_vswprintf");
int swscanf(const wchar_t *WHARF_RESTRICT, const wchar_t *WHARF_RESTRICT, ...) WHARF_NOTHROW __asm__("wharf_swscanf");
#ifdef __cplusplus
}
#endif
#endif
