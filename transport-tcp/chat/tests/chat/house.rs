//! Several chats whose data is in one folder.

use std::path::PathBuf;

use crate::binary;
use crate::process::{Chat, Start};

/// A folder with the data of several chats, which goes with it.
pub(crate) struct House {
    folder: tempfile::TempDir,
}

impl House {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub(crate) fn data(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// How to start somebody's chat, which joins at `peer`.
    pub(crate) fn start(&self, name: &str, peer: &str) -> Start {
        Start::new(binary(), self.data(name), name).peers(&[peer.to_owned()])
    }

    /// A chat that meets nobody yet.
    pub(crate) fn first(&self, name: &str) -> Chat {
        self.start(name, "127.0.0.1:1").spawn()
    }

    /// A chat that has joined where another is.
    pub(crate) fn joins(&self, name: &str, other: &Chat) -> Chat {
        let chat = self.start(name, &other.address()).spawn();
        chat.tells("connected");
        chat
    }

    /// Somebody's file whose name begins so, if there is one; not its log, and not what was kept aside.
    pub(crate) fn find(&self, name: &str, begins: &str) -> Option<PathBuf> {
        let files = std::fs::read_dir(self.data(name)).ok()?;
        files.filter_map(|entry| Some(entry.ok()?.path())).find(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).expect("plain");
            name.starts_with(begins) && !name.contains("damaged") && !name.contains("wal")
        })
    }
}
