//! What stands before replicas: it gives each request to one that is in, and lets one go only when its
//! requests are answered. Whatever is not answered with "ok" is a lost request.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use windlass_testkit::wait_until;

#[derive(Default)]
struct State {
    /// Requests that each port is answering; none for one that is out.
    open: BTreeMap<u16, usize>,
    /// The port that was given a request last.
    last: u16,
    answered: usize,
    lost: Vec<String>,
    is_over: bool,
}

/// Replicas by their ports, under requests of several clients.
#[derive(Clone, Default)]
pub(crate) struct Balancer {
    state: Arc<Mutex<State>>,
}

impl Balancer {
    pub(crate) fn take_in(&self, port: u16) {
        self.with(|state| state.open.insert(port, 0));
    }

    /// Gives it no more requests, and waits until those it has are answered.
    pub(crate) async fn let_go(&self, port: u16) {
        // A port that is out and still answering keeps its count beside the others.
        let rest = self.with(|state| state.open.remove(&port)).unwrap_or(0);
        let target = self.with(|state| {
            state
                .open
                .insert(0, state.open.get(&0).copied().unwrap_or(0) + rest);
            0
        });
        wait_until("its requests to be answered", async || {
            self.with(|state| state.open.get(&target).copied().unwrap_or(0) == 0)
        })
        .await;
    }

    /// Clients that ask again as soon as they have their answer.
    pub(crate) fn clients(&self, count: usize) -> Vec<JoinHandle<()>> {
        let client = |balancer: Self| async move {
            while !balancer.with(|state| state.is_over) {
                balancer.request().await;
            }
        };
        (0..count).map(|_| tokio::spawn(client(self.clone()))).collect()
    }

    pub(crate) fn answered(&self) -> usize {
        self.with(|state| state.answered)
    }

    /// Ends the clients and gives how many requests were answered, and what became of the others.
    pub(crate) async fn end(self, clients: Vec<JoinHandle<()>>) -> (usize, Vec<String>) {
        self.with(|state| state.is_over = true);
        for client in clients {
            client.await.expect("a client does not panic");
        }
        self.with(|state| (state.answered, std::mem::take(&mut state.lost)))
    }

    async fn request(&self) {
        let port = self.with(|state| {
            let next = state
                .open
                .range(state.last + 1..)
                .next()
                .or_else(|| state.open.range(1..).next());
            let port = *next?.0;
            state.last = port;
            *state.open.entry(port).or_default() += 1;
            Some(port)
        });
        let outcome = match port {
            Some(port) => ask(port).await,
            None => Err("no replica was in".to_owned()),
        };
        self.with(|state| {
            if let Some(port) = port {
                let known = if state.open.contains_key(&port) { port } else { 0 };
                *state.open.entry(known).or_default() -= 1;
            }
            match outcome {
                Ok(()) => state.answered += 1,
                Err(why) => state.lost.push(why),
            }
        });
    }

    fn with<T>(&self, action: impl FnOnce(&mut State) -> T) -> T {
        action(&mut self.state.lock().expect("nobody panics with it"))
    }
}

async fn ask(port: u16) -> Result<(), String> {
    let mut text = String::new();
    let spoken = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(b"?").await?;
        stream.read_to_string(&mut text).await
    };
    match spoken.await {
        Ok(_) if text == "ok" => Ok(()),
        Ok(_) => Err(format!("port {port} answered {text:?}")),
        Err(error) => Err(format!("port {port}: {error}")),
    }
}
