//! The signature published next to a file.

use selfup_fetch::{Compression, Error, ErrorKind, read_signature};
use ureq::http::{Method, StatusCode};

use crate::{body::Body, client::Client, coding::undone, exchange::ask, url::Url};

/// The signature next to the configured URL, if there is one.
///
/// Many object stores respond "forbidden" for a missing file if the client may not list the folder,
/// so a forbidden signature counts as a missing one. That is safe: where a signature is required,
/// nothing is installed without one.
pub(crate) fn of(client: &Client) -> Result<Option<String>, Error> {
    client.url.signature().map_or(Ok(None), |url| at(client, &url))
}

/// The signature at a URL, if there is one.
pub(crate) fn at(client: &Client, url: &Url) -> Result<Option<String>, Error> {
    let response = ask(client, url, &Method::GET, &[], client.deadlines.total_from_now())?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(None),
        StatusCode::FORBIDDEN if !response.asks_to_wait() => return Ok(None),
        _ => return Err(response.refused()),
    }
    let coding = response.coding(Compression::None)?;
    let place = response.place.clone();
    let body = undone(Box::new(Body::of(response, client.deadlines)), coding, &place)?;
    read_signature(body).map(Some).map_err(|error| match Error::from(error) {
        error if error.kind() == ErrorKind::Io => error.at(place),
        error => error,
    })
}
