// Echo on Boost.Asio: callbacks, two threads in one io_context.
//
// The closest relative of a completion port among the rivals: any thread of the pool may run any handler. The rules
// that make it comparable (arguments, buffer, backlog, sleep) are those of ../src/lib.rs.
//
// A session has one operation under way at any time, so its handlers never run at once and need no strand.

#include <array>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio.hpp>

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t buffer_bytes = 8 * 1024;
constexpr int backlog = 1024;
constexpr auto sleep_time = std::chrono::milliseconds(5);

struct options {
    tcp::endpoint where;
    bool sleep_on_s = false;
};

class session : public std::enable_shared_from_this<session> {
public:
    session(tcp::socket socket, bool sleep_on_s) : socket_(std::move(socket)), sleep_on_s_(sleep_on_s) {}

    // Each pending operation holds the session; one that ends with an error lets go of it, which closes the socket.
    void receive() {
        socket_.async_read_some(asio::buffer(buffer_),
                                [self = shared_from_this()](error_code error, std::size_t count) {
                                    if (!error) self->answer(count);
                                });
    }

private:
    void answer(std::size_t count) {
        if (sleep_on_s_ && buffer_[0] == 'S') std::this_thread::sleep_for(sleep_time);
        asio::async_write(socket_, asio::buffer(buffer_.data(), count),
                          [self = shared_from_this()](error_code error, std::size_t) {
                              if (!error) self->receive();
                          });
    }

    tcp::socket socket_;
    const bool sleep_on_s_;
    std::array<char, buffer_bytes> buffer_;
};

// An accept that fails ends the program: a measurement without some of its connections would be wrong without
// looking so.
void accept_next(tcp::acceptor& acceptor, bool sleep_on_s) {
    acceptor.async_accept([&acceptor, sleep_on_s](error_code error, tcp::socket socket) {
        if (error) {
            std::cerr << "accept: " << error.message() << std::endl;
            std::_Exit(1);
        }
        // The client may be gone already; then the first receive says so.
        socket.set_option(tcp::no_delay(true), error);
        std::make_shared<session>(std::move(socket), sleep_on_s)->receive();
        accept_next(acceptor, sleep_on_s);
    });
}

[[noreturn]] void refuse(const std::string& message) {
    std::cerr << message << "\nusage: --addr IP:PORT [--sleep-on-s]" << std::endl;
    std::exit(2);
}

tcp::endpoint parse_endpoint(const std::string& text) {
    const auto colon = text.rfind(':');
    error_code error;
    if (colon == std::string::npos) refuse("--addr needs IP:PORT");
    std::string host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    const auto address = asio::ip::make_address(host, error);
    if (error) refuse("--addr " + text + ": " + error.message());
    char* end = nullptr;
    const std::string digits = text.substr(colon + 1);
    const unsigned long port = std::strtoul(digits.c_str(), &end, 10);
    if (digits.empty() || *end != '\0' || port > 65535) refuse("--addr " + text + ": not a port");
    return {address, static_cast<unsigned short>(port)};
}

options parse(int count, char** arguments) {
    options result;
    bool has_addr = false;
    for (int i = 1; i < count; ++i) {
        const std::string argument = arguments[i];
        if (argument == "--addr" && i + 1 < count) {
            result.where = parse_endpoint(arguments[++i]);
            has_addr = true;
        } else if (argument == "--sleep-on-s") {
            result.sleep_on_s = true;
        } else {
            refuse("unknown or incomplete argument " + argument);
        }
    }
    if (!has_addr) refuse("--addr is missing");
    return result;
}

int main(int count, char** arguments) {
    const options chosen = parse(count, arguments);
    asio::io_context context(2);
    tcp::acceptor acceptor(context);
    acceptor.open(chosen.where.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(chosen.where);
    acceptor.listen(backlog);
    accept_next(acceptor, chosen.sleep_on_s);
    std::cout << "listening on " << acceptor.local_endpoint() << std::endl;

    std::thread second([&context] { context.run(); });
    context.run();
    second.join();
}
