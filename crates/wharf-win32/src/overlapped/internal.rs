//! Sockets that belong to no port have operations too: their descriptors are watched by a port of our own, in which a
//! thread of our own sleeps. It queues no packets: whoever waits for such an operation has an event, a routine, or
//! asks for the result.

use std::io;
use std::sync::Arc;

use crate::fork::Lock;
use crate::port::IoPort;

pub(crate) static PORT: Lock<Option<Arc<IoPort>>> = Lock::renewed(None, |port| {
    std::mem::forget(port.take()); // its thread is the parent's
});

/// The port, which is made with its thread when the first socket needs it.
pub(crate) fn port() -> io::Result<Arc<IoPort>> {
    let mut made = PORT.lock();
    if let Some(port) = &*made {
        return Ok(Arc::clone(port));
    }
    let port = Arc::new(IoPort::new(1)?);
    let own = Arc::clone(&port);
    std::thread::Builder::new().name("wharf-sockets".into()).stack_size(128 << 10).spawn(
        move || {
            // Ends with the process: the port is never closed.
            while let Ok(_) | Err(wharf::GetError::TimedOut) = own.port.get(None) {}
        },
    )?;
    Ok(Arc::clone(made.insert(port)))
}
