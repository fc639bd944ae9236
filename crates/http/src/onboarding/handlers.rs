//! The handlers of the onboarding routes.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::Services;
use crate::body::RawBody;
use crate::extract::CurrentUser;
use crate::onboarding::dto::{ChecklistDto, read_change};
use crate::problem::Problem;

/// `GET /api/flows/onboarding/checklist`.
pub(crate) async fn checklist(
    services: Data<Services>,
    CurrentUser(principal): CurrentUser,
) -> Result<HttpResponse, Problem> {
    let checklist = services.onboarding.checklist(principal.user.id).await?;
    Ok(HttpResponse::Ok().json(ChecklistDto::from(&checklist)))
}

/// `POST /api/flows/onboarding/checklist`.
pub(crate) async fn change(
    services: Data<Services>,
    CurrentUser(principal): CurrentUser,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    let checklist = services.onboarding.change(principal.user.id, read_change(&body)?).await?;
    Ok(HttpResponse::Ok().json(ChecklistDto::from(&checklist)))
}
