#include "wharf/annotations.h"
