/* Random numbers of CNG: BCryptGenRandom. */
#ifndef WHARF_BCRYPT_H
#define WHARF_BCRYPT_H
#include "wharf/all.h"

typedef PVOID BCRYPT_HANDLE, BCRYPT_ALG_HANDLE;

#define BCRYPT_USE_SYSTEM_PREFERRED_RNG 2
#endif
