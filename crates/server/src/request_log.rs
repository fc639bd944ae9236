//! Writes requests, and what went wrong behind them, to the log.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use autorisen_domain::error::PortError;
use autorisen_http::{AccessLine, RequestLog};
use slog::{Logger, error, info, warn};

use crate::logging::EVENT;

/// The longest path that is written, in bytes.
const MAX_PATH: usize = 200;

/// Writes one record per request, and one per fault.
#[derive(Debug, Clone)]
pub(crate) struct SlogRequests {
    log: Logger,
}

impl SlogRequests {
    /// Writes to this log.
    pub(crate) const fn new(log: Logger) -> Self {
        Self { log }
    }
}

impl RequestLog for SlogRequests {
    fn access(&self, line: &AccessLine<'_>) {
        info!(self.log, #EVENT, "http.request.done";
            "request_id" => line.request_id,
            "client_ip" => line.client_ip.map(|ip| ip.to_string()),
            "method" => line.method,
            "path" => cut(line.path),
            "status" => line.status,
            "duration_ms" => milliseconds(line.duration),
        );
    }

    fn fault(&self, request_id: &str, cause: &(dyn Error + 'static)) {
        if cause.downcast_ref::<PortError>().is_some_and(PortError::is_overload) {
            warn!(self.log, #EVENT, "http.request.overload";
                "request_id" => request_id, "error" => %Chain(cause));
            return;
        }
        error!(self.log, #EVENT, "http.request.fault";
            "request_id" => request_id, "error" => %Chain(cause));
    }
}

/// The beginning of a path: no route of ours is longer, and what somebody makes up is not worth more.
fn cut(path: &str) -> &str {
    path.get(..MAX_PATH).unwrap_or(path)
}

/// Milliseconds, to the microsecond.
#[expect(clippy::cast_precision_loss, reason = "an f64 holds every whole number of microseconds in a year")]
fn milliseconds(span: Duration) -> f64 {
    span.as_micros() as f64 / 1_000.0
}

/// An error with everything that caused it, from the outside in.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            f.write_str(": ")?;
            write!(f, "{error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
