//! Moments in which the machine stood still: a thread on each processor does nothing but sleep, and sees it when it is
//! woken late. What waits meanwhile waits for nobody in particular.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long a thread sleeps at a time.
const STEP: Duration = Duration::from_millis(5);
/// What the everyday scheduling of a busy machine comes to is no standstill.
const WORTH_TELLING: Duration = Duration::from_millis(50);

/// Watches until it is dropped.
#[derive(Debug)]
pub(crate) struct Standstills(Arc<State>);

#[derive(Debug, Default)]
struct State {
    stop: AtomicBool,
    /// From when to when.
    gaps: Mutex<Vec<(Instant, Instant)>>,
}

impl Standstills {
    pub(crate) fn watch() -> Self {
        let state = Arc::new(State::default());
        for processor in processors() {
            let state = Arc::clone(&state);
            let watching = std::thread::Builder::new().name("standstills".into());
            let watching = watching.spawn(move || {
                stay_on(processor);
                run(&state);
            });
            watching.expect("the system refused a thread");
        }
        Self(state)
    }

    /// How much of this time the machine stood still, on one processor or another.
    pub(crate) fn within(&self, from: Instant, to: Instant) -> Duration {
        let mut gaps = self.0.gaps.lock().expect("no holder of this lock panics").clone();
        gaps.sort_unstable();
        let (mut sum, mut counted) = (Duration::ZERO, from);
        for (begin, end) in gaps {
            let begin = begin.max(counted);
            counted = counted.max(end.min(to));
            sum += counted.saturating_duration_since(begin);
        }
        sum
    }

    /// Waits until the threads have told of what is over.
    pub(crate) async fn catch_up() {
        tokio::time::sleep(4 * STEP).await;
    }
}

impl Drop for Standstills {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}

fn run(state: &State) {
    let mut woken = Instant::now();
    while !state.stop.load(Ordering::Relaxed) {
        std::thread::sleep(STEP);
        let now = Instant::now();
        if now - woken >= WORTH_TELLING {
            let mut gaps = state.gaps.lock().expect("no holder of this lock panics");
            gaps.push((woken, now));
        }
        woken = now;
    }
}

/// Those that this process may use, where the system says so.
#[cfg(target_os = "linux")]
fn processors() -> Vec<usize> {
    let Ok(allowed) = rustix::thread::sched_getaffinity(None) else {
        return vec![usize::MAX];
    };
    let all = 0..rustix::thread::CpuSet::MAX_CPU;
    all.filter(|processor| allowed.is_set(*processor)).collect()
}

#[cfg(target_os = "linux")]
fn stay_on(processor: usize) {
    if processor < rustix::thread::CpuSet::MAX_CPU {
        let mut one = rustix::thread::CpuSet::new();
        one.set(processor);
        // Elsewhere it sees less, and nothing that is not so.
        let _ = rustix::thread::sched_setaffinity(None, &one);
    }
}

#[cfg(not(target_os = "linux"))]
fn processors() -> Vec<usize> {
    vec![0]
}

#[cfg(not(target_os = "linux"))]
fn stay_on(_processor: usize) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_processors_saw_counts_once_and_only_inside() {
        let begin = Instant::now();
        let at = |millis| begin + Duration::from_millis(millis);
        let gaps = vec![(at(500), at(900)), (at(100), at(300)), (at(200), at(400))];
        let stood = Standstills(Arc::new(State {
            gaps: Mutex::new(gaps),
            ..State::default()
        }));
        let millis = |from, to| stood.within(at(from), at(to)).as_millis();
        assert_eq!(millis(0, 1000), 700);
        assert_eq!(millis(250, 600), 250);
        assert_eq!(millis(400, 500), 0);
        assert_eq!(millis(950, 1000), 0);
    }
}
