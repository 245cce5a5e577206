//! A TCP proxy in front of a server that breaks connections on request. It reads the bytes that pass
//! only to find a moment to break at: a text, a number of bytes, or a message (`messages` knows where one begins).
//! It cannot look into TLS.

use crate::background;
use crate::messages::{Message, Reader};
use crate::port::Port;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// What happens when the awaited moment comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The server gets everything up to the text, and the connection is reset: it never happened.
    CutBefore,
    /// The server gets the text and acts on it, but the client sees a reset instead of the answer.
    CutAfter,
    /// Everything freezes, on all connections, with the text not yet at the server.
    SwallowBefore,
    /// Everything freezes, on all connections, with the text at the server and its answer not yet at the client.
    SwallowAfter,
    /// The server gets the text with another first letter, refuses that statement with an error, and goes on: as if a
    /// cancel had hit it.
    Spoil,
}

/// The counters of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Connection {
    /// Bytes forwarded to the server.
    pub from_client: u64,
    /// Bytes forwarded to the client.
    pub from_server: u64,
    /// Whether it has not ended or been cut.
    pub is_open: bool,
}

/// A fault proxy on 127.0.0.1, in a thread of its own.
///
/// ```no_run
/// # use windlass_testkit::{Fault, Proxy, Database};
/// # async fn example(db: &Database) {
/// let proxy = Proxy::start(&db.url()).await;
/// proxy.when_client_sends("COMMIT", Fault::CutAfter);
/// // … run something through proxy.url() …
/// proxy.wait_until_drained().await;
/// # }
/// ```
pub struct Proxy {
    url: String,
    address: SocketAddr,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Forward,
    Swallow,
    Refuse,
    Closed,
}

#[derive(Debug, Clone)]
enum Moment {
    Text(Vec<u8>),
    Bytes(u64),
    /// So many acting messages are still to come, those of this application not counted.
    Message {
        left: usize,
        ignoring: String,
    },
}

struct State {
    upstream: (String, u16),
    mode: watch::Sender<Mode>,
    /// Connections whose client began with something that contains this are frozen.
    frozen: watch::Sender<Option<String>>,
    /// Goes up by one with each call of `cut`; a connection that sees it change ends.
    cuts: watch::Sender<u64>,
    /// The same for `hang_up`.
    hang_ups: watch::Sender<u64>,
    /// What clients have said, see [`Proxy::messages`].
    messages: Mutex<Vec<Message>>,
    /// What connections asked for when they began.
    startups: Mutex<Vec<Vec<(String, String)>>>,
    trigger: Mutex<Option<(Moment, Fault)>>,
    /// How many triggers have fired.
    fired: watch::Sender<u64>,
    /// How many connections that a trigger cut the server has finished with.
    drained: watch::Sender<u64>,
    connections: Mutex<Vec<Arc<Counters>>>,
}

#[derive(Default)]
struct Counters {
    from_client: AtomicU64,
    from_server: AtomicU64,
    closed: AtomicBool,
}

impl State {
    fn new(host: String, port: u16) -> Self {
        Self {
            upstream: (host, port),
            mode: watch::Sender::new(Mode::Forward),
            frozen: watch::Sender::new(None),
            cuts: watch::Sender::new(0),
            hang_ups: watch::Sender::new(0),
            messages: Mutex::default(),
            startups: Mutex::default(),
            trigger: Mutex::new(None),
            fired: watch::Sender::new(0),
            drained: watch::Sender::new(0),
            connections: Mutex::default(),
        }
    }
}

impl Proxy {
    /// Starts a proxy in front of the server that `url` names.
    pub async fn start(url: &str) -> Self {
        let config: tokio_postgres::Config = url.parse().expect("a proxy needs the address of a server");
        let host = match config.get_hosts().first() {
            Some(tokio_postgres::config::Host::Tcp(host)) => host.clone(),
            _ => panic!("a proxy needs a server that listens on TCP: {url}"),
        };
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let state = Arc::new(State::new(host.clone(), port));
        let (ready, address) = tokio::sync::oneshot::channel();
        let shared = Arc::clone(&state);
        let thread = background::spawn("proxy", move || serve(shared, ready));
        let address = address.await.expect("the proxy's thread binds a port");
        let url = url.replacen(&format!("{host}:{port}"), &address.to_string(), 1);
        Self {
            url,
            address,
            state,
            thread: Some(thread),
        }
    }

