//! Gives each request its context, and the answer its id.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue, USER_AGENT};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use autorisen_domain::context::{ClientAddress, Context};

use crate::problem::Problem;
use crate::{HttpSettings, Services, client_address};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_ID_LENGTH: usize = 128;

/// Makes the context: the id that the client or its router gave, if it is sane, else a new one.
pub(crate) async fn make_context(
    services: Data<Services>,
    settings: Data<HttpSettings>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let request_id = match given_id(&request) {
        Some(id) => id,
        None => services.ids.next_uuid().map_err(Problem::from)?.to_string(),
    };
    let ctx = Context {
        request_id: request_id.clone(),
        client: client_address::of_request(request.request(), settings.trusted_proxy_hops)
            // A Unix socket has no address; all its clients are this machine.
            .unwrap_or_else(|| ClientAddress::new(IpAddr::V4(Ipv4Addr::LOCALHOST))),
        user_agent: user_agent(&request),
        actor: None,
    };
    request.extensions_mut().insert(ctx);

    let mut response = next.call(request).await?;
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    Ok(response)
}

fn given_id(request: &ServiceRequest) -> Option<String> {
    let id = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let sane = (1..=MAX_ID_LENGTH).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:+/=".contains(&b));
    sane.then(|| id.to_owned())
}

fn user_agent(request: &ServiceRequest) -> Option<String> {
    let text = request.headers().get(USER_AGENT)?.to_str().ok()?;
    // `to_str` lets only visible ASCII and tabs through, so every place is a boundary.
    let kept = text.get(..Context::MAX_USER_AGENT).unwrap_or(text);
    (!kept.is_empty()).then(|| kept.to_owned())
}
