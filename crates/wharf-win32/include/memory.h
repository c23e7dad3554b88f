/* <string.h>, by an older name. */
#include <string.h>
