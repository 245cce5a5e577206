//! The built binary as a child process.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A child that runs longer than this hangs.
const DEADLINE: Duration = Duration::from_secs(90);

/// A command line of the binary, in a clean environment.
#[derive(Debug)]
pub struct Windlass(Command);

impl Windlass {
    /// The binary at `path`, in the folder `cwd`.
    pub fn new(path: &str, cwd: &Path) -> Self {
        let mut command = Command::new(path);
        command
            .current_dir(cwd)
            .env_clear()
            .env("HOME", cwd)
            .env("PATH", "/usr/bin:/bin");
        Self(command)
    }

    /// Adds arguments.
    pub fn args(mut self, args: &[&str]) -> Self {
        self.0.args(args);
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// Starts it.
    pub fn spawn(mut self) -> Running {
        self.0
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.0.spawn().expect("the binary can be started");
        let stdout = collect(child.stdout.take().expect("it is piped"));
        let stderr = collect(child.stderr.take().expect("it is piped"));
        Running {
            child,
            stdout,
            stderr,
        }
    }

    /// Starts it and waits for its end.
    pub fn run(self) -> Finished {
        self.spawn().finish()
    }
}

type Collected = (Arc<Mutex<String>>, JoinHandle<()>);

fn collect(pipe: impl Read + Send + 'static) -> Collected {
    let text = Arc::new(Mutex::new(String::new()));
    let into = text.clone();
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let mut text = into.lock().expect("no reader panics");
            text.push_str(&String::from_utf8_lossy(&line));
            text.push('\n');
        }
    });
    (text, reader)
}

/// A child at work.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: Collected,
    stderr: Collected,
}

impl Running {
    /// Waits until it has written `text` to either output.
    pub fn wait_for_output(&mut self, text: &str) {
        let began = Instant::now();
        while !self.written().contains(text) {
            let over = self.child.try_wait().expect("a child can be asked").is_some();
            assert!(
                !(over || began.elapsed() > DEADLINE) || self.written().contains(text),
                "{text:?} was not written: {}",
                self.written()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends a signal, such as `KILL`, `INT` or `STOP`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.child.id().to_string())
            .status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "the child is gone: {}",
            self.written()
        );
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Finished {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child can be asked") {
                break status;
            }
            if began.elapsed() > DEADLINE {
                // It is about to fail the test; what remains of it does not matter.
                let _ = self.child.kill();
                panic!("it hangs: {}", self.written());
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let text = |(text, reader): Collected| {
            reader.join().expect("the reader ends with its pipe");
            let text = text.lock().expect("no reader panics");
            text.clone()
        };
        Finished {
            code: status.code(),
            stdout: text(self.stdout),
            stderr: text(self.stderr),
        }
    }

    fn written(&self) -> String {
        let one = |(text, _): &Collected| text.lock().expect("no reader panics").clone();
        one(&self.stdout) + &one(&self.stderr)
    }
}

/// What a child left.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Finished {
    /// Panics with all output unless the exit code is `code`.
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }
}
