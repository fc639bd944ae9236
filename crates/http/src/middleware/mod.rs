//! What every request passes, from the outside in: its context, the access log, the shape of
//! errors, security headers, CORS, the origin rule.

pub(crate) mod access_log;
pub(crate) mod cors;
pub(crate) mod headers;
pub(crate) mod origin;
pub(crate) mod problems;
pub(crate) mod request_context;
