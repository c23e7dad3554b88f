/* What the thread sanitizer cannot see in Rust's standard library, which is not built with it, told from outside.
 *
 * Linked with --wrap: calls from the library's own code to these functions come here. Nothing of it is in the library.
 *
 * | function | what is told |
 * |---|---|
 * | Mutex::lock_contended, RwLock::read_contended, write_contended | they have taken the lock |
 * | Condvar::wait, wait_timeout | they release the mutex and take it again |
 * | Once::call | what the initialiser wrote is published |
 * | fence(Acquire) | acquires the count that a reference was just taken off: the end of an Arc; the sanitizer knows no fences |
 *
 * The names have a hash of the toolchain's in them; `run` finds them and defines the macros. */
#include <stdbool.h>
#include <stdint.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define REAL(name) __asm__("__real_" name)
#define WRAP(name) __asm__("__wrap_" name)

void real_lock(void *mutex) REAL(MUTEX_LOCK);
void wrap_lock(void *mutex) WRAP(MUTEX_LOCK);
void wrap_lock(void *mutex)
{
    real_lock(mutex);
    __tsan_acquire(mutex);
}

/* The state is one of the first two words; acquiring the other one, too, says nothing. */
static void acquire_either(uint32_t *lock)
{
    __tsan_acquire(lock);
    __tsan_acquire(lock + 1);
}

void real_read(void *lock) REAL(RWLOCK_READ);
void wrap_read(void *lock) WRAP(RWLOCK_READ);
void wrap_read(void *lock)
{
    real_read(lock);
    acquire_either(lock);
}

void real_write(void *lock) REAL(RWLOCK_WRITE);
void wrap_write(void *lock) WRAP(RWLOCK_WRITE);
void wrap_write(void *lock)
{
    real_write(lock);
    acquire_either(lock);
}

void real_wait(void *condition, void *mutex) REAL(CONDVAR_WAIT);
void wrap_wait(void *condition, void *mutex) WRAP(CONDVAR_WAIT);
void wrap_wait(void *condition, void *mutex)
{
    __tsan_release(mutex);
    real_wait(condition, mutex);
    __tsan_acquire(mutex);
}

bool real_wait_timeout(void *condition, void *mutex, uint64_t seconds, uint32_t nanos) REAL(CONDVAR_WAIT_TIMEOUT);
bool wrap_wait_timeout(void *condition, void *mutex, uint64_t seconds, uint32_t nanos) WRAP(CONDVAR_WAIT_TIMEOUT);
bool wrap_wait_timeout(void *condition, void *mutex, uint64_t seconds, uint32_t nanos)
{
    __tsan_release(mutex);
    bool in_time = real_wait_timeout(condition, mutex, seconds, nanos);
    __tsan_acquire(mutex);
    return in_time;
}

/* The table of an `&mut dyn FnMut(&OnceState)`. */
struct table {
    void (*drop)(void *self);
    uintptr_t size, align;
    void (*call_once)(void *self, void *state);
    void (*call_mut)(void *self, void *state);
};

struct initialiser {
    void *once, *self;
    const struct table *table;
};

static void initialise(void *self, void *state)
{
    struct initialiser *initialiser = self;
    initialiser->table->call_mut(initialiser->self, state);
    __tsan_release(initialiser->once); /* before others can see that it is done */
}

void real_call(void *once, bool ignore_poison, void *self, const struct table *table) REAL(ONCE_CALL);
void wrap_call(void *once, bool ignore_poison, void *self, const struct table *table) WRAP(ONCE_CALL);
void wrap_call(void *once, bool ignore_poison, void *self, const struct table *table)
{
    static const struct table ours = {0, sizeof(struct initialiser), _Alignof(struct initialiser), initialise, initialise};
    struct initialiser initialiser = {once, self, table};
    real_call(once, ignore_poison, &initialiser, &ours);
    __tsan_acquire(once);
}

static __thread void *counted;

uint64_t real_fetch_sub(volatile uint64_t *count, uint64_t less, int order) REAL("__tsan_atomic64_fetch_sub");
uint64_t wrap_fetch_sub(volatile uint64_t *count, uint64_t less, int order) WRAP("__tsan_atomic64_fetch_sub");
uint64_t wrap_fetch_sub(volatile uint64_t *count, uint64_t less, int order)
{
    counted = (void *)count;
    return real_fetch_sub(count, less, order);
}

void real_fence(int order) REAL("__tsan_atomic_thread_fence");
void wrap_fence(int order) WRAP("__tsan_atomic_thread_fence");
void wrap_fence(int order)
{
    real_fence(order);
    if (order == __ATOMIC_ACQUIRE && counted)
        __tsan_acquire(counted);
}
