//! A peer made of a bare socket and a Noise library, which does with the protocol what it likes. It is written
//! after the description of the protocol and uses nothing of the crate's own, so that each is held against the
//! other.

use std::net::SocketAddr;
use std::time::Duration;

use floodnet_tcp::identity::{Identity, Keypair};
use floodnet_tcp::options::Network;
use floodnet_tcp::peer::Peer;
use snow::{Builder, HandshakeState, TransportState};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How a stranger presents itself.
#[derive(Clone, Debug)]
pub(crate) struct Face {
    /// The identity that it claims; its own, unless it lies.
    pub(crate) claims: Identity,
    /// Whose signature it shows.
    pub(crate) signs: Keypair,
    pub(crate) network: Network,
    pub(crate) versions: [u8; 2],
    pub(crate) port: u16,
    pub(crate) session: u64,
    pub(crate) number: u64,
}

impl Face {
    /// An honest one.
    pub(crate) fn new(secret: u8) -> Self {
        let keypair = Keypair::from_secret(&[secret; 32]);
        Self {
            claims: keypair.identity(),
            signs: keypair,
            network: Network::default(),
            versions: [1, 1],
            port: 9,
            session: 7,
            number: 1,
        }
    }

    fn noise(&self, is_dialer: bool) -> (HandshakeState, Vec<u8>) {
        let pattern = match self.network.key {
            Some(_) => "Noise_XXpsk0_25519_ChaChaPoly_BLAKE2s",
            None => "Noise_XX_25519_ChaChaPoly_BLAKE2s",
        };
        let params: snow::params::NoiseParams = pattern.parse().expect("a pattern");
        let keys = Builder::new(params.clone()).generate_keypair().expect("randomness");
        let prologue = [b"floodnet/1 ", self.network.name.as_bytes()].concat();
        let mut builder = Builder::new(params)
            .prologue(&prologue)
            .and_then(|builder| builder.local_private_key(&keys.private))
            .expect("a builder");
        if let Some(key) = &self.network.key {
            builder = builder.psk(0, key).expect("a key");
        }
        let state = if is_dialer { builder.build_initiator() } else { builder.build_responder() };
        (state.expect("a handshake"), self.hello(&keys.public))
    }

    fn hello(&self, static_key: &[u8]) -> Vec<u8> {
        let signed = self.signs.sign(&[b"floodnet-noise-static-key:v1", static_key].concat());
        let mut hello = self.claims.as_bytes().to_vec();
        hello.extend(signed);
        hello.extend(self.versions);
        hello.extend(0u32.to_be_bytes());
        hello.extend(self.port.to_be_bytes());
        hello.extend(self.session.to_be_bytes());
        hello.extend(self.number.to_be_bytes());
        hello
    }
}

pub(crate) struct Stranger {
    pub(crate) stream: TcpStream,
    noise: Option<TransportState>,
    /// All bytes that it has written.
    pub(crate) written: Vec<u8>,
}

fn framed(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a frame").to_be_bytes();
    [&length, bytes].concat()
}

impl Stranger {
    pub(crate) const fn over(stream: TcpStream) -> Self {
        Self { stream, noise: None, written: Vec::new() }
    }

    /// One that has dialed and said nothing.
    pub(crate) async fn dial(node: Peer) -> Self {
        Self::dial_at(node.address()).await
    }

