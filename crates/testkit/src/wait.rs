//! Waiting for a fact instead of sleeping: poll a condition, give up loudly.

use std::time::{Duration, Instant};

/// How long the helpers of this crate wait before they call a test failed.
///
/// Generous, because a loaded build machine is slow and a test that passes never waits this long.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Waits until `condition` holds; panics with `what` after [`DEADLINE`].
///
/// ```
/// # async fn example() {
/// # let seen = true;
/// windlass_testkit::wait_until("the marker file", async || std::fs::exists("marker").unwrap()).await;
/// # }
/// ```
pub async fn wait_until(what: &str, condition: impl AsyncFnMut() -> bool) {
    wait_until_within(DEADLINE, what, condition).await;
}

/// Waits until `condition` holds; panics with `what` after `deadline`.
pub async fn wait_until_within(deadline: Duration, what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    // Short pauses first: most conditions come true within a few milliseconds.
    let mut pause = Duration::from_millis(1);
    while !condition().await {
        assert!(
            start.elapsed() < deadline,
            "waited {deadline:?} in vain for {what}"
        );
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}
