/* The version of Windows that a program is for: everything is there for all of them. */
#include "wharf/base.h"
