//! The life of one connection: dial the target, move bytes both ways, end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use floodnet_core::rng::fold;
use floodnet_core::time::Time;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::emulator::{Fate, LinkEmulator};
use crate::pump::Pump;
use crate::shared::Shared;

/// Serves a connection until it ends, and says how that was. `moved` counts the bytes, up and down.
pub(crate) async fn carry(
    shared: &Arc<Shared>,
    number: u64,
    mut near: TcpStream,
    moved: &[Arc<AtomicU64>; 2],
) -> &'static str {
    let mut switches = shared.control.watch();
    let resets = switches.borrow_and_update().resets;
    let called = async { switches.wait_for(|state| state.resets != resets).await.is_ok() };
    tokio::pin!(called);
    // Each direction of each connection draws from a stream of its own, so that draws do not depend on timing.
    let key = |way| fold(fold(shared.options.seed, number), way);
    let mut up = shared.options.up.emulator(key(0));
    let mut down = shared.options.down.emulator(key(1));
    let dialed = tokio::select! {
        dialed = dial(shared, &mut up, &mut down) => dialed,
        _ = &mut called => Dialed::Broken,
    };
    let (mut far, ready) = match dialed {
        Dialed::Answered(far, ready) => (far, ready),
        Dialed::Refused => {
            shared.control.counters.refused.fetch_add(1, Relaxed);
            let _ = near.set_zero_linger();
            return "refused";
        }
        Dialed::Broken => return reset(shared, &[&near]),
    };
    let _ = near.set_nodelay(true).and_then(|()| far.set_nodelay(true));
    let is_broken = tokio::select! {
        biased;
        _ = &mut called => true,
        () = grow_old(shared) => true,
        is_broken = shape(shared, &mut near, &mut far, [up, down], ready, moved) => is_broken,
    };
    if is_broken { reset(shared, &[&near, &far]) } else { "closed" }
}

/// Makes the sockets end with a reset.
fn reset(shared: &Shared, sockets: &[&TcpStream]) -> &'static str {
    shared.control.counters.resets.fetch_add(1, Relaxed);
    for socket in sockets {
        let _ = socket.set_zero_linger();
    }
    "reset"
}

/// Waits until a connection that begins now is to be reset for its age.
async fn grow_old(shared: &Shared) {
    match shared.options.reset_after {
        Some(age) => shared.wait_until(shared.now() + age).await,
        None => std::future::pending().await,
    }
}

/// Moves bytes both ways until both senders have ended; true if the connection broke before.
async fn shape(
    shared: &Arc<Shared>,
    near: &mut TcpStream,
    far: &mut TcpStream,
    [up, down]: [LinkEmulator; 2],
    ready: Time,
    moved: &[Arc<AtomicU64>; 2],
) -> bool {
    let broken = CancellationToken::new();
    let ((near_in, near_out), (far_in, far_out)) = (near.split(), far.split());
    let pump = |way: usize, emulator, ready| Pump {
        shared: Arc::clone(shared),
        emulator,
        way,
        ready,
        moved: Arc::clone(&moved[way]),
        broken: broken.clone(),
    };
    let forth = pump(0, up, ready).run(near_in, far_out);
    let back = pump(1, down, Time::ZERO).run(far_in, near_out);
    let both = async { tokio::join!(forth, back) };
    tokio::select! {
        biased;
        () = broken.cancelled() => true,
        _ = both => broken.is_cancelled(),
    }
}

/// What came of a dial.
enum Dialed {
    /// The target answered; nothing that the dialer says leaves before this time.
    Answered(TcpStream, Time),
    Refused,
    Broken,
}

/// Dials the target when the first segment of the handshake is there. The dialer's own kernel has been answered
/// already; so what it says waits for the round trip that the handshake would have taken.
async fn dial(shared: &Shared, up: &mut LinkEmulator, down: &mut LinkEmulator) -> Dialed {
    if shared.control.state().is_silent {
        std::future::pending::<()>().await;
    }
    let Fate::Arrives { at: there, .. } = up.pass(shared.now(), &mut []) else { return Dialed::Broken };
    shared.wait_until(there).await;
    if !shared.pass_cut(0).await {
        return Dialed::Broken;
    }
    let far = TcpStream::connect(shared.target).await;
    let Fate::Arrives { at: back, .. } = down.pass(shared.now(), &mut []) else { return Dialed::Broken };
    match far {
        Ok(far) => Dialed::Answered(far, back),
        Err(_) => {
            shared.wait_until(back).await;
            Dialed::Refused
        }
    }
}
