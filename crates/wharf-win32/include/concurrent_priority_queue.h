/* The priority queue of Microsoft's Parallel Patterns Library that threads may share. One lock guards it. */
#ifndef WHARF_CONCURRENT_PRIORITY_QUEUE_H
#define WHARF_CONCURRENT_PRIORITY_QUEUE_H
#ifdef __cplusplus

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace Concurrency {

template <class T, class Compare = std::less<T>, class Allocator = std::allocator<T>> class concurrent_priority_queue {
public:
    typedef T value_type;
    typedef T &reference;
    typedef const T &const_reference;
    typedef std::size_t size_type;
    typedef Allocator allocator_type;

    concurrent_priority_queue() {}
    template <class Iterator> concurrent_priority_queue(Iterator first, Iterator last) : heap_(first, last)
    {
        std::make_heap(heap_.begin(), heap_.end(), Compare());
    }
    concurrent_priority_queue(const concurrent_priority_queue &other) : heap_(other.copy()) {}
    concurrent_priority_queue &operator=(const concurrent_priority_queue &other)
    {
        Heap heap = other.copy();
        std::lock_guard<std::mutex> guard(lock_);
        heap_.swap(heap);
        return *this;
    }

    void push(const T &item) { push(T(item)); }
    void push(T &&item)
    {
        std::lock_guard<std::mutex> guard(lock_);
        heap_.push_back(std::move(item));
        std::push_heap(heap_.begin(), heap_.end(), Compare());
    }
    /* The greatest item; false if there is none. */
    bool try_pop(T &to)
    {
        std::lock_guard<std::mutex> guard(lock_);
        if (heap_.empty())
            return false;
        std::pop_heap(heap_.begin(), heap_.end(), Compare());
        to = std::move(heap_.back());
        heap_.pop_back();
        return true;
    }
    bool empty() const { return size() == 0; }
    size_type size() const
    {
        std::lock_guard<std::mutex> guard(lock_);
        return heap_.size();
    }
    void clear()
    {
        Heap heap;
        std::lock_guard<std::mutex> guard(lock_);
        heap_.swap(heap);
    }
    void swap(concurrent_priority_queue &other)
    {
        if (this == &other)
            return;
        std::unique_lock<std::mutex> own(lock_, std::defer_lock), others(other.lock_, std::defer_lock);
        std::lock(own, others);
        heap_.swap(other.heap_);
    }

private:
    typedef std::vector<T, Allocator> Heap;

    Heap copy() const
    {
        std::lock_guard<std::mutex> guard(lock_);
        return heap_;
    }

    Heap heap_;
    mutable std::mutex lock_;
};

} // namespace Concurrency
namespace concurrency = Concurrency;

#endif
#endif
