//! The faults of a release during the probe.

use selfup_tests::release::Notes;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

const VARIABLE: &str = "SELFUP_BIN_CHECK";

/// Longer than a probe may take, and short enough not to be in the way after it.
const LINGER: Duration = Duration::from_secs(7);

/// Runs before selfup responds to the probe, which it does before `main`.
#[used]
#[unsafe(link_section = ".init_array.00101")]
#[allow(unsafe_code, reason = "there is no other way to be that early")]
static EARLY: extern "C" fn() = misbehave;

/// Does what the notes say, if this is a probe.
#[expect(clippy::disallowed_methods, reason = "to misbehave is what this is for")]
extern "C" fn misbehave() {
    let Some(token) = std::env::var_os(VARIABLE).and_then(|token| token.into_string().ok()) else {
        return;
    };
    match Notes::of_this_program().get("when_probed") {
        Some("hangs") => hang(),
        Some("crashes") => std::process::abort(),
        Some("exits") => std::process::exit(3),
        Some("complains") => {
            eprintln!("libmissing.so: cannot open shared object file");
            std::process::exit(127);
        }
        // As the loader finds one by LD_LIBRARY_PATH, and says so if it does not.
        Some("needs_a_library") if std::env::var_os("NEEDED").is_none() => {
            eprintln!("libneeded.so: cannot open shared object file");
            std::process::exit(127);
        }
        Some("makes_noise") => println!("loading 3 plugins"),
        Some("answers_and_hangs") => {
            println!("{token}");
            hang();
        }
        Some("floods") => loop {
            drop(std::io::stdout().write_all(&[b'x'; 4096]));
        },
        Some("daemonises") => {
            let mut daemon = Command::new("/bin/sleep");
            daemon.arg(LINGER.as_secs().to_string()).stderr(Stdio::null());
            daemon.process_group(0).spawn().map(drop).unwrap_or_default();
            println!("{token}");
            std::process::exit(0);
        }
        _ => {}
    }
}

fn hang() -> ! {
    loop {
        thread::park();
    }
}
