// Names that the C library and the standard library have too: what is theirs, and what is the program's, stays so.
#ifdef STANDARD_FIRST
#include <cstdlib>
#include <functional>
#include <iostream>
#include <thread>
#include <unistd.h>
#endif
#include <winsock2.h>
#include <ws2tcpip.h>
#include <bcrypt.h>
#include <cstdlib>
#include <functional>
#include <thread>
#include <unistd.h>

struct Link {
    int select(const char *) { return 1; }
    int select(int, int) { return 2; }
    int send(int a) { return a; }
    int bind() { return 3; }
    int connect(int) { return 4; }
    int printf() { return 5; }
};

static int twice(int a) { return 2 * a; }

int main()
{
    Link link;
    auto bound = std::bind(twice, 4);
    int sum = link.select("") + link.select(1, 2) + link.send(1) + link.bind() + link.connect(1) + link.printf() + bound();
    fd_set set;
    TIMEVAL time = {};
    char name[64];
    FD_ZERO(&set);
    FD_SET((SOCKET)1, &set);
    sum += select(0, &set, NULL, NULL, &time) + select(0, NULL, NULL, NULL, &time);
    sum += gethostname(name, 64) + gethostname(name, sizeof name);
    sum += InetPton(AF_INET, TEXT("127.0.0.1"), name);
    BYTE random[8]; // any bytes, not a text
    sum += BCryptGenRandom(NULL, random, sizeof random, BCRYPT_USE_SYSTEM_PREFERRED_RNG);
    return (std::min)(sum, 1) + static_cast<int>(set.fd_count);
}
