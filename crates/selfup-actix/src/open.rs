//! How many connections there are.

use std::time::Duration;

use super::sync::{timeout, watch};

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
        // It would end if nothing counted any more, but `self` does.
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
