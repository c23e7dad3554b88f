/* What <rpcdce.h> has here: UUIDs. */
#include "wharf/all.h"
