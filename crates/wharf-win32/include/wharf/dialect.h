/* What Microsoft's compiler knows as words of the language, and gcc and clang do not. Comes before every source that
 * `wharf cc` and `wharf c++` compile. */
#ifndef WHARF_DIALECT_H
#define WHARF_DIALECT_H

#include "first.h"

#if !defined(__clang__)
#ifndef __declspec
#define __declspec(what) wharf_declspec_##what
#define wharf_declspec_align(n) __attribute__((aligned(n)))
#define wharf_declspec_allocate(name)
#define wharf_declspec_allocator
#define wharf_declspec_code_seg(name)
#define wharf_declspec_deprecated __attribute__((deprecated))
#define wharf_declspec_dllexport __attribute__((visibility("default")))
#define wharf_declspec_dllimport
#define wharf_declspec_empty_bases
#define wharf_declspec_naked __attribute__((naked))
#define wharf_declspec_noalias
#define wharf_declspec_noinline __attribute__((noinline))
#define wharf_declspec_noreturn __attribute__((noreturn))
#define wharf_declspec_nothrow __attribute__((nothrow))
#define wharf_declspec_novtable
#define wharf_declspec_restrict
#define wharf_declspec_safebuffers
#define wharf_declspec_selectany __attribute__((weak))
#ifdef __cplusplus
#define wharf_declspec_thread thread_local
#else
#define wharf_declspec_thread _Thread_local
#endif
#define wharf_declspec_uuid(text)
#endif
#endif

#if !defined(__clang__)
#ifndef __int64
#define __int64 long long
#endif
#ifndef __int32
#define __int32 int
#endif
#ifndef __int16
#define __int16 short
#endif
#ifndef __int8
#define __int8 char
#endif
#endif

/* A word of the language there, and of clang's -fms-extensions. */
#if !defined(__debugbreak) && !(defined(__clang__) && __has_builtin(__debugbreak))
#if defined(__x86_64__)
#define __debugbreak() __asm__ volatile("int3")
#elif defined(__aarch64__)
#define __debugbreak() __asm__ volatile("brk #0xf000")
#else
#define __debugbreak() __builtin_trap()
#endif
#endif

/* One calling convention for all. clang knows the words, and warns that they do nothing. */
#ifndef __stdcall
#define __stdcall
#endif
#ifndef __cdecl
#define __cdecl
#endif
#ifndef __fastcall
#define __fastcall
#endif
#ifndef __thiscall
#define __thiscall
#endif
#ifndef __vectorcall
#define __vectorcall
#endif
#ifndef _cdecl
#define _cdecl
#endif
#ifndef _stdcall
#define _stdcall
#endif
#ifndef __clrcall
#define __clrcall
#endif

#ifndef __forceinline
#define __forceinline inline __attribute__((always_inline))
#endif
#ifndef _inline
#define _inline inline
#endif
#ifndef __ptr64
#define __ptr64
#endif
#ifndef __ptr32
#define __ptr32
#endif
#ifndef __w64
#define __w64
#endif
#ifndef __unaligned
#define __unaligned
#endif
#ifndef __assume
#define __assume(holds) ((holds) ? (void)0 : __builtin_unreachable())
#endif
#ifndef __noop
#define __noop(...) ((void)0)
#endif
#ifndef __FUNCSIG__
#define __FUNCSIG__ __PRETTY_FUNCTION__
#endif
#ifndef __pragma
#define __pragma(...)
#endif

#endif
