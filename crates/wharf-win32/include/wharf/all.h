/* Everything: each of Windows' headers that Wharf has brings all of them. On Windows they include each other in ways
 * that programs rely on without knowing, and nothing here is large. */
#ifndef WHARF_ALL_H
#define WHARF_ALL_H
#include "base.h"
#include "annotations.h"
#include "errors.h"
#include "kernel.h"
#include "interlocked.h"
#include "sockets.h"
#include "extensions.h"
#include "declared/every.h"
#endif
