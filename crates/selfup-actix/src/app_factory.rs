//! The bounds of an app.

use std::fmt;

use actix_http::Request;
use actix_service::ServiceFactory;
use actix_web::{
    Error,
    dev::{AppConfig, Response},
};

/// The factory that an [`App`](actix_web::App) becomes in a server: every one that
/// [`HttpServer`](actix_web::HttpServer) takes implements it.
pub trait AppFactory<B>:
    ServiceFactory<
        Request,
        Config = AppConfig,
        Response: Into<Response<B>>,
        Error: Into<Error>,
        InitError: fmt::Debug,
        Service: 'static,
        Future: 'static,
    > + 'static
{
}

impl<S, B> AppFactory<B> for S where
    S: ServiceFactory<
            Request,
            Config = AppConfig,
            Response: Into<Response<B>>,
            Error: Into<Error>,
            InitError: fmt::Debug,
            Service: 'static,
            Future: 'static,
        > + 'static
{
}
