//! Recognises by its threads that `run` was called inside of a tokio runtime.

use std::fs;

/// Returns whether `run` was called inside of a tokio runtime. A runtime with a single thread is not
/// recognised.
pub(crate) fn are_of_a_runtime() -> bool {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let mut names = tasks.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    names.any(|name| name.starts_with("tokio-"))
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use super::*;

    #[test]
    fn the_threads_of_a_runtime_are_recognised_by_their_names() {
        assert!(!are_of_a_runtime());
        let (end, ended) = mpsc::channel::<()>();
        let (begin, begun) = mpsc::channel();
        let worker = thread::Builder::new().name("tokio-rt-worker".into()).spawn(move || {
            begin.send(()).unwrap();
            ended.recv().unwrap_err();
        });
        begun.recv().unwrap();
        assert!(are_of_a_runtime());
        drop(end);
        worker.unwrap().join().unwrap();
    }
}
