//! How many connections there are.

use std::time::Duration;

use tokio::{sync::watch, time::timeout};

/// How many connections there are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Open(watch::Sender<usize>);

/// One of them.
#[derive(Debug)]
pub(crate) struct Counted(Open);

impl Open {
    pub(crate) fn count(&self) -> Counted {
        self.0.send_modify(|open| *open += 1);
        Counted(self.clone())
    }

    /// Waits until there has been no connection for so long, without one that came and went.
    pub(crate) async fn none_for(&self, quiet: Duration) {
        let mut open = self.0.subscribe();
        // It ends if nobody counts any more, which cannot be: `self` does.
        while open.wait_for(|open| *open == 0).await.is_ok()
            && timeout(quiet, open.changed()).await.is_ok()
        {}
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.send_modify(|open| *open -= 1);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    const QUIET: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn it_is_quiet_only_when_all_are_gone() {
        let open = Open::default();
        let connections = (open.count(), open.count());
        let mut quiet = pin!(open.none_for(QUIET));
        drop(connections.0);
        assert!(timeout(4 * QUIET, &mut quiet).await.is_err());
        drop(connections.1);
        timeout(LONG, quiet).await.expect("it is quiet");
    }

    #[tokio::test]
    async fn who_comes_and_goes_is_noticed() {
        let open = Open::default();
        let mut quiet = pin!(open.none_for(LONG));
        assert!(timeout(QUIET, &mut quiet).await.is_err());
        drop(open.count());
        let connection = open.count();
        assert!(timeout(QUIET, &mut quiet).await.is_err());
        drop(connection);
        timeout(LONG, open.none_for(QUIET)).await.expect("it is quiet");
    }
}
