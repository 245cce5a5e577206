//! The application of these tests: a process of its own that answers each connection with what one
//! statement did. On SIGTERM it takes no more, answers what it has begun, and ends with 0.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio_postgres::{Client, NoTls};
use windlass_testkit::wait_until;

const ADDRESS: &str = "APPLICATION_DATABASE";
const STATEMENT: &str = "APPLICATION_STATEMENT";

/// The command line that starts it: this test binary, asked for the test below.
pub(crate) fn command() -> Vec<String> {
    let own = std::env::current_exe().expect("a process knows its program");
    let arguments = [
        "application::serve",
        "--exact",
        "--nocapture",
        "--include-ignored",
    ];
    let mut words = vec![own.display().to_string()];
    words.extend(arguments.map(str::to_owned));
    words
}

/// What tells it its database and its statement.
pub(crate) fn environment(url: &str, statement: &str) -> [(&'static str, String); 2] {
    [(ADDRESS, url.to_owned()), (STATEMENT, statement.to_owned())]
}

/// What it says when it takes requests; the port comes behind it.
pub(crate) const READY: &str = "the application listens on ";

#[tokio::test]
#[ignore = "it is the application that other tests start"]
#[expect(clippy::disallowed_methods, reason = "a process is told by its environment")]
async fn serve() {
    let (Ok(url), Ok(statement)) = (std::env::var(ADDRESS), std::env::var(STATEMENT)) else {
        return;
    };
    let (client, connection) = tokio_postgres::connect(&url, NoTls)
        .await
        .expect("the database answers");
    tokio::spawn(connection);
    // An application that does not fit the schema fails as it starts, as most do.
    client
        .prepare(&statement)
        .await
        .expect("the schema is what this version needs");
    let mut terminated = signal(SignalKind::terminate()).expect("signals can be taken");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    println!("{READY}{}.", listener.local_addr().expect("it is bound").port());
    let (client, statement, open) = (
        Arc::new(client),
        Arc::new(statement),
        Arc::new(AtomicUsize::new(0)),
    );
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                open.fetch_add(1, Ordering::SeqCst);
                let (client, statement, open) = (client.clone(), statement.clone(), open.clone());
                tokio::spawn(async move {
                    answer(stream, &client, &statement).await;
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
            _ = terminated.recv() => break,
        }
    }
    drop(listener);
    wait_until("the requests that were begun", async || {
        open.load(Ordering::SeqCst) == 0
    })
    .await;
}

async fn answer(mut stream: TcpStream, client: &Client, statement: &str) {
    let mut request = [0];
    if stream.read_exact(&mut request).await.is_err() {
        return;
    }
    let answer = match client.batch_execute(statement).await {
        Ok(()) => "ok".to_owned(),
        Err(error) => format!("{error:?}"),
    };
    let _ = stream.write_all(answer.as_bytes()).await;
}
