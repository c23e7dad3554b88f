/* How a file is shared. */
#include <stdio.h>
