//! The parsers of what comes over the line, for `crates/fuzz` alone.

use std::net::IpAddr;

use actix_web::http::header;
use actix_web::rt::{System, SystemRunner};
use actix_web::test::TestRequest;
use actix_web::{FromRequest as _, ResponseError as _, web};
use futures_util::StreamExt as _;
use serde_json::Value;

use crate::analytics::dto::read_event;
use crate::attachments::upload;
use crate::auth::dto::{read_details, read_login, read_registration};
use crate::form::Form;
use crate::problem::Problem;
use crate::{client_address, cookies};

/// The value of a cookie in a `Cookie` header.
#[must_use]
pub fn cookie(header: &[u8], name: &str) -> Option<String> {
    cookies::value_in(header, name)
}

/// The address that a `X-Forwarded-For` header names for so many trusted proxies.
#[must_use]
pub fn forwarded(lines: &[&[u8]], hops: u8) -> Option<IpAddr> {
    client_address::element(lines, hops)
}

/// The address of a login, or the status of the refusal.
pub fn login(body: &[u8]) -> Result<String, u16> {
    read_login(body).map(|(login, _)| login.email.as_str().to_owned()).map_err(|problem| refused(&problem))
}

/// The address of a registration, or the status of the refusal.
pub fn registration(body: &[u8]) -> Result<String, u16> {
    let refused = |problem: Problem| refused(&problem);
    let mut form = Form::read(body).map_err(refused)?;
    let registration = read_registration(&mut form, None);
    let details = read_details(&mut form);
    form.finish().map_err(refused)?;
    registration.zip(details).map(|(registration, _)| registration.email.as_str().to_owned()).ok_or(500)
}

/// The type of a tracked event and its details, or the status of the refusal.
pub fn tracked(body: &[u8]) -> Result<(String, Option<Value>), u16> {
    let event = read_event(body).map_err(|problem| refused(&problem))?;
    let details = event.details.map(|details| details.as_json().clone());
    Ok((event.event_type.as_str().to_owned(), details))
}

fn refused(problem: &Problem) -> u16 {
    problem.status_code().as_u16()
}

/// The name, the media type and the number of bytes of the file in a form; `None` when it is refused.
#[must_use]
pub fn file(content_type: &str, body: &[u8]) -> Option<(String, String, usize)> {
    thread_local! {
        static SYSTEM: SystemRunner = System::new();
    }
    SYSTEM.with(|system| system.block_on(read_file(content_type, body)))
}

async fn read_file(content_type: &str, body: &[u8]) -> Option<(String, String, usize)> {
    let (request, mut payload) = TestRequest::default()
        .insert_header((header::CONTENT_TYPE, content_type))
        .set_payload(body.to_vec())
        .to_http_parts();
    let payload = web::Payload::from_request(&request, &mut payload).await.ok()?;
    let mut file = upload::form(&request, payload).await.ok()?;
    let (name, mime_type) = (file.name(), file.mime_type());
    let mut length = 0;
    let mut chunks = file.chunks();
    while let Some(chunk) = chunks.next().await {
        length += chunk.ok()?.len();
    }
    Some((name, mime_type, length))
}
