/* Numbers as text, of one kind of characters. */
WHARF_BEGIN
WHARF_INLINE errno_t WHARF_KIND(wharf_put_number_a, wharf_put_number_w)(WHARF_CHAR *to, size_t size,
    unsigned long long value, int radix, int minus)
{
    char digits[66];
    const char *at;
    size_t length, index;
    if (!to || !size)
        return wharf_invalid_parameter(EINVAL);
    to[0] = 0;
    if (radix < 2 || radix > 36)
        return wharf_invalid_parameter(EINVAL);
    at = wharf_digits(digits + sizeof digits, value, radix, minus);
    length = strlen(at);
    if (length >= size)
        return wharf_invalid_parameter(ERANGE);
    for (index = 0; index <= length; index++)
        to[index] = (WHARF_CHAR)at[index];
    return 0;
}
WHARF_INLINE errno_t WHARF_KIND(_itoa_s, _itow_s)(int value, WHARF_CHAR *to, size_t size, int radix)
{
    const int minus = radix == 10 && (int)value < 0;
    const unsigned int plain = (unsigned int)value;
    return WHARF_KIND(wharf_put_number_a, wharf_put_number_w)(to, size, minus ? (unsigned int)(0 - plain) : plain,
        radix, minus);
}
WHARF_INLINE WHARF_CHAR *WHARF_KIND(_itoa, _itow)(int value, WHARF_CHAR *to, int radix)
{
    WHARF_KIND(_itoa_s, _itow_s)(value, to, 66, radix);
    return to;
}
WHARF_INLINE errno_t WHARF_KIND(_ltoa_s, _ltow_s)(long value, WHARF_CHAR *to, size_t size, int radix)
{
    const int minus = radix == 10 && (int)value < 0;
    const unsigned int plain = (unsigned int)value;
    return WHARF_KIND(wharf_put_number_a, wharf_put_number_w)(to, size, minus ? (unsigned int)(0 - plain) : plain,
        radix, minus);
}
WHARF_INLINE WHARF_CHAR *WHARF_KIND(_ltoa, _ltow)(long value, WHARF_CHAR *to, int radix)
{
    WHARF_KIND(_ltoa_s, _ltow_s)(value, to, 66, radix);
    return to;
}
WHARF_INLINE errno_t WHARF_KIND(_ultoa_s, _ultow_s)(unsigned long value, WHARF_CHAR *to, size_t size, int radix)
{
    return WHARF_KIND(wharf_put_number_a, wharf_put_number_w)(to, size, (unsigned int)value, radix, 0);
}
WHARF_INLINE WHARF_CHAR *WHARF_KIND(_ultoa, _ultow)(unsigned long value, WHARF_CHAR *to, int radix)
{
    WHARF_KIND(_ultoa_s, _ultow_s)(value, to, 66, radix);
    return to;
}
WHARF_INLINE errno_t WHARF_KIND(_i64toa_s, _i64tow_s)(long long value, WHARF_CHAR *to, size_t size, int radix)
{
    const int minus = radix == 10 && (long long)value < 0;
    const unsigned long long plain = (unsigned long long)value;
    return WHARF_KIND(wharf_put_number_a, wharf_put_number_w)(to, size,
        minus ? (unsigned long long)(0 - plain) : plain, radix, minus);
}
WHARF_INLINE WHARF_CHAR *WHARF_KIND(_i64toa, _i64tow)(long long value, WHARF_CHAR *to, int radix)
{
    WHARF_KIND(_i64toa_s, _i64tow_s)(value, to, 66, radix);
    return to;
}
WHARF_INLINE errno_t WHARF_KIND(_ui64toa_s, _ui64tow_s)(unsigned long long value, WHARF_CHAR *to, size_t size,
    int radix)
{
    return WHARF_KIND(wharf_put_number_a, wharf_put_number_w)(to, size, (unsigned long long)value, radix, 0);
}
WHARF_INLINE WHARF_CHAR *WHARF_KIND(_ui64toa, _ui64tow)(unsigned long long value, WHARF_CHAR *to, int radix)
{
    WHARF_KIND(_ui64toa_s, _ui64tow_s)(value, to, 66, radix);
    return to;
}
WHARF_END

#ifdef __cplusplus
extern "C++" {
template <size_t N> inline errno_t WHARF_KIND(_itoa_s, _itow_s)(int value, WHARF_CHAR (&to)[N], int radix)
{
    return WHARF_KIND(_itoa_s, _itow_s)(value, to, N, radix);
}
template <size_t N> inline errno_t WHARF_KIND(_ltoa_s, _ltow_s)(long value, WHARF_CHAR (&to)[N], int radix)
{
    return WHARF_KIND(_ltoa_s, _ltow_s)(value, to, N, radix);
}
template <size_t N> inline errno_t WHARF_KIND(_ultoa_s, _ultow_s)(unsigned long value, WHARF_CHAR (&to)[N], int radix)
{
    return WHARF_KIND(_ultoa_s, _ultow_s)(value, to, N, radix);
}
template <size_t N> inline errno_t WHARF_KIND(_i64toa_s, _i64tow_s)(long long value, WHARF_CHAR (&to)[N], int radix)
{
    return WHARF_KIND(_i64toa_s, _i64tow_s)(value, to, N, radix);
}
template <size_t N> inline errno_t WHARF_KIND(_ui64toa_s, _ui64tow_s)(unsigned long long value,
    WHARF_CHAR (&to)[N], int radix)
{
    return WHARF_KIND(_ui64toa_s, _ui64tow_s)(value, to, N, radix);
}
}
#endif
