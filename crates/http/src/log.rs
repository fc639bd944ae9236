//! What the HTTP surface tells the log. The server decides how it is written.

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

/// One request and its answer.
#[derive(Debug, Clone)]
pub struct AccessLine<'a> {
    /// The id that the answer carries.
    pub request_id: &'a str,
    /// The client's address, or `None` when it is not known.
    pub client_ip: Option<IpAddr>,
    /// The method.
    pub method: &'a str,
    /// The path, without the query, which may hold what is not for a log.
    pub path: &'a str,
    /// The pattern of the route that the path matches, such as `/api/auth/sessions/{id}`; `None` when it
    /// matches none.
    pub route: Option<&'a str>,
    /// The status of the answer.
    pub status: u16,
    /// From the first byte of the head to the last of the answer's head.
    pub duration: Duration,
}

/// Writes down requests and what went wrong behind them. It neither fails nor waits.
pub trait RequestLog: Send + Sync {
    /// A request was answered.
    fn access(&self, line: &AccessLine<'_>);

    /// A request could not be served; `cause` says why, with its chain. The answer does not tell.
    fn fault(&self, request_id: &str, cause: &(dyn Error + 'static));
}
