//! What a new user has to do: `/api/flows/onboarding/checklist`.

mod dto;
mod handlers;
mod problems;

use actix_web::http::StatusCode;
use autorisen_domain::error::PortError;
use autorisen_domain::onboarding::ChangeTaskError;

use crate::api::{Access, Answer, Body, Endpoint};

const CHECKLIST: &str = "/api/flows/onboarding/checklist";

/// The routes.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let list = || Answer::json::<dto::ChecklistDto<'_>>(StatusCode::OK, "The list, as it is.");
    vec![
        Endpoint::get(CHECKLIST, Access::Session, handlers::checklist)
            .about("checklist", "What who asks has to do to get going", "")
            .answers(list())
            .fails::<PortError>(),
        Endpoint::post(CHECKLIST, Access::Session, handlers::change)
            .with_csrf_pair()
            .about("changeTask", "Changes one task of the list", "One that is not there is added.")
            .takes(Body::json(dto::change_body))
            .answers(list())
            .fails::<ChangeTaskError>(),
    ]
}
