//! How long there has been no connection, by the clock of tokio.

use std::{pin::pin, time::Duration};

use tokio::time::timeout;

use crate::open::Open;

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
