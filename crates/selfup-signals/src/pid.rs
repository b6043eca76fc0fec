//! The type [`Pid`]: the id of one process.

use std::fmt;
use std::num::NonZero;
use std::process::Child;

/// The id of one process, never of a group.
///
/// For [kill(2)](https://man7.org/linux/man-pages/man2/kill.2.html), 0, -1 and other negative numbers
/// mean many processes. A `Pid` is always positive, so that no mistake can signal more than one.
///
/// The kernel may reuse a pid as soon as its process has been waited for. It is therefore safe to signal
/// the pid of one's own child until the child has been waited for, and no longer.
///
/// # Examples
///
/// ```
/// use selfup_signals::Pid;
///
/// assert_eq!(Pid::new(0), None);
/// assert_eq!(Pid::new(-1), None);
/// assert_eq!(Pid::this().as_raw() as u32, std::process::id());
/// ```
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Pid(NonZero<libc::pid_t>);

impl Pid {
    /// Returns the pid with this number, or `None` if it is not positive.
    #[must_use]
    pub fn new(number: libc::pid_t) -> Option<Self> {
        NonZero::new(number).filter(|number| number.get() > 0).map(Self)
    }

    /// Returns the pid of the calling process.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "the kernel gives every process a positive pid")]
    pub fn this() -> Self {
        let number = nix::unistd::Pid::this().as_raw();
        #[expect(clippy::expect_used, reason = "the kernel gives every process a positive pid")]
        Self::new(number).expect("a positive pid")
    }

    /// Returns the number.
    #[must_use]
    pub const fn as_raw(self) -> libc::pid_t {
        self.0.get()
    }
}

impl From<&Child> for Pid {
    fn from(child: &Child) -> Self {
        #[expect(clippy::expect_used, reason = "the kernel gives every process a positive pid")]
        Self::new(child.id() as libc::pid_t).expect("a positive pid")
    }
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pid({})", self.0)
    }
}
