//! Settings of the system, and errors that say what they are about.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes of a packet at most, headers included.
pub(super) const MTU: u16 = 1_500;

/// Sets what the system's `/proc/sys/net` has under this name, in the network of this thread.
pub(super) fn set(name: &str, value: &str) -> io::Result<()> {
    let path = Path::new("/proc/sys/net").join(name);
    fs::write(&path, value).map_err(of(&path.display().to_string()))
}

/// The network of this thread has no addresses but those that are given to it.
pub(super) fn without_ipv6() -> io::Result<()> {
    const ALL: &str = "ipv6/conf/default/disable_ipv6";
    if Path::new("/proc/sys/net").join(ALL).exists() { set(ALL, "1") } else { Ok(()) }
}

/// What a mutex holds, whoever panicked with it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same error, said of `what`.
pub(super) fn of(what: &str) -> impl FnOnce(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{what}: {error}"))
}
