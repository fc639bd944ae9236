//! The handler of the analytics route.

use actix_web::HttpResponse;
use actix_web::web::Data;
use autorisen_domain::auth::ChargeError;
use autorisen_domain::events::Action;

use crate::Services;
use crate::analytics::dto::{AcceptedDto, read_event};
use crate::body::{RawBody, too_large};
use crate::extract::Ctx;
use crate::problem::Problem;

/// The largest event, in bytes.
const MAX_LENGTH: usize = 8 * 1024;

/// `POST /api/auth/analytics/track`. While the limit cannot be asked nothing is noted, and the page that
/// tracks does not notice.
pub(crate) async fn track(
    services: Data<Services>,
    Ctx(ctx): Ctx,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    let is_admitted = match services.limits.charge_address(&ctx, Action::Track).await {
        Ok(()) => true,
        Err(ChargeError::Port(_)) => false,
        Err(refused @ ChargeError::Limited(_)) => return Err(refused.into()),
    };
    if body.len() > MAX_LENGTH {
        return Err(too_large(MAX_LENGTH));
    }
    let event = read_event(&body)?;
    if is_admitted {
        services.analytics.track(event);
    } else {
        services.analytics.lose();
    }
    Ok(HttpResponse::Accepted().json(AcceptedDto { accepted: true }))
}
