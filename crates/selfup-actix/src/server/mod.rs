//! The server: when it stops, and what it waits for.

use std::{
    any::Any,
    fmt,
    future::{Future, pending},
    io,
    time::Duration,
};

use actix_http::{Extensions, Request};
use actix_server::ServerHandle;
use actix_service::IntoServiceFactory;
use actix_web::{
    HttpServer,
    body::{EitherBody, MessageBody},
};
use selfup_program::Accepting;
use tokio::time::sleep;

use crate::{
    app_factory::AppFactory,
    connection_close::{ConnectionClose, Draining},
    connection_close_body::ConnectionCloseBody,
    open::Open,
};

/// How long there must be no connection until the server counts as empty. A connection that was accepted goes to
/// its worker through a queue, where it is not counted yet, and is lost if the server stops.
const QUIET: Duration = Duration::from_millis(500);

/// An actix-web server that loses no request when the program drains. From [`server`].
#[must_use = "it serves when it is run"]
pub struct Server<F, S, B>
where
    F: Fn() -> ConnectionClose<S, B> + Send + Clone + 'static,
    S: AppFactory<B>,
    B: MessageBody + 'static,
{
    http: Http<F, S, B>,
    on_connect: OnConnect,
    draining: Draining,
}

type Http<F, S, B> =
    HttpServer<F, ConnectionClose<S, B>, ConnectionClose<S, B>, ConnectionCloseBody<EitherBody<B>>>;
type OnConnect = Box<dyn Fn(&dyn Any, &mut Extensions) + Send + Sync>;

/// A server of the app that `app` creates, once for each worker, as
/// [`HttpServer::new`](actix_web::HttpServer::new) does.
pub fn server<A, S, B>(
    app: impl Fn() -> A + Send + Clone + 'static,
) -> Server<impl Fn() -> ConnectionClose<S, B> + Send + Clone + 'static, S, B>
where
    A: IntoServiceFactory<S, Request>,
    S: AppFactory<B>,
    B: MessageBody + 'static,
{
    let draining = Draining::default();
    let http = HttpServer::new({
        let draining = draining.clone();
        move || ConnectionClose::new(app().into_factory(), draining.clone())
    });
    Server { http, on_connect: Box::new(|_, _| ()), draining }
}

