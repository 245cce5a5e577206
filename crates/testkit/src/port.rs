//! A port of 127.0.0.1 that stays ours also while nobody listens on it: before a server starts, while it is stopped,
//! while a proxy refuses.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::{TcpListener, TcpSocket};

/// A port that the system gives to nobody else.
#[derive(Debug)]
pub(crate) struct Port {
    address: SocketAddr,
    /// Bound, and never listening: who connects is refused, and who asks for any port gets another.
    _kept: Option<TcpSocket>,
}

impl Port {
    /// Takes one that is free.
    pub(crate) fn reserve() -> io::Result<Self> {
        let socket = bound(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = socket.local_addr()?;
        // Other systems let no second socket have the same port, not even ours.
        let _kept = cfg!(target_os = "linux").then_some(socket);
        Ok(Self { address, _kept })
    }

    /// Its number.
    pub(crate) fn number(&self) -> u16 {
        self.address.port()
    }

    /// Where it is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Listens on it.
    pub(crate) fn listen(&self) -> io::Result<TcpListener> {
        bound(self.address)?.listen(1024)
    }
}

/// A socket that shares its port with whoever asks for it by number and allows the same, as servers do.
fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
