//! Describes the machine of the measurements.

use std::fs;
use xtask_support::command::{Result, program, stdout_of};

/// One line: processor, kernel, compiler, and how busy it is with other things.
pub(super) fn line() -> Result<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let mut models =
        cpu.lines().filter_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = models.next().map_or("a processor without a name", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib: u64 = memory.split_whitespace().nth(1).and_then(|it| it.parse().ok()).unwrap_or(0);
    let kernel = stdout_of(&mut program("uname", &["-sr"]))?;
    let rustc = stdout_of(&mut program("rustc", &["--version"]))?;
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("unknown");
    Ok(format!(
        "{model}, {cores} cores, {} GiB, {}, {}; load average before: {load}",
        kib >> 20,
        kernel.trim(),
        rustc.trim()
    ))
}