impl<F, S, B> Server<F, S, B>
where
    F: Fn() -> ConnectionClose<S, B> + Send + Clone + 'static,
    S: AppFactory<B>,
    B: MessageBody + 'static,
{
    /// Sets options of [`HttpServer`](actix_web::HttpServer): workers, limits, timeouts. The defaults are those of
    /// actix-web.
    ///
    /// [`run`](Self::run) overrides three of them: signals are left to the master; there is no shutdown timeout
    /// besides `Config::terminate_timeout`; and `on_connect` counts the connections, so that
    /// [`Server::on_connect`](Self::on_connect) takes its place.
    ///
    /// ```
    /// # use actix_web::{App, HttpResponse, web};
    /// # use std::time::Duration;
    /// let app = || App::new().default_service(web::to(async || HttpResponse::Ok()));
    /// let server = selfup_actix::server(app)
    ///     .configure(|http| http.workers(2).keep_alive(Duration::from_secs(75)));
    /// ```
    pub fn configure(
        mut self,
        set: impl FnOnce(
            HttpServer<
                F,
                ConnectionClose<S, B>,
                ConnectionClose<S, B>,
                ConnectionCloseBody<EitherBody<B>>,
            >,
        ) -> HttpServer<
            F,
            ConnectionClose<S, B>,
            ConnectionClose<S, B>,
            ConnectionCloseBody<EitherBody<B>>,
        >,
    ) -> Self {
        self.http = set(self.http);
        self
    }

    /// Sets a hook that is called with each connection before it is served, as that of
    /// [`HttpServer::on_connect`](actix_web::HttpServer::on_connect). The default is none.
    pub fn on_connect(
        mut self,
        call: impl Fn(&dyn Any, &mut Extensions) + Send + Sync + 'static,
    ) -> Self {
        self.on_connect = Box::new(call);
        self
    }

    /// Serves until the program drains, and then until every request under way has its response. No keep-alive
    /// client loses a request that it sends within the idle grace.
    ///
    /// It drains on SIGTERM and SIGINT unless the program handles them
    /// ([`drain_on_signals`](selfup_program::Listener::drain_on_signals)).
    ///
    /// # Errors
    ///
    /// The app could not be created, the socket cannot be served, or the process has no descriptors or threads left.
    ///
    /// # Panics
    ///
    /// If it is called outside of an actix system and of a tokio runtime.
    pub async fn run(self, listener: selfup_program::Listener) -> io::Result<()> {
        listener.drain_on_signals()?;
        let (drain, accepting) = (listener.graceful_shutdown(), listener.accepting());
        let this = self.counting_for_the_master(accepting.clone());
        let begun = async move {
            accepting.begin();
            drain.await;
        };
        let times = Times { grace: listener.idle_grace(), limit: listener.drain_limit() };
        let listener = match listener.into_tcp() {
            Ok(socket) => return this.run_until(begun, times, |http| http.listen(socket)).await,
            Err(listener) => listener,
        };
        let socket = listener.into_unix().map_err(|_| {
            let what = "could not serve: neither a TCP nor a Unix listener";
            io::Error::new(io::ErrorKind::InvalidInput, what)
        })?;
        this.run_until(begun, times, |http| http.listen_uds(socket)).await
    }

    /// Counts each connection until it is closed, for the status that an operator sees.
    fn counting_for_the_master(mut self, accepting: Accepting) -> Self {
        let call = self.on_connect;
        self.on_connect = Box::new(move |connection, extensions| {
            extensions.insert(accepting.connection());
            call(connection, extensions);
        });
        self
    }

    async fn run_until(
        self,
        begun: impl Future<Output = ()>,
        times: Times,
        listen: impl FnOnce(Http<F, S, B>) -> io::Result<Http<F, S, B>>,
    ) -> io::Result<()> {
        let open = Open::default();
        let count = open.clone();
        let http = self.http.on_connect(move |connection, extensions| {
            extensions.insert(count.count());
            (self.on_connect)(connection, extensions);
        });
        // The master kills a child that is late.
        let http = http.disable_signals().shutdown_timeout(u64::MAX);
        let mut server = listen(http)?.run();
        let handle = server.handle();
        tokio::select! {
            // First the server: its first poll starts the workers and accepts.
            biased;
            // It could not start.
            result = &mut server => return result,
            () = begun => {}
        }
        let leave = async {
            leave(times.grace, &self.draining, &open, handle).await;
            pending::<()>().await;
        };
        tokio::select! {
            // It has to be polled to stop.
            result = &mut server => result,
            () = leave => Ok(()),
            // What is still open is closed when the program ends.
            () = sleep(times.limit) => Ok(()),
        }
    }
}

/// How long it takes to leave.
#[derive(Clone, Copy)]
struct Times {
    grace: Duration,
    limit: Duration,
}

/// Drains: closes each connection by its next response within the grace, and stops the server.
async fn leave(grace: Duration, draining: &Draining, open: &Open, handle: ServerHandle) {
    draining.begin();
    handle.pause().await;
    tokio::select! {
        () = open.none_for(QUIET) => {}
        // All at once, and no sooner than the client of the last response that did not close its connection has
        // had its grace: actix closes a connection that responds while it stops, whatever the response says.
        () = draining.owed().none_for(grace) => {}
    }
    // The call alone stops it; its future would end with the server.
    drop(handle.stop(true));
}

impl<F, S, B> fmt::Debug for Server<F, S, B>
where
    F: Fn() -> ConnectionClose<S, B> + Send + Clone + 'static,
    S: AppFactory<B>,
    B: MessageBody + 'static,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("draining", &self.draining).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
