//! A built program as a child process: clean environment, captured output, signals, deadlines.

use crate::wait::DEADLINE;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// What a user's shell or a build server sets and a test must not depend on.
const CLEARED_PREFIXES: &[&str] = &[
    "PG",
    "XDG_",
    "WINDLASS_",
    "GITHUB_",
    "GITLAB_",
    "KUBERNETES_",
    "CLICOLOR",
    "COLOR",
];
const CLEARED: &[&str] = &["DATABASE_URL", "CI", "NO_COLOR", "RUST_LOG", "APP_ENV"];

/// A program to run, with an empty home directory and none of the caller's database settings.
///
/// ```no_run
/// # async fn example(url: &str) {
/// # const PROGRAM: &str = "";
/// // PROGRAM: env!("CARGO_BIN_EXE_windlass")
/// let mut child = windlass_testkit::Command::new(PROGRAM).arg("upgrade").env("DATABASE_URL", url).spawn();
/// child.wait_for_output("waiting for").await;
/// child.kill9();
/// let finished = child.finish().await;
/// assert_eq!(finished.signal, Some(9));
/// # }
/// ```
#[derive(Debug)]
#[must_use = "call spawn() or run()"]
pub struct Command {
    inner: tokio::process::Command,
    stdin: Option<Vec<u8>>,
    answers: Option<Vec<u8>>,
    home: TempDir,
}

impl Command {
    /// The program at this path.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let home = tempfile::tempdir().expect("the temp dir takes folders");
        let mut inner = tokio::process::Command::new(program);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if CLEARED.contains(&&*text) || CLEARED_PREFIXES.iter().any(|prefix| text.starts_with(prefix)) {
                inner.env_remove(&name);
            }
        }
        inner.env("HOME", home.path());
        Self {
            inner,
            stdin: None,
            answers: None,
            home,
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.inner.arg(argument);
        self
    }

    /// Adds arguments.
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.inner.args(arguments);
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.inner.env(name, value);
        self
    }

    /// Sets the working directory.
    pub fn current_dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.inner.current_dir(dir);
        self
    }

    /// Sets what the program reads; nothing by default.
    pub fn stdin(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(text.into());
        self
    }

    /// Lets a person sit at it: stdin and stderr are a terminal, at which this is typed.
    pub fn at_terminal(mut self, answers: impl Into<Vec<u8>>) -> Self {
        self.answers = Some(answers.into());
        self
    }

    /// Starts the program. Dropping the child kills it.
    pub fn spawn(mut self) -> Child {
        let program: OsString = self.inner.as_std().get_program().to_owned();
        let terminal = self.answers.as_deref().map(terminal);
        let stdin = if self.stdin.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        };
        self.inner
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some((_, there)) = &terminal {
            let end = || there.try_clone().expect("a terminal can be shared");
            self.inner.stdin(end()).stderr(end());
        }
        let mut child = self
            .inner
            .spawn()
            .unwrap_or_else(|error| panic!("failed to run {}: {error}", program.display()));
        let pid = child.id().expect("a child that was not waited for has an id");
        let pid = Pid::from_raw(pid.cast_signed()).expect("no child has the id 0");
        if let (Some(text), Some(mut stdin)) = (self.stdin, child.stdin.take()) {
            tokio::spawn(async move { stdin.write_all(&text).await });
        }
        let stdout = Capture::start(child.stdout.take().expect("stdout was piped"));
        let stderr = match (child.stderr.take(), terminal) {
            (_, Some((here, _))) => Capture::start(tokio::fs::File::from_std(here)),
            (Some(pipe), None) => Capture::start(pipe),
            (None, None) => unreachable!("stderr was piped"),
        };
        Child {
            inner: child,
            pid,
            stdout,
            stderr,
            _home: self.home,
        }
    }

    /// Runs the program to its end.
    pub async fn run(self) -> Finished {
        self.spawn().finish().await
    }
}

/// Both ends of a terminal, with something typed already.
fn terminal(typed: &[u8]) -> (std::fs::File, std::fs::File) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let opened = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY);
    let here = opened.expect("the system has pseudo-terminals");
    grantpt(&here).expect("a terminal of ours can be granted");
    unlockpt(&here).expect("a terminal of ours can be unlocked");
    let name = ptsname(&here, Vec::new()).expect("a terminal has a name");
    let path = Path::new(OsStr::from_bytes(name.as_bytes()));
    let options = std::fs::OpenOptions::new().read(true).write(true).open(path);
    let there = options.expect("the other end can be opened");
    let mut here = std::fs::File::from(here);
    here.write_all(typed).expect("a terminal takes a line");
    (here, there)
}

