use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::Progress;

/// A progress bar on stderr, for [`Update::on_progress`](crate::Update::on_progress). It is drawn on
/// a terminal only, and goes when the download is done.
///
/// With the feature `progress`.
pub fn progress_bar() -> impl FnMut(Progress) {
    let bar = ProgressBar::no_length();
    bar.enable_steady_tick(Duration::from_millis(100));
    let known = "{bar:30} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left";
    let unknown = "{spinner} {bytes}, {bytes_per_sec}";
    let style = |template| {
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
    };
    bar.set_style(style(unknown));
    move |progress: Progress| {
        if let (None, Some(total)) = (bar.length(), progress.total) {
            bar.set_length(total);
            bar.set_style(style(known));
        }
        bar.set_position(progress.bytes);
        if progress.total.is_some_and(|total| progress.bytes >= total) {
            bar.finish_and_clear();
        }
    }
}
