/* What <objbase.h> has of COM here: GUIDs. */
#include "wharf/all.h"
