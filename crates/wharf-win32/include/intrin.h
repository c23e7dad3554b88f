/* Compiler intrinsics under Microsoft's names. */
#ifndef WHARF_INTRIN_H
#define WHARF_INTRIN_H
#include "wharf/dialect.h"
#include "wharf/interlocked.h"
#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
/* cpuid.h has a macro of this name with other arguments. */
#undef __cpuid
static inline void __cpuid(int registers[4], int leaf)
{
    unsigned a, b, c, d;
    __cpuid_count(leaf, 0, a, b, c, d);
    registers[0] = (int)a, registers[1] = (int)b, registers[2] = (int)c, registers[3] = (int)d;
}
static inline void wharf_cpuidex(int registers[4], int leaf, int subleaf)
{
    unsigned a, b, c, d;
    __cpuid_count(leaf, subleaf, a, b, c, d);
    registers[0] = (int)a, registers[1] = (int)b, registers[2] = (int)c, registers[3] = (int)d;
}
#define __cpuidex wharf_cpuidex
#endif
/* clang has these four itself under -fms-extensions, and lets nobody define them. */
#if defined(__has_builtin)
#if __has_builtin(_BitScanForward)
#define WHARF_HAS_BIT_SCAN
#endif
#endif
#ifndef WHARF_HAS_BIT_SCAN
static inline unsigned char _BitScanForward(DWORD *index, DWORD mask)
{
    if (mask == 0)
        return 0;
    *index = (DWORD)__builtin_ctz(mask);
    return 1;
}
static inline unsigned char _BitScanReverse(DWORD *index, DWORD mask)
{
    if (mask == 0)
        return 0;
    *index = 31U - (DWORD)__builtin_clz(mask);
    return 1;
}
static inline unsigned char _BitScanForward64(DWORD *index, DWORD64 mask)
{
    if (mask == 0)
        return 0;
    *index = (DWORD)__builtin_ctzll(mask);
    return 1;
}
static inline unsigned char _BitScanReverse64(DWORD *index, DWORD64 mask)
{
    if (mask == 0)
        return 0;
    *index = 63U - (DWORD)__builtin_clzll(mask);
    return 1;
}
#endif
#define _byteswap_ushort(value) __builtin_bswap16(value)
#define _byteswap_ulong(value) __builtin_bswap32(value)
#define _byteswap_uint64(value) __builtin_bswap64(value)
#define _ReturnAddress() __builtin_return_address(0)
#define _AddressOfReturnAddress() __builtin_frame_address(0)
#ifndef _rotl
static inline unsigned wharf_rotl(unsigned value, int by) { return value << (by & 31) | value >> (-by & 31); }
static inline unsigned wharf_rotr(unsigned value, int by) { return value >> (by & 31) | value << (-by & 31); }
#define _rotl(value, by) wharf_rotl((value), (by))
#define _rotr(value, by) wharf_rotr((value), (by))
#endif
#endif
