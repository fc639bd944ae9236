//! What front ends track: `/api/auth/analytics/track`.

pub(crate) mod dto;
mod handlers;
mod problems;

use actix_web::http::StatusCode;

use crate::api::{Access, Answer, Body, Endpoint};

/// The routes.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::post("/api/auth/analytics/track", Access::Public, handlers::track)
            .about(
                "track",
                "Notes what a user did in a front end",
                "Nobody has to be signed in, and who it was is not noted. What may be a secret or an address is \
                 taken out. It is stored a moment later; a fault there is no fault here.",
            )
            .takes(Body::json(dto::track_body))
            .answers(Answer::json::<dto::AcceptedDto>(StatusCode::ACCEPTED, "It is noted."))
            .fails::<problems::TooOften>(),
    ]
}
