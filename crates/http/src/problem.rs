//! The one shape of every error answer: `application/problem+json` (RFC 9457).

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use autorisen_domain::error::PortError;
use schemars::JsonSchema;
use serde::Serialize;

/// The media type of every error answer.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// A status with the code of a problem.
pub(crate) type Failure = (StatusCode, &'static str);

/// The service cannot answer now.
pub(crate) const UNAVAILABLE: Failure = (StatusCode::SERVICE_UNAVAILABLE, "unavailable");
/// Too many tries.
pub(crate) const RATE_LIMITED: Failure = (StatusCode::TOO_MANY_REQUESTS, "rate_limited");
/// Fields of the input are at fault.
pub(crate) const INVALID_FIELDS: Failure = (StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields");

/// What fails, and every problem that it becomes. It stands beside the conversion, and the document of the
/// interface is made of it.
pub(crate) trait Failures {
    /// Each of them.
    const ANSWERS: &'static [Failure];
}

/// A fault in one field of the input. The input itself is never repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "FieldFault")]
pub(crate) struct FieldFault<F = &'static str> {
    /// The name of the field, or its path in the body.
    pub(crate) field: F,
    /// What is wrong, for programs.
    pub(crate) code: &'static str,
    /// What is wrong, fit to be shown.
    pub(crate) message: String,
}

impl<F> FieldFault<F> {
    fn with_field<G>(self, turn: impl FnOnce(F) -> G) -> FieldFault<G> {
        FieldFault { field: turn(self.field), code: self.code, message: self.message }
    }
}

/// An error answer.
#[derive(Debug)]
pub(crate) struct Problem(Box<Parts>);

#[derive(Debug)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldFault<Cow<'static, str>>>,
    retry_after: Option<Duration>,
    header: Option<(header::HeaderName, Cow<'static, str>)>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Problem {
    /// An answer with this status; `code` is for programs and keeps its meaning for good, `detail`
    /// is fit to be shown.
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self(Box::new(Parts {
            status,
            code,
            detail,
            errors: Vec::new(),
            retry_after: None,
            header: None,
            cause: None,
        }))
    }

    /// What the framework answered by itself, in our shape.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let code = match status {
            StatusCode::BAD_REQUEST => "bad_request",
            StatusCode::NOT_FOUND => "not_found",
            StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
            StatusCode::REQUEST_TIMEOUT => "request_timeout",
            StatusCode::PAYLOAD_TOO_LARGE => "body_too_large",
            StatusCode::URI_TOO_LONG => "uri_too_long",
            status if status.is_server_error() => "internal",
            _ => "refused",
        };
        Self::new(status, code, status.canonical_reason().unwrap_or("Error"))
    }

    /// Fields of the input are at fault. The detail names the first.
    pub(crate) fn invalid_fields(errors: Vec<FieldFault>) -> Self {
        let detail = errors.first().map_or_else(
            || "Invalid input".to_owned(),
            |fault| format!("{}: {}", fault.field, fault.message),
        );
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields", detail).with_errors(errors)
    }

    /// A member deep in the input is at fault: the one that stands at this path.
    pub(crate) fn invalid_member(code: &'static str, fault: FieldFault<String>) -> Self {
        let detail = format!("{}: {}", fault.field, fault.message);
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail);
        problem.0.errors = vec![fault.with_field(Cow::Owned)];
        problem
    }

    /// Nobody is signed in, or what was shown is no good (RFC 6750, section 3).
    pub(crate) fn unauthorized(code: &'static str, detail: &'static str) -> Self {
        let challenge = if code == "not_authenticated" { "Bearer" } else { "Bearer error=\"invalid_token\"" };
        Self::new(StatusCode::UNAUTHORIZED, code, detail).with_header(header::WWW_AUTHENTICATE, challenge)
    }

    /// Too many tries.
    pub(crate) fn too_many_requests(detail: &'static str, retry_after: Duration) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail).with_retry_after(retry_after)
    }

    /// The service cannot answer now.
    pub(crate) fn unavailable(code: &'static str, detail: impl Into<String>, retry_after: Duration) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).with_retry_after(retry_after)
    }

    /// Another method is wanted; RFC 9110, section 15.5.6, asks for the list.
    pub(crate) fn method_not_allowed(allow: String) -> Self {
        Self::of_status(StatusCode::METHOD_NOT_ALLOWED).with_header(header::ALLOW, allow)
    }

    /// There is nothing at this path.
    pub(crate) fn not_found() -> Self {
        Self::of_status(StatusCode::NOT_FOUND)
    }

    /// The same with these faults of fields.
    pub(crate) fn with_errors(mut self, errors: Vec<FieldFault>) -> Self {
        self.0.errors = errors.into_iter().map(|fault| fault.with_field(Cow::Borrowed)).collect();
        self
    }

    fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.0.retry_after = Some(retry_after);
        self
    }

    fn with_header(mut self, name: header::HeaderName, value: impl Into<Cow<'static, str>>) -> Self {
        self.0.header = Some((name, value.into()));
        self
    }

    /// The same with what went wrong behind it, if anything did; that is for the log alone.
    pub(crate) fn because(mut self, cause: impl Into<Option<PortError>>) -> Self {
        self.0.cause = cause.into().map(Into::into);
        self
    }

    /// What went wrong behind the answer; for the log.
    pub(crate) fn cause(&self) -> Option<&(dyn Error + 'static)> {
        self.0.cause.as_ref().map(|cause| {
            let cause: &(dyn Error + 'static) = cause.as_ref();
            cause
        })
    }

    /// The answer.
    pub(crate) fn render(&self, request_id: Option<&str>) -> HttpResponse {
        let Parts { status, code, detail, errors, retry_after, header, .. } = &*self.0;
        let mut response = HttpResponseBuilder::new(*status);
        response.content_type(MEDIA_TYPE).insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(wait) = retry_after {
            response.insert_header((header::RETRY_AFTER, wait.as_secs().max(1).to_string()));
        }
        if let Some((name, value)) = header {
            response.insert_header((name.clone(), &**value));
        }
        response.json(Body {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail,
            code,
            request_id,
            errors,
        })
    }
}

/// An error answer (RFC 9457). Nothing of the input is in it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct Body<'a> {
    /// Always `about:blank`: the code says what it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The name of the status.
    title: &'static str,
    /// The status.
    status: u16,
    /// What happened, fit to be shown.
    detail: &'a str,
    /// What happened, for programs. A code keeps its meaning for good.
    code: &'static str,
    /// The id of the request, as in the header X-Request-ID and in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    /// The fields at fault, if any are.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldFault<Cow<'static, str>>],
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.status.as_u16(), self.0.code)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        self.render(None)
    }
}

impl Failures for PortError {
    const ANSWERS: &'static [Failure] = &[UNAVAILABLE];
}

/// Something outside the domain failed: the client may try again, the operator reads the log.
impl From<PortError> for Problem {
    fn from(cause: PortError) -> Self {
        let detail = "Temporarily unavailable, please try again";
        let wait = cause.retry_after();
        Self::unavailable("unavailable", detail, wait).because(cause)
    }
}
