//! A thread with a runtime of its own, so that a busy or blocked test runtime cannot disturb
//! what is measured or forwarded there.

use std::thread::JoinHandle;

/// Runs the future that `work` makes on a new thread and returns its result through the handle.
pub(crate) fn spawn<F, T>(name: &str, work: impl FnOnce() -> F + Send + 'static) -> JoinHandle<T>
where
    F: Future<Output = T>,
    T: Send + 'static,
{
    std::thread::Builder::new()
        .name(name.into())
        .spawn(|| {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a current-thread runtime needs only file descriptors")
                .block_on(work())
        })
        .expect("the system refused a thread")
}