    /// The address given to [`start`](Self::start), through the proxy.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Another address of the same server, through the proxy.
    pub fn url_of(&self, url: &str) -> String {
        let (host, port) = &self.state.upstream;
        url.replacen(&format!("{host}:{port}"), &self.address.to_string(), 1)
    }

    /// Where the proxy listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Resets all connections of this moment, on both sides; new ones are taken.
    pub fn cut(&self) {
        self.state.cuts.send_modify(|count| *count += 1);
    }

    /// What the end of the clients' process looks like to the server: everything that was passed on has arrived, and
    /// nothing comes any more. What [`swallow`](Self::swallow) holds back is dropped. New connections are taken.
    pub fn hang_up(&self) {
        self.state.hang_ups.send_modify(|count| *count += 1);
    }

    /// Freezes: connections stay open, new ones are taken, and nothing passes in either direction.
    ///
    /// What was sent meanwhile arrives after [`resume`](Self::resume), as after a network's outage.
    pub fn swallow(&self) {
        self.state.mode.send_replace(Mode::Swallow);
    }

    /// As [`swallow`](Self::swallow), for those connections only that began with something that contains
    /// `text`, such as their `application_name`; also for new ones.
    pub fn swallow_only(&self, text: &str) {
        self.state.frozen.send_replace(Some(text.to_owned()));
    }

    /// Refuses new connections; the open ones go on.
    pub fn refuse(&self) {
        self.state.mode.send_replace(Mode::Refuse);
    }

    /// Ends [`swallow`](Self::swallow), [`swallow_only`](Self::swallow_only) and [`refuse`](Self::refuse).
    pub fn resume(&self) {
        self.state.frozen.send_replace(None);
        self.state.mode.send_replace(Mode::Forward);
    }

    /// Once, when a client sends `text`: `fault`. A cut ends that connection only.
    ///
    /// Texts inside one message are found wherever the network splits them. A client that prepares
    /// a statement sends its text before it executes it.
    pub fn when_client_sends(&self, text: &str, fault: Fault) {
        assert!(!text.is_empty(), "nothing can be seen in an empty text");
        self.arm(Moment::Text(text.as_bytes().to_vec()), fault);
    }

    /// Once, when a connection's client has sent `count` bytes: these arrive, and it is cut.
    pub fn cut_after(&self, count: u64) {
        self.arm(Moment::Bytes(count), Fault::CutBefore);
    }

    /// Once, at the acting message number `number` from now (from 1) over all connections but those whose
    /// `application_name` is `ignoring`: `fault`. A cut ends that connection only.
    pub fn at_message(&self, number: usize, ignoring: &str, fault: Fault) {
        let (left, ignoring) = (number, ignoring.to_owned());
        self.arm(Moment::Message { left, ignoring }, fault);
    }

    /// The acting messages that clients have sent so far; one that the proxy froze at is the last.
    pub fn messages(&self) -> Vec<Message> {
        let messages = self.state.messages.lock();
        messages.expect("no holder of this lock panics").clone()
    }

    /// What each connection asked for when it began, as `name`, `value`; cancel requests are none.
    pub fn startups(&self) -> Vec<Vec<(String, String)>> {
        let startups = self.state.startups.lock();
        startups.expect("no holder of this lock panics").clone()
    }

    fn arm(&self, moment: Moment, fault: Fault) {
        let mut trigger = self.state.trigger.lock().expect("no holder of this lock panics");
        self.state.fired.send_replace(0);
        self.state.drained.send_replace(0);
        *trigger = Some((moment, fault));
    }

    /// Whether the awaited moment came.
    pub fn has_fired(&self) -> bool {
        *self.state.fired.borrow() > 0
    }

