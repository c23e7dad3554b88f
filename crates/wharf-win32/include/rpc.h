/* What <rpc.h> has here: UUIDs. */
#include "wharf/all.h"
