//! Whether there is a master, and what `app selfup start` asks for.

use selfup_master::{Error, ErrorKind};
use selfup_program::process::env::{Start, take_start};

use super::Config;
use crate::supervise::Supervise;

impl Config {
    /// Sets whether the program runs under a master. The default is [`Supervise::Always`](crate::Supervise::Always).
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).supervise(selfup::Supervise::OnRequest);
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "control")))]
    pub fn supervise(mut self, supervise: Supervise) -> Self {
        self.supervise = supervise;
        self
    }

    /// Takes over what `app selfup start` has asked of this process, if it was started by it.
    pub(crate) fn take_start(&mut self) -> Result<(), Error> {
        let Some(Start { service, listen }) = take_start() else {
            self.is_direct = self.supervise == Supervise::OnRequest;
            self.master.as_if_unsupported |= self.is_direct;
            return Ok(());
        };
        self.master.control.get_or_insert(service);
        for (name, address) in listen {
            let known = self.master.listen.iter_mut().find(|listen| listen.name == name);
            let Some(known) = known else {
                let names: Vec<_> =
                    self.master.listen.iter().map(|listen| listen.name.as_str()).collect();
                let text = format!(
                    "could not listen on {address}: the program has no address named {name:?}; there are {}",
                    names.join(", ")
                );
                return Err(Error::new(ErrorKind::Configuration, text));
            };
            known.address = address;
        }
        Ok(())
    }
}
