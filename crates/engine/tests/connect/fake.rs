//! Servers that never were: they read the start-up packet and answer one message.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};

/// Answers every session with an error of this SQLSTATE.
pub(crate) async fn refuses_with(sqlstate: &'static str, message: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut length = stream.read_u32().await? as usize;
                if length == 8 {
                    stream.read_u32().await?;
                    stream.write_all(b"N").await?;
                    length = stream.read_u32().await? as usize;
                }
                stream.read_exact(&mut vec![0; length - 4]).await?;
                let mut body = Vec::new();
                for (field, text) in [
                    (b'S', "FATAL"),
                    (b'V', "FATAL"),
                    (b'C', sqlstate),
                    (b'M', message),
                ] {
                    body.push(field);
                    body.extend(text.as_bytes());
                    body.push(0);
                }
                body.push(0);
                stream.write_all(b"E").await?;
                stream.write_u32(body.len() as u32 + 4).await?;
                stream.write_all(&body).await
            });
        }
    });
    address
}

/// Accepts, and says nothing.
pub(crate) async fn says_nothing() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// A port where nobody listens, and nobody else can for as long as the socket is kept.
pub(crate) fn dead_port() -> (TcpSocket, u16) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}
