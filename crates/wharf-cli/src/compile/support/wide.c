/* Linked into programs that print wide characters by C's functions: they and the narrow ones go to one stream in the
 * order of the calls, as on Windows. The C library fixes a stream to one width at its first use, and drops the other.
 *
 * Formats are Windows': in a wide one, %s and %c are wide and %S and %C are narrow; %I64d is a number of 64 bits. */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

/* Writes letters as UTF-8. */
static int wharf_put(FILE *file, const wchar_t *letters, size_t count)
{
    size_t at;
    for (at = 0; at < count; at++) {
        const unsigned long code = (unsigned long)letters[at];
        char bytes[4];
        size_t length = 0;
        if (code < 0x80) {
            bytes[length++] = (char)code;
        } else if (code < 0x800) {
            bytes[length++] = (char)(0xc0 | code >> 6);
            bytes[length++] = (char)(0x80 | (code & 0x3f));
        } else if (code < 0x10000) {
            bytes[length++] = (char)(0xe0 | code >> 12);
            bytes[length++] = (char)(0x80 | (code >> 6 & 0x3f));
            bytes[length++] = (char)(0x80 | (code & 0x3f));
        } else {
            bytes[length++] = (char)(0xf0 | (code >> 18 & 0x07));
            bytes[length++] = (char)(0x80 | (code >> 12 & 0x3f));
            bytes[length++] = (char)(0x80 | (code >> 6 & 0x3f));
            bytes[length++] = (char)(0x80 | (code & 0x3f));
        }
        if (fwrite(bytes, 1, length, file) != length)
            return -1;
    }
    return 0;
}

/* A format of Windows as one of this library; freed by the caller. */
static wchar_t *wharf_format(const wchar_t *format)
{
    /* No conversion grows by more than a letter. */
    wchar_t *copy = (wchar_t *)malloc((2 * wcslen(format) + 1) * sizeof *copy);
    wchar_t *to = copy;
    if (!copy)
        return NULL;
    while (*format) {
        int is_long = 0, is_short = 0;
        *to++ = *format;
        if (*format++ != L'%')
            continue;
        while (*format && wcschr(L"-+ #0123456789.*", *format))
            *to++ = *format++;
        for (;;) {
            if (*format == L'I' && format[1] == L'6' && format[2] == L'4') {
                *to++ = L'l';
                *to++ = L'l';
                format += 3;
            } else if (*format == L'I' && format[1] == L'3' && format[2] == L'2') {
                format += 3;
            } else if (*format == L'I') {
                *to++ = L'z';
                format++;
            } else if (*format == L'w') {
                is_long = 1;
                format++;
            } else if (*format == L'h' && (format[1] == L's' || format[1] == L'S' || format[1] == L'c' || format[1] == L'C')) {
                is_short = 1;
                format++;
            } else if (*format && wcschr(L"hlLjzt", *format)) {
                is_long |= *format == L'l';
                if (*format != L'l' || !(format[1] == L's' || format[1] == L'S' || format[1] == L'c' || format[1] == L'C'))
                    *to++ = *format;
                format++;
            } else {
                break;
            }
        }
        if (*format == L's' || *format == L'c' || *format == L'S' || *format == L'C') {
            const int plain_is_wide = *format == L's' || *format == L'c';
            if (is_long || (!is_short && plain_is_wide))
                *to++ = L'l';
            *to++ = *format == L's' || *format == L'S' ? L's' : L'c';
            format++;
        }
    }
    *to = 0;
    return copy;
}

int vfwprintf(FILE *file, const wchar_t *format, va_list arguments)
{
    wchar_t *ours = wharf_format(format);
    size_t room = 256;
    int result = -1;
    while (ours && room <= (size_t)INT_MAX / sizeof(wchar_t)) {
        va_list again;
        wchar_t *letters = (wchar_t *)malloc(room * sizeof *letters);
        if (!letters)
            break;
        va_copy(again, arguments);
        result = vswprintf(letters, room, ours, again);
        va_end(again);
        if (result >= 0 && wharf_put(file, letters, (size_t)result) != 0)
            result = -1;
        else if (result < 0 && room < (size_t)1 << 24) {
            /* Too long, or not to be written at all: the largest room tells. */
            free(letters);
            room *= 4;
            continue;
        }
        free(letters);
        break;
    }
    free(ours);
    return result;
}

int vwprintf(const wchar_t *format, va_list arguments)
{
    return vfwprintf(stdout, format, arguments);
}

int fwprintf(FILE *file, const wchar_t *format, ...)
{
    va_list arguments;
    int result;
    va_start(arguments, format);
    result = vfwprintf(file, format, arguments);
    va_end(arguments);
    return result;
}

int wprintf(const wchar_t *format, ...)
{
    va_list arguments;
    int result;
    va_start(arguments, format);
    result = vfwprintf(stdout, format, arguments);
    va_end(arguments);
    return result;
}

int fputws(const wchar_t *letters, FILE *file)
{
    return wharf_put(file, letters, wcslen(letters));
}

wint_t fputwc(wchar_t letter, FILE *file)
{
    return wharf_put(file, &letter, 1) == 0 ? (wint_t)letter : WEOF;
}

wint_t putwc(wchar_t letter, FILE *file)
{
    return fputwc(letter, file);
}

wint_t putwchar(wchar_t letter)
{
    return fputwc(letter, stdout);
}
