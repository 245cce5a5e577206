//! The same work for many items, on as many processors as there are. Starting threads costs some 50 µs, so
//! few items stay where they are.

use std::num::NonZero;
use std::thread;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        for count in [0, 1, SHARE, 2 * SHARE, 2 * SHARE + 1, 5 * SHARE + 7] {
            let items: Vec<usize> = (0..count).collect();
            let expected: Vec<usize> = items.iter().map(|item| item * 2).collect();
            assert_eq!(in_parallel(items, |item| item * 2), expected, "{count}");
        }
    }
}
