/* The queue of Microsoft's Parallel Patterns Library that threads may share. One lock guards it. */
#ifndef WHARF_CONCURRENT_QUEUE_H
#define WHARF_CONCURRENT_QUEUE_H
#ifdef __cplusplus

#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>

namespace Concurrency {

template <class T> class concurrent_queue {
public:
    typedef T value_type;
    typedef std::size_t size_type;
    typedef typename std::deque<T>::iterator iterator;

    concurrent_queue() {}
    template <class Iterator> concurrent_queue(Iterator first, Iterator last) : items_(first, last) {}
    concurrent_queue(const concurrent_queue &other) : items_(other.copy()) {}
    concurrent_queue &operator=(const concurrent_queue &other)
    {
        std::deque<T> items = other.copy();
        std::lock_guard<std::mutex> guard(lock_);
        items_.swap(items);
        return *this;
    }

    void push(const T &item)
    {
        std::lock_guard<std::mutex> guard(lock_);
        items_.push_back(item);
    }
    void push(T &&item)
    {
        std::lock_guard<std::mutex> guard(lock_);
        items_.push_back(std::move(item));
    }
    /* The oldest item; false if there is none. */
    bool try_pop(T &to)
    {
        std::lock_guard<std::mutex> guard(lock_);
        if (items_.empty())
            return false;
        to = std::move(items_.front());
        items_.pop_front();
        return true;
    }
    bool empty() const
    {
        std::lock_guard<std::mutex> guard(lock_);
        return items_.empty();
    }
    size_type unsafe_size() const
    {
        std::lock_guard<std::mutex> guard(lock_);
        return items_.size();
    }
    void clear()
    {
        std::deque<T> items;
        std::lock_guard<std::mutex> guard(lock_);
        items_.swap(items);
    }
    iterator unsafe_begin() { return items_.begin(); }
    iterator unsafe_end() { return items_.end(); }

private:
    std::deque<T> copy() const
    {
        std::lock_guard<std::mutex> guard(lock_);
        return items_;
    }

    std::deque<T> items_;
    mutable std::mutex lock_;
};

} // namespace Concurrency
namespace concurrency = Concurrency;

#endif
#endif
