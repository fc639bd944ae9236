//! The handlers of the health routes.

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::health::dto::{AliveDto, HealthDto, HeartbeatDto, PongDto, ReadyDto};
use crate::problem::Problem;
use crate::{HttpSettings, Services, front_end};

/// `GET /`: the heartbeat, for programs; somebody with a browser is led to the page.
pub(crate) async fn heartbeat(settings: Data<HttpSettings>, request: HttpRequest) -> HttpResponse {
    let mut response = if front_end::prefers_html(&request) {
        front_end::lead_to_page()
    } else {
        HttpResponse::Ok().json(HeartbeatDto {
            status: "ok",
            service: "autorisen",
            version: &settings.version,
            health: "/api/health",
        })
    };
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept"));
    response
}

/// `GET /api/health`: says of the process alone that it runs.
pub(crate) async fn health(settings: Data<HttpSettings>) -> HttpResponse {
    HttpResponse::Ok().json(HealthDto {
        status: "ok",
        version: &settings.version,
        env: &settings.environment,
        commit: settings.commit,
    })
}

/// `GET /api/health/alive`.
pub(crate) async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(AliveDto { alive: true })
}

/// `GET /api/health/ping`.
pub(crate) async fn ping(settings: Data<HttpSettings>) -> HttpResponse {
    HttpResponse::Ok().json(PongDto { ping: "pong", version: &settings.version })
}

/// `GET /api/health/ready`: whether requests should be sent here.
pub(crate) async fn ready(services: Data<Services>) -> Result<HttpResponse, Problem> {
    let readiness = services.health.readiness().await;
    if !readiness.is_ready() {
        return Err(readiness.into());
    }
    let checks = readiness.checks.iter().map(|check| check.name).collect();
    Ok(HttpResponse::Ok().json(ReadyDto { status: "ready", checks }))
}
