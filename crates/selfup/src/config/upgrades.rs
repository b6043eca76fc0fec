//! Where new executables come from, and which are taken.

use std::time::Duration;

use selfup_fetch::Fetch;

use selfup_master::UpgradePolicy;

use super::Config;

/// Where new executables come from, and which are taken.
impl Config {
    /// Sets where new executables come from. The default is none: the service restarts and does not upgrade.
    /// Which executables are taken is the matter of [`upgrade_policy`](Self::upgrade_policy).
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).fetcher(selfup::fetch::File::new("/srv/releases/app"));
    /// ```
    #[doc(alias = "Fetcher")]
    pub fn fetcher(mut self, fetcher: impl Fetch + 'static) -> Self {
        self.master.fetcher = Some(Box::new(fetcher));
        self
    }

    /// Sets the shortest time between two polls of the fetcher. The default is 1 s. A fetcher with an interval of
    /// its own is polled at that interval, if it is longer; one without an interval, at this one.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).min_fetch_interval(std::time::Duration::from_secs(60));
    /// ```
    #[doc(alias = "MinFetchInterval")]
    pub fn min_fetch_interval(mut self, interval: Duration) -> Self {
        self.master.options.min_fetch_interval = interval;
        self
    }

    /// Sets which new executables are taken, and what is run and replaced. The default is
    /// [`UpgradePolicy::new`]. A later policy takes the place of an earlier one.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// use selfup::{Config, UpgradePolicy};
    ///
    /// let policy = UpgradePolicy::new()
    ///     .trusted_key("RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3");
    /// let config = Config::new(program).upgrade_policy(policy);
    /// ```
    pub fn upgrade_policy(mut self, policy: UpgradePolicy) -> Self {
        self.master.upgrades = policy.into();
        self
    }

    /// Sets how long an upgraded child must stay up until the new executable is committed. Until then it is
    /// started from a hidden file beside the path, which leads to the previous one all the while
    /// (docs/FILES.md). If the child ends badly before, the previous executable is started again. The default
    /// is 10 s; zero commits an executable as soon as a child is ready.
    ///
    /// ```
    /// # fn program(_: selfup::State) {}
    /// let config = selfup::Config::new(program).probation(std::time::Duration::from_secs(60));
    /// ```
    pub fn probation(mut self, probation: Duration) -> Self {
        self.master.options.policy.probation = probation;
        self
    }
}
