//! A progress bar for updates.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

use crate::update::Progress;

/// A progress bar on stderr, for [`Update::on_progress`](crate::Update::on_progress). It is drawn on a terminal
/// only, and removed when the download is done.
///
/// It needs the feature `progress`.
///
/// ```
/// # let source = selfup::fetch::File::new("/srv/releases/tool");
/// let update = selfup::Update::new(source).on_progress(selfup::progress_bar());
/// ```
pub fn progress_bar() -> impl FnMut(Progress) + Send {
    let known = "{bar:30} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left";
    let unknown = "{spinner} {bytes}, {bytes_per_sec}";
    let style = |template| {
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
    };
    // It is removed with the update, however that ends.
    let bar = ProgressBar::no_length().with_finish(ProgressFinish::AndClear);
    bar.set_style(style(unknown));
    bar.enable_steady_tick(Duration::from_millis(100));
    move |progress: Progress| {
        if let Some(total) = progress.total.filter(|total| bar.length() != Some(*total)) {
            bar.set_length(total);
            bar.set_style(style(known));
        }
        bar.set_position(progress.bytes);
        if progress.total.is_some_and(|total| progress.bytes >= total) {
            bar.finish_and_clear();
        }
    }
}
