/* The C run-time names: what they print and store, and what becomes of a text that does not fit. */
#include <stdio.h>
#include <string.h>
#include <windows.h>
#include <shlwapi.h>
#include <limits.h>
#define CHECK(c) do { if (!(c)) { printf("FAIL %d: %s\n", __LINE__, #c); bad++; } } while (0)
static int calls;
static void handler(const wchar_t *a, const wchar_t *b, const wchar_t *c, unsigned d, uintptr_t e) { (void)a;(void)b;(void)c;(void)d;(void)e; calls++; }
int main(void)
{
    int bad = 0; char b[64]; wchar_t w[64]; DWORD d = 4000000000U; LONG l = -5; LONG64 q = -1234567890123LL; char small[4]; int n; LONG parsed = 7; LONG guard = 99; char word[8]; char c;
    _set_invalid_parameter_handler(handler);
    sprintf(b, "%lu %ld %lx %I64d %hs %S %d%%", d, l, d, q, "n", L"wide", 5); CHECK(!strcmp(b, "4000000000 -5 ee6b2800 -1234567890123 n wide 5%"));
    sprintf(b, "%5ld|%-5lu|%05lX|%.2f|%c|%s|%zu|%llu", l, 7U, 255U, 1.5, 'x', "s", (size_t)9, 1ULL << 40); CHECK(!strcmp(b, "   -5|7    |000FF|1.50|x|s|9|1099511627776"));
    swprintf(w, 64, L"%s %S %d %ld", L"wide", "narrow", 3, l); CHECK(!wcscmp(w, L"wide narrow 3 -5"));
    CHECK(sprintf_s(b, sizeof b, "%d-%s", 5, "x") == 3 && !strcmp(b, "5-x"));
    CHECK(sprintf_s(small, sizeof small, "%s", "toolong") == -1 && small[0] == 0 && calls == 1);
    CHECK(_snprintf_s(small, sizeof small, _TRUNCATE, "%s", "toolong") == -1 && !strcmp(small, "too"));
    CHECK(strcpy_s(b, sizeof b, "hello") == 0 && !strcmp(b, "hello"));
    CHECK(strcpy_s(small, sizeof small, "hello") == ERANGE && small[0] == 0 && calls == 2);
    CHECK(strncpy_s(small, sizeof small, "hello", _TRUNCATE) == 80 && !strcmp(small, "hel"));
    CHECK(strcat_s(b, sizeof b, " you") == 0 && !strcmp(b, "hello you"));
    CHECK(memcpy_s(b, 4, "abcde", 5) == ERANGE && calls == 3);
    CHECK(_snprintf(small, 4, "abcdef") == -1 && !memcmp(small, "abcd", 4));
    CHECK(sscanf("42 rest", "%ld", &parsed) == 1 && parsed == 42 && guard == 99);
    CHECK(sscanf_s("word 12 x", "%s %d %c", word, (unsigned)sizeof word, &n, &c, 1U) == 3 && !strcmp(word, "word") && n == 12 && c == 'x');
    char four[5] = "zzzz"; /* what the input has not is not made up */
    CHECK(sscanf_s("ab", "%4c", four, 4U) == 1 && !strcmp(four, "abzz"));
    _itoa_s(-255, b, sizeof b, 10); CHECK(!strcmp(b, "-255")); _itoa_s(-1, b, sizeof b, 16); CHECK(!strcmp(b, "ffffffff"));
    _ui64toa(18446744073709551615ULL, b, 10); CHECK(!strcmp(b, "18446744073709551615")); _i64toa(LLONG_MIN, b, 10); CHECK(!strcmp(b, "-9223372036854775808"));
    CHECK(wsprintfA(b, "%s-%05d-%lu %c", "a", 42, d, 'x') == 20 && !strcmp(b, "a-00042-4000000000 x"));
    CHECK(wsprintfW(w, L"%s %hs %X", L"wide", "narrow", 0xbeefU) == 16 && !wcscmp(w, L"wide narrow BEEF"));
    CHECK(wctomb_s(&n, small, sizeof small, L'a') == 0 && n == 1 && small[0] == 'a'); CHECK(wctomb_s(&n, small, 0, L'a') == ERANGE && calls == 4);
    CHECK(_finite(1.5) && !_finite(1e308 * 10) && _isnan(0.0 * (1e308 * 10 - 1e308 * 10)) && !_isnan(1.0));
    CHECK(!strcmp(StrStrIA("one TWO", "two"), "TWO")); CHECK(!StrStrA("one", "two") && !StrStrA("one", ""));
    CHECK(!wcscmp(StrStrW(L"a bc d", L"bc"), L"bc d") && !strcmp(StrChrIA("aBc", 'b'), "Bc"));
    { char *copy = StrDupA("copied"); CHECK(copy && !strcmp(copy, "copied")); LocalFree(copy); }
    { struct tm t; time_t now = 0; CHECK(gmtime_s(&t, &now) == 0 && t.tm_year == 70); }
    wprintf(L"wide %s %S\n", L"out", "narrow"); printf("narrow again %p\n", (void *)0x1234);
    printf("%s\n", bad ? "BAD" : "all good"); return bad;
}
