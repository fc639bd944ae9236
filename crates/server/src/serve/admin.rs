//! The listener for who runs the server, apart from the one for users.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_http::HttpService;
use actix_service::map_config;
use actix_web::dev::{AppConfig, Server};
use actix_web::rt::task::JoinHandle;
use autorisen_http::AdminServices;
use slog::{Logger, error, info, warn};

use super::{HEAD_TIMEOUT, ServeError, listen};
use crate::config::{AdminSettings, ListenerKind};
use crate::logging::EVENT;

/// How soon it is seen that the address has become free, such as when the process before this one ends.
const TRY_EVERY: Duration = Duration::from_secs(3);
/// Connections open at once: who scrapes needs one or two.
const MAX_CONNECTIONS: usize = 32;

/// Begins to listen, where there is to be a listener.
///
/// A taken address stops the start where the settings say `on`. Else the server is worth more than its
/// metrics: it goes on, and listens as soon as the address is free.
pub(super) fn start(
    settings: &AdminSettings,
    services: AdminServices,
    log: &Logger,
) -> Result<Option<JoinHandle<()>>, ServeError> {
    let address = settings.address;
    let listener = match (settings.listener, listen(address)) {
        (ListenerKind::Off, _) => return Ok(None),
        (_, Ok(listener)) => Some(listener),
        (ListenerKind::On, Err(source)) => return Err(ServeError::BindAdmin { address, source }),
        (ListenerKind::Auto, Err(error)) => {
            warn!(log, #EVENT, "admin.listen.failure";
                "address" => address.to_string(), "error" => error.to_string(),
                "detail" => "there are no metrics until it is free; AUTORISEN__ADMIN__PORT sets another");
            None
        }
    };
    let log = log.clone();
    Ok(Some(actix_web::rt::spawn(async move {
        let listener = match listener {
            Some(listener) => listener,
            None => wait_for(address).await,
        };
        if let Err(error) = run(listener, services, &log).await {
            error!(log, #EVENT, "admin.run.failure"; "error" => error.to_string());
        }
    })))
}

async fn wait_for(address: SocketAddr) -> TcpListener {
    loop {
        actix_web::rt::time::sleep(TRY_EVERY).await;
        if let Ok(listener) = listen(address) {
            return listener;
        }
    }
}

/// Serves on a thread of its own, so that it answers also when those of users have too much to do.
async fn run(listener: TcpListener, services: AdminServices, log: &Logger) -> std::io::Result<()> {
    let address = listener.local_addr()?;
    let server = Server::build()
        .workers(1)
        .max_concurrent_connections(MAX_CONNECTIONS)
        .disable_signals()
        .listen("admin", listener, move || {
            HttpService::build()
                .client_request_timeout(HEAD_TIMEOUT)
                .h1_allow_half_closed(false)
                .finish(map_config(autorisen_http::admin_app(&services), |()| AppConfig::default()))
                .tcp()
        })?
        .run();
    info!(log, #EVENT, "admin.start"; "url" => format!("http://{address}/metrics"));
    server.await
}
