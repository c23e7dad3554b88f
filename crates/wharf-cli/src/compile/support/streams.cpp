// Linked into programs that use std::wcout: wide and narrow output go to one stream in the order of the calls, as
// they do on Windows. The C library fixes a stream to one width at its first use, and drops the other.
#include <cstdio>
#include <iostream>
#include <streambuf>

namespace {

/// Writes UTF-8 to a stream of the C library.
class Utf8 : public std::wstreambuf {
public:
    explicit Utf8(std::FILE *file) : file_(file) {}

protected:
    int_type overflow(int_type letter) override
    {
        if (traits_type::eq_int_type(letter, traits_type::eof()))
            return traits_type::not_eof(letter);
        const char32_t code = static_cast<char32_t>(letter);
        char bytes[4];
        std::size_t length = 0;
        if (code < 0x80) {
            bytes[length++] = static_cast<char>(code);
        } else if (code < 0x800) {
            bytes[length++] = static_cast<char>(0xc0 | code >> 6);
            bytes[length++] = static_cast<char>(0x80 | (code & 0x3f));
        } else if (code < 0x10000) {
            bytes[length++] = static_cast<char>(0xe0 | code >> 12);
            bytes[length++] = static_cast<char>(0x80 | (code >> 6 & 0x3f));
            bytes[length++] = static_cast<char>(0x80 | (code & 0x3f));
        } else {
            bytes[length++] = static_cast<char>(0xf0 | (code >> 18 & 0x07));
            bytes[length++] = static_cast<char>(0x80 | (code >> 12 & 0x3f));
            bytes[length++] = static_cast<char>(0x80 | (code >> 6 & 0x3f));
            bytes[length++] = static_cast<char>(0x80 | (code & 0x3f));
        }
        return std::fwrite(bytes, 1, length, file_) == length ? letter : traits_type::eof();
    }

    int sync() override { return std::fflush(file_) == 0 ? 0 : -1; }

private:
    std::FILE *file_;
};

struct Install {
    Install()
    {
        // The streams exist from the first of these on; without it, they would be made anew after this.
        static std::ios_base::Init streams;
        // They live as long as the process: streams are used by the destructors of other files' objects.
        std::wcout.rdbuf(new Utf8(stdout));
        std::wcerr.rdbuf(new Utf8(stderr));
        std::wclog.rdbuf(new Utf8(stderr));
    }
};

__attribute__((init_priority(201))) Install install;

} // namespace
