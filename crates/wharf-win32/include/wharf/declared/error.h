/* Made from the sources of the library by its test `declarations`. */
#ifndef WHARF_DECLARED_ERROR_H
#define WHARF_DECLARED_ERROR_H

WHARF_BEGIN
DWORD GetLastError(void);
void SetLastError(DWORD code);
WHARF_END

#endif
