use std::io::Read;

use selfup_fetch::{Error, ErrorKind, gunzip, read_signature};
use ureq::http::{Method, StatusCode};

use crate::{
    body::Body,
    exchange::ask,
    settings::{Prepared, Settings},
};

/// The signature beside the configured address, if there is one.
pub(crate) fn of(settings: &Settings, prepared: &Prepared) -> Result<Option<String>, Error> {
    let Some(url) = prepared.url.signature() else { return Ok(None) };
    let answer = ask(settings, prepared, &url, &Method::GET, None)?;
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(None),
        _ => return Err(answer.refused()),
    }
    let coded = answer.is_coded()?;
    let place = answer.place.clone();
    let body = Body::of(answer, settings.deadlines);
    let body: Box<dyn Read> =
        if coded { Box::new(gunzip(body).named(&place)) } else { Box::new(body) };
    read_signature(body).map(Some).map_err(|error| match Error::from(error) {
        error if error.kind() == ErrorKind::Io => error.at(place),
        error => error,
    })
}
