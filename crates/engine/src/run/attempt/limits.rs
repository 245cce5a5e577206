//! The limits of one attempt.

use std::time::Duration;

/// The limits of one attempt, worked out from policy and directives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Zero means none.
    pub(crate) lock_timeout: Duration,
    /// Zero means none.
    pub(crate) statement_timeout: Duration,
    /// Zero means none.
    pub(crate) idle_in_transaction: Duration,
    /// A lock of the step can make the application wait.
    pub(crate) blocks: bool,
}

impl Limits {
    /// The settings as `name`, `value in milliseconds`.
    fn settings(&self) -> [(&'static str, u128); 3] {
        [
            ("lock_timeout", self.lock_timeout.as_millis()),
            ("statement_timeout", self.statement_timeout.as_millis()),
            (
                "idle_in_transaction_session_timeout",
                self.idle_in_transaction.as_millis(),
            ),
        ]
    }

    /// What the engine itself sets, as `name=value`, to be told from what a script sets.
    pub(in crate::run) fn ours(&self, role: Option<&str>) -> Vec<String> {
        let mut ours: Vec<String> = self
            .settings()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if self.blocks {
            ours.push("synchronous_commit=local".to_owned());
            let timeout = self.idle_in_transaction.as_millis();
            // On a local socket it is not taken.
            ours.extend([
                format!("tcp_user_timeout={timeout}"),
                "tcp_user_timeout=0".to_owned(),
            ]);
        }
        ours.push(format!("role={}", role.unwrap_or("none")));
        ours
    }

    pub(in crate::run) fn begin(&self) -> String {
        self.opening().join("; ")
    }

    /// The statements that begin a transaction under these limits.
    pub(super) fn opening(&self) -> Vec<String> {
        let mut opening = vec!["BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE".to_owned()];
        let settings = self.settings();
        opening.extend(
            settings
                .iter()
                .map(|(name, value)| format!("SET LOCAL {name} = {value}")),
        );
        if self.blocks {
            // With an absent synchronous standby COMMIT would hang while the locks are still held.
            opening.push("SET LOCAL synchronous_commit = local".to_owned());
            // No other timeout ends a backend that writes to a runner that has stopped reading (measured).
            let timeout = self.idle_in_transaction.as_millis();
            opening.push(format!("SET LOCAL tcp_user_timeout = {timeout}"));
        }
        opening
    }
}
