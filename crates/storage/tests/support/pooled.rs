//! A database behind a PgBouncer, which hands connections on after each transaction.

use std::net::SocketAddr;
use std::sync::OnceLock;

use autorisen_pgtest::{Pooler, Server, trusting_server};
use autorisen_testkit::postgres::Schema;
use diesel::connection::SimpleConnection;

use super::postgres_connection;

/// A database of its own, since a pooler does not pass on which schema to look in.
pub(crate) struct PooledDatabase {
    name: String,
    server: SocketAddr,
    pub(super) url: String,
    pub(super) direct_url: String,
}

struct Front {
    server: SocketAddr,
    /// `None` where there is none to be had: then what a pooler demands is kept without one.
    pooler: Option<Pooler>,
    /// `None` where the server of the other tests is used.
    _own: Option<Server>,
}

impl PooledDatabase {
    pub(super) fn create() -> Self {
        let front = front();
        let name = Schema::unique_at("").name().to_owned();
        on(front.server, &format!("CREATE DATABASE {name}"));
        let direct_url = url(front.server, &name);
        let url = front
            .pooler
            .as_ref()
            .map_or_else(|| format!("{direct_url}?pgbouncer=true"), |pooler| pooler.url(&name));
        Self { name, server: front.server, url, direct_url }
    }

    pub(super) fn drop_it(&self) {
        // The pooler keeps connections to it.
        on(self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// Whether there is a real pooler.
pub(crate) fn has_pooler() -> bool {
    front().pooler.is_some()
}

/// The pooler of this process, and what it stands before.
fn front() -> &'static Front {
    static FRONT: OnceLock<Front> = OnceLock::new();
    FRONT.get_or_init(|| {
        let shared = autorisen_pgtest::shared_url().ok().and_then(trusting_server);
        let own = if shared.is_none() { Some(Server::start().unwrap()) } else { None };
        let server = shared.or_else(|| trusting_server(own.as_ref()?.url())).unwrap();
        let pooler = match Pooler::in_front_of(server) {
            Ok(pooler) => Some(pooler),
            Err(reason) => {
                assert!(!is_ci(), "{reason}");
                eprintln!("{reason}; what it demands is kept, and not tried");
                None
            }
        };
        Front { server, pooler, _own: own }
    })
}

#[expect(clippy::disallowed_methods, reason = "whether it runs in CI is said by the environment")]
fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}

fn url(server: SocketAddr, database: &str) -> String {
    format!("postgres://postgres@{server}/{database}")
}

fn on(server: SocketAddr, statement: &str) {
    postgres_connection(&url(server, "postgres")).batch_execute(statement).unwrap();
}
