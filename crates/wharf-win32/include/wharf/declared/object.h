/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_OBJECT_H
#define WHARF_DECLARED_OBJECT_H

WHARF_BEGIN
BOOL CloseHandle(HANDLE handle);
WHARF_END

#endif