/// A running program.
#[derive(Debug)]
pub struct Child {
    inner: tokio::process::Child,
    pid: Pid,
    stdout: Capture,
    stderr: Capture,
    _home: TempDir,
}

/// What a program left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The exit code, unless a signal ended the program.
    pub code: Option<i32>,
    /// The signal that ended the program.
    pub signal: Option<i32>,
    /// All that it wrote to stdout.
    pub stdout: String,
    /// All that it wrote to stderr.
    pub stderr: String,
}

impl Child {
    /// The process id.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Kills it at once; no handler runs.
    pub fn kill9(&mut self) {
        self.signal(Signal::KILL);
    }

    /// Freezes it.
    pub fn sigstop(&mut self) {
        self.signal(Signal::STOP);
    }

    /// Thaws it.
    pub fn sigcont(&mut self) {
        self.signal(Signal::CONT);
    }

    /// What Ctrl-C sends.
    pub fn sigint(&mut self) {
        self.signal(Signal::INT);
    }

    /// What a container runtime sends first.
    pub fn sigterm(&mut self) {
        self.signal(Signal::TERM);
    }

    /// What a session that ends sends.
    pub fn sighup(&mut self) {
        self.signal(Signal::HUP);
    }

    fn signal(&mut self, signal: Signal) {
        // Once it has been waited for, its id may be another's.
        if matches!(self.inner.try_wait(), Ok(None)) {
            let _ = kill_process(self.pid, signal);
        }
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.inner.try_wait(), Ok(None))
    }

    /// What it has written to stdout so far.
    pub fn stdout_so_far(&self) -> String {
        self.stdout.text()
    }

    /// What it has written to stderr so far.
    pub fn stderr_so_far(&self) -> String {
        self.stderr.text()
    }

    /// Waits until `text` has appeared in its stdout or stderr.
    pub async fn wait_for_output(&mut self, text: &str) {
        let seen = async {
            tokio::select! {
                Ok(()) = self.stdout.contains(text) => true,
                Ok(()) = self.stderr.contains(text) => true,
                else => false,
            }
        };
        let why = match timeout(DEADLINE, seen).await {
            Ok(true) => return,
            Ok(false) => "the program closed its output without",
            Err(_) => "waited in vain for",
        };
        panic!(
            "{why} {text:?}\nstdout: {}\nstderr: {}",
            self.stdout.text(),
            self.stderr.text()
        );
    }

    /// Waits for its end; panics with its output when [`DEADLINE`] passes first.
    pub async fn finish(self) -> Finished {
        self.finish_within(DEADLINE).await
    }

    /// Waits for its end; panics with its output when `deadline` passes first.
    pub async fn finish_within(mut self, deadline: Duration) -> Finished {
        let ended = timeout(deadline, self.inner.wait()).await;
        let Ok(status) = ended else {
            panic!(
                "the program did not end within {deadline:?}\nstdout: {}\nstderr: {}",
                self.stdout.text(),
                self.stderr.text()
            );
        };
        let status = status.expect("a child of ours can be waited for");
        Finished {
            code: status.code(),
            signal: status.signal(),
            stdout: self.stdout.finish().await,
            stderr: self.stderr.finish().await,
        }
    }
}

/// The growing output of one pipe.
#[derive(Debug)]
struct Capture {
    bytes: watch::Receiver<Vec<u8>>,
    reader: JoinHandle<()>,
}

impl Capture {
    fn start(mut pipe: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let (sender, bytes) = watch::channel(Vec::new());
        let reader = tokio::spawn(async move {
            let mut chunk = [0; 8192];
            while let Ok(count @ 1..) = pipe.read(&mut chunk).await {
                sender.send_modify(|all| all.extend_from_slice(&chunk[..count]));
            }
        });
        Self { bytes, reader }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.borrow()).into_owned()
    }

    async fn contains(&self, text: &str) -> Result<(), watch::error::RecvError> {
        let found = |all: &Vec<u8>| String::from_utf8_lossy(all).contains(text);
        self.bytes.clone().wait_for(found).await.map(drop)
    }

    /// What the program itself wrote is in the pipe by now. A grandchild may hold it open for longer: its output is not
    /// waited for.
    async fn finish(mut self) -> String {
        let patience = Duration::from_secs(1);
        if timeout(patience, &mut self.reader).await.is_err() {
            // The time may also have passed without us: then the reader has had no turn yet.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        }
        String::from_utf8_lossy(&self.bytes.borrow()).into_owned()
    }
}
