//! `autorisen serve`: from settings to a server that answers, and back to nothing.

mod admin;
mod files;
mod reports;
mod tasks;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::HttpService;
use actix_service::{Service as _, apply_fn_factory, map_config};
use actix_web::dev::{AppConfig, Server, ServerHandle};
use actix_web::rt::net::TcpSocket;
use autorisen_storage::migrations::MigrateError;
use slog::{Logger, info, warn};

use crate::config::{ResponderKind, Settings};
use crate::logging::EVENT;
use crate::traces::{Traces, TracesError};
use crate::wiring::{self, BuildError};
use crate::{cli, schema};

use self::reports::Writer;
pub(crate) use self::tasks::TEND_EVERY;

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1_024;
/// How long answers whose readers are gone may take to be put away.
const ANSWERS_END_WITHIN: Duration = Duration::from_secs(8);

/// The server could not start or go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The tables could not be made.
    #[error("cannot migrate the database")]
    Migrate(#[from] MigrateError),
    /// The parts could not be put together.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The address for who runs the server cannot be listened on.
    #[error(
        "cannot listen on {address} for metrics; stop what has it, set AUTORISEN__ADMIN__PORT to another port, \
         or AUTORISEN__ADMIN__LISTENER to auto or off"
    )]
    BindAdmin {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// Nothing to send traces with.
    #[error(transparent)]
    Traces(#[from] TracesError),
    /// The server broke off.
    #[error("the server failed")]
    Run(#[source] std::io::Error),
}

/// Serves until the process is told to stop; then it takes nothing new, finishes what is under way
/// within the time that the settings allow, and returns.
pub(crate) fn run(settings: &Settings, options: &cli::Serve, log: &Logger) -> Result<(), ServeError> {
    if options.migrate || settings.database.migrate {
        schema::migrate(&settings.database.url, log)?;
    }
    let address = SocketAddr::new(settings.server.host, settings.server.port);
    actix_web::rt::System::new().block_on(serve(settings, (address, Purpose::Service), log, |_, _| ()))
}

/// Serves on a spare port of this machine alone for as long as `work` takes, which is told the
/// address and may block; `None` when the process was told to stop before it was done.
pub(crate) fn meanwhile<T: Send + 'static>(
    settings: &Settings,
    log: &Logger,
    work: impl FnOnce(SocketAddr) -> T + Send + 'static,
) -> Result<Option<T>, ServeError> {
    let spare = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let (done, found) = std::sync::mpsc::channel();
    actix_web::rt::System::new().block_on(serve(
        settings,
        (spare, Purpose::Trial),
        log,
        |address, server| {
            actix_web::rt::spawn(async move {
                if let Ok(answer) = actix_web::web::block(move || work(address)).await {
                    // Nobody waits for it when the server has stopped by itself.
                    let _ = done.send(answer);
                }
                server.stop(true).await;
            });
        },
    ))?;
    Ok(found.try_recv().ok())
}

/// What is served for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Users; who runs it can look on.
    Service,
    /// To see whether it can be done.
    Trial,
}

async fn serve(
    settings: &Settings,
    (address, purpose): (SocketAddr, Purpose),
    log: &Logger,
    listening: impl FnOnce(SocketAddr, ServerHandle),
) -> Result<(), ServeError> {
    let traces = match &settings.traces {
        Some(wanted) if purpose == Purpose::Service => {
            Some(Traces::begin(wanted, &settings.app.version, log)?)
        }
        _ => None,
    };
    let app = wiring::build(settings, traces.as_ref(), log)?;
    let keys = Arc::clone(&app.services.keys);
    let analytics = Arc::clone(&app.services.analytics);
    let clock_is_set = tasks::set_clock(&app.clock, &app.db, log).await;
    tasks::check_connections(&app.db, &settings.database, log).await;
    tasks::load_keys(&keys, &app.db, log).await;

    files::raise_limit(settings.server.max_connections, log);
    let http_settings = wiring::http_settings(settings);
    let services = app.services.clone();
    let server = &settings.server;
    let answers = services.answers.clone();
    let listener = listen(address).map_err(|source| ServeError::Bind { address, source })?;
    let bound = listener.local_addr().unwrap_or(address);
    let keep_alive = server.keep_alive;
    let db = app.db.clone();
    let http = Server::build()
        .workers(server.workers)
        .max_concurrent_connections(server.max_connections.div_ceil(server.workers.max(1)))
        .shutdown_timeout(server.shutdown_timeout.as_secs())
        .listen("http", listener, move || {
            let (routes, db) = (autorisen_http::app(&services, &http_settings), db.clone());
            // However many questions a request has for the database, it does not wait for each.
            let routes = apply_fn_factory(routes, move |request, routes| {
                let (db, answer) = (db.clone(), routes.call(request));
                async move { db.bounded(answer).await }
            });
            HttpService::build()
                .client_request_timeout(HEAD_TIMEOUT)
                .keep_alive(keep_alive)
                // Who hangs up is gone at once, also while an answer has nothing to say.
                .h1_allow_half_closed(false)
                .finish(map_config(routes, |()| AppConfig::default()))
                .tcp()
        })
        .map_err(|source| ServeError::Bind { address, source })?;
    let admin = match purpose {
        Purpose::Service => admin::start(&settings.server.admin, app.admin, log)?,
        Purpose::Trial => None,
    };
    announce(settings, bound, log);

    let tending = actix_web::rt::spawn(tasks::tend_keys(keys, app.db.clone(), log.clone()));
    let sweeping = actix_web::rt::spawn(tasks::sweep(app.sweeper, log.clone()));
    let timing =
        actix_web::rt::spawn(tasks::tend_clock(app.clock, clock_is_set, app.db.clone(), log.clone()));
    let reports = Writer::start(&analytics, log);
    let hosted = app.hosted.map(|hosted| actix_web::rt::spawn(tasks::cancel_hosted(hosted, log.clone())));
    let running = http.run();
    listening(bound, running.handle());
    let ended = running.await.map_err(ServeError::Run);
    if !answers.finished(ANSWERS_END_WITHIN).await {
        warn!(log, #EVENT, "server.answers.lost"; "answers" => answers.count());
    }

    reports.end().await;
    for task in [tending, sweeping, timing].into_iter().chain(hosted).chain(admin) {
        task.abort();
    }
    app.db.shutdown();
    if let Some(traces) = traces {
        traces.end().await;
    }
    info!(log, #EVENT, "server.stop");
    ended
}

/// Listens so that a server that was stopped a moment ago leaves its address free.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

fn announce(settings: &Settings, address: SocketAddr, log: &Logger) {
    info!(log, #EVENT, "server.start";
        "url" => format!("http://{address}"),
        "database" => %settings.database.url,
        "env" => settings.app.env.as_str(),
        "version" => &settings.app.version,
    );
    if settings.chat.hosted.is_some() {
        warn!(log, #EVENT, "chatkit.hosted.ends";
            "detail" => "hosted sessions run on workflows that OpenAI switches off on 2026-11-30; \
                         move to CHATKIT_MODE=self-hosted before",
        );
    } else if settings.chat.responder == ResponderKind::Scripted {
        warn!(log, #EVENT, "chatkit.responder.scripted"; "detail" => "answers are given by a script");
    }
}
