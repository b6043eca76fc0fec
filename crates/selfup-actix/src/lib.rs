#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::io;

use actix_http::Request;
use actix_service::IntoServiceFactory;
use actix_web::body::MessageBody;

mod app_factory;
mod farewell;
mod open;
mod server;

pub use app_factory::AppFactory;
pub use farewell::{Farewell, FarewellFuture, FarewellService};
pub use server::{Server, server};

/// Serves the app that `app` makes, with the defaults of actix-web: [`Server::run`] on a [`server`]
/// of it.
///
/// # Errors
///
/// Those of [`Server::run`].
pub async fn serve<A, S, B>(
    listener: selfup::Listener,
    app: impl Fn() -> A + Send + Clone + 'static,
) -> io::Result<()>
where
    A: IntoServiceFactory<S, Request>,
    S: AppFactory<B>,
    B: MessageBody + 'static,
{
    server(app).run(listener).await
}
