/* Microsoft's formats of printf and scanf, rewritten for the C library.
 *
 * | Microsoft | C library | because |
 * |---|---|---|
 * | %ld %lu %lx | %d %u %x | `long` has 32 bits there: these print a DWORD or a LONG |
 * | %I64d %I32d %Id | %lld %d %zd | |
 * | %S %C | %ls %lc, in wide functions %s %c | a string of the other width |
 * | %hs %hc %ws %wc | %s %c %ls %lc | |
 * | %s %c in wide functions | %ls %lc | a string of the function's own width |
 * | %p in printf | %016llX | sixteen capital digits, no 0x |
 */
#ifndef WHARF_CRT_FORMAT_H
#define WHARF_CRT_FORMAT_H
#pragma GCC system_header
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* The widest a conversion becomes: "%p" grows by six. */
#define WHARF_FORMAT_GROWTH 7
#define WHARF_FORMAT_ROOM 512

#define WHARF_REWRITE(NAME, CHARACTER, WIDE)                                                                           \
    static inline void NAME(const CHARACTER *from, CHARACTER *to, int scanning)                                        \
    {                                                                                                                  \
        while (*from) {                                                                                                \
            CHARACTER conversion;                                                                                      \
            int longs = 0, shorts = 0, wides = 0, size = 0;                                                            \
            const char *digits;                                                                                        \
            if (*from != '%') {                                                                                        \
                *to++ = *from++;                                                                                       \
                continue;                                                                                              \
            }                                                                                                          \
            *to++ = *from++;                                                                                           \
            while (*from && (*from == '-' || *from == '+' || *from == ' ' || *from == '#' || *from == '.' ||           \
                             *from == '*' || (*from >= '0' && *from <= '9')))                                          \
                *to++ = *from++;                                                                                       \
            for (;; from++) {                                                                                          \
                if (*from == 'l')                                                                                      \
                    longs++;                                                                                           \
                else if (*from == 'h')                                                                                 \
                    shorts++;                                                                                          \
                else if (*from == 'w')                                                                                 \
                    wides++;                                                                                           \
                else if (*from == 'I' && from[1] == '6' && from[2] == '4')                                             \
                    longs = 2, from += 2;                                                                              \
                else if (*from == 'I' && from[1] == '3' && from[2] == '2')                                             \
                    from += 2;                                                                                         \
                else if (*from == 'I' || *from == 'z')                                                                 \
                    size = 'z';                                                                                        \
                else if (*from == 'j' || *from == 't' || *from == 'L')                                                 \
                    size = (int)*from;                                                                                 \
                else                                                                                                   \
                    break;                                                                                             \
            }                                                                                                          \
            conversion = *from;                                                                                        \
            if (!conversion)                                                                                           \
                break;                                                                                                 \
            from++;                                                                                                    \
            if (conversion == 's' || conversion == 'c' || conversion == 'S' || conversion == 'C' || conversion == '[') {\
                int other = conversion == 'S' || conversion == 'C';                                                    \
                int wide = longs || wides ? 1 : shorts ? 0 : other ? !WIDE : WIDE;                                     \
                if (wide)                                                                                              \
                    *to++ = 'l';                                                                                       \
                *to++ = conversion == 'S' ? 's' : conversion == 'C' ? 'c' : conversion;                                \
                continue;                                                                                              \
            }                                                                                                          \
            if (conversion == 'p' && !scanning) {                                                                      \
                for (digits = "016llX"; *digits; digits++)                                                             \
                    *to++ = (CHARACTER)*digits;                                                                        \
                continue;                                                                                              \
            }                                                                                                          \
            if (longs >= 2)                                                                                            \
                *to++ = 'l', *to++ = 'l';                                                                              \
            else if (longs && scanning && (conversion == 'f' || conversion == 'g' || conversion == 'e'))               \
                *to++ = 'l'; /* a double */                                                                            \
            for (; shorts > 0; shorts--)                                                                               \
                *to++ = 'h';                                                                                           \
            if (size)                                                                                                  \
                *to++ = (CHARACTER)size;                                                                               \
            *to++ = conversion;                                                                                        \
        }                                                                                                              \
        *to = 0;                                                                                                       \
    }
WHARF_REWRITE(wharf_rewrite, char, 0)
WHARF_REWRITE(wharf_rewrite_wide, wchar_t, 1)
#undef WHARF_REWRITE

/* Runs STATEMENT with `rewritten`; RESULT is -1 without memory. */
#define WHARF_WITH_FORMAT(CHARACTER, LENGTH, REWRITE, FORMAT, SCANNING, RESULT, STATEMENT)                             \
    do {                                                                                                               \
        CHARACTER space[WHARF_FORMAT_ROOM], *rewritten = space;                                                        \
        size_t room = LENGTH(FORMAT) * WHARF_FORMAT_GROWTH + 1;                                                        \
        if (room > WHARF_FORMAT_ROOM)                                                                                  \
            rewritten = (CHARACTER *)malloc(room * sizeof *rewritten);                                                 \
        if (!rewritten) {                                                                                              \
            RESULT = -1;                                                                                               \
            break;                                                                                                     \
        }                                                                                                              \
        REWRITE(FORMAT, rewritten, SCANNING);                                                                          \
        STATEMENT;                                                                                                     \
        if (rewritten != space)                                                                                        \
            free(rewritten);                                                                                           \
    } while (0)
#endif
