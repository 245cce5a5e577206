//! The same work for many items, on as many processors as there are. Starting threads costs some 50 µs, so
//! few items stay where they are.

use std::collections::VecDeque;
use std::num::NonZero;
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

/// So many items may be done and not yet taken: memory stays flat however many there are.
const AHEAD: usize = 32;

/// Hands what `work` makes of each item to `take`, in their order, while other threads work on the items that come
/// next. `work` runs on a stack that holds any tree, `take` on the caller's thread.
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
    let queue = Queue::new(items.len());
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| {
                sql::deep(|| {
                    let _ending = Ending(&queue);
                    while let Some(at) = queue.claim() {
                        queue.done(at, work(&items[at]));
                    }
                });
            });
        }
        let _ending = Ending(&queue);
        for item in items {
            // Rather than wait for the others, this thread works too.
            let made = loop {
                match queue.next() {
                    Next::Made(made) => break made,
                    Next::Work(at) => queue.done(at, work(&items[at])),
                    // A thread panicked; the scope hands that on.
                    Next::Over => return,
                }
            };
            take(item, made);
        }
    });
}

/// What is claimed, made and taken.
struct Queue<R> {
    state: Mutex<State<R>>,
    changed: Condvar,
}

struct State<R> {
    /// The next item that nobody works on.
    next: usize,
    /// The next item to be taken.
    taken: usize,
    items: usize,
    /// What is made of the items from `taken` on.
    made: VecDeque<Option<R>>,
    is_over: bool,
}

enum Next<R> {
    Made(R),
    Work(usize),
    Over,
}

impl<R> State<R> {
    fn claim(&mut self) -> Option<usize> {
        let is_free = self.next < self.items && self.next < self.taken + AHEAD;
        is_free.then(|| {
            self.next += 1;
            self.made.push_back(None);
            self.next - 1
        })
    }
}

impl<R> Queue<R> {
    fn new(items: usize) -> Self {
        Self {
            state: Mutex::new(State {
                next: 0,
                taken: 0,
                items,
                made: VecDeque::new(),
                is_over: false,
            }),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State<R>>) -> MutexGuard<'s, State<R>> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// The next item to work on, as soon as one may be begun.
    fn claim(&self) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.is_over || state.next == state.items {
                return None;
            }
            if let Some(at) = state.claim() {
                return Some(at);
            }
            state = self.wait(state);
        }
    }

    fn done(&self, at: usize, made: R) {
        let mut state = self.lock();
        let place = at - state.taken;
        state.made[place] = Some(made);
        self.changed.notify_all();
    }

    /// What was made of the next item, or what to do until it is there.
    fn next(&self) -> Next<R> {
        let mut state = self.lock();
        loop {
            if let Some(made) = state.made.front_mut().and_then(Option::take) {
                state.made.pop_front();
                state.taken += 1;
                self.changed.notify_all();
                return Next::Made(made);
            }
            if state.is_over {
                return Next::Over;
            }
            if let Some(at) = state.claim() {
                return Next::Work(at);
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
                    assert!(begun.load(std::sync::atomic::Ordering::SeqCst) <= item + AHEAD);
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
