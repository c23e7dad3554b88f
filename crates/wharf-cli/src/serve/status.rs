//! The status codes this server answers with, and the sentence a person reads under each.

/// One row per answer; a code that is not here is never sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    PartialContent,
    MovedPermanently,
    NotModified,
    BadRequest,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    LengthRequired,
    PreconditionFailed,
    ContentTooLarge,
    UriTooLong,
    RangeNotSatisfiable,
    ExpectationFailed,
    FieldsTooLarge,
    InternalError,
    NotImplemented,
    Unavailable,
    VersionNotSupported,
}

impl Status {
    /// The code with its reason phrase, as the status line and the page's heading carry it.
    pub(super) fn line(self) -> &'static str {
        self.row().0
    }

    pub(super) fn explanation(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::Ok => ("200 OK", ""),
            Self::PartialContent => ("206 Partial Content", ""),
            Self::MovedPermanently => {
                ("301 Moved Permanently", "This is a directory; its address ends in a slash.")
            }
            Self::NotModified => ("304 Not Modified", ""),
            Self::BadRequest => ("400 Bad Request", "The request is malformed."),
            Self::Forbidden => ("403 Forbidden", "This may not be read."),
            Self::NotFound => ("404 Not Found", "There is nothing at this address."),
            Self::MethodNotAllowed => {
                ("405 Method Not Allowed", "Files here can be read with GET and HEAD only.")
            }
            Self::RequestTimeout => {
                ("408 Request Timeout", "The rest of the request did not come in time.")
            }
            Self::LengthRequired => {
                ("411 Length Required", "A request body needs a Content-Length.")
            }
            Self::PreconditionFailed => {
                ("412 Precondition Failed", "The file is not the one the request asks for.")
            }
            Self::ContentTooLarge => {
                ("413 Content Too Large", "The body of the request is too large.")
            }
            Self::UriTooLong => ("414 URI Too Long", "The address is too long."),
            Self::RangeNotSatisfiable => {
                ("416 Range Not Satisfiable", "The file has no bytes in the range asked for.")
            }
            Self::ExpectationFailed => {
                ("417 Expectation Failed", "The request expects something unknown.")
            }
            Self::FieldsTooLarge => {
                ("431 Request Header Fields Too Large", "The header of the request is too large.")
            }
            Self::InternalError => ("500 Internal Server Error", "The file could not be read."),
            Self::NotImplemented => {
                ("501 Not Implemented", "The server does not know how to do this.")
            }
            Self::Unavailable => ("503 Service Unavailable", "The server is busy; try again."),
            Self::VersionNotSupported => {
                ("505 HTTP Version Not Supported", "The server speaks HTTP/1.1 and HTTP/1.0.")
            }
        }
    }
}
