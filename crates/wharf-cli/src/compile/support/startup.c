/* Linked into every program that `wharf cc` and `wharf c++` build.
 *
 * Before anything else runs: characters are UTF-8, so that wide output shows. Numbers and dates stay those of the
 * locale "C", which is what a program starts with on Windows too. And it may have as many descriptors as it is allowed at
 * all: the usual limit of 1024, which is there for select(2), would end a server that takes an error of accept for the end.
 *
 * With WHARF_ENTRY: the `main` of a program that has another entry point. */
#include <locale.h>
#include <sys/resource.h>

__attribute__((constructor(101))) static void wharf_characters(void)
{
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        setlocale(LC_CTYPE, "");
}

__attribute__((constructor(101))) static void wharf_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit); /* refused: it has what it had */
    }
}

#ifdef WHARF_ENTRY
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

extern void wharf_void_main(int, char **, char **) __attribute__((weak));
extern void wharf_void_wmain(int, wchar_t **, wchar_t **) __attribute__((weak));
extern int wmain(int, wchar_t **, wchar_t **) __attribute__((weak));

static wchar_t *wharf_wide(const char *narrow)
{
    size_t length = mbstowcs(NULL, narrow, 0);
    /* Bytes that are no characters are shown one by one. */
    size_t letters = length == (size_t)-1 ? 0 : length;
    const char *end = narrow;
    wchar_t *wide;
    while (length == (size_t)-1 && *end) {
        end++;
        letters++;
    }
    wide = (wchar_t *)calloc(letters + 1, sizeof *wide);
    if (!wide) {
        fputs("wharf: no memory for the command line\n", stderr);
        exit(1);
    }
    if (length != (size_t)-1)
        mbstowcs(wide, narrow, letters);
    else
        for (letters = 0; narrow[letters]; letters++)
            wide[letters] = (unsigned char)narrow[letters];
    return wide;
}

static wchar_t **wharf_wide_list(char **narrow)
{
    size_t count = 0, at;
    wchar_t **wide;
    while (narrow[count])
        count++;
    wide = (wchar_t **)calloc(count + 1, sizeof *wide);
    if (!wide) {
        fputs("wharf: no memory for the command line\n", stderr);
        exit(1);
    }
    for (at = 0; at < count; at++)
        wide[at] = wharf_wide(narrow[at]);
    return wide;
}

__attribute__((weak)) int main(int argc, char **argv, char **envp)
{
    if (wharf_void_main) {
        wharf_void_main(argc, argv, envp);
        return 0;
    }
    if (wharf_void_wmain) {
        wharf_void_wmain(argc, wharf_wide_list(argv), wharf_wide_list(envp));
        return 0;
    }
    if (wmain)
        return wmain(argc, wharf_wide_list(argv), wharf_wide_list(envp));
    fputs("wharf: the program has no main\n", stderr);
    return 127;
}
#endif
