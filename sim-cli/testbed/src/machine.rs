//! Resources of the machine: open files, processor time, listening sockets.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::Ipv4Addr;

/// The address of this machine for itself alone.
pub(crate) const LOOPBACK: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// The advice to add to `error` if it says that there are no more files to open.
pub(crate) fn out_of_files_help(error: &io::Error) -> &'static str {
    // EMFILE and ENFILE, which the standard library has no names for.
    match error.raw_os_error() {
        Some(23 | 24) => ": raise the limit of open files (ulimit -n)",
        _ => "",
    }
}

/// Raises this process's limit of open files as far as it may go by itself. Gives the limit, where the system has
/// one.
#[cfg(unix)]
pub(crate) fn raise_files() -> Option<u64> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    if soft < hard && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_err() {
        return Some(soft);
    }
    Some(hard)
}

#[cfg(not(unix))]
pub(crate) fn raise_files() -> Option<u64> {
    None
}

/// Processor time of this process and of its children that have ended, in seconds.
#[cfg(unix)]
pub(crate) fn cpu_seconds() -> Option<f64> {
    use nix::sys::resource::{UsageWho, getrusage};
    let of = |who| {
        let usage = getrusage(who).ok()?;
        let (user, system) = (usage.user_time(), usage.system_time());
        let micros = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
        Some(micros(user) + micros(system))
    };
    Some(of(UsageWho::RUSAGE_SELF)? + of(UsageWho::RUSAGE_CHILDREN)?)
}

#[cfg(not(unix))]
pub(crate) fn cpu_seconds() -> Option<f64> {
    None
}

/// How many of these ports the system says are listened on; none where it does not say (Linux does), or without
/// ports of this machine.
pub(crate) fn listening(ports: &BTreeSet<u16>) -> Option<u32> {
    if ports.is_empty() {
        return None;
    }
    let text = fs::read_to_string("/proc/self/net/tcp").ok()?;
    let listens = |line: &str| {
        let mut words = line.split_whitespace().skip(1);
        let (local, _, state) = (words.next()?, words.next()?, words.next()?);
        let port = u16::from_str_radix(local.rsplit(':').next()?, 16).ok()?;
        (state == "0A" && ports.contains(&port)).then_some(())
    };
    u32::try_from(text.lines().filter_map(listens).count()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sockets that are bound and do not listen keep the ports from all others, also when nobody listens any more.
    #[cfg(target_os = "linux")]
    #[test]
    fn listening_sockets_are_seen() {
        let reserved = || {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.set_reuseaddr(true).unwrap();
            socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
            socket
        };
        let held: Vec<_> = (0..3).map(|_| reserved()).collect();
        let addresses: Vec<_> = held.iter().map(|socket| socket.local_addr().unwrap()).collect();
        let ports = addresses.iter().map(std::net::SocketAddr::port).collect();
        assert_eq!(listening(&ports), Some(0));
        let listen = |address: &std::net::SocketAddr| std::net::TcpListener::bind(*address).unwrap();
        let listeners: Vec<_> = addresses.iter().map(listen).collect();
        assert_eq!(listening(&ports), Some(3));
        drop(listeners);
        assert_eq!(listening(&ports), Some(0));
    }

    #[test]
    fn work_takes_time() {
        let Some(before) = cpu_seconds() else { return };
        let mut sum = 0_u64;
        while cpu_seconds().unwrap() < before + 0.005 {
            sum = sum.wrapping_mul(31).wrapping_add(1);
        }
        assert!(std::hint::black_box(sum) > 0);
    }
}
