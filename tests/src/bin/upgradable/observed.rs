//! What the master shows to `tracing`, `metrics` and serde, in files for the test to read.

use metrics_exporter_prometheus::PrometheusBuilder;
use selfup::Report;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once};
use std::thread;
use std::time::Duration;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Writes what is traced as lines of JSON.
pub(crate) fn trace_to(path: &str) -> io::Result<()> {
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(LevelFilter::TRACE)
        .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
        .with_writer(Mutex::new(appending(path)?))
        .finish();
    tracing::subscriber::set_global_default(subscriber).map_err(io::Error::other)
}

/// Panics at the first restart that is traced.
pub(crate) fn trace_and_panic() -> io::Result<()> {
    struct Panics;
    impl Write for Panics {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            assert!(!String::from_utf8_lossy(line).contains("restarting"), "a fault of its own");
            Ok(line.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let subscriber = tracing_subscriber::fmt().json().with_writer(|| Panics).finish();
    tracing::subscriber::set_global_default(subscriber).map_err(io::Error::other)
}

/// Writes what is measured, in the text format of Prometheus, again and again while the master has something to tell.
pub(crate) fn measure_to(path: &str) -> io::Result<impl FnMut(&Report) + Send + use<>> {
    let recorder = PrometheusBuilder::new()
        .set_buckets(&[0.1, 1.0, 10.0])
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(io::Error::other)?;
    let (path, begun) = (PathBuf::from(path), Once::new());
    Ok(move |_: &Report| {
        let (path, recorder) = (path.clone(), recorder.clone());
        begun.call_once(|| {
            thread::spawn(move || {
                loop {
                    write_whole(&path, &recorder.render()).unwrap_or_default();
                    thread::park_timeout(Duration::from_millis(10));
                }
            });
        });
    })
}

/// Writes each report as a line of JSON.
pub(crate) fn serialise_to(path: &str) -> io::Result<impl FnMut(&Report) + Send + use<>> {
    let mut file = appending(path)?;
    Ok(move |report: &Report| {
        let line = serde_json::to_string(report).unwrap_or_else(|error| error.to_string());
        writeln!(file, "{line}").unwrap_or_default();
    })
}

fn appending(path: &str) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// A reader finds all of it or nothing.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, text)?;
    fs::rename(new, path)
}
