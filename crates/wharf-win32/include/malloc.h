/* The C library's, and aligned memory under Microsoft's names. */
#pragma GCC system_header
#include_next <malloc.h>
#ifndef WHARF_MALLOC_H
#define WHARF_MALLOC_H
#include <stdlib.h>
#include <alloca.h>
static inline void *_aligned_malloc(size_t size, size_t alignment)
{
    void *block = NULL;
    return posix_memalign(&block, alignment < sizeof(void *) ? sizeof(void *) : alignment, size) == 0 ? block : NULL;
}
static inline void _aligned_free(void *block) { free(block); }
#define _msize(block) malloc_usable_size(block)
#define _alloca alloca
#define _malloca malloc
#define _freea free
#endif
