/* What <combaseapi.h> has of COM here: GUIDs. */
#include "wharf/all.h"
