#include "wharf/all.h"
