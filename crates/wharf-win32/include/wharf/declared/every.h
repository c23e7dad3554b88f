/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_EVERY_H
#define WHARF_DECLARED_EVERY_H
#include "console.h"
#include "error.h"
#include "file.h"
#include "memory.h"
#include "module.h"
#include "object.h"
#include "overlapped.h"
#include "port.h"
#include "process.h"
#include "socket.h"
#include "sync.h"
#include "system.h"
#include "text.h"
#include "thread.h"
#include "threadpool.h"
#include "time.h"
#include "wait.h"
#include "winsock.h"
#endif
