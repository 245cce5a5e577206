//! Keeps a session going in a task of its own: notices out, the reason of its end out, and cancel requests.

use std::convert::Infallible;
use std::future::{self, Ready};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::{mpsc, watch};
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_postgres::{AsyncMessage, Client};

use super::error::{ConnectError, ConnectErrorKind, Failure};
use super::search;
use super::socket::{SocketSettings, Wire, dial_tcp, dial_unix};
use super::tls::{Negotiated, Tls};

/// Tells when a connection ends.
#[derive(Debug, Clone)]
pub struct Closed(watch::Receiver<Option<ClosedReason>>);

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClosedReason {
    /// Whether it was us: the client was dropped.
    pub by_us: bool,
    /// The server's own words, or the network's.
    pub message: String,
    /// The server's SQLSTATE, when it said why: 57P01 is an administrator's command, 57P05 an idle session.
    pub sqlstate: Option<SqlState>,
}

impl Closed {
    /// Why the connection has ended; `None` while it lives.
    pub fn reason(&self) -> Option<ClosedReason> {
        self.0.borrow().clone()
    }

    /// Waits for the end.
    pub async fn wait(&mut self) -> ClosedReason {
        match self.0.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().expect("waited until there is a reason"),
            Err(_) => ClosedReason {
                by_us: true,
                message: "the runtime that drove the connection has stopped".to_owned(),
                sqlstate: None,
            },
        }
    }
}

/// Drives `connection` until it ends.
pub(super) fn spawn(
    mut connection: tokio_postgres::Connection<Wire, Wire>,
) -> (mpsc::UnboundedReceiver<DbError>, Closed) {
    let (notices, notices_out) = mpsc::unbounded_channel();
    let (closed, closed_out) = watch::channel(None);
    tokio::spawn(async move {
        let reason = loop {
            match future::poll_fn(|cx| connection.poll_message(cx)).await {
                Some(Ok(AsyncMessage::Notice(notice))) => {
                    let _ = notices.send(notice);
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => break lost(&error),
                None => {
                    let message = "closed by us".to_owned();
                    break ClosedReason {
                        by_us: true,
                        message,
                        sqlstate: None,
                    };
                }
            }
        };
        closed.send_replace(Some(reason));
    });
    (notices_out, Closed(closed_out))
}

fn lost(error: &tokio_postgres::Error) -> ClosedReason {
    ClosedReason {
        by_us: false,
        message: search::sentence(error),
        sqlstate: error.code().cloned(),
    }
}

/// Cancels the query that a session runs, over a connection of its own, encrypted as the session is.
#[derive(Clone)]
pub struct Canceller(Arc<Request>);

struct Request {
    address: Address,
    target: String,
    host: String,
    /// Set when the session is encrypted.
    tls: Option<Arc<Tls>>,
    socket: SocketSettings,
    timeout: Duration,
    packet: [u8; 16],
}

/// Where a socket leads.
#[derive(Debug, Clone)]
pub(super) enum Address {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl Canceller {
    pub(super) fn new(
        address: Address,
        (target, host): (String, String),
        tls: Option<Arc<Tls>>,
        socket: SocketSettings,
        timeout: Option<Duration>,
        packet: [u8; 16],
    ) -> Self {
        let timeout = timeout.unwrap_or(Duration::from_secs(10));
        Self(Arc::new(Request {
            address,
            target,
            host,
            tls,
            socket,
            timeout,
            packet,
        }))
    }

    /// Asks the server to cancel, and returns when it has taken the request. Whether there was anything to cancel, and
    /// whether it was still the same query, the server does not say.
    pub async fn cancel(&self) -> Result<(), ConnectError> {
        let request = &*self.0;
        let result = match tokio::time::timeout(request.timeout, request.send()).await {
            Ok(result) => result,
            Err(_) => {
                let reason = format!("no answer to the cancel request in {:?}", request.timeout);
                Err(Failure::new(&request.target, ConnectErrorKind::Timeout, reason))
            }
        };
        result.map_err(|failure| ConnectError::from_failures(vec![failure]))
    }
}

impl std::fmt::Debug for Canceller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Canceller({})", self.0.target)
    }
}

impl Request {
    async fn send(&self) -> Result<(), Failure> {
        let network = |error: io::Error| search::unreachable(&self.target, &error);
        let mut wire = match &self.address {
            Address::Unix(path) => dial_unix(path).await.map_err(network)?,
            Address::Tcp(address) => {
                let stream = dial_tcp(*address, &self.socket).await.map_err(network)?;
                match &self.tls {
                    None => Wire::Tcp(stream),
                    Some(tls) => match tls.negotiate(stream, &self.host).await {
                        Ok(Negotiated::Encrypted(stream)) => Wire::Tls(stream),
                        Ok(Negotiated::Refused(_)) => {
                            return Err(search::tls_failure(&self.target, Tls::not_offered()));
                        }
                        Err(problem) => return Err(search::tls_failure(&self.target, problem)),
                    },
                }
            }
        };
        wire.write_all(&self.packet).await.map_err(network)?;
        wire.flush().await.map_err(network)?;
        // The postmaster hangs up when the signal is sent. Returning earlier would let the caller's next query be hit.
        // How it hangs up does not matter.
        let _ = wire.read(&mut [0]).await;
        Ok(())
    }
}

/// The process id of the session's backend, and the packet that cancels its query. tokio-postgres keeps both to itself,
/// and shows them only to a stream that it sends a cancel request through: here is one without a network.
pub(super) async fn backend_key(client: &Client) -> (i32, [u8; 16]) {
    let mut sent = Vec::new();
    let _ = client
        .cancel_token()
        .cancel_query_raw(Recorder(&mut sent), Connected)
        .await;
    let packet: [u8; 16] = sent.try_into().unwrap_or_default();
    let pid = i32::from_be_bytes([packet[8], packet[9], packet[10], packet[11]]);
    (pid, packet)
}

/// TLS has been dealt with, or done without, before tokio-postgres gets the stream.
pub(super) struct Connected;

impl<S: TlsStream + Unpin> TlsConnect<S> for Connected {
    type Stream = S;
    type Error = Infallible;
    type Future = Ready<Result<S, Infallible>>;

    fn connect(self, stream: S) -> Self::Future {
        future::ready(Ok(stream))
    }
}

struct Recorder<'a>(&'a mut Vec<u8>);

impl AsyncRead for Recorder<'_> {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Recorder<'_> {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        self.0.extend_from_slice(buffer);
        Poll::Ready(Ok(buffer.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl TlsStream for Recorder<'_> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}
