/* Microsoft's additions to <malloc.h>. */
#ifndef WHARF_CRT_MALLOC_H
#define WHARF_CRT_MALLOC_H

#include <alloca.h>
#include <stdlib.h>
#include <wharf/crt/base.h>

#define _alloca(size) __builtin_alloca(size)
#define _malloca(size) malloc(size)
#define _freea(block) free(block)

WHARF_BEGIN
int wharf_libc_posix_memalign(void **block, size_t alignment, size_t size) __asm__("posix_memalign");
size_t wharf_libc_usable_size(void *block) __asm__("malloc_usable_size");

WHARF_INLINE void *_aligned_malloc(size_t size, size_t alignment)
{
    void *block = NULL;
    if (!alignment || (alignment & (alignment - 1))) {
        wharf_invalid_parameter(EINVAL);
        return NULL;
    }
    if (alignment < sizeof(void *))
        alignment = sizeof(void *);
    if (wharf_libc_posix_memalign(&block, alignment, size ? size : 1)) {
        errno = ENOMEM;
        return NULL;
    }
    return block;
}
WHARF_INLINE void _aligned_free(void *block) { free(block); }
WHARF_INLINE void *_aligned_realloc(void *block, size_t size, size_t alignment)
{
    unsigned char *moved;
    const unsigned char *old = (const unsigned char *)block;
    size_t had, at;
    if (block && !size) {
        free(block);
        return NULL;
    }
    moved = (unsigned char *)_aligned_malloc(size, alignment);
    if (!moved || !block)
        return moved;
    had = wharf_libc_usable_size(block);
    for (at = 0; at < had && at < size; at++)
        moved[at] = old[at];
    free(block);
    return moved;
}
WHARF_INLINE size_t _msize(void *block) { return wharf_libc_usable_size(block); }
WHARF_END

#endif
