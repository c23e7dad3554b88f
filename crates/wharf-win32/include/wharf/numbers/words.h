/* More words and casts that declarations and expressions use. */
#ifndef WHARF_NUMBERS_WORDS_H
#define WHARF_NUMBERS_WORDS_H

/* Around declarations; they change nothing here. */
#define APIPRIVATE
#define NTAPI_INLINE
#define FASTCALL
#define WINADVAPI
#define WINUSERAPI
#define WINAPI_INLINE
#define NTSYSAPI
#define NTSYSCALLAPI
#define DECLSPEC_EXPORT __attribute__((visibility("default")))
#define DECLSPEC_CACHEALIGN DECLSPEC_ALIGN(64)
#define DECLSPEC_SELECTANY __attribute__((weak))
#define DECLSPEC_DEPRECATED
#define DECLSPEC_NOVTABLE
#define DECLSPEC_UUID(text)
#define DECLSPEC_ALLOCATOR
#define SYSTEM_CACHE_ALIGNMENT_SIZE 64
#define MEMORY_ALLOCATION_ALIGNMENT 16

/* Ends of ranges, and casts between integers and pointers. */
#define MAXUINT_PTR (~(UINT_PTR)0)
#define MAXINT_PTR ((INT_PTR)(MAXUINT_PTR >> 1))
#define MAXULONG_PTR (~(ULONG_PTR)0)
#define MAXSIZE_T (~(SIZE_T)0)
#define MAXUINT32 ((UINT32)~(UINT32)0)
#define MAXINT32 ((INT32)(MAXUINT32 >> 1))
#define MAXUINT64 ((UINT64)~(UINT64)0)
#define MAXINT64 ((INT64)(MAXUINT64 >> 1))
#define MAXDWORD32 ((DWORD32)~(DWORD32)0)
#define MAXDWORD64 ((DWORD64)~(DWORD64)0)
#define PtrToUint(p) ((unsigned int)(UINT_PTR)(p))
#define PtrToInt(p) ((int)(INT_PTR)(p))
#define PtrToUlongPtr(p) ((ULONG_PTR)(p))
#define IntToPtr(v) ((void *)(INT_PTR)(int)(v))
#define UIntToPtr(v) ((void *)(UINT_PTR)(unsigned int)(v))
#define PtrToULong PtrToUlong
#define UlongToHandle ULongToHandle
#define PtrToPtr64(p) ((void *)(p))
#define Ptr64ToPtr(p) ((void *)(p))

#define UFIELD_OFFSET(type, field) ((unsigned int)__builtin_offsetof(type, field))
#define RTL_FIELD_SIZE(type, field) (sizeof(((type *)0)->field))

#define DBG_UNREFERENCED_LOCAL_VARIABLE(v) ((void)(v))
#define DEFAULT_UNREACHABLE default: __builtin_unreachable()
#define PRIMARYLANGID(language) ((unsigned short)((unsigned short)(language)&0x3ff))
#define SUBLANGID(language) ((unsigned short)((unsigned short)(language) >> 10))
#define LANGIDFROMLCID(locale) ((unsigned short)(locale))
#define Int32x32To64(a, b) ((LONGLONG)(int)(a) * (LONGLONG)(int)(b))
#define UInt32x32To64(a, b) ((ULONGLONG)(unsigned int)(a) * (ULONGLONG)(unsigned int)(b))

#define EXTERN_C_START WHARF_BEGIN
#define EXTERN_C_END WHARF_END
#ifdef __cplusplus
#define C_ASSERT(holds) static_assert(holds, #holds)
#else
#define C_ASSERT(holds) _Static_assert(holds, #holds)
#endif
#define STDAPI EXTERN_C HRESULT
#define STDAPI_(type) EXTERN_C type
#define STDMETHODIMP HRESULT
#define STDMETHODIMP_(type) type
#define CDECL

/* An enum as a set of bits. */
#ifdef __cplusplus
#define DEFINE_ENUM_FLAG_OPERATORS(type)                                                                              \
    extern "C++" {                                                                                                    \
    constexpr type operator|(type a, type b) { return type(int(a) | int(b)); }                                        \
    constexpr type operator&(type a, type b) { return type(int(a) & int(b)); }                                        \
    constexpr type operator^(type a, type b) { return type(int(a) ^ int(b)); }                                        \
    constexpr type operator~(type a) { return type(~int(a)); }                                                        \
    inline type &operator|=(type &a, type b) { return a = a | b; }                                                    \
    inline type &operator&=(type &a, type b) { return a = a & b; }                                                    \
    inline type &operator^=(type &a, type b) { return a = a ^ b; }                                                    \
    }
#else
#define DEFINE_ENUM_FLAG_OPERATORS(type)
#endif

/* With INITGUID a GUID is defined, in every file that asks for it; otherwise declared. */
#ifdef INITGUID
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)                                                  \
    EXTERN_C const GUID name;                                                                                         \
    __attribute__((weak)) const GUID name = {l, w1, w2, {b1, b2, b3, b4, b5, b6, b7, b8}}
#else
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) EXTERN_C const GUID name
#endif
#ifdef __cplusplus
#define REFIID const IID &
#define REFCLSID const CLSID &
inline int IsEqualGUID(REFGUID a, REFGUID b) { return memcmp(&a, &b, sizeof(GUID)) == 0; }
#else
#define REFIID const IID *
#define REFCLSID const CLSID *
#define IsEqualGUID(a, b) (memcmp((a), (b), sizeof(GUID)) == 0)
#endif
#define InlineIsEqualGUID IsEqualGUID
#define IsEqualIID IsEqualGUID
#define IsEqualCLSID IsEqualGUID

#endif
