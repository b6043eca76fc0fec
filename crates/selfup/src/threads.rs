//! What is wrong with the threads that exist before `run`, as far as their names tell.

use std::fs;

/// Says so if `run` was called inside of a tokio runtime. One of a single thread does not show.
pub(crate) fn of_a_runtime() -> Option<&'static str> {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let mut names = tasks.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    names.any(|name| name.starts_with("tokio-")).then_some(
        "selfup::run was called inside of a tokio runtime, in which the program cannot start one of \
         its own; put #[tokio::main] on the program instead of main: \
         `#[tokio::main] async fn program(state: selfup::State)`",
    )
}
