//! Prepares a probed process between fork and exec.
#![allow(unsafe_code, reason = "code between fork and exec")]

use std::ffi::CString;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::ptr;

use nix::sys::signal::SigSet;

/// Makes the command execute `path`, without arguments and with these variables as its environment, in a session
/// and process group of its own, with every signal at its default and none blocked, and with no descriptor but
/// 0, 1 and 2.
///
/// On Linux it is killed when the thread that starts it ends, so it never outlives this process.
///
/// The program of the command itself is not used, because the standard library passes a file that the kernel
/// cannot execute to a shell, as execvp(3) does.
pub(crate) fn isolate(command: &mut Command, path: CString, variables: Vec<CString>) {
    let environment = Environment::new(variables);
    let become_it = move || {
        alone()?;
        let arguments = [path.as_ptr(), ptr::null()];
        let environment = environment.list();
        // SAFETY: three pointers to strings that end in nul, in lists that end in a null pointer.
        unsafe { libc::execve(path.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
        Err(io::Error::last_os_error())
    };
    // SAFETY: the closure makes async-signal-safe calls only, and allocates nothing.
    unsafe { command.pre_exec(become_it) };
}

/// Variables in the form that execve(2) takes. They are created before the fork, because nothing may be allocated
/// after it.
struct Environment {
    /// The pointers, with a null pointer at the end.
    list: Vec<*const libc::c_char>,
    /// The strings that the list points to.
    _variables: Vec<CString>,
}

// SAFETY: the pointers lead to what is owned beside them, at an address of its own on the heap, and
// nothing is ever changed there.
unsafe impl Send for Environment {}
// SAFETY: as above.
unsafe impl Sync for Environment {}

impl Environment {
    fn new(variables: Vec<CString>) -> Self {
        let pointers = variables.iter().map(|variable| variable.as_ptr());
        Self { list: pointers.chain([ptr::null()]).collect(), _variables: variables }
    }

    fn list(&self) -> &[*const libc::c_char] {
        &self.list
    }
}

fn alone() -> io::Result<()> {
    nix::unistd::setsid()?;
    default_signals()?;
    #[cfg(target_os = "linux")]
    {
        nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?;
        close_on_exec_from(3);
    }
    Ok(())
}

/// Resets ignored signals and the mask. Handlers are reset by exec.
fn default_signals() -> io::Result<()> {
    // No system has a signal beyond 127.
    for number in 1..=127 {
        // SAFETY: SIG_DFL is a valid disposition; numbers that allow none fail and change nothing.
        unsafe { libc::signal(number, libc::SIG_DFL) };
    }
    Ok(SigSet::empty().thread_set_mask()?)
}

/// Marks all descriptors as close-on-exec, in case other code opened some without the flag. Kernels before 5.11
/// cannot do this. There the probe may inherit such a descriptor, which does no harm.
#[cfg(target_os = "linux")]
fn close_on_exec_from(first: libc::c_uint) {
    let (last, flag) = (libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC);
    // SAFETY: the call takes three integers and touches the descriptor flags of this process only.
    unsafe { libc::syscall(libc::SYS_close_range, first, last, flag) };
}