    pub(crate) async fn dial_at(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.expect("the node listens"))
    }

    /// One that has shaken hands and was welcomed.
    pub(crate) async fn welcomed(node: Peer, face: &Face) -> Self {
        let mut stranger = Self::dial(node).await;
        assert!(stranger.shake(face).await, "all three messages");
        let welcome = stranger.read_frame().await.expect("a welcome");
        assert_eq!((welcome.first(), welcome.len()), (Some(&5), 9), "{welcome:?}");
        stranger
    }

    /// Shakes hands as the dialer; false when the node closed in the middle of it.
    pub(crate) async fn shake(&mut self, face: &Face) -> bool {
        let (mut noise, hello) = face.noise(true);
        let mut buffer = [0; 1_024];
        let length = noise.write_message(&[], &mut buffer).expect("written");
        self.write(&framed(&buffer[..length])).await;
        let Some(second) = self.read_raw().await else { return false };
        let mut payload = [0; 1_024];
        let Ok(length) = noise.read_message(&second, &mut payload) else { return false };
        assert_eq!(length, 32 + 64 + 24, "its hello");
        let length = noise.write_message(&hello, &mut buffer).expect("written");
        self.write(&framed(&buffer[..length])).await;
        self.noise = Some(noise.into_transport_mode().expect("finished"));
        true
    }

    /// Takes the connection that the node opens, and shakes hands as who was dialed; without the welcome.
    pub(crate) async fn take_dial(listener: &TcpListener, face: &Face) -> Self {
        let (stream, _) = listener.accept().await.expect("the node dials");
        let mut stranger = Self::over(stream);
        let (mut noise, hello) = face.noise(false);
        let (mut buffer, mut payload) = ([0; 1_024], [0; 1_024]);
        let first = stranger.read_raw().await.expect("its first message");
        noise.read_message(&first, &mut payload).expect("of our network");
        let length = noise.write_message(&hello, &mut buffer).expect("written");
        stranger.write(&framed(&buffer[..length])).await;
        if let Some(third) = stranger.read_raw().await {
            noise.read_message(&third, &mut payload).expect("its hello");
            stranger.noise = Some(noise.into_transport_mode().expect("finished"));
        }
        stranger
    }

    /// Whether the other side got as far as its last message of the handshake.
    pub(crate) const fn has_met(&self) -> bool {
        self.noise.is_some()
    }

    /// Says that the link stands.
    pub(crate) async fn welcome(&mut self, number: u64) {
        self.send(&[&[5], &number.to_be_bytes()[..]].concat()).await;
    }

    /// A sealed frame with this inside.
    pub(crate) fn seal(&mut self, plain: &[u8]) -> Vec<u8> {
        let mut sealed = vec![0; plain.len() + 16];
        let noise = self.noise.as_mut().expect("shaken");
        let length = noise.write_message(plain, &mut sealed).expect("short");
        framed(&sealed[..length])
    }

    pub(crate) async fn send(&mut self, plain: &[u8]) {
        let frame = self.seal(plain);
        self.write(&frame).await;
    }

    /// Sends a packet of the node's protocol: version, layer and the rest.
    pub(crate) async fn send_packet(&mut self, packet: &[u8]) {
        self.send(&[&[0], packet].concat()).await;
    }

    /// Says "I have taken you as a neighbor".
    pub(crate) async fn accept_as_neighbor(&mut self) {
        self.send_packet(&[1, 0, 1]).await;
    }

    /// Writes bytes as they are. That the node has closed meanwhile is no error here.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.written.extend_from_slice(bytes);
        let _ = self.stream.write_all(bytes).await;
    }

    /// The next frame as it comes; none when the node has closed.
    pub(crate) async fn read_raw(&mut self) -> Option<Vec<u8>> {
        let mut length = [0; 2];
        self.stream.read_exact(&mut length).await.ok()?;
        let mut frame = vec![0; usize::from(u16::from_be_bytes(length))];
        self.stream.read_exact(&mut frame).await.ok()?;
        Some(frame)
    }

    /// The next frame, opened.
    pub(crate) async fn read_frame(&mut self) -> Option<Vec<u8>> {
        let sealed = self.read_raw().await?;
        let mut plain = vec![0; sealed.len()];
        let length = self.noise.as_mut().expect("shaken").read_message(&sealed, &mut plain).expect("sealed");
        plain.truncate(length);
        Some(plain)
    }

    /// Waits for the goodbye and gives its reason.
    pub(crate) async fn goodbye(&mut self) -> Option<u8> {
        loop {
            if let [3, reason] = self.read_frame().await?[..] {
                return Some(reason);
            }
        }
    }

    /// Waits until the node has closed the connection, and gives how many bytes came before.
    pub(crate) async fn is_closed(&mut self) -> usize {
        let (mut buffer, mut count) = ([0; 1_024], 0);
        while let Ok(more @ 1..) = self.stream.read(&mut buffer).await {
            count += more;
        }
        count
    }

    /// Answers pings in the background, and reads nothing from then on: its own signs of life are pings.
    pub(crate) fn live_without_reading(mut self) -> tokio::task::JoinHandle<()> {
        tokio::spawn(async move {
            loop {
                let ping = self.seal(&[1]);
                if self.stream.write_all(&ping).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        })
    }
}
