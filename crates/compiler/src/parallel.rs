//! The same work for many items, on as many processors as there are. Starting threads costs some 50 µs, so
//! few items stay where they are.

use std::collections::VecDeque;
use std::num::NonZero;
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::sql;

/// Items that make a thread worth its start.
const SHARE: usize = 100;
/// More do not help: the system calls of one process wait for each other.
const MOST: usize = 4;

/// What `work` makes of each item, in their order.
pub fn in_parallel<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let worth = items.len() / SHARE;
    let threads = match worth {
        0 | 1 => 1,
        worth => thread::available_parallelism()
            .map_or(1, NonZero::get)
            .min(worth)
            .min(MOST),
    };
    if threads == 1 {
        return items.into_iter().map(work).collect();
    }
    let share = items.len().div_ceil(threads);
    let mut items = items.into_iter();
    let work = &work;
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads)
            .map(|_| {
                let own: Vec<T> = items.by_ref().take(share).collect();
                scope.spawn(move || own.into_iter().map(work).collect::<Vec<R>>())
            })
            .collect();
        // The last share is this thread's own.
        let last: Vec<R> = items.map(work).collect();
        let mut done = Vec::with_capacity(share * threads);
        for other in others {
            match other.join() {
                Ok(results) => done.extend(results),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done.extend(last);
        done
    })
}

/// So many items may be made and not yet taken: memory stays flat however many there are.
const AHEAD: usize = 32;
/// So many small items are worth waking somebody for.
const TOGETHER: usize = 4;

/// Hands what `work` makes of each item to `take`, in their order, while threads work on the items that come next.
/// `work` runs on stacks that hold any tree, `take` on the caller's thread.
pub fn in_order<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync, mut take: impl FnMut(&T, R)) {
    let threads = thread::available_parallelism()
        .map_or(1, NonZero::get)
        .min(items.len())
        .min(MOST);
    if threads <= 1 {
        for item in items {
            take(item, work(item));
        }
        return;
    }
    let queue = Queue::new(items.len(), (items.len() / (threads * 8)).clamp(1, TOGETHER));
    thread::scope(|scope| {
        for _ in 0..threads {
            sql::spawn_deep(scope, || {
                let _ending = Ending(&queue);
                while let Some(claimed) = queue.claim() {
                    let made = items[claimed.clone()].iter().map(&work).collect();
                    queue.done(claimed, made);
                }
            });
        }
        let _ending = Ending(&queue);
        let mut left = items.iter();
        while !left.as_slice().is_empty() {
            // None: a thread panicked, and the scope hands that on.
            let Some(made) = queue.next() else { return };
            for (made, item) in made.into_iter().zip(left.by_ref()) {
                take(item, made);
            }
        }
    });
}

/// What is claimed, made and taken.
struct Queue<R> {
    state: Mutex<State<R>>,
    changed: Condvar,
    items: usize,
    together: usize,
}

struct State<R> {
    /// The next item that nobody works on.
    next: usize,
    /// The next item to be taken.
    taken: usize,
    /// What is made, by shares of items, from `taken` on.
    made: VecDeque<Option<Vec<R>>>,
    /// Threads that wait for a change.
    waiting: usize,
    is_over: bool,
}

impl<R> Queue<R> {
    fn new(items: usize, together: usize) -> Self {
        Self {
            state: Mutex::new(State {
                next: 0,
                taken: 0,
                made: VecDeque::new(),
                waiting: 0,
                is_over: false,
            }),
            changed: Condvar::new(),
            items,
            together,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, mut state: MutexGuard<'s, State<R>>) -> MutexGuard<'s, State<R>> {
        state.waiting += 1;
        let mut state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        state
    }

    fn wake(&self, state: &State<R>) {
        if state.waiting > 0 {
            self.changed.notify_all();
        }
    }

    /// The next items to work on, as soon as some may be begun.
    fn claim(&self) -> Option<Range<usize>> {
        let mut state = self.lock();
        loop {
            if state.is_over || state.next == self.items {
                return None;
            }
            let end = (state.next + self.together).min(self.items);
            if end <= state.taken + AHEAD {
                let claimed = state.next..end;
                state.next = end;
                state.made.push_back(None);
                return Some(claimed);
            }
            state = self.wait(state);
        }
    }

    fn done(&self, claimed: Range<usize>, made: Vec<R>) {
        let mut state = self.lock();
        let place = (claimed.start - state.taken) / self.together;
        state.made[place] = Some(made);
        if place == 0 {
            self.wake(&state);
        }
    }

    /// What was made of the next items, as soon as it is there.
    fn next(&self) -> Option<Vec<R>> {
        let mut state = self.lock();
        loop {
            if let Some(made) = state.made.front_mut().and_then(Option::take) {
                state.made.pop_front();
                state.taken += made.len();
                self.wake(&state);
                return Some(made);
            }
            if state.is_over {
                return None;
            }
            state = self.wait(state);
        }
    }
}

/// Wakes whoever waits when a thread ends before its time.
struct Ending<'q, R>(&'q Queue<R>);

impl<R> Drop for Ending<'_, R> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lock().is_over = true;
            self.0.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_is_taken_in_order_and_not_far_behind() {
        for count in [0, 1, 2, AHEAD, AHEAD + 1, 10 * AHEAD + 3] {
            let items: Vec<usize> = (0..count).collect();
            let begun = std::sync::atomic::AtomicUsize::new(0);
            let mut taken = Vec::new();
            in_order(
                &items,
                |item| {
                    begun.fetch_max(*item, std::sync::atomic::Ordering::SeqCst);
                    item * 2
                },
                |item, made| {
                    assert_eq!(made, item * 2);
                    assert!(begun.load(std::sync::atomic::Ordering::SeqCst) < item + AHEAD + TOGETHER);
                    taken.push(*item);
                },
            );
            assert_eq!(taken, items);
        }
    }

    #[test]
    fn a_panic_of_either_side_ends_the_work() {
        let items: Vec<usize> = (0..10 * AHEAD).collect();
        let in_work = std::panic::catch_unwind(|| {
            in_order(&items, |item| assert!(*item != 40, "planted"), |_, ()| {});
        });
        assert!(in_work.is_err());
        let in_take = std::panic::catch_unwind(|| {
            in_order(&items, |_| (), |item, ()| assert!(*item != 40, "planted"));
        });
        assert!(in_take.is_err());
    }

    #[test]
    fn results_come_in_the_order_of_the_items() {
        for count in [0, 1, SHARE, 2 * SHARE, 2 * SHARE + 1, 5 * SHARE + 7] {
            let items: Vec<usize> = (0..count).collect();
            let expected: Vec<usize> = items.iter().map(|item| item * 2).collect();
            assert_eq!(in_parallel(items, |item| item * 2), expected, "{count}");
        }
    }
}
