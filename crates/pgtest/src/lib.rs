//! Finds or starts a PostgreSQL for tests; knows nothing of the product.
//!
//! The order is: the server named by `AUTORISEN_TEST_POSTGRES_URL`, installed server binaries,
//! Docker, and, as root where `apt-get` exists, an installation of the binaries. Where none of
//! that can be, the error is one sentence that says what to do.
//!
//! A server that was started here listens on loopback only, trusts whoever connects, and keeps
//! its data in a temporary folder. It never outlives the process that started it, however that
//! process ends: a small shell holds the other end of a pipe, and the kernel closes the pipe.

mod discovery;
mod environment;
#[cfg(test)]
mod fake_machine;
mod install;
mod lasting;
mod pooler;
mod proxy;
mod server;
mod startup;
mod supervisor;
mod unavailable;

use std::sync::OnceLock;

pub use crate::environment::URL_VARIABLE;
pub use crate::lasting::LastingServer;
pub use crate::pooler::{Pooler, trusting_server};
pub use crate::proxy::Proxy;
pub use crate::server::Server;
pub use crate::unavailable::Unavailable;

/// The URL of the one PostgreSQL of this process, found or started at the first call.
///
/// # Errors
///
/// The same answer to every caller: there is no PostgreSQL, and what to do about it.
pub fn shared_url() -> Result<&'static str, Unavailable> {
    // A static is never dropped; the server goes when the end of the process closes the pipe.
    static SHARED: OnceLock<Result<Server, Unavailable>> = OnceLock::new();
    match SHARED.get_or_init(find_or_start) {
        Ok(server) => Ok(server.url()),
        Err(unavailable) => Err(unavailable.clone()),
    }
}

/// Finds a PostgreSQL, else starts one, else installs one and starts it.
///
/// # Errors
///
/// There is no PostgreSQL, and what to do about it.
pub fn find_or_start() -> Result<Server, Unavailable> {
    Server::find_or_start_in(&environment::Environment::of_this_process())
}