    /// Waits until the awaited moment has come, and the fault with it.
    pub async fn wait_until_fired(&self) {
        wait_for_one(&self.state.fired, "the proxy's moment to come").await;
    }

    /// Waits until the server has acted on all that a cut connection had sent, and hung up.
    ///
    /// For [`Fault::CutBefore`], [`Fault::CutAfter`] and [`cut_after`](Self::cut_after).
    pub async fn wait_until_drained(&self) {
        wait_for_one(
            &self.state.drained,
            "the server to finish what a cut connection had sent",
        )
        .await;
    }

    /// All connections since the start, in their order.
    pub fn connections(&self) -> Vec<Connection> {
        let connections = self
            .state
            .connections
            .lock()
            .expect("no holder of this lock panics");
        connections
            .iter()
            .map(|counters| Connection {
                from_client: counters.from_client.load(Ordering::Relaxed),
                from_server: counters.from_server.load(Ordering::Relaxed),
                is_open: !counters.closed.load(Ordering::Relaxed),
            })
            .collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.mode.send_replace(Mode::Closed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn wait_for_one(counter: &watch::Sender<u64>, what: &str) {
    let mut receiver = counter.subscribe();
    let waiting = receiver.wait_for(|count| *count > 0);
    let seen = tokio::time::timeout(crate::wait::DEADLINE, waiting).await;
    assert!(seen.is_ok(), "waited in vain for {what}");
}

async fn serve(state: Arc<State>, ready: tokio::sync::oneshot::Sender<SocketAddr>) {
    let mut mode = state.mode.subscribe();
    let port = Port::reserve().expect("127.0.0.1 has a free port");
    let mut listener = Some(port.listen().expect("the port is ours"));
    let _ = ready.send(port.address());
    loop {
        let now = *mode.borrow_and_update();
        match now {
            Mode::Closed => return,
            // Only without a listener does the system itself refuse.
            Mode::Refuse => listener = None,
            Mode::Forward | Mode::Swallow if listener.is_none() => {
                listener = Some(port.listen().expect("the port is still ours"));
            }
            Mode::Forward | Mode::Swallow => {}
        }
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Ok((client, _)) = accepted => {
                let counters = Arc::new(Counters::default());
                state.connections.lock().expect("no holder of this lock panics").push(Arc::clone(&counters));
                let state = Arc::clone(&state);
                tokio::spawn(async move {
                    forward(&state, client, &counters).await;
                    counters.closed.store(true, Ordering::Relaxed);
                });
            }
            _ = mode.changed() => {}
        }
    }
}

/// How the carrying of one connection ended.
enum End {
    /// Both sides have hung up.
    Closed,
    /// Both sides are to see a reset.
    Cut,
    /// The client is to see a reset; the server gets these bytes and may finish.
    Lost(Vec<u8>),
}

/// Carries one connection to its end.
async fn forward(state: &State, mut client: TcpStream, counters: &Counters) {
    let mut cuts = state.cuts.subscribe();
    let mut hang_ups = state.hang_ups.subscribe();
    let mut mode = state.mode.subscribe();
    let upstream = (state.upstream.0.as_str(), state.upstream.1);
    let server = tokio::select! {
        server = async {
            // A frozen network does not get as far as the server.
            let _ = mode.wait_for(|mode| *mode != Mode::Swallow).await;
            TcpStream::connect(upstream).await
        } => server,
        _ = cuts.changed() => return reset(client),
        _ = hang_ups.changed() => return reset(client),
    };
    let Ok(mut server) = server else {
        return reset(client);
    };
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let carried = carry(state, &mut client, &mut server, counters, &mut cuts, &mut mode);
    let end = tokio::select! {
        // What the test asked for comes before what a client did later.
        biased;
        _ = hang_ups.changed() => End::Lost(Vec::new()),
        end = carried => end,
    };
    match end {
        End::Closed => {}
        End::Cut => {
            reset(client);
            reset(server);
        }
        End::Lost(last) => {
            // A reset would make the server forget what it has not read yet: hang up politely.
            let told = server.write_all(&last).await;
            counters
                .from_client
                .fetch_add(last.len() as u64, Ordering::Relaxed);
            // Said first: a short run may end of it at once, and whoever asks then is to know why.
            counters.closed.store(true, Ordering::Relaxed);
            state.fired.send_modify(|count| *count += 1);
            reset(client);
            if told.is_ok() && server.shutdown().await.is_ok() {
                let _ = tokio::io::copy(&mut server, &mut tokio::io::sink()).await;
            }
            state.drained.send_modify(|count| *count += 1);
        }
    }
}

/// Reads a side only once what it sent before was passed on, and both at the same time: two full
/// pipes must not wait for each other.
async fn carry(
    state: &State,
    client: &mut TcpStream,
    server: &mut TcpStream,
    counters: &Counters,
    cuts: &mut watch::Receiver<u64>,
    mode: &mut watch::Receiver<Mode>,
) -> End {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let (mut request, mut answer) = (vec![0; 16 << 10], vec![0; 16 << 10]);
    let (mut for_server, mut for_client) = (Vec::new(), Vec::new());
    let (mut client_talks, mut server_talks) = (true, true);
    // Its end is passed on like what it said before: not to a server behind a freeze.
    let mut ended = false;
    let mut seen = Seen::default();
    // Set by `CutAfter`: the server's next word is the answer that the client must not get.
    let mut awaits_answer = false;
    let mut frozen = state.frozen.subscribe();
    let mut beginning = Vec::new();
    loop {
        let is_frozen = frozen.borrow_and_update().as_deref().is_some_and(|text| {
            beginning
                .windows(text.len())
                .any(|part: &[u8]| part == text.as_bytes())
        });
        let flows = *mode.borrow_and_update() != Mode::Swallow && !is_frozen;
        if flows && !client_talks && !ended && for_server.is_empty() {
            ended = true;
            let _ = to_server.shutdown().await;
        }
        if ended && !server_talks && for_client.is_empty() {
            return End::Closed;
        }
        tokio::select! {
            // What the test asked for comes before what a client did later: the end of a client that was killed
            // behind a freeze does not get through.
            biased;
            _ = cuts.changed() => return End::Cut,
            _ = mode.changed() => {}
            _ = frozen.changed() => {}
            sent = to_server.write(&for_server), if flows && !for_server.is_empty() => {
                let Ok(count) = sent else { return End::Cut };
                for_server.drain(..count);
                counters.from_client.fetch_add(count as u64, Ordering::Relaxed);
            }
            sent = to_client.write(&for_client), if flows && !for_client.is_empty() => {
                let Ok(count) = sent else { return End::Cut };
                for_client.drain(..count);
                counters.from_server.fetch_add(count as u64, Ordering::Relaxed);
            }
            read = from_client.read(&mut request), if flows && client_talks && for_server.is_empty() => {
                let chunk = &request[..read.unwrap_or(0)];
                client_talks = !chunk.is_empty();
                for_server.extend_from_slice(chunk);
                const BEGINNING: usize = 1024;
                beginning.extend(chunk.iter().take(BEGINNING.saturating_sub(beginning.len())));
                match seen.look(chunk, state) {
                    None => {}
                    Some((at, Fault::CutBefore)) => {
                        for_server.truncate(at);
                        return End::Lost(for_server);
                    }
                    Some((_, Fault::CutAfter)) => awaits_answer = true,
                    Some((at, Fault::Spoil)) => {
                        let letter = for_server.get_mut(at).expect("the text begins in this chunk");
                        *letter = b'!';
                        state.fired.send_modify(|count| *count += 1);
                    }
                    Some((at, fault)) => {
                        let at = if fault == Fault::SwallowBefore { at } else { for_server.len() };
                        let sent: Vec<u8> = for_server.drain(..at).collect();
                        if to_server.write_all(&sent).await.is_err() {
                            return End::Cut;
                        }
                        counters.from_client.fetch_add(sent.len() as u64, Ordering::Relaxed);
                        state.mode.send_replace(Mode::Swallow);
                        state.fired.send_modify(|count| *count += 1);
                    }
                }
            }
            read = from_server.read(&mut answer), if flows && server_talks && for_client.is_empty() => {
                let chunk = &answer[..read.unwrap_or(0)];
                if awaits_answer && for_server.is_empty() {
                    return End::Lost(Vec::new());
                }
                if chunk.is_empty() {
                    server_talks = false;
                    let _ = to_client.shutdown().await;
                }
                for_client.extend_from_slice(chunk);
            }
        }
    }
}

/// Makes the peer see a reset instead of an orderly end.
fn reset(stream: TcpStream) {
    let _ = stream.set_zero_linger();
}

/// What a connection's client has sent, as far as the next moment depends on it.
#[derive(Default)]
struct Seen {
    count: u64,
    /// The end of the bytes before: a text may begin in one chunk and end in the next.
    tail: Vec<u8>,
    reader: Reader,
}

impl Seen {
    /// Where in `chunk` the armed moment comes; disarms it.
    fn look(&mut self, chunk: &[u8], state: &State) -> Option<(usize, Fault)> {
        let messages = self.reader.read(chunk);
        if let Some(startup) = self.reader.started() {
            let mut startups = state.startups.lock().expect("no holder of this lock panics");
            startups.push(startup);
        }
        let mut armed = state.trigger.lock().expect("no holder of this lock panics");
        let at = match armed.as_mut().map(|(moment, _)| moment) {
            Some(Moment::Text(text)) => {
                let before = self.tail.len().min(text.len() - 1);
                let window = [&self.tail[self.tail.len() - before..], chunk].concat();
                let found = window
                    .windows(text.len())
                    .position(|part| part == text.as_slice());
                found.map(|at| at.saturating_sub(before))
            }
            Some(Moment::Bytes(limit)) if self.count + chunk.len() as u64 >= *limit => {
                Some(limit.saturating_sub(self.count) as usize)
            }
            Some(Moment::Message { left, ignoring }) => count_down(&messages, left, ignoring),
            Some(Moment::Bytes(_)) | None => None,
        };
        self.count += chunk.len() as u64;
        self.tail.extend_from_slice(chunk);
        let excess = self.tail.len().saturating_sub(256);
        self.tail.drain(..excess);
        // What comes behind the place of a freeze was not said.
        let said = messages
            .into_iter()
            .take_while(|(begin, _)| at.is_none_or(|at| *begin <= at));
        let mut all = state.messages.lock().expect("no holder of this lock panics");
        all.extend(said.map(|(_, message)| message));
        let at = at?;
        armed.take().map(|(_, fault)| (at, fault))
    }
}

/// Where the awaited message begins, when it is among these.
fn count_down(messages: &[(usize, Message)], left: &mut usize, ignoring: &str) -> Option<usize> {
    for (begin, _) in messages
        .iter()
        .filter(|(_, message)| message.application != ignoring)
    {
        *left = left.saturating_sub(1);
        if *left == 0 {
            return Some(*begin);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn armed(moment: Moment) -> State {
        let state = State::new(String::new(), 0);
        *state.trigger.lock().expect("nobody else has it") = Some((moment, Fault::CutBefore));
        state
    }

    #[test]
    fn a_text_is_found_across_chunks_and_once() {
        let state = armed(Moment::Text(b"COMMIT".to_vec()));
        let mut seen = Seen::default();
        assert_eq!(seen.look(b"COM", &state), None);
        assert_eq!(seen.look(b"MIT; COMMIT", &state), Some((0, Fault::CutBefore)));
        assert_eq!(seen.look(b"COMMIT", &state), None);
    }

    #[test]
    fn bytes_are_counted_over_the_whole_connection() {
        let state = armed(Moment::Bytes(5));
        let mut seen = Seen::default();
        assert_eq!(seen.look(b"abc", &state), None);
        assert_eq!(seen.look(b"defg", &state), Some((2, Fault::CutBefore)));
    }
}
