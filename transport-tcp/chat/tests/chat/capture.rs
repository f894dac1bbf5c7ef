//! What the packets of the machine show, by `tcpdump`, of two chats that talk.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::binary;
use crate::process::{PATIENCE, Start};
use crate::wire::{make_key, nothing_in_clear, rooms, talk};

/// Sent in clear at the end: a capture that does not show it would prove nothing.
const CONTROL: &[u8] = b"these words are in clear";

/// A running `tcpdump`. Dropping it ends it.
struct Capture {
    child: Child,
    packets: Arc<Mutex<Vec<u8>>>,
}

impl Capture {
    /// Of all that goes to and from a port of this machine; or why there is none.
    fn of(port: &str) -> Result<Self, String> {
        let filter = format!("tcp port {port}");
        let mut command = Command::new("tcpdump");
        command.args(["-i", "lo", "-n", "-U", "-w", "-", &filter]).stdin(Stdio::null());
        let started = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = started.map_err(|error| format!("tcpdump: {error}"))?;
        let (mut out, err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let packets = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&packets);
        let capture = Self { child, packets };
        let mut told = Vec::new();
        let mut lines = BufReader::new(err).lines().map_while(Result::ok);
        loop {
            let Some(line) = lines.next() else { return Err(told.join("; ")) };
            let is_ready = line.contains("listening on");
            told.push(line);
            if is_ready {
                break;
            }
        }
        std::thread::spawn(move || lines.for_each(drop));
        std::thread::spawn(move || {
            let mut buffer = [0; 16_384];
            while let Ok(count @ 1..) = out.read(&mut buffer) {
                kept.lock().expect("no panic").extend(&buffer[..count]);
            }
        });
        Ok(capture)
    }

    /// All packets up to those that carry these words.
    fn until(&self, words: &[u8]) -> Vec<u8> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            let packets = self.packets.lock().expect("no panic").clone();
            if packets.windows(words.len()).any(|window| window == words) {
                return packets;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("what was sent in clear is not in the capture");
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A direct message in the open room, and a private room: neither text nor names nor keys in clear.
#[test]
fn a_packet_capture_shows_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = make_key(folder.path());
    for (number, room) in rooms(&key).into_iter().enumerate() {
        let data = ["adalovelace", "bobtables"].map(|name| folder.path().join(format!("{name}{number}")));
        let start = |who: usize, name: &str, peer: &str| {
            Start::new(binary(), data[who].clone(), name).args(&room).peers(&[peer.to_owned()]).spawn()
        };
        let mut ada = start(0, "adalovelace", "127.0.0.1:1");
        let address = ada.address();
        let port = address.rsplit(':').next().expect("a port");
        let capture = match Capture::of(port) {
            Ok(capture) => capture,
            Err(why) => {
                // Straight to standard error, so that it is seen of a test that passes.
                let _ = writeln!(std::io::stderr(), "SKIPPED a_packet_capture_shows_nothing: {why}");
                return;
            }
        };
        let mut bob = start(1, "bobtables", &address);
        talk(&mut ada, &mut bob);
        assert!(bob.ends().success());
        let mut control = TcpStream::connect(&address).expect("it listens");
        control.write_all(CONTROL).expect("it is open");
        let packets = capture.until(CONTROL);
        assert!(packets.len() > 2_000, "what they said is in here: {} bytes", packets.len());
        nothing_in_clear(&packets, &data);
        ada.ends();
    }
}
