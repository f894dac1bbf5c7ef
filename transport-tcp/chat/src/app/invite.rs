//! A ticket for others, and what the user is told while nobody is here.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;

use super::App;
use crate::find::Finder;
use crate::ticket::MAX_ADDRESSES;

/// Whoever is here answers before that; else it is looked what is in the way.
const LOOK_AROUND: Duration = Duration::from_secs(1);

/// Looks at all places once, a moment after the start, and gives what is in the way.
pub(super) fn look_around(finder: Arc<Finder>) -> mpsc::Receiver<Vec<String>> {
    let (tell, found) = mpsc::channel(1);
    tokio::spawn(async move {
        sleep(LOOK_AROUND).await;
        let words = finder.diagnose().await;
        let _ = tell.send(words).await;
    });
    found
}

impl App {
    /// Tells what is in the way, if nobody is here.
    pub(super) fn tell_alone(&mut self, found: &[String]) {
        if self.talk.is_connected() {
            return;
        }
        self.screen.notice(&format!("nobody here yet, looking at {}", self.about.places));
        for word in found {
            self.screen.notice(word);
        }
        let me = self.talk.handle.me().address();
        if found.is_empty() || me.ip().is_unspecified() {
            self.screen.notice("/invite prints a ticket for others to come here");
        } else {
            self.screen
                .notice(&format!("others come here with: chat --peer {me}, or with the ticket of /invite"));
        }
    }

    pub(super) fn invite(&mut self) {
        let me = self.talk.handle.me().address();
        let mut addresses = own_addresses(me);
        // Who is connected may be reached where this machine is not, for example behind a router.
        let neighbors = self.talk.handle.neighbors().borrow().clone();
        addresses.extend(neighbors.iter().map(|peer| peer.address()).filter(|at| !at.ip().is_loopback()));
        addresses.truncate(MAX_ADDRESSES);
        let is_here_only = addresses.iter().all(|address| address.ip().is_loopback());
        let ticket = self.about.room.ticket(addresses);
        let mut text = format!("{}\nothers come in with: chat TICKET", ticket.text());
        if ticket.key.is_some() {
            text.push_str("\nit holds the key of this private room: give it to nobody else");
        }
        if is_here_only {
            text.push_str(
                "\nit leads to this machine only: start with --listen and an address of your network to let others in",
            );
        }
        self.screen.answer(&text);
    }
}

/// The addresses at which this machine may be reached, if a node listens at `listening`.
fn own_addresses(listening: SocketAddr) -> Vec<SocketAddr> {
    if !listening.ip().is_unspecified() {
        return vec![listening];
    }
    // Nothing is sent: the system only tells from which of its addresses it would send. The addresses are for
    // documentation (RFC 5737, RFC 3849).
    let outward = [("0.0.0.0:0", "192.0.2.1:9"), ("[::]:0", "[2001:db8::1]:9")].into_iter();
    let ips = outward.filter_map(|(from, to)| {
        let socket = UdpSocket::bind(from).ok()?;
        socket.connect(to).ok()?;
        socket.local_addr().ok().map(|address| address.ip())
    });
    let takes = |ip: &IpAddr| listening.is_ipv6() || ip.is_ipv4();
    ips.filter(takes).map(|ip| SocketAddr::new(ip, listening.port())).collect()
}
