/* Everything: each of Windows' headers that Wharf has brings all of them. On Windows they include each other in ways
 * that programs rely on without knowing, and nothing here is large. */
#ifndef WHARF_ALL_H
#define WHARF_ALL_H
#include "base.h"
#include "annotations.h"
#include "errors.h"
#include "kernel.h"
#include "numbers/words.h"
#include "numbers/rights.h"
#include "numbers/system.h"
#include "numbers/base.h"
#include "numbers/console.h"
#include "numbers/errors.h"
#include "structures.h"
#include "jobs.h"
#include "threadpool.h"
#include "interlocked.h"
#include "sockets.h"
#include "extensions.h"
#include "rio.h"
#include "numbers/sockets.h"
#include "addresses.h"
#include "declared/every.h"
#include "variadic.h"
WHARF_BEGIN
#include "select.h"
WHARF_END
#include "overloads.h"
#include "crt.h"
#endif
