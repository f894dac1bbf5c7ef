//! A peer made of bare sockets, which does with the protocol what it likes.

use floodnet_core::wire::Wire;
use floodnet_tcp::identity::Identity;
use floodnet_tcp::peer::Peer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Stranger {
    /// Where it listens; never served unless asked.
    listener: TcpListener,
    stream: TcpStream,
}

/// The frame that introduces `me`, spelled out.
fn greeting(me: Peer, number: u64) -> Vec<u8> {
    let mut packet = b"\x01flnt".to_vec();
    packet.extend(7u64.to_be_bytes());
    packet.extend(number.to_be_bytes());
    me.encode(&mut packet);
    let length = u16::try_from(packet.len()).expect("a few bytes").to_be_bytes();
    [&length[..], &packet].concat()
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

impl Stranger {
    /// One that has dialed and said nothing.
    pub(crate) async fn dial(node: Peer) -> Self {
        let stream = TcpStream::connect(node.address()).await.expect("the node listens");
        Self { listener: listener().await, stream }
    }

    /// One that has greeted and got its answer. Its greetings are numbered.
    pub(crate) async fn greeting(node: Peer, number: u64) -> Self {
        let mut stranger = Self::dial(node).await;
        stranger.greet_as(stranger.me(), number).await;
        stranger.read_answer(node).await;
        stranger
    }

    /// The same one on a further connection.
    pub(crate) async fn again(&mut self, node: Peer, number: u64) -> Self {
        let fresh = Self::dial(node).await;
        let mut again = Self { listener: std::mem::replace(&mut self.listener, fresh.listener), ..fresh };
        again.greet_as(again.me(), number).await;
        again.read_answer(node).await;
        again
    }

    pub(crate) fn me(&self) -> Peer {
        let address = self.listener.local_addr().expect("bound");
        let [a, b] = address.port().to_be_bytes();
        Peer::new(Identity::from_bytes([[a, b]; 16].concat().try_into().expect("32 bytes")), address)
    }

    pub(crate) async fn greet_as(&mut self, me: Peer, number: u64) {
        self.write(&greeting(me, number)).await;
    }

    async fn read_answer(&mut self, node: Peer) {
        let mut answer = vec![0; greeting(node, 0).len()];
        self.stream.read_exact(&mut answer).await.expect("an answer");
        assert!(answer.ends_with(&node.address().port().to_be_bytes()), "{answer:?}");
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("the node still listens");
    }

    /// Says "I have taken you as a neighbor".
    pub(crate) async fn accept_as_neighbor(&mut self) {
        self.write(&[0, 3, 1, 0, 1]).await;
    }

    /// Waits until the node has closed the connection; signs of life before that are passed over.
    pub(crate) async fn is_closed(&mut self) {
        let mut buffer = [0; 1_024];
        while matches!(self.stream.read(&mut buffer).await, Ok(1..)) {}
    }

    /// Takes the connection that the node opens, greets, keeps both connections alive with signs of life,
    /// and reads nothing from then on.
    pub(crate) async fn take_dial_and_never_read(self) -> tokio::task::JoinHandle<()> {
        let me = self.me();
        let (mut dialed, _) = self.listener.accept().await.expect("the node dials");
        let mut theirs = vec![0; greeting(me, 0).len()];
        dialed.read_exact(&mut theirs).await.expect("its greeting");
        dialed.write_all(&greeting(me, 0)).await.expect("it waits for ours");
        let mut stream = self.stream;
        tokio::spawn(async move {
            let sign = [0, 0];
            while dialed.write_all(&sign).await.is_ok() && stream.write_all(&sign).await.is_ok() {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        })
    }
}
