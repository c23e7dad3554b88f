//! `wharf serve [DIR]`: the files of a directory over HTTP/1.1.
//!
//! The driver moves bytes between sockets and sessions; every operation it waits for is a packet of
//! the port:
//!
//! | file | decides |
//! |---|---|
//! | `listen` | what a server is, and which packet is whose |
//! | `connection` | one connection: receive, answer, receive |
//! | `patience` | how long a client may let it wait |
//! | `transfer` | an answer in pieces |
//! | `farewell` | the end of a connection after its last answer |
//!
//! The rules decide which bytes answer which bytes, and nothing in them knows a socket: the driver
//! hands in what it received and sends what it is given. The only system calls made there open and
//! describe what lies under DIR. One file, one subject, in the order in which a request meets them:
//!
//! | file | decides |
//! |---|---|
//! | `session` | where one request ends and the next begins; what a time-out means |
//! | `head` | whether the bytes so far can still become a request head, and where that ends |
//! | `request` | what the head says |
//! | `framing` | how long the request's body is, and which claims about it are refused |
//! | `exchange` | one head in, one response out, and whether the connection goes on |
//! | `target` | which names under DIR the request-target means |
//! | `site`, `lookup` | what those names open, and that they open nothing outside |
//! | `answer` | file, index, listing or redirect |
//! | `listing` | the page of a directory |
//! | `representation` | 200, 206, 304, 412 or 416 |
//! | `conditional`, `validators`, `tags`, `date` | the preconditions |
//! | `range`, `multipart` | the ranges |
//! | `media` | the content type |
//! | `reply`, `response`, `status` | the bytes of the answer |
//!
//! *Invariants*
//! 1. The answers are a function of the byte stream: how it was cut into pieces changes nothing.
//! 2. No input makes any of this panic, and none makes it hold more than a head, one piece fed and
//!    one generated page; a file's bytes are never read here.
//! 3. After doubt about where a request ends, the connection closes: no byte behind the doubt is
//!    ever read as a request.
//! 4. Nothing outside DIR is opened, and nothing but a regular file is sent.
//!
//! *References*: RFC 9110 (semantics), RFC 9112 (HTTP/1.1), RFC 3986 (targets).

mod answer;
mod conditional;
mod connection;
mod date;
mod exchange;
mod farewell;
mod framing;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod head;
mod listen;
mod listing;
mod lookup;
mod media;
mod multipart;
mod patience;
mod range;
mod reply;
mod representation;
mod request;
mod response;
mod session;
mod site;
mod status;
mod tags;
mod target;
#[cfg(any(test, fuzzing))]
mod testing;
mod transfer;
mod validators;

pub(crate) use listen::run;
